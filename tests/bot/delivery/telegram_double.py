"""A small Bot API server for fault runs: it remembers what it took, and fails as told.

`taken` holds every message that it accepted, also those whose answer never reached the sender;
updates wait until their offset is confirmed, as at Telegram.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from telegram import Bot
from telegram.request import HTTPXRequest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

TOKEN = "123456:made-up-for-tests"  # noqa: S105 - nobody's token
BOT_ID = 123456
ME = {"id": BOT_ID, "is_bot": True, "first_name": "basisbot", "username": "basis_bot"}
SENDS = {"sendMessage", "sendPhoto", "sendDocument"}


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    fields: dict[str, str]
    files: dict[str, bytes]

    @property
    def chat_id(self) -> int:
        return int(self.fields["chat_id"])

    @property
    def text(self) -> str:
        return self.fields.get("text") or self.fields.get("caption") or ""


@dataclass(frozen=True)
class Fault:
    """What to do instead of a proper answer; `accepts`: the message is taken all the same."""

    status: int = 500
    body: str = '{"ok": false, "error_code": 500, "description": "Internal Server Error"}'
    delay: float = 0.0
    accepts: bool = False
    hangs_up: bool = False


def refusal(status: int, description: str, **parameters: int) -> Fault:
    """Return Telegram's way of saying no."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return Fault(status, json.dumps(body))


@dataclass
class Double:
    """The server. `fault` is asked about every call and may answer with a Fault."""

    latency: float = 0.0
    fault: Callable[[Call], Fault | None] = lambda _call: None
    calls: list[Call] = field(default_factory=list)
    taken: list[Call] = field(default_factory=list)
    taken_texts: Counter[str] = field(default_factory=Counter)
    updates: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    known_methods: set[str] | None = None
    in_flight: int = 0
    most_in_flight: int = 0
    _server: HTTPServer | None = None
    port: int = 0

    async def start(self) -> None:
        sockets = bind_sockets(self.port, "127.0.0.1")
        self.port = sockets[0].getsockname()[1]
        application = Application(
            [(r"/bot[^/]+/(\w+)", _Method, {"double": self})], log_function=lambda _handler: None
        )
        self._server = HTTPServer(application)
        self._server.add_sockets(sockets)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.stop()
        await self._server.close_all_connections()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/bot"

    def bot(self, read_timeout: float = 2.0, pool: int = 64) -> Bot:
        """Return a real client of this server."""
        return Bot(
            TOKEN,
            base_url=self.base_url,
            request=HTTPXRequest(
                connection_pool_size=pool, read_timeout=read_timeout, connect_timeout=1
            ),
            get_updates_request=HTTPXRequest(read_timeout=read_timeout),
        )

    def ask(self, number: int, chat_id: int | None = None, text: str | None = None) -> None:
        """Let somebody write to the bot."""
        chat = chat_id or 1000 + number % 20
        self.updates.append(
            {
                "update_id": number,
                "message": {
                    "message_id": number,
                    "date": 1_780_000_000,
                    "chat": {"id": chat, "type": "private"},
                    "from": {"id": chat, "is_bot": False, "first_name": "A"},
                    "text": text or f"question {number}",
                },
            }
        )

    def texts(self) -> Counter[tuple[int, str]]:
        """Return how often each text reached each chat."""
        return Counter((call.chat_id, call.text) for call in self.taken)

    def answer(self, call: Call) -> Any:
        """Return the result of a method, and do what it does."""
        if call.method == "getMe":
            return ME
        if call.method in SENDS:
            self.taken.append(call)
            self.taken_texts[call.text] += 1
            return self._message(call, len(self.taken))
        if call.method == "editMessageText":
            self.taken.append(call)
            return self._message(call, int(call.fields["message_id"]))
        return True

    def _message(self, call: Call, message_id: int) -> dict[str, Any]:
        message: dict[str, Any] = {
            "message_id": message_id,
            "date": 1_780_000_000,
            "chat": {"id": call.chat_id, "type": "private"},
        }
        media = {"file_id": f"file-{message_id}", "file_unique_id": f"u{message_id}"}
        if call.method == "sendPhoto":
            return {**message, "photo": [{**media, "width": 1, "height": 1}]}
        if call.method == "sendDocument":
            return {**message, "document": media}
        return {**message, "text": call.text}

    async def poll(self, call: Call) -> list[dict[str, Any]]:
        """Answer getUpdates: what is below the offset is confirmed and forgotten."""
        offset = int(call.fields.get("offset", 0))
        if offset:
            self.updates = [u for u in self.updates if u["update_id"] >= offset]
        if not self.updates and float(call.fields.get("timeout", 0)):
            await asyncio.sleep(0.05)  # a short long poll: tests have no time
        given = self.updates[: int(call.fields.get("limit", 100))]
        self.asked.extend(given)
        return given


class _Method(RequestHandler):
    def initialize(self, double: Double) -> None:
        self.double = double

    async def post(self, method: str) -> None:
        files = {name: parts[0]["body"] for name, parts in self.request.files.items()}
        fields = {name: self.get_body_argument(name) for name in self.request.body_arguments}
        if not fields and self.request.body and not files:
            fields = {k: v[0] for k, v in parse_qs(self.request.body.decode()).items()}
        call = Call(method, fields, files)
        self.double.in_flight += method in SENDS
        self.double.most_in_flight = max(self.double.most_in_flight, self.double.in_flight)
        try:
            await self.respond(call)
        finally:
            self.double.in_flight -= method in SENDS

    async def respond(self, call: Call) -> None:
        double = self.double
        double.calls.append(call)
        fault = double.fault(call)
        if double.known_methods is not None and call.method not in double.known_methods:
            fault = refusal(404, "Not Found")
        if fault is not None:
            if fault.accepts:
                double.answer(call)
            await asyncio.sleep(fault.delay)
            if fault.hangs_up:
                self.request.connection.stream.close()
                return
            self.set_status(fault.status)
            self.finish(fault.body)
            return
        if double.latency:
            await asyncio.sleep(double.latency)
        result = await double.poll(call) if call.method == "getUpdates" else double.answer(call)
        self.finish(json.dumps({"ok": True, "result": result}))
