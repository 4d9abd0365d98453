"""Telegram away in every way, at every kind of call: answered later, nothing lost, no false word.

`-s` prints the table: for each fault, call and engine what was lost, doubled and apologised for.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.sandbox.errors import ApiError, too_many
from bot.sandbox.faults import HTML_PAGE, Fault
from bot.sandbox.server import Sandbox
from bot.store.store import Store
from tests.bot.delivery.away import APOLOGY, Bot, Haste, bot_beside
from tests.bot.engines import both_engines
from tests.sandbox_client import Chat, buttons
from tools.market.store import MarketShelf

SPEED = 1500.0  # a second of ours is so many for the pace and the store
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
