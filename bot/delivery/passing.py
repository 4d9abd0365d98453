"""Questions that are worth an answer only at once -> dealt with beside the inbox, never stored.

What is typed after the bot's name asks anew with every letter, and Telegram takes no answer to it
after a few seconds. Of one person only the newest question counts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from telegram import Bot, Update

log = logging.getLogger(__name__)

MOST = 16  # at once; beyond, people type on and ask again


class Passing:
    """Takes inline questions; all others are for the inbox."""

    def __init__(self, bot: Bot, process: Callable[[Update], Awaitable[object]]) -> None:
        self._bot, self._process = bot, process
        self._running: dict[int | None, asyncio.Task[None]] = {}

    def take(self, raw: Mapping[str, Any]) -> bool:
        """Deal with an update, as it came, if it is an inline question; tell whether it was."""
        query = raw.get("inline_query")
        if not isinstance(query, dict):
            return False
        sender = query.get("from")
        given = sender.get("id") if isinstance(sender, dict) else None
        person = given if isinstance(given, int) else None
        if (earlier := self._running.pop(person, None)) is not None:
            earlier.cancel()
        if len(self._running) >= MOST:
            return True
        task = asyncio.create_task(self._attend(dict(raw)), name="inline question")
        self._running[person] = task
        task.add_done_callback(lambda done: self._forget(person, done))
        return True

    def _forget(self, person: int | None, task: asyncio.Task[None]) -> None:
        if self._running.get(person) is task:
            del self._running[person]

    async def _attend(self, raw: dict[str, Any]) -> None:
        try:
            await self._process(Update.de_json(raw, self._bot))
        except Exception:
            log.exception("an inline question could not be dealt with")

    async def stop(self) -> None:
        """Leave unanswered what is under way."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
