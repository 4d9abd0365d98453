"""A Bot API server and a client of it for each test."""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from tests.bot.delivery.telegram_double import Double


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    made = Double()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def bot(double: Double) -> AsyncIterator[Bot]:
    async with double.bot(read_timeout=0.5) as made:
        double.calls.clear()  # getMe
        yield made
