"""Requests spread over small pools, and a busy pool is left alone."""

import asyncio

from telegram import Bot
from telegram.request import HTTPXRequest

from bot.delivery.pools import POOL, Pools
from tests.bot.delivery.telegram_double import TOKEN, Double


async def test_as_many_as_asked_for_are_in_flight_at_once(double: Double) -> None:
    double.latency = 1.0
    request = Pools(3 * POOL, read_timeout=5, pool_timeout=0.1)
    bot = Bot(TOKEN, base_url=double.base_url, request=request, get_updates_request=HTTPXRequest())
    async with bot:
        await asyncio.gather(*(bot.send_message(chat, "x") for chat in range(1, 3 * POOL + 1)))
    assert double.most_in_flight == 3 * POOL
    assert request.read_timeout == 5
    assert len(double.taken) == 3 * POOL


async def test_a_pool_whose_request_failed_is_free_again(double: Double) -> None:
    request = Pools(2 * POOL, read_timeout=0.1)
    bot = Bot(TOKEN, base_url=double.base_url, request=request, get_updates_request=HTTPXRequest())
    async with bot:
        double.latency = 0.3
        sending = [bot.send_message(1, "x") for _ in range(4)]
        failed = await asyncio.gather(*sending, return_exceptions=True)
        assert all(isinstance(error, Exception) for error in failed)
        assert request._busy == [0, 0]
