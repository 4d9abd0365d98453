"""Where market data come from: a folder of recorded files, the cache of feeds, or the bundle."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tools.market.data import FUTURES_FILE

if TYPE_CHECKING:
    from tools.market.data import MarketData


FOLDER = "market"
STATUS = "status.json"


def load_market(data_dir: Path | None, recorded: Path | None = None) -> MarketData:
    """Return the market: `recorded` files alone where given, else the cache, else the bundle.

    `data_dir` is the bot's data folder; fetched bodies lie in its `market` folder. Settlements of
    futures are added from `futures.csv` in the one folder or the other.
    """
    if recorded is not None:
        from tools.market.recorded import read_recorded

        return _with_futures(read_recorded(recorded), recorded)
    from tools.market.bundled import bundled_market

    if data_dir is None:
        return bundled_market()
    return _with_futures(_held(market_cache(data_dir)), data_dir)


def _held(cache: Path) -> MarketData:
    if not (cache / STATUS).is_file():
        from tools.market.bundled import bundled_market

        return bundled_market()
    from tools.market.fetch import read_cache

    return read_cache(cache)


def _with_futures(data: MarketData, folder: Path) -> MarketData:
    """Return the market with the settlements that lie in a folder, and how that file stands."""
    from tools.market.futures import read_futures

    prices, status = read_futures(folder)
    if status is None:
        return data
    return replace(data, futures=prices, feeds=(*data.feeds, status))


def market_cache(data_dir: Path) -> Path:
    """Return the folder for fetched bodies within the bot's data folder."""
    return data_dir / FOLDER


def checked_at(data_dir: Path) -> datetime | None:
    """Return when the feeds were last asked, None where they never were."""
    from tools.market.cache import Cache

    moments = [s.checked_at for s in Cache(market_cache(data_dir)).statuses() if s.checked_at]
    return max(moments, default=None)


class MarketShelf:
    """The market as last read. Reading the cache takes a while, so it is done once a refresh.

    Calling it returns what is held, at once after the first time; `renew` reads anew what a
    refresh, ours or another process's, has changed. Threads may share it.
    """

    def __init__(self, data_dir: Path | None, recorded: Path | None = None) -> None:
        self._data_dir, self._recorded = data_dir, recorded
        self._reading = threading.Lock()
        self._stamp: tuple[int, ...] = ()
        self._held: MarketData | None = None

    def __call__(self) -> MarketData:
        """Return the market that is held, reading it the first time."""
        return self._held or self.renew()

    def renew(self) -> MarketData:
        """Return the market as it is now; who calls meanwhile gets what was held before."""
        with self._reading:
            stamp = self._changed()
            if self._held is None or stamp != self._stamp:
                self._held = load_market(self._data_dir, self._recorded)
                self._stamp = stamp
            return self._held

    def _changed(self) -> tuple[int, ...]:
        """Return when the cache and the settlements were last written, 0 where there are none."""
        if self._data_dir is None or self._recorded is not None:
            return ()
        return tuple(
            _written(path)
            for path in (market_cache(self._data_dir) / STATUS, self._data_dir / FUTURES_FILE)
        )


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
