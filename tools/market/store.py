"""Where market data come from: a folder of recorded files, the cache of feeds, or the bundle."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tools.market.bundled import bundled_market
from tools.market.data import MarketData
from tools.market.recorded import read_recorded

FOLDER = "market"


def load_market(data_dir: Path | None, recorded: Path | None = None) -> MarketData:
    """Return the market: `recorded` files alone where given, else the cache, else the bundle.

    `data_dir` is the bot's data folder; fetched bodies lie in its `market` folder.
    """
    if recorded is not None:
        return read_recorded(recorded)
    status = market_cache(data_dir) / "status.json" if data_dir else None
    if status is None or not status.is_file():
        return bundled_market()
    return _fetched(status.parent, status.stat().st_mtime_ns)


def market_cache(data_dir: Path) -> Path:
    """Return the folder for fetched bodies within the bot's data folder."""
    return data_dir / FOLDER


@lru_cache(maxsize=2)
def _fetched(folder: Path, stamp: int) -> MarketData:
    """Read the cache once after each refresh: `stamp` is when its status was written."""
    from tools.market.fetch import read_cache

    return read_cache(folder)
