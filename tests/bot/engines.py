"""Fixtures to run the same tests on SQLite and, where it is installed, on PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.store.store import Store
from tests.bot.store.clock import Hands
from tests.postgres import Cluster, why_not

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    if reason := why_not():
        pytest.skip(reason)
    made = Cluster()
    yield made
    made.remove()


@pytest.fixture(params=ENGINES)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/store.db"
    made: Cluster = request.getfixturevalue("cluster")
    return await made.url()


@pytest.fixture
def hands() -> Hands:
    return Hands(datetime.fromisoformat("2026-07-15T12:00:00+00:00"))


@pytest.fixture
async def store(url: str, hands: Hands) -> AsyncIterator[Store]:
    opened = await Store.open(url, now=hands)
    yield opened
    await opened.close()
