"""A server that plays the publishers, and data folders into which healthy feeds were fetched."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.logbook import Logbook
from tests.tools.market.publisher import FAST, SATURDAY, Publisher, publishing
from tools.market import cftc, operations, treasury
from tools.market.fetch import refresh
from tools.market.store import market_cache


@pytest.fixture(scope="session", autouse=True)
def heard(logbook: Logbook) -> Logbook:
    """All that is logged here, at DEBUG, for the publisher to judge."""
    return logbook


@pytest.fixture
async def publisher(few_years: None) -> AsyncIterator[Publisher]:
    async with publishing() as made:
        yield made


@pytest.fixture(scope="module")
def first_year() -> int:
    return 2024


@pytest.fixture(scope="module")
def few_years(first_year: int) -> Iterator[None]:
    """Three years of each feed instead of ten: the same code, fewer requests."""
    with pytest.MonkeyPatch.context() as patch:
        for feed in (cftc, treasury, operations):
            patch.setattr(feed, "FIRST_YEAR", first_year)
        yield


@pytest.fixture(scope="module")
def fetched_once(few_years: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder into which healthy feeds were fetched once; look, and copy to change it."""
    folder = tmp_path_factory.mktemp("fetched")

    async def work() -> None:
        async with publishing() as made:
            await refresh(market_cache(folder), SATURDAY, origins=made.origins, pace=FAST)

    asyncio.run(work())
    return folder


@pytest.fixture
def held(fetched_once: Path, tmp_path: Path) -> Path:
    """A data folder of one's own that already holds what healthy feeds say."""
    return shutil.copytree(fetched_once, tmp_path / "data")
