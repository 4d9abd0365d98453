"""Questions stored, Telegram away for a time: who was answered, how often, in which order."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bot.delivery.pacing import Pace
from bot.sandbox.errors import ApiError
from bot.sandbox.faults import HTML_PAGE, Fault
from bot.sandbox.log import Call
from bot.sandbox.server import Sandbox
from bot.store.store import Store
from tests.bot.delivery.away import APOLOGY, Bot, Haste, bot_beside
from tests.logbook import book, check_lines
from tests.sandbox_client import Chat
from tools.market.store import MarketShelf

CONTRACTS = ("TUH7", "FVH7", "TYH7", "USH7", "TYM7")
FIRST = 7_000_000  # ids of made-up people
HOWS = {
    "502": Fault("*", times=None, raw=(502, HTML_PAGE)),
    "500": Fault("*", times=None, error=ApiError(500, "Internal Server Error")),
    "hang": Fault("*", times=None, hang=True),
    "half": Fault("*", times=None, raw=(200, '{"ok": tr')),
    "lost": Fault("*", times=None, reset=True, accepted=True),
    "refused": None,
}


@dataclass(slots=True)
class Fates:
    """What became of the questions."""

    asked: int
    answers: Counter[tuple[int, str]] = field(default_factory=Counter)
    out_of_order: int = 0
    apologies: int = 0
    tries_while_away: int = 0
    seconds_after: float = 0.0
    inbox: dict[str, int] = field(default_factory=dict)

    @property
    def doubled(self) -> int:
        return sum(count - 1 for count in self.answers.values())

    @property
    def kept(self) -> bool:
        """Tell whether all was answered in order, with nothing false said."""
        whole = len(self.answers) == self.asked and self.inbox == {"done": self.asked}
        return whole and not self.out_of_order and not self.apologies

    def lines(self) -> Iterable[str]:
        """Yield the figures as a person reads them."""
        yield f"{len(self.answers)} of {self.asked} answered, {self.doubled} of them twice"
        yield f"chats answered out of order {self.out_of_order}, apologies {self.apologies}"
        yield f"questions tried while Telegram was away {self.tries_while_away}"
        yield f"all answered {self.seconds_after:.1f} s after it came back"
        yield f"inbox: {self.inbox}"


async def outlast(
    url: str, folder: Path, *, how: str = "502", seconds: float = 60.0, questions: int = 200
) -> Fates:
    """Store questions, keep Telegram away for so many seconds, and return what came of them."""
    begin = len(book.lines)
    sandbox, store = Sandbox(), await Store.open(url)
    await sandbox.start()
    people = questions // len(CONTRACTS)
    try:
        async with (
            bot_beside(
                sandbox, store, MarketShelf(folder, None), Haste(), read_timeout=5, pace=Pace()
            ) as bot,
            Chat(sandbox.page_url) as anyone,
        ):
            for contract in CONTRACTS:
                for n in range(people):
                    if contract == CONTRACTS[0]:
                        who = {"user_id": FIRST + n, "first_name": f"R{n}", "language": "en"}
                        await anyone.act("user", **who)
                    await anyone.act("say", text=f"/dates {contract}", user_id=FIRST + n)
            fates = Fates(people * len(CONTRACTS))
            await _away(bot, how, seconds, fates)
            began = time.monotonic()
            await _settled(store, fates)
            fates.seconds_after = time.monotonic() - began
    finally:
        await store.close()
        await sandbox.stop()
    said = [sandbox.world.messages, sandbox.world.users, [c.params for c in sandbox.log.calls]]
    check_lines(book.lines[begin:], said, sandbox.token)
    _count(list(sandbox.log.calls), fates)
    return fates


async def _away(bot: Bot, how: str, seconds: float, fates: Fates) -> None:
    """Take Telegram away, let the questions be stored, bring it back."""
    fault = HOWS[how]
    if fault is None:
        bot.door.open = False
    else:
        bot.sandbox.faults.add(fault)
    while await bot.hear():
        pass
    await asyncio.sleep(seconds)
    fates.tries_while_away = bot.desk.pace.counts.total()
    bot.sandbox.faults.clear()
    bot.door.open = True


async def _settled(store: Store, fates: Fates, seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        fates.inbox = (await store.status())["inbox"]
        if not {"pending", "working"} & set(fates.inbox):
            return
        await asyncio.sleep(0.1)


def _count(calls: Iterable[Call], fates: Fates) -> None:
    seen: dict[int, list[str]] = {}
    for call in calls:
        if call.method != "sendMessage" or not call.accepted:
            continue
        text, chat = str(call.params["text"]), int(call.params["chat_id"])
        fates.apologies += APOLOGY in text
        for contract in CONTRACTS:
            if contract in text:
                fates.answers[chat, contract] += 1
                seen.setdefault(chat, []).append(contract)
                break
    for told in seen.values():
        first_told = list(dict.fromkeys(told))
        fates.out_of_order += first_told != [c for c in CONTRACTS if c in first_told]
