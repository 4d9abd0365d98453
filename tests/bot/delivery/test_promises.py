"""The next digest that is promised is one that is really enqueued, whatever was changed before."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery.outbox import Outbox
from bot.render.message import Message
from bot.store.departures import Look
from bot.store.people import ACTIVE
from bot.store.store import Store
from bot.store.tables import outbox
from tests.bot.engines import both_engines
from tests.bot.store.clock import Hands

pytestmark = both_engines

CHAT = 1
ZONES = ("Pacific/Kiritimati", "Pacific/Honolulu", "Asia/Shanghai", "America/New_York",
         "Europe/Paris", "Asia/Kathmandu", "Etc/GMT+12", "Australia/Lord_Howe")  # fmt: skip
MONDAY_13 = datetime(2026, 11, 16, 13, tzinfo=UTC)


async def press(period: str, _scheduled: datetime, _look: Look) -> Sequence[Message]:
    return [Message(f"Digest {period}")]


async def waiting(store: Store) -> list[tuple[str, datetime]]:
    """Return period and instant of each digest that is to go out."""

    async def read(connection: AsyncConnection) -> list[tuple[str, datetime]]:
        query = select(outbox.c.period, outbox.c.not_before).where(outbox.c.state == "pending")
        return [tuple(row) for row in await connection.execute(query)]

    return await store.database.read(read)


async def send(store: Store) -> None:
    """Let all that waits have been sent."""
    gone = update(outbox).where(outbox.c.state == "pending").values(state="sent")
    await store.database.write(lambda connection: connection.execute(gone))


async def promise(store: Store) -> datetime | None:
    """Return when the chat is told that its next digest comes."""
    found = await store.subscriptions(CHAT)
    return found[0].next_due if found and found[0].status == ACTIVE else None


async def test_after_mondays_digest_friday_is_promised_for_the_week_after(
    store: Store, hands: Hands
):
    out = Outbox(store, {"digest": press}, owner="one")
    hands.at = MONDAY_13 - timedelta(hours=1)
    await store.subscribe(CHAT, weekday=0, local_time=time(13), tz="UTC")
    hands.at = MONDAY_13
    assert await out.tick() == 1
    await send(store)
    hands.pass_by(days=1)
    changed = await store.subscribe(CHAT, weekday=4, local_time=time(13), tz="UTC")
    assert changed.next_due == datetime(2026, 11, 27, 13, tzinfo=UTC)
    hands.at = datetime(2026, 11, 20, 13, tzinfo=UTC)
    assert await out.tick() == 0
    hands.at = changed.next_due
    assert await out.tick() == 1


async def test_a_week_that_had_no_digest_is_promised_also_after_a_change(
    store: Store, hands: Hands
):
    hands.at = MONDAY_13 - timedelta(hours=1)
    await store.subscribe(CHAT, weekday=0, local_time=time(13), tz="UTC")
    changed = await store.subscribe(CHAT, weekday=4, local_time=time(13), tz="UTC")
    assert changed.next_due == datetime(2026, 11, 20, 13, tzinfo=UTC)


async def _change(store: Store, chance: random.Random) -> None:
    """Do something to the schedule: most often another one, in any zone."""
    deed = chance.choice(["subscribe"] * 6 + ["end and begin", "pause", "blocked", "end"])
    if deed.startswith("end"):
        await store.unsubscribe(CHAT, "digest")
    if deed in {"subscribe", "end and begin"}:
        clock = time(chance.randrange(24), chance.choice((0, 30)))
        await store.subscribe(
            CHAT, weekday=chance.randrange(7), local_time=clock, tz=chance.choice(ZONES)
        )
    if deed in {"pause", "blocked"}:
        reason = "asked" if deed == "pause" else "blocked"
        await store.pause(CHAT, reason)
        await store.resume(CHAT, reason)


@pytest.mark.parametrize("seed", range(8))
async def test_each_promise_is_kept_nothing_comes_before_it_and_no_week_comes_twice(
    store: Store, hands: Hands, seed: int
):
    chance = random.Random(seed)
    out = Outbox(store, {"digest": press}, owner="one")
    sent: list[str] = []
    kept = 0
    for _ in range(40):
        await _change(store, chance)
        promised = await promise(store)
        if promised is None:
            continue
        assert promised > hands.at
        hands.at = min(hands.at + timedelta(hours=chance.choice((0, 1, 9, 30, 100))), promised)
        if chance.random() < 0.5:
            hands.at = promised
        assert await out.tick() == (hands.at == promised)
        if hands.at != promised:
            continue
        (new,) = await waiting(store)
        assert new[1] == promised
        kept += 1
        if chance.random() < 0.7:
            await send(store)
            sent.append(new[0])
        else:  # nobody wants it before it is sent
            await store.pause(CHAT, "asked")
            await store.resume(CHAT, "asked")
    assert len(sent) == len(set(sent))
    assert kept >= 5


async def test_a_clock_that_was_a_year_ahead_costs_no_digest(store: Store, hands: Hands):
    """The weeks that were passed over by mistake were missed by nobody."""
    out = Outbox(store, {"digest": press}, owner="one")
    await store.subscribe(CHAT)
    hands.pass_by(days=365)
    await out.tick()
    await send(store)
    hands.pass_by(days=-365)
    await out.tick()
    for _ in range(3):
        promised = await promise(store)
        assert promised is not None
        assert promised - hands.at < timedelta(days=8)
        hands.at = promised
        assert await out.tick() == 1
        await send(store)


async def test_who_leaves_and_comes_back_in_the_same_week_gets_the_weeks_digest(
    store: Store, hands: Hands
):
    out = Outbox(store, {"digest": press}, owner="one")
    hands.at = MONDAY_13 - timedelta(hours=1)
    await store.subscribe(CHAT, weekday=0, local_time=time(13), tz="UTC")
    hands.at = MONDAY_13
    await out.tick()
    await store.unsubscribe(CHAT, "digest")  # before anything was sent
    back = await store.subscribe(CHAT, weekday=4, local_time=time(13), tz="UTC")
    hands.at = back.next_due
    assert back.next_due == datetime(2026, 11, 20, 13, tzinfo=UTC)
    assert await out.tick() == 1
    assert await waiting(store) == [("2026-W47", back.next_due)]
