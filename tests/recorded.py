"""Where the recorded market data lie; a test that needs them skips with the reason when absent."""

from __future__ import annotations

import os
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.week import Digest, compose
from tools.market.data import MarketData
from tools.market.recorded import read_recorded

ROOT = Path(__file__).parents[1]


def market_folder() -> Path:
    """Return the folder of recorded market data, or skip the test."""
    named = os.environ.get("BASISBOT_REFERENCE_DIR") or ROOT / "../shared/reference"
    folder = (ROOT / named / "market").resolve()
    if not folder.is_dir():
        pytest.skip("recorded market data are absent (BASISBOT_REFERENCE_DIR)")
    return folder


def reference_reports(ending: str) -> list[Any]:
    """Return the real reports of an ending as parameters; one that skips where there are none."""
    named = os.environ.get("BASISBOT_REFERENCE_DIR") or ROOT / "../shared/reference"
    found = sorted((ROOT / named / "reports").glob(f"*{ending}"))
    if found:
        return [pytest.param(path, id=path.name[:20]) for path in found]
    absent = pytest.mark.skip(reason="real reports are absent (BASISBOT_REFERENCE_DIR)")
    return [pytest.param(Path(f"none{ending}"), marks=absent)]


@cache
def _read(folder: Path) -> MarketData:
    return read_recorded(folder)


def recorded_market() -> MarketData:
    """Return the recorded market, read once for the whole run, or skip the test."""
    return _read(market_folder())


@cache
def recorded_digest(day: date) -> Digest:
    """Return the digest of a day by the recorded market, composed once for the whole run."""
    return compose(recorded_market(), day)
