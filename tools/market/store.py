"""Where market data come from: a folder of recorded files, the cache of feeds, or the bundle."""

from __future__ import annotations

from pathlib import Path

from tools.market.bundled import bundled_market
from tools.market.data import MarketData
from tools.market.recorded import read_recorded


def load_market(data_dir: Path | None, recorded: Path | None = None) -> MarketData:
    """Return the market: `recorded` files alone where given, else the cache, else the bundle.

    `data_dir` is the bot's data folder; fetched bodies lie in its `market` folder.
    """
    if recorded is not None:
        return read_recorded(recorded)
    return bundled_market()
