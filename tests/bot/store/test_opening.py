"""Opening a store: its owner, its folder, its version, its damage."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import migrate
from bot.store.database import Database, read_url
from bot.store.errors import StoreError
from bot.store.owner import file_system, refuse_network
from bot.store.store import Store
from bot.store.tables import metadata
from tests.bot.engines import both_engines
from tests.postgres import Cluster


def at(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/store.db"


@both_engines
async def test_an_empty_database_gets_exactly_the_tables(store: Store) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async def read(connection: AsyncConnection) -> list[object]:
        return await connection.run_sync(differences)

    assert await store.database.read(read) == []
    assert max(migrate._known()) == migrate.HEAD


@pytest.mark.postgres
async def test_replicas_that_start_together_migrate_once(cluster: Cluster) -> None:
    url = await cluster.url()
    stores = await asyncio.gather(*(Store.open(url) for _ in range(4)))
    await asyncio.gather(*(store.user(1) for store in stores))
    for store in stores:
        await store.close()


async def test_sqlite_keeps_its_promises(tmp_path: Path) -> None:
    store = await Store.open(at(tmp_path))

    async def pragma(connection: AsyncConnection) -> list[object]:
        names = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        return [(await connection.exec_driver_sql(f"PRAGMA {n}")).scalar() for n in names]

    assert await store.database.write(pragma) == ["wal", 2, 30000, 1]
    await store.close()


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    store = await Store.open(at(tmp_path))

    async def write(connection: AsyncConnection) -> None:
        await connection.exec_driver_sql("DELETE FROM users")

    with pytest.raises(Exception, match="readonly"):
        await store.database.read(write)
    await store.close()


async def test_a_work_that_waits_for_anything_else_is_refused(tmp_path: Path) -> None:
    """In a thread without an event loop it would never wake."""
    store = await Store.open(at(tmp_path))

    async def dawdle(_connection: AsyncConnection) -> None:
        await asyncio.sleep(0)

    for how in (store.database.read, store.database.write):
        with pytest.raises(RuntimeError, match="wait for its connection"):
            await how(dawdle)
    await store.close()


async def test_a_second_owner_is_refused_by_name_and_a_guest_is_not(tmp_path: Path) -> None:
    first = await Store.open(at(tmp_path))
    with pytest.raises(StoreError) as caught:
        await Store.open(at(tmp_path))
    assert caught.value.code == "store_in_use"
    assert caught.value.values["pid"] == str(os.getpid())
    guest = await Store.open(at(tmp_path), guest=True)
    assert await guest.subscriptions(1) == []
    await guest.close()
    await first.close()
    again = await Store.open(at(tmp_path))
    await again.close()


async def test_an_owner_knows_whether_guests_were_there(tmp_path: Path) -> None:
    first = await Store.open(at(tmp_path))
    assert first.alone
    guest = await Store.open(at(tmp_path), guest=True)
    await first.close()
    second = await Store.open(at(tmp_path))
    assert not second.alone
    await guest.close()
    await second.close()


async def test_the_lock_of_a_killed_owner_is_free(tmp_path: Path) -> None:
    script = (
        "import asyncio, os, signal\n"
        "from bot.store.store import Store\n"
        f"asyncio.run(Store.open({at(tmp_path)!r}))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script], check=False)
    assert ran.returncode == -signal.SIGKILL
    store = await Store.open(at(tmp_path))
    assert store.alone
    await store.close()


def test_network_file_systems_are_refused(tmp_path: Path) -> None:
    table = tmp_path / "mounts"
    table.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path}/far\\040away nfs4 rw 0 0\n")
    away = tmp_path / "far away" / "data"
    with pytest.raises(StoreError) as caught:
        refuse_network(away, table)
    assert (caught.value.code, caught.value.values["kind"]) == ("store_network", "nfs4")
    refuse_network(tmp_path / "near", table)
    assert file_system(tmp_path, tmp_path / "no such table") is None


async def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        await Store.open(at(tmp_path / "missing"))
    assert caught.value.code == "store_unwritable"
    assert "missing" in str(caught.value.values["value"])


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database at all" * 400)
    with pytest.raises(StoreError) as caught:
        await Store.open(at(tmp_path))
    assert caught.value.code == "store_damaged"


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite+aiosqlite:///:memory:", "mysql://x/y", "nonsense"]
)
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        read_url(url)


def test_a_plain_url_gets_our_driver() -> None:
    assert read_url("postgresql://a@b/c").drivername == "postgresql+asyncpg"
    for driver in ("sqlite", "sqlite+aiosqlite"):
        assert read_url(f"{driver}:///x.db").drivername == "sqlite"


async def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StoreError) as caught:
        await Store.open("postgresql://me:hunter2@127.0.0.1:1/x")
    assert caught.value.code == "store_unreachable"
    assert "hunter2" not in str(caught.value)


async def test_a_store_of_a_later_version_is_refused(tmp_path: Path) -> None:
    await (await Store.open(at(tmp_path))).close()
    with closing(sqlite3.connect(tmp_path / "store.db")) as file:
        file.execute("UPDATE alembic_version SET version_num = '9999'")
        file.commit()
    with pytest.raises(StoreError) as caught:
        await Store.open(at(tmp_path))
    assert caught.value.code == "store_newer"


async def test_of_an_older_store_a_copy_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await Store.open(at(tmp_path))).close()
    monkeypatch.setattr(migrate, "HEAD", "the next")
    await (await Store.open(at(tmp_path))).close()
    with closing(sqlite3.connect(tmp_path / "store.db.0001.bak")) as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]


async def test_migrating_can_be_forbidden(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        await Store.open(at(tmp_path), auto_migrate=False)
    assert caught.value.code == "store_older"


async def test_a_copy_taken_at_any_moment_opens_and_holds_what_was_confirmed(
    tmp_path: Path,
) -> None:
    """A power cut: database and log as they lie on the disk in the middle of writing."""
    store = await Store.open(at(tmp_path))
    (tmp_path / "cut").mkdir()
    confirmed = 0
    for number in range(30):
        waiting = [asyncio.create_task(store.remember(1, None, f"{number}", "a")) for _ in range(3)]
        await asyncio.sleep(0.001)
        before = confirmed
        for name in ("store.db", "store.db-wal"):
            (tmp_path / "cut" / name).write_bytes((tmp_path / name).read_bytes())
        with closing(sqlite3.connect(tmp_path / "cut" / "store.db")) as cut:
            assert cut.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert cut.execute("SELECT count(*) FROM turns").fetchone()[0] >= before
        for leftover in (tmp_path / "cut").iterdir():
            leftover.unlink()
        await asyncio.gather(*waiting)
        confirmed += 3
    await store.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = await Store.open(at(tmp_path))
    await store.close()
    with pytest.raises(StoreError):
        await store.remember(1, None, "q", "a")


@both_engines
async def test_the_databases_own_clock_rules_by_default(url: str) -> None:
    store = await Store.open(url)
    first = await store.now()
    assert first.utcoffset().total_seconds() == 0
    assert await store.now() >= first
    await store.close()
    assert isinstance(store.database, Database)
