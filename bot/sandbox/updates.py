"""What users do -> updates, kept until the bot confirms them, by polling or by webhook."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.errors import ApiError

# Telegram sends these kinds only to a bot that asks for them by name.
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
POLL_LIMIT = 50.0  # seconds; what the official server caps a long poll at


@dataclass(slots=True)
class Webhook:
    """Where updates are sent to."""

    url: str
    secret: str = ""
    max_connections: int = 40
    ip_address: str = ""
    last_error_date: int = 0
    last_error_message: str = ""


@dataclass(slots=True)
class Updates:
    """The queue of one bot."""

    next_id: int = 100_000_001
    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    allowed: tuple[str, ...] = ()
    webhook: Webhook | None = None
    confirmed: int = 0
    last_poll: float = -math.inf  # on the event loop's clock
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _poller: asyncio.Event | None = None

    def add(self, kind: str, value: dict[str, Any]) -> int | None:
        """Queue an update and return its id, or None for a kind that the bot did not ask for."""
        if not (kind in self.allowed if self.allowed else kind not in ON_REQUEST):
            return None
        update_id, self.next_id = self.next_id, self.next_id + 1
        self.waiting.append({"update_id": update_id, kind: value})
        self.wake()
        return update_id

    def asked_for(self, within: float) -> bool:
        """Tell whether a bot polls now, did so in the last seconds, or has a webhook."""
        since = asyncio.get_running_loop().time() - self.last_poll
        return self._poller is not None or self.webhook is not None or since < within

    def wake(self) -> None:
        """Tell whoever waits that something changed."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def changed(self, seconds: float | None) -> None:
        """Return when something changed, or after `seconds`."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return

    def confirm(self, offset: int) -> None:
        """Forget the updates before `offset`; a negative one keeps only that many of the newest."""
        if offset < 0:
            offset = self.next_id + offset
        while self.waiting and self.waiting[0]["update_id"] < offset:
            self.waiting.popleft()
            self.confirmed += 1

    async def poll(
        self, offset: int, limit: int, seconds: float, allowed: Sequence[str] | None
    ) -> list[dict[str, Any]]:
        """Return what waits, or wait up to `seconds` for something to return.

        A second poller ends the first one with 409, as Telegram does.
        """
        if self.webhook is not None:
            raise ApiError(
                409,
                "can't use getUpdates method while webhook is active;"
                " use deleteWebhook to delete the webhook first",
            )
        if allowed is not None:
            self.allowed = tuple(allowed)
        if self._poller is not None:
            self._poller.set()
            self.wake()
        mine = self._poller = asyncio.Event()
        try:
            return await self._poll(mine, offset, limit, seconds)
        finally:
            self.last_poll = asyncio.get_running_loop().time()
            if self._poller is mine:
                self._poller = None

    async def _poll(
        self, mine: asyncio.Event, offset: int, limit: int, seconds: float
    ) -> list[dict[str, Any]]:
        self.confirm(offset)
        loop = asyncio.get_running_loop()
        end = loop.time() + min(seconds, POLL_LIMIT)
        while not self.waiting and (left := end - loop.time()) > 0:
            await self.changed(left)
            if mine.is_set():
                raise ApiError(
                    409,
                    "terminated by other getUpdates request;"
                    " make sure that only one bot instance is running",
                )
        return list(self.waiting)[: min(max(limit, 1), 100)]
