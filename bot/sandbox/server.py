"""A port on this machine -> a Bot API server with a chat page, for trying and for testing."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import Callable

from tornado.httpserver import HTTPServer
from tornado.web import Application, StaticFileHandler

from bot.sandbox.faults import Faults
from bot.sandbox.guard import Guarded
from bot.sandbox.http_api import BotHandler, FileHandler
from bot.sandbox.log import RequestLog
from bot.sandbox.page import (
    STATIC,
    ActionHandler,
    EventsHandler,
    PageHandler,
    StateHandler,
    StoredFileHandler,
)
from bot.sandbox.webhook import Deliverer
from bot.sandbox.world import World

HOST = "127.0.0.1"
BODY_LIMIT = 64 * 2**20


class StaticHandler(Guarded, StaticFileHandler):
    """The page's own files."""


def new_token() -> str:
    """Return a token that looks like Telegram's and is worth nothing elsewhere."""
    return f"{7_000_000_000 + secrets.randbelow(10**9)}:{secrets.token_urlsafe(40)[:35]}"


class Sandbox:
    """A local Bot API server on the running event loop."""

    def __init__(
        self,
        *,
        token: str | None = None,
        key: str | None = None,
        clock: Callable[[], float] = time.time,
        strict_rates: bool = False,
        webhook_wait: float = 1.0,
    ) -> None:
        self.token = token or new_token()
        self.key = key or secrets.token_urlsafe(18)
        self.world = World(self.token, clock)
        self.log = RequestLog()
        self.faults = Faults(strict=strict_rates)
        self.port = 0
        self._webhook_wait = webhook_wait
        self._server: HTTPServer | None = None
        self._sockets: set[EventsHandler] = set()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        """Return the address without a path."""
        return f"http://{HOST}:{self.port}"

    @property
    def api_base_url(self) -> str:
        """Return what python-telegram-bot takes as base_url; it ends in /bot."""
        return f"{self.url}/bot"

    @property
    def file_url(self) -> str:
        """Return what python-telegram-bot takes as base_file_url; it ends in /file/bot."""
        return f"{self.url}/file/bot"

    @property
    def page_url(self) -> str:
        """Return the address of the chat page, with its key."""
        return f"{self.url}/?key={self.key}"

    async def start(self, port: int = 0) -> str:
        """Listen on this machine only (0: any free port) and return the page's address.

        OSError where the port is taken.
        """
        listening = socket.create_server((HOST, port), backlog=128)  # closed where it fails
        listening.setblocking(False)
        self.port = listening.getsockname()[1]
        self._server = HTTPServer(
            self._application(), max_body_size=BODY_LIMIT, max_buffer_size=BODY_LIMIT
        )
        self._server.add_socket(listening)
        deliverer = Deliverer(self.world, self._webhook_wait)
        self._tasks = [asyncio.create_task(work) for work in (deliverer.run(), self._sweep())]
        return self.page_url

    async def stop(self) -> None:
        """Stop listening and cut what is open."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._server is not None:
            self._server.stop()
            for events in list(self._sockets):
                events.close()
            await self._server.close_all_connections()
            self._server = None

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.world.drop_old_drafts()
            self.world.bot_is(online=self.world.updates.asked_for(within=5.0))

    def _application(self) -> Application:
        world, log, faults = self.world, self.log, self.faults
        parts = {"world": world, "log": log, "faults": faults}
        only_world = {"world": world}
        return Application(
            [
                (r"/bot([^/]+)/([A-Za-z]+)/?", BotHandler, parts),
                (r"/file/bot([^/]+)/(.+)", FileHandler, only_world),
                (r"/", PageHandler),
                (r"/page/state", StateHandler, only_world),
                (r"/page/events", EventsHandler, only_world),
                (r"/page/file/([A-Za-z0-9_-]+)", StoredFileHandler, only_world),
                (r"/page/([a-z]+)", ActionHandler, parts),
                (r"/static/(.+)", StaticHandler, {"path": str(STATIC)}),
            ],
            key=self.key,
            port=lambda: self.port,
            sockets=self._sockets,
            log_function=lambda _: None,
            websocket_ping_interval=20,
        )
