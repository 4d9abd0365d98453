"""`python -m bot.sandbox` serves on its own: a bot may die while its chats live on."""

from __future__ import annotations

import asyncio
import signal
import sys

from telegram import Bot

from bot.sandbox.server import new_token
from tests.sandbox_client import Chat


async def test_it_prints_its_addresses_serves_and_ends_on_sigterm():
    token = new_token()
    arguments = ("-m", "bot.sandbox", "--port", "0", "--token", token)
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode().strip() for _ in range(4)]
    settings = dict(line.split("=", 1) for line in lines[1:])
    assert settings["TELEGRAM_BOT_TOKEN"] == token
    assert settings["TELEGRAM_API_BASE_URL"].endswith("/bot")
    async with (
        Chat(lines[0].split()[1]) as you,
        Bot(token, base_url=settings["TELEGRAM_API_BASE_URL"]) as bot,
    ):
        await you.say("hello")
        update = (await bot.get_updates())[0]
        assert update.message is not None
        assert update.message.text == "hello"
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 5) == 0
