"""Telegram is told how we receive, and told again where somebody else told it otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest
from telegram import Bot
from telegram.error import BadRequest

from bot.delivery.registration import Registration
from bot.sandbox.faults import Fault, fault_from_json
from bot.sandbox.server import Sandbox

URL = "http://127.0.0.1:9/telegram"
SECRET = "an-own_Secret"  # noqa: S105  # made up here


@pytest.fixture
async def ours(sandbox: Sandbox) -> AsyncIterator[Registration]:
    async with Bot(sandbox.token, base_url=sandbox.api_base_url) as bot:
        yield Registration(bot, URL, SECRET, ("message", "inline_query"))


@contextlib.asynccontextmanager
async def watching(registration: Registration) -> AsyncIterator[None]:
    task = asyncio.create_task(registration.watch(every_seconds=0.05))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_the_webhook_is_set_with_its_secret_and_drops_nothing(
    sandbox: Sandbox, ours: Registration
):
    sandbox.world.say("waits")
    await ours.tell()
    hook = sandbox.world.updates.webhook
    assert hook is not None
    assert (hook.url, hook.secret, hook.max_connections) == (URL, SECRET, 40)
    assert sandbox.world.updates.allowed == ("message", "inline_query")
    assert len(sandbox.world.updates.waiting) == 1


async def test_who_polls_takes_a_webhook_away(sandbox: Sandbox, ours: Registration):
    await ours.tell()
    await Registration(ours.bot, "", "", ()).tell()
    assert sandbox.world.updates.webhook is None


async def test_one_that_was_taken_away_is_set_again(
    sandbox: Sandbox, ours: Registration, caplog: pytest.LogCaptureFixture
):
    await ours.tell()
    async with watching(ours):
        await ours.bot.delete_webhook()
        for _ in range(100):
            if sandbox.world.updates.webhook is not None:
                break
            await asyncio.sleep(0.02)
    assert sandbox.world.updates.webhook is not None
    assert "took our webhook away" in caplog.text


async def test_what_could_not_be_delivered_is_logged_once(
    sandbox: Sandbox, ours: Registration, caplog: pytest.LogCaptureFixture
):
    await ours.tell()
    hook = sandbox.world.updates.webhook
    assert hook is not None
    hook.last_error_date, hook.last_error_message = 1_790_000_000, "Wrong response: 403"
    with caplog.at_level(logging.WARNING):
        async with watching(ours):
            await asyncio.sleep(0.4)
    assert caplog.text.count("Wrong response: 403") == 1


@pytest.mark.refusals("Internal Server Error")
async def test_a_look_that_fails_ends_nothing(sandbox: Sandbox, ours: Registration):
    await ours.tell()
    sandbox.faults.add(fault_from_json({"method": "getWebhookInfo", "status": 500}))
    fault = sandbox.faults.add(Fault("getWebhookInfo", reset=True))
    async with watching(ours):
        await asyncio.sleep(0.4)
    assert fault.hits == 1
    assert len(sandbox.log.of("getWebhookInfo")) > 2


@pytest.mark.refusals("Bad Request: bad webhook")
async def test_an_address_that_is_refused_raises(ours: Registration):
    with pytest.raises(BadRequest):
        await Registration(ours.bot, "ftp://nowhere", SECRET, ()).tell()
