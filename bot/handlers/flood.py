"""Who writes more than can ever be answered is told so once, and passed over until a minute is by.

Telegram takes a message a second to a chat and twenty a minute to a group. A chat's messages wait
for each other, so without a bound one person's flood would be answered long after it mattered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from bot.delivery.pacing import Pace

SECONDS = 60.0
BURST = 1.5  # a group's members together may be quicker than twenty a minute for a while
CHATS = 4096  # remembered; beyond, the quiet ones are forgotten


class News:
    """What a chat need be told only once in a while."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._told: dict[int, float] = {}

    def is_due(self, chat_id: int, at: float) -> bool:
        """Tell whether the chat was not told lately; if so, it is now."""
        if at - self._told.get(chat_id, at - self._seconds) < self._seconds:
            return False
        if len(self._told) >= CHATS:
            self._told = {c: t for c, t in self._told.items() if t > at - self._seconds}
        self._told[chat_id] = at
        return True


class Flood:
    """How many messages each chat sent lately."""

    def __init__(self, private: int, group: int) -> None:
        self._limits: Mapping[bool, int] = {True: private, False: group}
        self._seen: dict[int, deque[float]] = {}
        self.news = News(SECONDS)

    @classmethod
    def at(cls, pace: Pace) -> Flood:
        """Return the bound that fits a pace: what may be sent in a minute may be asked in one."""
        return cls(int(pace.a_minute(private=True)), int(BURST * pace.a_minute(private=False)))

    def is_over(self, chat_id: int, at: float) -> bool:
        """Count a message of a moment (seconds); tell whether it is one too many."""
        if chat_id not in self._seen and len(self._seen) >= CHATS:
            self._forget_quiet(at)
        limit = self._limits[chat_id > 0]
        times = self._seen.setdefault(chat_id, deque(maxlen=limit))
        while times and times[0] <= at - SECONDS:
            times.popleft()
        if len(times) >= limit:
            return True
        times.append(at)
        return False

    def _forget_quiet(self, now: float) -> None:
        self._seen = {c: t for c, t in self._seen.items() if t and t[-1] > now - SECONDS}
