"""One tick at a time, also after the loop was held up, and a failure ends nothing."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.clock import Clock


async def test_it_ticks_at_once_and_again() -> None:
    ticks: list[float] = []

    async def tick() -> None:
        ticks.append(time.monotonic())

    clock = Clock(tick, every_seconds=0.2)
    started = time.monotonic()
    clock.start()
    await asyncio.sleep(0.75)
    await clock.stop()
    assert ticks[0] - started < 0.2
    assert 3 <= len(ticks) <= 5
    assert clock.last_success is not None


async def test_a_slow_tick_is_never_doubled() -> None:
    at_once, most = 0, 0

    async def tick() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.3)
        at_once -= 1

    clock = Clock(tick, every_seconds=0.1)
    clock.start()
    await asyncio.sleep(0.7)
    await clock.stop()
    assert most == 1


async def test_a_tick_that_came_late_still_runs_once() -> None:
    """APScheduler's default drops a job that is a second late, and says so only in its log."""
    ticks: list[float] = []

    async def tick() -> None:
        ticks.append(time.monotonic())

    clock = Clock(tick, every_seconds=0.5)
    clock.start()
    await asyncio.sleep(0.1)
    time.sleep(2.2)  # noqa: ASYNC251 - the loop is held up on purpose
    await asyncio.sleep(0.15)
    await clock.stop()
    assert len(ticks) == 2


async def test_a_wall_clock_that_goes_back_an_hour_stops_no_tick() -> None:
    """To the scheduler such a step is a next tick that lies an hour ahead."""
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    clock = Clock(tick, every_seconds=0.1)
    clock.start()
    await asyncio.wait_for(ticked.wait(), 5)
    clock._job.modify(next_run_time=datetime.now(UTC) + timedelta(hours=1))
    for _ in range(3):
        ticked.clear()
        await asyncio.wait_for(ticked.wait(), 5)
    await clock.stop()


async def test_a_failure_is_logged_and_the_next_tick_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 1:
            raise RuntimeError("the database was away")

    clock = Clock(tick, every_seconds=0.1)
    clock.start()
    await asyncio.sleep(0.35)
    await clock.stop()
    assert ticks >= 2
    assert "the database was away" in caplog.text


async def test_stopping_ends_a_tick_that_is_at_work() -> None:
    ended = asyncio.Event()

    async def tick() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    clock = Clock(tick, every_seconds=5)
    clock.start()
    await asyncio.sleep(0.1)
    await clock.stop()
    assert ended.is_set()
