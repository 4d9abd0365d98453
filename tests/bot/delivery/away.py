"""The bot's own handlers over a sandbox that goes away, with time that runs as fast as wanted."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from telegram.ext import ApplicationBuilder

from bot.assistant import make_assistant
from bot.delivery.inbox import Inbox
from bot.delivery.pacing import Pace
from bot.delivery.pools import Pools
from bot.handlers import trouble
from bot.handlers.application import ALLOWED_UPDATES, build, is_cancel
from bot.handlers.context import BotApplication, Desk
from bot.sandbox.server import Sandbox
from bot.settings import Secret, Settings
from bot.store.store import Store
from tools.market.store import MarketShelf

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
MANY = (100_000, 1.0)
APOLOGY = "Something went wrong here"


class Haste:
    """A clock that runs `times` as fast as the real one, for the store and for the pace."""

    def __init__(self, times: float = 1.0) -> None:
        self.times = times
        self._began = time.monotonic()

    def __call__(self) -> float:
        return (time.monotonic() - self._began) * self.times

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.times)

    def pace(self) -> Pace:
        return Pace(MANY, MANY, MANY, clock=self, sleep=self.sleep)


class Door(Pools):
    """The way to the sandbox; while it is shut, connections are refused."""

    def __init__(self, in_flight: int, **settings: Any) -> None:
        super().__init__(in_flight, **settings)
        self.open = True
        self._nobody = socket.socket()  # bound, and nobody listens
        self._nobody.bind(("127.0.0.1", 0))

    async def do_request(self, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make a request, to a port where nobody listens while the door is shut."""
        if not self.open:
            url = re.sub(r":\d+/", f":{self._nobody.getsockname()[1]}/", url, count=1)
        return await super().do_request(url, *args, **kwargs)

    async def shutdown(self) -> None:
        """Close all connections."""
        await super().shutdown()
        self._nobody.close()


@dataclass
class Bot:
    """The application with its inbox, told of updates by hand."""

    application: BotApplication
    desk: Desk
    inbox: Inbox
    sandbox: Sandbox
    door: Door
    _offset: int = 0

    async def hear(self) -> list[int]:
        """Store what people did in the sandbox since; return the updates' numbers."""
        raw: list[dict[str, Any]] = await self.sandbox.world.updates.poll(
            self._offset, 100, 0, None
        )
        self._offset = max((update["update_id"] + 1 for update in raw), default=self._offset)
        await self.inbox.accept(raw)
        return [update["update_id"] for update in raw]


@contextlib.asynccontextmanager
async def bot_beside(
    sandbox: Sandbox,
    store: Store,
    shelf: MarketShelf,
    haste: Haste,
    *,
    read_timeout: float = 0.25,
    pace: Pace | None = None,
    **inbox: Any,
) -> AsyncIterator[Bot]:
    """Run the real handlers on an inbox without polling."""
    settings = Settings(token=Secret(sandbox.token), feeds=False)
    assistant = make_assistant(settings, store, shelf=shelf, now=lambda: NOON)
    desk = Desk(assistant, pace or haste.pace(), feeds=False)
    builder = ApplicationBuilder().token(sandbox.token)
    builder = builder.base_url(sandbox.api_base_url).base_file_url(sandbox.file_url)
    door = Door(8, read_timeout=read_timeout, connect_timeout=1)
    application = build(settings, desk, builder.request(door))

    async def apologise(update: Any, reference: str) -> None:
        await trouble.apologise(application.bot, desk, update, reference)

    await application.initialize()
    box = Inbox(
        store,
        application.bot,
        application.process_update,
        bypass=is_cancel,
        on_dead=apologise,
        allowed_updates=ALLOWED_UPDATES,
        pace=desk.pace,
        **{"lease": timedelta(hours=1), **inbox},
    )
    running = asyncio.create_task(box.run(poll=False))
    try:
        yield Bot(application, desk, box, sandbox, door)
    finally:
        await box.stop()
        await asyncio.wait_for(running, 15)
        await application.shutdown()
        assistant.close()
