"""What should go wrong -> what goes wrong with a call: the policy that tests program."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.errors import ApiError, too_many


class Reset(Exception):  # noqa: N818  # not an error of ours: the connection is to be cut
    """The connection is cut without an answer."""


class RawAnswer(Exception):  # noqa: N818  # an answer that is no JSON, as a proxy would give
    """An answer that does not come from the Bot API itself."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong: for which calls, how often, and how.

    `method` is a Bot API method or "*"; `chat_id` None means every chat; the first `skip` matching
    calls pass, then `times` calls fail (None: all), each with probability `chance`. The call waits
    `delay` seconds first. With `accepted` the method does its work before things go wrong, as when
    an answer is lost on its way back.
    """

    method: str = "*"
    chat_id: int | None = None
    times: int | None = 1
    skip: int = 0
    chance: float = 1.0
    delay: float = 0.0
    error: ApiError | None = None
    raw: tuple[int, str] | None = None
    reset: bool = False
    hang: bool = False
    accepted: bool = False
    hits: int = 0

    def matches(self, method: str, chat_id: int | None) -> bool:
        """Tell whether the fault is about such a call."""
        same = self.method == "*" or self.method.lower() == method.lower()
        return same and (self.chat_id is None or self.chat_id == chat_id)

    async def strike(self) -> None:
        """Let it happen: wait, then raise what the call ends with, if anything."""
        await asyncio.sleep(self.delay)
        if self.hang:
            await asyncio.Event().wait()
        if self.reset:
            raise Reset
        if self.raw is not None:
            raise RawAnswer(*self.raw)
        if self.error is not None:
            raise self.error


def blocked() -> ApiError:
    """Return the refusal of a user who blocked the bot."""
    return ApiError(403, "bot was blocked by the user")


def moved(new_chat_id: int) -> ApiError:
    """Return the refusal of a group that became a supergroup."""
    text = "group chat was upgraded to a supergroup chat"
    return ApiError(400, text, migrate_to_chat_id=new_chat_id)


HTML_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def fault_from_json(data: dict[str, Any]) -> Fault:
    """Return the fault that a JSON object describes.

    The keys are those of Fault; in place of `error` stands one of `retry_after`, `blocked`,
    `chat_not_found`, `migrate_to`, `status` (an empty 5xx of the Bot API) or `html` (a status with
    a proxy's page).
    """
    data = dict(data)
    error: ApiError | None = None
    if (seconds := data.pop("retry_after", None)) is not None:
        error = too_many(int(seconds))
    if data.pop("blocked", False):
        error = blocked()
    if data.pop("chat_not_found", False):
        error = ApiError(400, "chat not found")
    if (new := data.pop("migrate_to", None)) is not None:
        error = moved(int(new))
    if (status := data.pop("status", None)) is not None:
        error = ApiError(int(status), "Internal Server Error")
    if (status := data.pop("html", None)) is not None:
        data["raw"] = (int(status), HTML_PAGE)
    return Fault(**data, error=error)


@dataclass(slots=True)
class Faults:
    """The faults in force and, with `strict`, Telegram's rates kept to the letter."""

    random: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311
    strict: bool = False
    active: list[Fault] = field(default_factory=list)
    rates: Rates | None = None

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force."""
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Let everything go right again."""
        self.active.clear()

    def keep_rates(self, on: bool = True) -> bool:
        """Turn the strict rates on or off."""
        self.strict = on
        return on

    def pick(self, method: str, chat_id: int | None) -> Fault | None:
        """Return the first fault that hits this call and count the hit."""
        for fault in self.active:
            if not fault.matches(method, chat_id):
                continue
            if fault.skip > 0:
                fault.skip -= 1
            elif fault.times != 0 and self.random.random() < fault.chance:
                fault.times = None if fault.times is None else fault.times - 1
                fault.hits += 1
                return fault
        return None

    def check_rates(self, chat_id: int, clock: Callable[[], float]) -> None:
        """Raise 429 where strict rates are on and this message comes too early."""
        if not self.strict:
            return
        if self.rates is None:
            self.rates = Rates()
        wait = self.rates.take(chat_id, clock())
        if wait > 0:
            raise too_many(max(1, round(wait + 0.5)))


@dataclass(slots=True)
class Rates:
    """Telegram's published rates: 30 a second, 1 a second in a chat, 20 a minute in a group."""

    sent: dict[object, deque[float]] = field(default_factory=dict)

    def take(self, chat_id: int, now: float) -> float:
        """Count a message at `now` (seconds), or return how long it has to wait."""
        rules: list[tuple[object, int, float]] = [("all", 30, 1.0), (chat_id, 1, 1.0)]
        if chat_id < 0:
            rules.append(((chat_id, "minute"), 20, 60.0))
        wait = max(self._wait(key, limit, span, now) for key, limit, span in rules)
        if wait <= 0:
            for key, _, _ in rules:
                self.sent[key].append(now)
        return wait

    def _wait(self, key: object, limit: int, span: float, now: float) -> float:
        times = self.sent.setdefault(key, deque())
        while times and times[0] <= now - span:
            times.popleft()
        return times[0] + span - now if len(times) >= limit else 0.0
