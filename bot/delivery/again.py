"""A call that fails while something is away -> made again, with pauses that grow."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from bot.store.database import is_outage

log = logging.getLogger(__name__)

T = TypeVar("T")
# error, tries so far -> seconds until the next try; None where the error is to be raised
Wait = Callable[[Exception, int], float | None]


def backoff(tries: int, first: float = 0.5, most: float = 30.0) -> float:
    """Return seconds that double with each try, half of them by chance: no herd comes back."""
    full = min(most, first * 2.0 ** min(tries - 1, 60))
    return full * random.uniform(0.5, 1.0)  # noqa: S311 - chance, not secrecy


def store_is_back(error: Exception, tries: int) -> float | None:
    """Wait while the database is away."""
    if not is_outage(error):
        return None
    log.warning("the database is away, trying again: %s", error)
    return backoff(tries, first=0.05, most=2.0)


async def again(
    stopping: asyncio.Event, call: Callable[[], Awaitable[T]], wait: Wait = store_is_back
) -> T | None:
    """Make a call until it passes; return what it returns, None where told to stop before."""
    tries = 0
    while not stopping.is_set():
        try:
            return await call()
        except Exception as error:
            tries += 1
            seconds = wait(error, tries)
            if seconds is None:
                raise
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), seconds)
    return None


async def insist(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call of the store until it passes: a database that is away comes back."""
    return await again(asyncio.Event(), call)  # type: ignore[return-value]  # nobody stops it
