"""HTTP requests that claim to come from Telegram -> updates stored, and only then a 200.

Whoever does not know the secret learns nothing: a bare 403, before a byte of the body is read. What
is too big, too deep or too slow is refused; an inbox that is full or away says 503, and Telegram
comes again. Beside it stand `/healthz`, `/readyz` and, for who knows the secret, `/metrics`.
"""

from __future__ import annotations

import asyncio
import errno
import hmac
import json
import logging
import re
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application, RequestHandler, stream_request_body

from bot.delivery.inbox import InboxFullError
from bot.store.database import is_outage

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # a header's name
BODY_BYTES = 2**20
DEPTH = 64  # no update of Telegram nests half as deep
BODY_SECONDS = 10.0
IDLE_SECONDS = 60.0  # for the next request on an open connection, its header included
HEADER_BYTES = 16 * 1024
CONNECTIONS = 256  # Telegram opens 100 at most
STOP_SECONDS = 3.0

Accept = Callable[[Iterable[dict[str, Any]]], Awaitable[None]]
Figures = Callable[[], Awaitable[Mapping[str, Any]]]
Doubt = Callable[[], Awaitable[str | None]]


@dataclass
class Webhook:
    """The server; `await start(...)`, then `await stop()`.

    `accept` stores updates and raises InboxFullError where they are too many. `doubt` returns why
    no work can be done now, or None; `figures` returns what `/metrics` shows, by name, a mapping
    being one figure by label.
    """

    secret: str
    accept: Accept
    doubt: Doubt
    figures: Figures
    body_seconds: float = BODY_SECONDS
    answers: Counter[int] = field(default_factory=Counter)
    storing: set[asyncio.Task[Any]] = field(default_factory=set)
    port: int = 0
    _server: HTTPServer | None = None

    async def start(self, host: str, port: int, path: str) -> None:
        """Listen for `path` on an address of this machine; OSError where the port is taken."""
        sockets = listening(host, port)
        self.port = sockets[0].getsockname()[1]
        application = Application(
            [
                (re.escape(path or "/"), UpdateHandler),
                (r"/healthz", HealthHandler),
                (r"/readyz", ReadyHandler),
                (r"/metrics", MetricsHandler),
                (r".*", NothingHandler),
            ],
            webhook=self,
            log_function=lambda _: None,
        )
        self._server = Bounded(
            application,
            max_header_size=HEADER_BYTES,
            # Larger bodies are refused in words by the handler, before tornado cuts them short.
            max_body_size=2 * BODY_BYTES,
            body_timeout=self.body_seconds,
            idle_connection_timeout=IDLE_SECONDS,
        )
        self._server.add_sockets(sockets)

    async def stop(self) -> None:
        """Take nothing new, let what is being stored be answered, then close."""
        if self._server is None:
            return
        self._server.stop()
        if self.storing:
            await asyncio.wait(self.storing, timeout=STOP_SECONDS)
        await self._server.close_all_connections()
        self._server = None

    def knows(self, given: str) -> bool:
        """Tell whether that is the secret, in a time that does not depend on how near it is."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.secret.encode())


def listening(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen at every address of a host; where one fails, none stays open."""
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    with ExitStack() as opened:
        for family, _, _, _, address in dict.fromkeys(infos):
            try:
                one = socket.create_server((address[0], port), family=family, backlog=128)
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL and host == "localhost":
                    continue  # a machine may call itself ::1 and have no such address
                raise
            opened.enter_context(one)
            one.setblocking(False)
            port = port or one.getsockname()[1]  # the same one on every address
            sockets.append(one)
        opened.pop_all()
    return sockets


class Bounded(HTTPServer):
    """A server that holds no more connections open than it needs."""

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Serve a new connection, or close it where there are too many."""
        if len(self._connections) >= CONNECTIONS:
            stream.close()
            return
        super().handle_stream(stream, address)


class Bare(RequestHandler):
    """A handler that answers with a status and says nothing of itself."""

    @property
    def webhook(self) -> Webhook:
        """Return the server's parts."""
        webhook: Webhook = self.settings["webhook"]
        return webhook

    def set_default_headers(self) -> None:
        """Name neither server nor version, and let nobody keep the answer."""
        self.clear_header("Server")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")

    def write_error(self, status_code: int, **_: object) -> None:
        """Answer with the bare status."""
        self.set_status(status_code)
        self.finish()

    def bare(self, status: int, **headers: str) -> None:
        """End the request with a status and nothing else."""
        self.set_status(status)
        for name, value in headers.items():
            self.set_header(name.replace("_", "-"), value)
        self.finish()

    def on_finish(self) -> None:
        """Count what was answered."""
        self.webhook.answers[self.get_status()] += 1


class NothingHandler(Bare):
    """Whatever else is asked for."""

    def prepare(self) -> None:
        """There is nothing here."""
        self.bare(404)


@stream_request_body
class UpdateHandler(Bare):
    """The path that Telegram posts to."""

    body: bytearray

    def prepare(self) -> None:
        """Judge the request by its head: method, secret, length."""
        self.body = bytearray()
        if self.request.method != "POST":
            self.bare(405, Allow="POST")
        elif not self.webhook.knows(self.request.headers.get(SECRET_HEADER, "")):
            self.bare(403)
        elif (_length(self.request.headers.get("Content-Length", "0"))) > BODY_BYTES:
            self.bare(413)

    def data_received(self, chunk: bytes) -> None:
        """Gather the body; one that is sent in pieces may still turn out too big."""
        if self._finished:
            return
        self.body += chunk
        if len(self.body) > BODY_BYTES:
            self.bare(413)

    async def post(self) -> None:
        """Store the update, then say so."""
        if self._finished:
            return
        update = read_update(bytes(self.body))
        if update is None:
            log.warning("a webhook request of %d bytes is no update: refused", len(self.body))
            self.bare(400)
            return
        storing = asyncio.create_task(self._store(update))
        self.webhook.storing.add(storing)
        storing.add_done_callback(self.webhook.storing.discard)
        # Telegram may hang up; what is being stored is stored all the same.
        await asyncio.shield(storing)

    async def _store(self, update: dict[str, Any]) -> None:
        try:
            await self.webhook.accept([update])
        except InboxFullError:
            self.bare(503, Retry_After="1")
        except Exception as error:
            if not is_outage(error):
                log.exception("an update could not be stored")
                self.bare(500)
                return
            log.warning("the database is away; updates stay with Telegram: %s", error)
            self.bare(503, Retry_After="1")
        else:
            self.bare(200)


class HealthHandler(Bare):
    """`/healthz`: the event loop is alive, or nobody would answer."""

    def get(self) -> None:
        """Say so."""
        self.finish("alive\n")


class ReadyHandler(Bare):
    """`/readyz`: updates can be stored and what is due is looked for."""

    async def get(self) -> None:
        """Say yes, or 503 and the reason in a word."""
        doubt = await self.webhook.doubt()
        if doubt is not None:
            self.set_status(503)
        self.finish(f"{doubt or 'ready'}\n")


class MetricsHandler(Bare):
    """`/metrics` for Prometheus, which sends the secret as its bearer token."""

    async def get(self) -> None:
        """Show the figures to who knows the secret."""
        scheme, _, given = self.request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not self.webhook.knows(given):
            self.bare(403)
            return
        answered = {f'code="{code}"': count for code, count in self.webhook.answers.items()}
        figures = {**await self.webhook.figures(), "webhook_answers_total": answered}
        self.finish(exposition(figures))


def exposition(figures: Mapping[str, Any]) -> str:
    r"""Return figures in Prometheus's text format; one that is None is left out.

    >>> exposition({"inbox": {'state="done"': 3}, "lag_seconds": 1.5})
    'basisbot_inbox{state="done"} 3\nbasisbot_lag_seconds 1.5\n'
    """
    lines = []
    for name, value in figures.items():
        if isinstance(value, Mapping):
            lines += [f"basisbot_{name}{{{label}}} {count}" for label, count in value.items()]
        elif value is not None:
            lines.append(f"basisbot_{name} {value}")
    return "".join(f"{line}\n" for line in lines)


def _length(header: str) -> int:
    """Return a Content-Length; one that is none is tornado's to refuse."""
    return int(header) if header.isascii() and header.isdecimal() and len(header) < 16 else 0


def read_update(body: bytes) -> dict[str, Any] | None:
    """Return the update in a body; None for what is no JSON object, or nests too deep.

    >>> read_update(b'{"update_id": 7}')
    {'update_id': 7}
    >>> read_update(b"[" * 100_000) is read_update(b'{"a": "') is read_update(b"[]") is None
    True
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not _deeper(found, DEPTH) else None


def _deeper(value: object, most: int) -> bool:
    """Tell whether objects and lists nest in more than `most` levels."""
    level: list[object] = [value]
    for _ in range(most):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return (inner for inner in value.values() if isinstance(inner, dict | list))
    if isinstance(value, list):
        return (inner for inner in value if isinstance(inner, dict | list))
    return ()
