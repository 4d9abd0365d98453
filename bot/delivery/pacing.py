"""Who may send when: one message a second to a chat, twenty a minute to a group, thirty overall.

This is one process's own pace for replies; broadcasts take theirs from the database (`Outbox`),
less what the replies have spent, so that many processes keep one budget and replies go first.
It also knows whether Telegram takes anything at all: all who send in this process ask it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from telegram.error import RetryAfter

from bot.delivery.again import backoff

log = logging.getLogger(__name__)

OVERALL = (30, 1.0)
PRIVATE = (3, 3.0)  # a second apart on average; Telegram lets short bursts pass
GROUP = (20, 60.0)
PATIENCE = 60.0  # seconds that a reply waits in its place; beyond, its question goes back
AWAY_FIRST, AWAY_MOST = 0.5, 10.0  # seconds of silence while Telegram is away
DOUBT_AFTER = 5  # failures in a row before a monitor is told
FORGET_BEYOND = 4096  # chats whose last sends we remember before the quiet ones are dropped


@dataclass(slots=True)
class Window:
    """At most `limit` events in any `seconds`."""

    limit: int
    seconds: float
    taken: deque[float] = field(default_factory=deque)

    def reserve(self, now: float) -> float:
        """Take the next free place and return its moment, which may lie ahead."""
        at = now
        if len(self.taken) >= self.limit:
            at = max(now, self.taken[-self.limit] + self.seconds)
        self.taken.append(at)
        while len(self.taken) > self.limit:
            self.taken.popleft()
        return at

    def wait(self, now: float) -> float:
        """Return the seconds until a place is free."""
        if len(self.taken) < self.limit:
            return 0.0
        return max(0.0, self.taken[-self.limit] + self.seconds - now)


@dataclass(frozen=True, slots=True)
class LongPause:
    """A pause that outlasts any reply's patience: for how many seconds, and what Telegram said."""

    seconds: float
    reason: str


class Pace:
    """One process's pace. `counts` tells what happened on the way (waits, retries, plain text).

    `long_pause` is the last one that Telegram asked for. While `doubtful` the last call failed:
    whoever sends next asks Telegram something harmless first.
    """

    def __init__(
        self,
        overall: tuple[int, float] = OVERALL,
        private: tuple[int, float] = PRIVATE,
        group: tuple[int, float] = GROUP,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._overall = Window(*overall)
        self._private, self._group = private, group
        self._clock, self.sleep = clock, sleep
        self._chats: dict[int, Window] = {}
        self._paused_until = 0.0
        self._away_until = 0.0
        self._stumbles = 0
        self.passes = 0
        self.long_pause: LongPause | None = None
        self._spent = 0

    def a_minute(self, *, private: bool) -> float:
        """Return how many messages a chat may get in a minute."""
        limit, seconds = self._private if private else self._group
        return limit * 60 / seconds

    async def reply(self, chat_id: int) -> None:
        """Wait for this chat's turn to get a message, and take it.

        Raises RetryAfter where Telegram wants nothing for longer than a reply waits.
        """
        await self._until(self._chat(chat_id).reserve(self._clock()))
        await self._until(self._overall.reserve(self._clock()))
        await self.silence()
        self._spent += 1

    async def silence(self) -> None:
        """Wait until anything may be sent at all; RetryAfter where that is too long."""
        while (ahead := self.ahead()) > 0:
            if ahead > PATIENCE:
                raise RetryAfter(math.ceil(ahead))
            self.counts["paused"] += 1
            await self.sleep(ahead)

    def ahead(self) -> float:
        """Return the seconds for which nothing is to be sent, 0 for none."""
        return max(0.0, self._paused_until - self._clock(), self._away_until - self._clock())

    @property
    def doubtful(self) -> bool:
        """Tell whether nothing got through since a call failed."""
        return self._stumbles > 0

    @property
    def mute(self) -> bool:
        """Tell whether this has lasted, or will last, so long that somebody should look."""
        return self._stumbles >= DOUBT_AFTER or self.ahead() > PATIENCE

    def stumble(self) -> None:
        """Note that Telegram was not reached: all wait, the longer the oftener in a row.

        Calls that were under way together fail together and count once.
        """
        if self.ahead() > 0:
            return
        self._stumbles += 1
        wait = backoff(self._stumbles, AWAY_FIRST, AWAY_MOST)
        self._away_until = self._clock() + wait
        if self._stumbles == DOUBT_AFTER:
            log.warning("Telegram is away; what comes waits in the store until it is back")

    def passed(self) -> None:
        """Note that a call got through: Telegram is there."""
        if self._stumbles >= DOUBT_AFTER:
            log.warning("Telegram is back")
        self.passes += 1
        self._stumbles, self._away_until = 0, 0.0

    def wait(self, chat_id: int) -> float:
        """Return the seconds until the chat may get a broadcast; 0 takes the turn."""
        window, now = self._chat(chat_id), self._clock()
        ahead = max(window.wait(now), self.ahead())
        if ahead <= 0:
            window.reserve(now)
        return max(0.0, ahead)

    def pause(self, seconds: float, reason: str = "") -> None:
        """Send nothing to anybody for so long: Telegram said so.

        After a pause that outlasts a reply's patience the first message is a trial.
        """
        until = self._clock() + seconds
        if until <= self._paused_until:
            return
        self._paused_until = until
        log.warning("nothing is sent for %.0f s: %s", seconds, reason)
        if seconds > PATIENCE:
            self._stumbles = max(1, self._stumbles)
            self.long_pause = LongPause(seconds, reason)

    def take_spent(self) -> int:
        """Return how many replies went out since the last asking: the budget owes them."""
        spent, self._spent = self._spent, 0
        return spent

    def _chat(self, chat_id: int) -> Window:
        """Return the chat's window; groups have negative ids."""
        if chat_id not in self._chats:
            if len(self._chats) >= FORGET_BEYOND:
                self._forget_quiet()
            self._chats[chat_id] = Window(*(self._group if chat_id < 0 else self._private))
        return self._chats[chat_id]

    def _forget_quiet(self) -> None:
        now = self._clock()
        self._chats = {
            chat: w for chat, w in self._chats.items() if w.taken and w.taken[-1] + w.seconds > now
        }

    async def _until(self, moment: float) -> None:
        if (ahead := moment - self._clock()) > 0:
            self.counts["waited"] += 1
            await self.sleep(ahead)
