"""Waiting updates -> POST requests to the bot's webhook, again until it takes them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

from bot.sandbox import methods
from bot.sandbox.errors import ApiError
from bot.sandbox.params import Params
from bot.sandbox.updates import Webhook
from bot.sandbox.world import World

LONGEST_WAIT = 60.0  # seconds between two tries
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # a header's name


def chat_key(update: dict[str, Any]) -> Any:
    """Return what keeps an update in order with others: its chat, else its sender."""
    for kind, value in update.items():
        if kind != "update_id":
            inner = value.get("message", value)
            return inner.get("chat", inner.get("from", {})).get("id")
    return None


class Deliverer:
    """Delivers updates: one at a time per chat, up to the webhook's connections at once."""

    def __init__(self, world: World, first_wait: float = 1.0) -> None:
        self.world = world
        self.first_wait = first_wait
        self.client = AsyncHTTPClient(force_instance=True)

    async def run(self) -> None:
        """Deliver until cancelled."""
        wait = self.first_wait
        try:
            while True:
                updates = self.world.updates
                if updates.webhook is None or not updates.waiting:
                    await updates.changed(None)
                elif await self._deliver_batch(updates.webhook):
                    wait = self.first_wait
                else:
                    await asyncio.sleep(wait)
                    wait = min(wait * 2, LONGEST_WAIT)
        finally:
            self.client.close()

    async def _deliver_batch(self, hook: Webhook) -> bool:
        """Try the first update of each chat; return whether any was taken."""
        first: dict[Any, dict[str, Any]] = {}
        for update in self.world.updates.waiting:
            first.setdefault(chat_key(update), update)
        batch = list(first.values())[: hook.max_connections]
        return any(await asyncio.gather(*(self._deliver(hook, update) for update in batch)))

    async def _deliver(self, hook: Webhook, update: dict[str, Any]) -> bool:
        headers = {"Content-Type": "application/json"}
        if hook.secret:
            headers[SECRET_HEADER] = hook.secret
        request = HTTPRequest(
            hook.url, "POST", headers, body=json.dumps(update), request_timeout=60.0
        )
        try:
            response = await self.client.fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:  # the latter: cut or too slow, no answer at all
            self._failed(hook, f"Connection failed: {error}")
            return False
        if not 200 <= response.code < 300:
            self._failed(hook, f"Wrong response from the webhook: {response.code}")
            return False
        if update in self.world.updates.waiting:
            self.world.updates.waiting.remove(update)
            self.world.updates.confirmed += 1
        self._call_in(response)
        return True

    def _failed(self, hook: Webhook, text: str) -> None:
        hook.last_error_date = self.world.now
        hook.last_error_message = text

    def _call_in(self, response: HTTPResponse) -> None:
        """Do the call that a webhook may give as its answer; a wrong one is passed over."""
        try:
            body = json.loads(response.body or b"null")
        except ValueError:
            return
        if isinstance(body, dict) and "method" in body:
            method = str(body.pop("method"))
            try:
                methods.call(self.world, method, Params(body))
            except ApiError as error:
                self.world.tell("refused", {"method": method, "description": error.description})
