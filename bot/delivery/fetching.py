"""When the feeds are asked, and the work in the background that asks them.

Nothing waits for it but a digest that is about to be composed, and that not for long. The times
are New York's, by the publishers' own: the CFTC at 15:30 on Fridays (a late report on any day at
that hour), Friday's par curve in the evening, the New York Fed's rates in the morning.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.delivery.clock import Clock
from bot.settings import Settings

if TYPE_CHECKING:
    from tools.market.data import FeedStatus
    from tools.market.store import MarketShelf

log = logging.getLogger(__name__)

NEW_YORK = ZoneInfo("America/New_York")
# Weekday (Monday is 0) -> the times at which what was published lately is fetched.
TIMES: dict[int, tuple[time, ...]] = {
    **dict.fromkeys((0, 1, 2, 3), (time(16, 15),)),
    4: (time(15, 45), time(17), time(20)),
    5: (time(8),),
}
A_DAY = timedelta(days=1)
AN_HOUR = timedelta(hours=1)
EVERY_SECONDS = 60.0
# How long a digest waits for a fetch that is due or at work, rather than miss what it brings.
PATIENCE = 90.0
BRIEFLY = 20.0


def last_time(now: datetime) -> datetime:
    """Return the newest time of the table that has come by `now` (an aware moment)."""
    day = now.astimezone(NEW_YORK).date()
    while True:
        times = [datetime.combine(day, at, NEW_YORK) for at in TIMES.get(day.weekday(), ())]
        if past := [moment for moment in times if moment <= now]:
            return past[-1].astimezone(UTC)
        day -= A_DAY


def is_due(checked_at: datetime | None, now: datetime, all_failed: bool = False) -> bool:
    """Tell whether to fetch: never done, a time has come since, a day old, or nothing answered.

    When nothing at all answered, as without a network, an hour is long enough to wait.
    """
    if checked_at is None or checked_at > now:  # or: the clock was wrong then
        return True
    if all_failed and now - checked_at >= AN_HOUR:
        return True
    return checked_at < last_time(now) or now - checked_at >= A_DAY


@dataclass
class Fetching:
    """Fetches into the cache when it is time, one fetch at once, and renews the market's shelf."""

    data_dir: Path
    shelf: MarketShelf
    fetch: Callable[[datetime], Awaitable[Sequence[FeedStatus]]]
    now: Callable[[], datetime]
    _clock: Clock | None = field(default=None, init=False)
    _at_work: asyncio.Task[None] | None = field(default=None, init=False)
    _too_slow: asyncio.Task[None] | None = field(default=None, init=False)

    def start(self) -> None:
        """Look at once and every minute whether it is time; needs a running event loop."""
        self._clock = Clock(self.tick, EVERY_SECONDS)
        self._clock.start()

    async def tick(self) -> None:
        """Fetch if it is time, or see a fetch through that is at work."""
        if self._at_work is None or self._at_work.done():
            self._at_work = asyncio.create_task(self._once(), name="fetch")
        await asyncio.shield(self._at_work)

    async def _once(self) -> None:
        if await asyncio.to_thread(self._due):
            await self.fetch(self.now())
        # Also where it is not time: another process may have fetched.
        await asyncio.to_thread(self.shelf.renew)

    def _due(self) -> bool:
        from tools.market.cache import Cache
        from tools.market.store import checked_at, market_cache

        statuses = Cache(market_cache(self.data_dir)).statuses()
        failed = bool(statuses) and all(status.error for status in statuses)
        return is_due(checked_at(self.data_dir), self.now(), failed)

    async def settled(self, seconds: float = PATIENCE) -> None:
        """Return when a fetch that is due or at work has ended, but after `seconds` at the latest.

        A fetch that outlasted one who waited keeps no other waiting. One that fails is no trouble
        of who waits for it.
        """
        if self._at_work is not None and self._at_work is self._too_slow:
            return
        try:
            await asyncio.wait_for(self.tick(), seconds)
        except TimeoutError:
            self._too_slow = self._at_work
        except Exception:
            log.exception("the feeds could not be fetched; what is held stays as it is")

    async def stop(self) -> None:
        """End; what is half fetched is fetched again another time."""
        if self._clock is not None:
            await self._clock.stop()
        if self._at_work is not None:
            self._at_work.cancel()
            await asyncio.gather(self._at_work, return_exceptions=True)


def fetching(settings: Settings, shelf: MarketShelf, now: Callable[[], datetime]) -> Fetching:
    """Return the fetching of a bot with these settings."""

    async def fetch(moment: datetime) -> Sequence[FeedStatus]:
        return await fetch_all(settings, moment)

    return Fetching(settings.data_dir, shelf, fetch, now)


async def fetch_all(
    settings: Settings,
    now: datetime,
    seconds: float | None = None,
    told: Callable[[FeedStatus], None] | None = None,
) -> Sequence[FeedStatus]:
    """Fetch every feed into the data folder, within `seconds` where given; say how each stands.

    `told` hears of each feed as it ends, in place of the log.
    """
    from tools.market.client import Pace
    from tools.market.fetch import log_status, refresh
    from tools.market.store import market_cache

    return await refresh(
        market_cache(settings.data_dir),
        now,
        fred_api_key=settings.fred_api_key,
        pace=Pace(feed=seconds) if seconds else None,
        told=told or log_status,
    )


def is_stale(settings: Settings, now: datetime, on: date | None = None) -> bool:
    """Tell whether what is held was fetched over a day ago, and before the end of the day `on`."""
    from tools.market.publication import end_of
    from tools.market.store import checked_at

    wanted = now - A_DAY if on is None else min(now - A_DAY, end_of(on))
    checked = checked_at(settings.data_dir)
    return checked is None or checked < wanted


def fetch_briefly(
    settings: Settings,
    now: datetime,
    told: Callable[[FeedStatus], None],
    seconds: float = BRIEFLY,
) -> None:
    """Fetch what can be had in a few seconds, for a command that somebody waits for.

    In a thread that ends with the process: whatever hangs, the command goes on with what is held.
    """

    def work() -> None:
        try:
            asyncio.run(fetch_all(settings, now, 0.85 * seconds, told))
        except Exception:
            log.exception("the feeds could not be fetched; what is held stays as it is")

    thread = threading.Thread(target=work, name="fetch", daemon=True)
    thread.start()
    thread.join(seconds)
