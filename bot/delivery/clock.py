"""A tick every few seconds -> whatever is due, asked of the store. The clock itself knows nothing.

APScheduler keeps one job in memory. What is due lives in the store, so nothing is lost when the
process dies, and a million subscriptions are still one job.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

log = logging.getLogger(__name__)

EVERY_SECONDS = 20.0


class Clock:
    """Calls `tick` now and every `every_seconds`, one call at a time, never more for a late one."""

    def __init__(
        self, tick: Callable[[], Awaitable[object]], every_seconds: float = EVERY_SECONDS
    ) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._tick = tick
        self._every = every_seconds
        self._last = time.monotonic()
        self._watching: asyncio.Task[None] | None = None
        self._running: asyncio.Task[object] | None = None
        self._stopping = False
        self.last_success: datetime | None = None
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._job = self._scheduler.add_job(
            self._once,
            "interval",
            seconds=every_seconds,
            next_run_time=datetime.now(UTC),
            # A late tick still runs, once for all that were missed, and never beside another.
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()
        self._watching = asyncio.create_task(self._watch(), name="clock watch")

    async def _watch(self) -> None:
        """Bring on a tick that a backward step of the wall clock has put off.

        The scheduler reckons its next tick by the wall clock; time that passes is known by the
        monotonic one.
        """
        while True:
            await asyncio.sleep(self._every)
            if self._running is None and time.monotonic() - self._last > 2 * self._every:
                log.warning("the wall clock went back, or the loop was held up: ticking now")
                self._last = time.monotonic()
                self._job.modify(next_run_time=datetime.now(UTC))

    async def stop(self) -> None:
        """End; a tick that is at work is cancelled, its transactions end by themselves."""
        self._stopping = True
        self._scheduler.shutdown(wait=False)
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _once(self) -> None:
        """Tick; a failure is logged and the next tick tries again."""
        self._last = time.monotonic()
        self._running = asyncio.ensure_future(self._tick())
        try:
            await self._running
            self.last_success = datetime.now(UTC)
        except asyncio.CancelledError:
            if not self._stopping:  # else the scheduler would log a clean stop as a failed job
                raise
        except Exception:
            log.exception("the tick failed; the next one tries again")
        finally:
            self._running = None
