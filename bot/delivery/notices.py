"""What the operator should know of delivery -> a notice to each operator, through the outbox.

A pause that Telegram asks for can be told of only when it is over; the outbox keeps it till then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.delivery.outbox import Outbox
from bot.delivery.pacing import LongPause, Pace
from bot.render.message import Message
from bot.store.store import Store

Paused = Callable[[str, LongPause], Message]
Lost = Callable[[str, int], Message]


@dataclass(slots=True)
class Notices:
    """Looks at each tick for a long pause and for updates that were given up.

    `given_up` counts the latter since the start; `paused` and `lost` word the notices in a
    language. Each piece of news is told once.
    """

    store: Store
    outbox: Outbox
    pace: Pace
    given_up: Callable[[], int]
    paused: Paused
    lost: Lost
    operators: Sequence[int] = ()
    _pause: LongPause | None = None
    _lost: int = 0

    async def tick(self) -> None:
        """Write down what is new for the operators, and for all processes that send."""
        pause, lost = self.pace.long_pause, self.given_up()
        if pause is not None and pause is not self._pause:
            await self.outbox.rows.pause(self.pace.ahead())
            await self._tell("pause", lambda lang: self.paused(lang, pause))
            self._pause = pause
        if lost > self._lost:
            fresh = lost - self._lost
            await self._tell("given_up", lambda lang: self.lost(lang, fresh))
            self._lost = lost

    async def _tell(self, what: str, words: Callable[[str], Message]) -> None:
        moment = await self.store.now()
        for chat in self.operators:
            user = await self.store.user(chat)
            lang = user.lang or user.telegram_lang or "en"
            key = f"{what}:{moment.isoformat()}"
            await self.outbox.notice(chat, key, [words(lang)], policy="resend")
