"""The same tests on SQLite and, where it is installed, on PostgreSQL: `@both_engines`."""

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.store.database import Database, read_url
from bot.store.store import Store
from bot.store.tables import metadata
from tests.bot.store.clock import Hands
from tests.postgres import Cluster, why_not

both_engines = pytest.mark.parametrize(
    "url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
    indirect=True,
)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    if reason := why_not():
        pytest.skip(reason)
    made = Cluster()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def empty_stores() -> dict[str, str]:
    """Return the URLs of stores that are migrated once and copied or emptied for each test."""
    return {}


@pytest.fixture
async def url(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    empty_stores: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    if getattr(request, "param", "sqlite") == "postgresql":
        return await _emptied(request.getfixturevalue("cluster"), empty_stores)
    if "sqlite" not in empty_stores:
        file = tmp_path_factory.mktemp("migrated") / "store.db"
        await (await Store.open(f"sqlite:///{file}")).close()
        empty_stores["sqlite"] = str(file)
    shutil.copy(empty_stores["sqlite"], tmp_path / "store.db")
    return f"sqlite+aiosqlite:///{tmp_path}/store.db"


async def _emptied(cluster: Cluster, empty_stores: dict[str, str]) -> str:
    """Return one database for all tests, its rows of the last test deleted."""
    if "postgresql" not in empty_stores:
        empty_stores["postgresql"] = await cluster.url()
        await (await Store.open(empty_stores["postgresql"])).close()
    database = Database(read_url(empty_stores["postgresql"]))
    await database.start()
    names = ", ".join(metadata.tables)
    await database.write(lambda c: c.execute(text(f"TRUNCATE {names} RESTART IDENTITY")))
    await database.close()
    return empty_stores["postgresql"]


@pytest.fixture
def hands() -> Hands:
    return Hands(datetime.fromisoformat("2026-07-15T12:00:00+00:00"))


@pytest.fixture
async def store(url: str, hands: Hands) -> AsyncIterator[Store]:
    opened = await Store.open(url, now=hands)
    yield opened
    await opened.close()
