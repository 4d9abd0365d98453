"""Updates reach a webhook with its secret, in order, and again until it takes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from telegram import Bot
from telegram.error import Conflict
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from bot.sandbox.server import Sandbox
from bot.sandbox.webhook import SECRET_HEADER
from bot.sandbox.world import COLLEAGUE, YOU

CUT = 0  # no status: the connection is closed without an answer
SECRET = "a-b_c"  # noqa: S105  # made up here


@dataclass
class Hook:
    """A webhook that notes what comes and answers as told: (status, body) in turn, then 200."""

    url: str = ""
    answers: list[tuple[int, str]] = field(default_factory=list)
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def received(self, count: int) -> list[str]:
        """Return the texts once that many updates came."""
        for _ in range(200):
            if len(self.got) >= count:
                break
            await asyncio.sleep(0.02)
        return [update["message"]["text"] for _, update in self.got]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()

    class Handler(RequestHandler):
        def post(self) -> None:
            hook.got.append(
                (self.request.headers.get(SECRET_HEADER), json.loads(self.request.body))
            )
            status, body = hook.answers.pop(0) if hook.answers else (200, "")
            if status == CUT:
                self.detach().close()
                return
            self.set_status(status)
            self.finish(body)

    socket, port = bind_unused_port()
    server = HTTPServer(Application([("/hook", Handler)], log_function=lambda _: None))
    server.add_sockets([socket])
    hook.url = f"http://127.0.0.1:{port}/hook"
    yield hook
    server.stop()
    await server.close_all_connections()


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.token, base_url=sandbox.api_base_url) as bot:
        yield bot


async def test_updates_come_with_the_secret_in_order(sandbox: Sandbox, bot: Bot, hook: Hook):
    await bot.set_webhook(hook.url, secret_token=SECRET)
    for number in range(5):
        sandbox.world.say(str(number))
    assert await hook.received(5) == ["0", "1", "2", "3", "4"]
    assert {secret for secret, _ in hook.got} == {SECRET}
    assert not sandbox.world.updates.waiting


async def test_an_update_that_is_not_taken_comes_again(sandbox: Sandbox, bot: Bot, hook: Hook):
    hook.answers = [(500, ""), (302, "")]
    await bot.set_webhook(hook.url)
    sandbox.world.say("once")
    assert await hook.received(3) == ["once"] * 3
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 302"
    assert info.pending_update_count == 0


async def test_one_chat_that_fails_does_not_hold_up_another(sandbox: Sandbox, bot: Bot, hook: Hook):
    sandbox.world.say("yours")
    sandbox.world.say("theirs", COLLEAGUE)
    hook.answers = [(500, ""), (200, ""), (500, "")]
    await bot.set_webhook(hook.url)
    assert sorted(await hook.received(4)) == ["theirs", "yours", "yours", "yours"]


async def test_the_answer_may_be_a_call(sandbox: Sandbox, bot: Bot, hook: Hook):
    hook.answers = [(200, json.dumps({"method": "sendMessage", "chat_id": YOU, "text": "back"}))]
    await bot.set_webhook(hook.url)
    sandbox.world.say("there")
    await hook.received(1)
    await asyncio.sleep(0.1)
    assert [m["text"] for m in sandbox.world.messages[YOU].values()] == ["there", "back"]


async def test_a_webhook_that_hangs_up_is_asked_again(sandbox: Sandbox, bot: Bot, hook: Hook):
    """As when the bot is killed while it answers."""
    hook.answers = [(CUT, "")]
    await bot.set_webhook(hook.url)
    sandbox.world.say("once")
    assert await hook.received(2) == ["once"] * 2
    info = await bot.get_webhook_info()
    assert info.last_error_message is not None
    assert info.last_error_message.startswith("Connection failed")


@pytest.mark.refusals("Conflict: can't use getUpdates")
async def test_polling_and_webhook_exclude_each_other(bot: Bot, hook: Hook):
    await bot.set_webhook(hook.url)
    with pytest.raises(Conflict):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_what_waited_is_delivered_or_dropped(sandbox: Sandbox, bot: Bot, hook: Hook):
    sandbox.world.say("dropped")
    await bot.set_webhook(hook.url, drop_pending_updates=True)
    sandbox.world.say("kept")
    assert await hook.received(1) == ["kept"]
