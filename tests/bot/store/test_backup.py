"""A backup holds what was there, comes back on either engine, and never half."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.backup import backup, restore
from bot.store.errors import StoreError
from bot.store.store import Store
from bot.store.tables import metadata
from tests.bot.engines import both_engines
from tests.postgres import Cluster

ANA, BO = 1001, -1002


async def fill(store: Store) -> None:
    for chat in (ANA, BO):
        await store.subscribe(chat, lang="zh")
        await store.remember(chat, None, "\u57fa\u5dee?", "answer")
        await store.alerts.add(
            chat, "score", above=True, bound=65, lang="en", thread_id=None,
            crossed=False, as_of=date(2026, 7, 14),
        )  # fmt: skip
    await store.once(ANA, "advice", "today")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("kept*"))


async def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything, by table."""

    async def read(connection: AsyncConnection) -> dict[str, list[tuple[Any, ...]]]:
        found = {}
        for table in metadata.sorted_tables:
            query = select(table).order_by(*table.primary_key.columns)
            found[table.name] = [tuple(row) for row in await connection.execute(query)]
        return found

    return await store.database.read(read)


@both_engines
async def test_a_backup_comes_back_row_by_row(store: Store, tmp_path: Path) -> None:
    await fill(store)
    was, file = await rows(store), tmp_path / "kept.db"
    counts = await backup(store, file)
    assert {name: count for name, count in counts.items() if count} == {
        "users": 2, "subscriptions": 2, "turns": 2, "alerts": 2, "occasions": 1,
    }  # fmt: skip
    assert file.stat().st_mode & 0o77 == 0, "it holds what people said"
    assert names(tmp_path) == ["kept.db"]
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert await restore(file, url) == counts
    back = await Store.open(url)
    assert await rows(back) == was
    assert (await back.subscribe(99)).id > 2
    await back.close()


@pytest.mark.postgres
async def test_a_backup_of_sqlite_moves_to_postgresql(
    store: Store, tmp_path: Path, cluster: Cluster
) -> None:
    await fill(store)
    was, file, url = await rows(store), tmp_path / "kept.db", await cluster.url()
    counts = await backup(store, file)
    assert await restore(file, url) == counts
    moved = await Store.open(url)
    assert await rows(moved) == was
    assert (await moved.subscribe(99)).id > 2, "new rows are numbered after the old"
    await moved.close()
    with pytest.raises(StoreError) as caught:
        await restore(file, url)
    assert caught.value.code == "restore_not_empty"
    assert names(tmp_path) == ["kept.db"]


async def test_a_backup_while_others_write_is_whole(store: Store, tmp_path: Path) -> None:
    async def write() -> None:
        for n in range(60):
            await store.remember(ANA, None, f"question {n}", "answer")

    writing = asyncio.create_task(write())
    counts = []
    for n in range(3):
        counts.append((await backup(store, tmp_path / f"{n}.db"))["turns"])
        await asyncio.sleep(0.05)
    await writing
    assert counts == sorted(counts)


async def test_restoring_keeps_what_was_there_and_waits_for_nobody(
    store: Store, url: str, tmp_path: Path
) -> None:
    await fill(store)
    file = tmp_path / "kept.db"
    await backup(store, file)
    with pytest.raises(StoreError) as caught:
        await restore(file, url)
    assert caught.value.code == "store_in_use"
    await store.forget(ANA)
    await store.close()
    assert (await restore(file, url))["users"] == 2
    before = await Store.open(f"sqlite:///{tmp_path / 'store.db.before-restore'}")
    assert (await before.status())["users"] == {"active": 1}
    await before.close()


async def test_what_is_no_good_backup_is_refused_and_changes_nothing(
    store: Store, url: str, tmp_path: Path
) -> None:
    await fill(store)
    good = tmp_path / "good.db"
    await backup(store, good)
    await store.close()
    torn, other = tmp_path / "torn.db", tmp_path / "other.db"
    torn.write_bytes(good.read_bytes()[:20_000] + b"x" * 20_000)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    for file, code in (
        (torn, "store_damaged"),
        (other, "backup_no_store"),
        (tmp_path / "none.db", "backup_missing"),
    ):
        with pytest.raises(StoreError) as caught:
            await restore(file, url)
        assert caught.value.code == code
    again = await Store.open(url)
    assert (await again.status())["users"] == {"active": 2}
    with pytest.raises(StoreError) as caught:
        await backup(again, good)
    assert caught.value.code == "backup_exists"
    with pytest.raises(StoreError) as caught:
        await backup(again, tmp_path / "no" / "such" / "folder.db")
    assert caught.value.code == "backup_unwritable"
    await again.close()
