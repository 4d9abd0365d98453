"""Lots: alone at once, under load many together, and each is told what became of its own."""

import asyncio

import pytest

from bot.delivery.together import Together


async def test_what_comes_while_a_lot_is_dealt_with_makes_the_next() -> None:
    lots: list[list[int]] = []

    async def double(lot: list[int]) -> list[int]:
        lots.append(lot)
        await asyncio.sleep(0.01)
        return [2 * number for number in lot]

    together = Together(double)
    first = asyncio.create_task(together(0))
    await asyncio.sleep(0.005)
    rest = await asyncio.gather(*(together(number) for number in range(1, 50)))
    assert rest == [2 * number for number in range(1, 50)]
    assert await first == 0
    assert lots == [[0], list(range(1, 50))]


async def test_a_lot_that_fails_tells_each_and_the_next_goes_on() -> None:
    failing = [True]

    async def fail_once(lot: list[int]) -> list[int]:
        if failing.pop() if failing else False:
            raise OSError("the database is away")
        return lot

    together = Together(fail_once)
    results = await asyncio.gather(together(1), together(2), return_exceptions=True)
    assert [type(result) for result in results] == [OSError, OSError]
    assert await together(3) == 3


async def test_one_who_no_longer_waits_spoils_nothing_for_the_others() -> None:
    gate = asyncio.Event()

    async def wait(lot: list[int]) -> list[int]:
        await gate.wait()
        return lot

    together = Together(wait)
    impatient, patient = asyncio.create_task(together(1)), asyncio.create_task(together(2))
    await asyncio.sleep(0)
    impatient.cancel()
    gate.set()
    assert await patient == 2
    with pytest.raises(asyncio.CancelledError):
        await impatient
