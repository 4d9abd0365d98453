"""The whole product, killed: no update and no digest may be lost."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from bot.delivery.inbox import WORKERS
from bot.delivery.sender import IN_FLIGHT
from bot.sandbox.log import Call
from bot.store.store import Store
from tests.e2e.processes import bot_against, telegram
from tests.oracles import check_log
from tests.sandbox_client import Chat

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

KILLS = 3
UPDATES, CHATS = 1000, 100
SUBSCRIBERS = 500
FIRST = 7_000_000  # ids of made-up people


async def calls_of(page: str, after: int = 0) -> list[Call]:
    """Return what the server was asked since a call."""
    async with Chat(page) as anyone:
        answer = await anyone.client.get("/page/log", params={"after": after})
    return [Call(**call) for call in answer.json()["calls"]]


async def reached(page: str, wanted: int, method: str, seconds: float = 90) -> None:
    """Wait until that many chats have got something by a method."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (got := len(chats(await calls_of(page), method))) < wanted:
        assert loop.time() < end, f"{got} of {wanted} chats got a {method} in {seconds} s"
        await asyncio.sleep(0.25)


def chats(calls: list[Call], method: str) -> Counter[int]:
    """Return how often each chat got something by a method."""
    done = (c for c in calls if c.method == method and c.accepted)
    return Counter(int(c.params["chat_id"]) for c in done)


async def people(page: str, count: int) -> None:
    """Let people be known to the server."""
    async with Chat(page) as anyone:
        for n in range(count):
            await anyone.act("user", user_id=FIRST + n, first_name=f"Reader {n}", language="en")


async def test_a_thousand_updates_are_answered_though_the_bot_is_killed_three_times(
    tmp_path: Path,
) -> None:
    async with telegram(tmp_path) as (server, page):
        await people(page, CHATS)
        bot = await bot_against(server, tmp_path)
        await bot.start()
        async with Chat(page) as anyone:
            for n in range(UPDATES):
                text = f"/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 face {n + 1}m"
                await anyone.act("say", text=text, user_id=FIRST + n % CHATS)
        for kill in range(KILLS):
            await all_faces_answered(page, (kill + 1) * UPDATES // (KILLS + 1))
            await bot.kill()
            await bot.start()
        await all_faces_answered(page, UPDATES)
        assert await bot.end(signal.SIGINT) == 0
        calls = await calls_of(page)
    counted = answered(calls)
    assert set(counted) == set(range(1, UPDATES + 1))
    twice = sum(counted.values()) - UPDATES
    sys.stdout.write(f"\n{UPDATES} updates, {KILLS} kills: 0 lost, {twice} answered twice\n")
    assert twice <= KILLS * WORKERS
    check_log(calls, ())


def answered(calls: list[Call]) -> Counter[int]:
    """Return how often each face was answered."""
    told: Counter[int] = Counter()
    for call in calls:
        if call.method == "sendMessage" and call.accepted:
            face = re.search(r"face \$([\d,]+),000,000 \(yours\)", str(call.params["text"]))
            if face:
                told[int(face[1].replace(",", ""))] += 1
    return told


async def all_faces_answered(page: str, wanted: int, seconds: float = 120) -> None:
    """Wait until that many faces have been answered."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while len(found := answered(calls := await calls_of(page))) < wanted:
        missing = sorted(set(range(1, wanted + 1)) - set(found))
        others = [call for call in calls if not answered([call])]
        assert loop.time() < end, f"{len(found)} of {wanted}; not {missing}; {others[-20:]}"
        await asyncio.sleep(0.5)


async def subscribe_all(data: Path) -> None:
    """Subscribe everybody a week ago, so that their digest is due now."""
    week_ago = datetime.now(UTC) - timedelta(days=7, hours=1)
    due = datetime.now(UTC) - timedelta(minutes=30)
    store = await Store.open(f"sqlite+aiosqlite:///{data / 'basisbot.db'}", now=lambda: week_ago)
    for n in range(SUBSCRIBERS):
        await store.user(FIRST + n, "zh" if n % 2 else "en")
        await store.subscribe(
            FIRST + n,
            weekday=due.weekday(),
            local_time=time(due.hour, due.minute),
            tz="UTC",
            lang="zh" if n % 2 else "en",
        )
    await store.close()


async def test_a_digest_reaches_five_hundred_subscribers_though_the_bot_is_killed_three_times(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").mkdir()
    await subscribe_all(tmp_path / "data")
    async with telegram(tmp_path) as (server, page):
        await people(page, SUBSCRIBERS)
        bot = await bot_against(server, tmp_path)
        await bot.start()
        for kill in range(KILLS):
            await reached(page, (kill + 1) * SUBSCRIBERS // (KILLS + 1), "sendPhoto")
            await bot.kill()
            await bot.start()
        await reached(page, SUBSCRIBERS, "sendPhoto")
        await asyncio.sleep(2)  # whatever would still be sent twice
        assert await bot.end(signal.SIGINT) == 0
        calls = await calls_of(page)
    texts, photos = chats(calls, "sendMessage"), chats(calls, "sendPhoto")
    everyone = {FIRST + n for n in range(SUBSCRIBERS)}
    assert set(texts) == everyone
    assert set(photos) == everyone
    twice = sum(texts.values()) + sum(photos.values()) - 2 * SUBSCRIBERS
    sys.stdout.write(f"\n{SUBSCRIBERS} digests, {KILLS} kills: 0 lost, {twice} messages twice\n")
    assert twice <= KILLS * IN_FLIGHT
    check_log(calls, ())
