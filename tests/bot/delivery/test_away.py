"""Telegram away in every way, at every kind of call: answered later, nothing lost, no false word.

`-s` prints the table: for each fault, call and engine what was lost, doubled and apologised for.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.app import noticer
from bot.delivery.doctor import _delivery
from bot.delivery.outbox import Outbox
from bot.delivery.pulse import Pulse
from bot.sandbox.errors import ApiError, too_many
from bot.sandbox.faults import HTML_PAGE, Fault
from bot.sandbox.server import Sandbox
from bot.sandbox.world import YOU
from bot.store.store import Store
from tests.bot.delivery.away import APOLOGY, Bot, Haste, bot_beside
from tests.bot.engines import both_engines
from tests.postgres import Cluster
from tests.sandbox_client import Chat, buttons
from tools.market.store import MarketShelf

SPEED = 4000.0  # a second of ours is so many for the pace and the store
TIMES = 3  # failures in a row: more than a reply tries in its place without asking first


@dataclass(frozen=True)
class Ask:
    """What a person does, and the call that answers it."""

    method: str
    words: str = ""
    press: str = ""


ASKS = {
    "message": Ask("sendMessage", "/dates TYH7"),
    "edit": Ask("editMessageText", press="he:calculate"),
    "photo": Ask("sendPhoto", "/chart positions"),
    "document": Ask("sendDocument", "/export"),
    "callback": Ask("answerCallbackQuery", press="he:calculate"),
}
FAULTS = {
    "refused": Fault(),
    "reset before": Fault(times=TIMES, reset=True),
    "reset after": Fault(reset=True, accepted=True),
    "hang": Fault(times=2, hang=True),
    "hang after": Fault(hang=True, accepted=True),
    "500": Fault(times=TIMES, error=ApiError(500, "Internal Server Error")),
    "502": Fault(times=TIMES, raw=(502, HTML_PAGE)),
    "504": Fault(times=TIMES, raw=(504, HTML_PAGE)),
    "half JSON": Fault(times=TIMES, raw=(200, '{"ok": tr')),
    "half JSON after": Fault(raw=(200, '{"ok": tr'), accepted=True),
    "429 bare": Fault(times=TIMES, error=ApiError(429, "Too Many Requests")),
    "429 a day": Fault(error=too_many(86_400)),
}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox that no oracle judges: answers that are no answers are what is tested."""
    box = Sandbox()
    await box.start()
    yield box
    await box.stop()


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> MarketShelf:
    return MarketShelf(tmp_path_factory.mktemp("market"), None)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.delivery.inbox.LOOK_SECONDS", 0.01)


@pytest.fixture
async def swift(url: str) -> AsyncIterator[tuple[Store, Haste]]:
    haste = Haste(SPEED)
    opened = await Store.open(url, now=haste.now)
    yield opened, haste
    await opened.close()


async def until(met: Callable[[], bool], seconds: float = 12) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not met():
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


async def settled(store: Store, seconds: float = 12) -> dict[str, int]:
    """Wait until nothing waits or is at work; return the inbox by state."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        counted: dict[str, int] = (await store.status())["inbox"]
        if not {"pending", "working"} & set(counted):
            return counted
        assert asyncio.get_running_loop().time() < end, counted
        await asyncio.sleep(0.01)


def taken(sandbox: Sandbox, method: str) -> list[Any]:
    return [c for c in sandbox.log.calls if c.method == method and c.accepted]


def apologies(sandbox: Sandbox) -> int:
    return sum(APOLOGY in str(c.params.get("text")) for c in taken(sandbox, "sendMessage"))


async def asked(bot: Bot, you: Chat, ask: Ask) -> None:
    if ask.press:
        said = await you.say("/help")
        await bot.hear()
        (message, *_) = await you.until(bool, said["message_id"])
        label = next(b["text"] for b in buttons(message) if b.get("callback_data") == ask.press)
        await until(lambda: not bot.inbox._running)
        await you.press(message, label)
    else:
        await you.say(ask.words)


@both_engines
@pytest.mark.parametrize("call", ASKS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_an_answer_outlives_an_outage(
    swift: tuple[Store, Haste], sandbox: Sandbox, shelf: MarketShelf, fault: str, call: str
) -> None:
    store, haste = swift
    ask = ASKS[call]
    async with bot_beside(sandbox, store, shelf, haste) as bot, Chat(sandbox.page_url) as you:
        await asked(bot, you, ask)
        before = len(taken(sandbox, ask.method))
        if fault == "refused":
            bot.door.open = False
        else:
            sandbox.faults.add(replace(FAULTS[fault], method=ask.method))
        await bot.hear()
        if fault == "refused":
            await until(lambda: bot.desk.pace.counts["unsent"] > 0)
            await asyncio.sleep(0.2)
            bot.door.open = True
        inbox = await settled(store)
        copies = len(taken(sandbox, ask.method)) - before
        lost, doubled, sorry = int(copies < 1), max(0, copies - 1), apologies(sandbox)
    engine = "SQLite" if store.database.sqlite else "PostgreSQL"
    sys.stdout.write(f"\n| {fault} | {call} | {engine} | {lost} | {doubled} | {sorry} |\n")
    assert set(inbox) == {"done"}
    assert (lost, sorry) == (0, 0)
    assert doubled <= FAULTS[fault].accepted


@both_engines
async def test_the_database_away_for_a_while_costs_no_answer_and_no_apology(
    swift: tuple[Store, Haste],
    sandbox: Sandbox,
    shelf: MarketShelf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reads fail as they do when the server is gone, in the midst of handlers."""
    store, haste = swift
    left = [5]
    read = store.database.read

    async def failing(work: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OperationalError("SELECT", {}, Exception("the server closed the connection"))
        return await read(work)

    async with bot_beside(sandbox, store, shelf, haste) as bot, Chat(sandbox.page_url) as you:
        for contract in ("TYH7", "FVH7", "USH7"):
            await you.say(f"/dates {contract}")
        await bot.hear()
        monkeypatch.setattr(store.database, "read", failing)
        await until(lambda: not left[0])
        assert await settled(store) == {"done": 3}
        told = [str(c.params["text"]) for c in taken(sandbox, "sendMessage")]
    assert [next(c for c in ("TYH7", "FVH7", "USH7") if c in text) for text in told] == [
        "TYH7",
        "FVH7",
        "USH7",
    ]
    assert apologies(sandbox) == 0


@pytest.mark.postgres
async def test_a_server_that_is_stopped_and_started_leaves_no_question_behind(
    cluster: Cluster, sandbox: Sandbox, shelf: MarketShelf
) -> None:
    """Questions are in hand when it goes; leases, handlers and results all meet the outage."""
    store = await Store.open(await cluster.url())
    try:
        async with bot_beside(sandbox, store, shelf, Haste(1)) as bot:
            for n in range(12):
                sandbox.world.add_user(8_000_000 + n, f"R{n}", "en")
                async with Chat(sandbox.page_url, 8_000_000 + n) as you:
                    await you.say("/dates TYH7")
            await bot.hear()
            await asyncio.to_thread(cluster.stop, "immediate")
            await asyncio.sleep(1.5)
            await asyncio.to_thread(cluster.start)
            await until(lambda: len(taken(sandbox, "sendMessage")) >= 12, seconds=30)
            assert await settled(store, seconds=20) == {"done": 12}
    finally:
        await store.close()
    chats = Counter(int(c.params["chat_id"]) for c in taken(sandbox, "sendMessage"))
    assert len(chats) == 12
    assert max(chats.values()) <= 2
    assert apologies(sandbox) == 0


async def test_what_got_through_is_not_sent_again_with_what_did_not(
    swift: tuple[Store, Haste], sandbox: Sandbox, shelf: MarketShelf
) -> None:
    """A chart arrives, its data do not, for longer than a reply waits: one chart in the end."""
    store, haste = swift
    sandbox.faults.add(Fault("sendDocument", times=12, raw=(502, HTML_PAGE)))
    async with bot_beside(sandbox, store, shelf, haste) as bot, Chat(sandbox.page_url) as you:
        await you.say("/chart positions")
        await bot.hear()
        assert await settled(store) == {"done": 1}
    assert len(taken(sandbox, "sendPhoto")) == 1
    assert len(taken(sandbox, "sendDocument")) == 1


async def test_a_mistake_of_ours_is_apologised_for_once_and_at_once(
    swift: tuple[Store, Haste],
    sandbox: Sandbox,
    shelf: MarketShelf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Waiting mends no mistake; a file that is missing is one too, though it is an OSError."""
    store, haste = swift
    mistakes = [ZeroDivisionError("ours"), FileNotFoundError("gone"), TimeoutError("too slow")]

    async def fails(*_: object) -> None:
        raise mistakes.pop()

    async with bot_beside(sandbox, store, shelf, haste) as bot, Chat(sandbox.page_url) as you:
        monkeypatch.setattr(bot.desk.assistant.store.own, "rates", fails)
        for number in range(1, 4):
            await you.say("/settings")
            await bot.hear()
            await settled(store)
            assert apologies(sandbox) == number
    assert not mistakes


async def test_a_word_about_our_mistake_outlives_an_outage_too(
    swift: tuple[Store, Haste],
    sandbox: Sandbox,
    shelf: MarketShelf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, haste = swift

    async def fails(*_: object) -> None:
        raise ZeroDivisionError("ours")

    async with bot_beside(sandbox, store, shelf, haste) as bot, Chat(sandbox.page_url) as you:
        monkeypatch.setattr(bot.desk.assistant.store.own, "rates", fails)
        bot.door.open = False
        await you.say("/settings")
        await bot.hear()
        await until(lambda: bot.desk.pace.counts["later"] + bot.desk.pace.counts["unsent"] > 0)
        await asyncio.sleep(0.3)
        bot.door.open = True
        assert await settled(store) == {"done": 1}
    assert apologies(sandbox) == 1


async def test_a_stop_during_an_outage_leaves_the_question_to_the_next_start(
    swift: tuple[Store, Haste],
    sandbox: Sandbox,
    shelf: MarketShelf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.delivery.inbox.STOP_SECONDS", 0.2)
    store, haste = swift
    async with bot_beside(sandbox, store, shelf, haste) as bot, Chat(sandbox.page_url) as you:
        await you.say("/dates TYH7")
        bot.door.open = False
        await bot.hear()
        await until(lambda: bot.desk.pace.counts["unsent"] > 0)
    assert (await store.status())["inbox"] == {"pending": 1}
    async with bot_beside(sandbox, store, shelf, haste):
        assert await settled(store) == {"done": 1}
    assert len(taken(sandbox, "sendMessage")) == 1
    assert apologies(sandbox) == 0


async def test_what_a_chat_had_forgotten_during_an_outage_is_not_answered_after_it(
    swift: tuple[Store, Haste], sandbox: Sandbox, shelf: MarketShelf
) -> None:
    store, haste = swift
    async with bot_beside(sandbox, store, shelf, haste, again_first=3000.0) as bot:
        async with Chat(sandbox.page_url) as you:
            await you.say("/dates TYH7")
            await you.say("/dates FVH7")
        bot.door.open = False
        await bot.hear()
        await until(lambda: bot.desk.pace.counts["unsent"] > 0)
        await until(lambda: not bot.inbox._running)
        await store.forget(YOU)
        bot.door.open = True
        assert await settled(store) == {}
        await asyncio.sleep(0.2)
    assert taken(sandbox, "sendMessage") == []


async def test_a_file_that_telegram_cannot_hand_over_now_is_read_later(
    swift: tuple[Store, Haste], sandbox: Sandbox, shelf: MarketShelf
) -> None:
    """No "please send it again": the question is kept, so the bot asks again."""
    store, haste = swift
    sandbox.faults.add(Fault("getFile", times=2, raw=(502, HTML_PAGE)))
    async with bot_beside(sandbox, store, shelf, haste) as bot, Chat(sandbox.page_url) as you:
        await you.upload("note.md", b"# Basis\n\nThe basis trade is big.\n", "text/markdown")
        await bot.hear()
        assert await settled(store) == {"done": 1}
    assert taken(sandbox, "getFile")
    told = [str(c.params["text"]) for c in taken(sandbox, "sendMessage")]
    assert not any("send it again" in text for text in told)


@both_engines
async def test_a_long_pause_is_told_to_operators_monitors_and_other_processes(
    swift: tuple[Store, Haste], sandbox: Sandbox, shelf: MarketShelf
) -> None:
    store, haste = swift
    async with bot_beside(sandbox, store, shelf, haste) as bot:
        pace = bot.desk.pace
        outbox = Outbox(store, {}, owner="one")
        notices = noticer(store, outbox, pace, lambda: bot.inbox.given_up, [YOU])
        pulse = Pulse(store, pace, lambda: datetime.now(UTC))
        await notices.tick()
        assert await pulse.doubt() is None
        later = Pulse(store, pace, lambda: datetime.now(UTC) + timedelta(hours=1))
        assert await later.doubt() == "clock"  # the wall clock went back
        pace.pause(900, "Retry in 1 day")
        bot.inbox.given_up += 2
        await notices.tick()
        await notices.tick()
        held = await store.status()
        assert held["outbox"] == {"pending": 2}
        assert held["paused_seconds"] > 0
        assert await pulse.doubt() == "telegram"
        assert (await pulse.figures())["sending_paused_seconds"] > 0
    found = {finding.code: finding.level for finding in _delivery({**held, "inbox": {"dead": 2}})}
    assert found == {"given_up": "warn", "paused": "warn"}
