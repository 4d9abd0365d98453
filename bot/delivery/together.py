"""Items asked for one by one -> dealt with many at a time, without waiting for company.

While one lot is being committed the next gathers: alone an item goes at once, under load hundreds
share a commit.
Measured when sending: 1.2 ms CPU a message, and 1.6 with a commit for each intent and each result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

I = TypeVar("I")  # noqa: E741 - an item
R = TypeVar("R")


class Together(Generic[I, R]):
    """Await it with an item; `flush` gets the lot and returns a result for each, in order."""

    def __init__(self, flush: Callable[[list[I]], Awaitable[list[R]]]) -> None:
        self._flush = flush
        self._waiting: list[tuple[I, asyncio.Future[R]]] = []
        self._busy: asyncio.Task[None] | None = None

    async def __call__(self, item: I) -> R:
        """Return the item's result once its lot is dealt with."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._busy is None:
            self._busy = asyncio.create_task(self._work(), name="lot")
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                lot, self._waiting = self._waiting, []
                await self._deal(lot)
        finally:
            self._busy = None

    async def _deal(self, lot: list[tuple[I, asyncio.Future[R]]]) -> None:
        try:
            results = await self._flush([item for item, _ in lot])
        except Exception as error:  # each who asked is told
            for _, future in lot:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(lot, results, strict=True):
            if not future.done():
                future.set_result(result)
