"""A Bot API server and a client of it for each test."""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from tests.bot.delivery.telegram_double import TOKEN, Double
from tests.logbook import Logbook, check_lines


@pytest.fixture
async def double(logbook: Logbook) -> AsyncIterator[Double]:
    """A server of one's own; no text that went through it may stand in the log afterwards."""
    begin = len(logbook.lines)
    made = Double()
    await made.start()
    yield made
    await made.stop()
    said = [made.asked, [call.fields for call in made.calls]]
    check_lines(logbook.lines[begin:], said, TOKEN)


@pytest.fixture
async def bot(double: Double) -> AsyncIterator[Bot]:
    async with double.bot(read_timeout=0.5) as made:
        double.calls.clear()  # getMe
        yield made
