"""HTTP requests of a bot -> calls of the methods, with the log kept and the faults let loose."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from typing import Any, TypeVar

from tornado.http1connection import HTTP1Connection

from bot.sandbox import methods
from bot.sandbox.errors import ApiError, not_found
from bot.sandbox.faults import Fault, Faults, RawAnswer, Reset
from bot.sandbox.guard import Guarded
from bot.sandbox.log import Call, RequestLog
from bot.sandbox.methods import SENDS, chat_of
from bot.sandbox.params import Params, read_params
from bot.sandbox.world import World

T = TypeVar("T")


class Gone(Exception):  # noqa: N818  # nobody is left to tell
    """The client hung up."""


class BotHandler(Guarded):
    """`/bot<token>/<method>`, by GET or POST."""

    world: World
    log: RequestLog
    faults: Faults
    hung_up: asyncio.Event

    def initialize(self, world: World, log: RequestLog, faults: Faults) -> None:
        """Take the parts."""
        self.world, self.log, self.faults = world, log, faults
        self.hung_up = asyncio.Event()

    def on_connection_close(self) -> None:
        """End whatever still waits for this client."""
        self.hung_up.set()

    async def get(self, token: str, method: str) -> None:
        """Answer a call."""
        try:
            await self._answer(token, method)
        except Gone:
            return

    post = get

    async def _answer(self, token: str, method: str) -> None:
        started = time.perf_counter()
        try:
            params = read_params(self.request)
        except ApiError as error:
            self._finish(None, error.code, error.to_json(), started)
            return
        call = self.log.open(self.world.clock(), method, params.logged())
        try:
            result = await self._call(call, token, method, params)
        except ApiError as error:
            self._finish(call, error.code, error.to_json(), started)
        except RawAnswer as raw:
            self._finish(call, raw.status, raw.body, started)
        except Reset:
            self._cut()
            raise Gone from None
        except Gone:
            raise
        except Exception as error:
            logging.getLogger(__name__).exception("the sandbox broke at %s", method)
            broken = ApiError(500, f"Internal Server Error: {type(error).__name__}")
            self._finish(call, broken.code, broken.to_json(), started)
        else:
            self._finish(call, 200, {"ok": True, "result": result}, started)

    def _cut(self) -> None:
        """Close the connection under the request, unanswered."""
        if isinstance(self.request.connection, HTTP1Connection):
            self.request.connection.detach().close()

    def _finish(self, call: Call | None, status: int, body: Any, started: float) -> None:
        if call is not None:
            call.status, call.answer = status, body
            call.ms = round((time.perf_counter() - started) * 1000, 2)
            if call.method.lower() != "getupdates":
                self.world.tell("call", {"call": call.to_json()})
        self.set_status(status)
        if isinstance(body, str):
            self.set_header("Content-Type", "text/html")
        self.finish(body)

    async def _call(self, call: Call, token: str, method: str, params: Params) -> Any:
        if token != self.world.token:
            raise ApiError(401, "Unauthorized") if ":" in token else not_found()
        fault = self.faults.pick(method, chat_of(params))
        call.injected = fault is not None
        if fault is not None and not fault.accepted:
            await self._strike(fault)
        result = await self._do(method, params)
        call.accepted = True
        if fault is not None and fault.accepted:
            await self._strike(fault)
        return result

    async def _do(self, method: str, params: Params) -> Any:
        if method.lower() == "getupdates":
            self.world.bot_is(online=True)
            return await self._while_connected(
                self.world.updates.poll(
                    params.number("offset") or 0,
                    params.number("limit") or 100,
                    params.number("timeout") or 0,
                    params.listing("allowed_updates", str)
                    if "allowed_updates" in params.values
                    else None,
                )
            )
        if method.lower() in SENDS:
            self.faults.check_rates(chat_of(params) or 0, self.world.clock)
        return methods.call(self.world, method, params)

    async def _strike(self, fault: Fault) -> None:
        await self._while_connected(fault.strike())

    async def _while_connected(self, work: Awaitable[T]) -> T:
        """Return the work's result; give it up once the client is gone."""
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(self.hung_up.wait())
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Gone
            return task.result()
        finally:
            gone.cancel()
            task.cancel()


class FileHandler(Guarded):
    """`/file/bot<token>/<path>`: what getFile pointed to."""

    world: World

    def initialize(self, world: World) -> None:
        """Take the world."""
        self.world = world

    def get(self, token: str, path: str) -> None:
        """Answer with the bytes."""
        stored = self.world.files.by_path.get(path)
        if token != self.world.token or stored is None:
            error = not_found()
            self.set_status(error.code)
            self.finish(error.to_json())
            return
        self.set_header("Content-Type", "application/octet-stream")
        self.finish(stored.data)
