"""An OpenAI-compatible server on loopback whose models say what their script tells them to."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import tornado.httpserver
import tornado.iostream
import tornado.netutil
import tornado.web

from tests.logbook import book, check_lines

# What a model says to the last message that it was sent; an int is an HTTP error, bytes a piece of
# a body that never ends.
Script = Callable[[str], str | int | bytes]


@dataclass
class Served:
    """Where the server listens, and every request it was sent."""

    base_url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    poured: int = 0  # bytes of bodies without end


class _Completions(tornado.web.RequestHandler):
    def initialize(self, scripts: Mapping[str, Script], served: Served, slow: float) -> None:
        self.scripts, self.served, self.slow = scripts, served, slow

    async def post(self) -> None:
        asked = json.loads(self.request.body)
        self.served.requests.append(asked)
        model = asked["model"]
        if model == "slow":
            await asyncio.sleep(self.slow)
        said = self.scripts[model](asked["messages"][-1]["content"])
        if isinstance(said, bytes):
            await self._pour(said)
            return
        if isinstance(said, int):
            self.set_status(said)
            self.finish({"error": {"message": "scripted", "type": "server_error"}})
            return
        message = {"role": "assistant", "content": said}
        self.finish(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": model,
                "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            }
        )

    async def _pour(self, piece: bytes) -> None:
        """Send a piece again and again until the client has enough."""
        with suppress(tornado.iostream.StreamClosedError):
            while True:
                self.write(piece)
                await self.flush()
                self.served.poured += len(piece)
                await asyncio.sleep(0)

    def log_exception(self, *_: Any) -> None:
        """Stay silent: a client that stopped waiting is what the slow model is for."""


@contextmanager
def serve(scripts: Mapping[str, Script], slow: float = 2.0) -> Iterator[Served]:
    """Serve the models of these names on a free port, in a thread of their own."""
    (sock,) = tornado.netutil.bind_sockets(0, "127.0.0.1")
    served = Served(f"http://127.0.0.1:{sock.getsockname()[1]}/v1")
    begin = len(book.lines)
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    done = asyncio.Event()

    async def work() -> None:
        kit = {"scripts": scripts, "served": served, "slow": slow}
        app = tornado.web.Application([(r"/v1/chat/completions", _Completions, kit)])
        server = tornado.httpserver.HTTPServer(app)
        server.add_sockets([sock])
        ready.set()
        await done.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=lambda: loop.run_until_complete(work()))
    thread.start()
    ready.wait()
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()
    check_lines(book.lines[begin:], served.requests)
