"""A store -> one checked file, and back, on either engine: a backup is a SQLite file by itself.

SQLite is copied by its own online backup, PostgreSQL row by row from one snapshot; so a backup can
also move a bot from one engine to the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Row, Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import read_url
from bot.store.errors import StoreError
from bot.store.migrate import copy_sqlite
from bot.store.owner import Ownership
from bot.store.store import Store
from bot.store.tables import metadata

CHUNK = 2_000
# table, rows read before -> the next rows
Read = Callable[[Table, int], Awaitable[Sequence[Row[Any]]]]


async def backup(store: Store, target: Path) -> dict[str, int]:
    """Write the store to a new file, also while a bot works on it; return the rows by table.

    Raises StoreError `backup_exists`, `backup_unwritable`, or `store_damaged` for a copy that
    fails its check; only a good copy gets the name asked for.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        await asyncio.to_thread(_begin, part, target)
        if store.database.file is not None:
            await asyncio.to_thread(copy_sqlite, store.database.file, part)
        else:
            await _from_server(store, part)
        rows = await asyncio.to_thread(_checked, part)
        await asyncio.to_thread(part.rename, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError("backup_unwritable", value=str(target), reason=reason) from error
    finally:
        await asyncio.to_thread(_remove, part)
    return rows


def _remove(part: Path) -> None:
    """Delete an unfinished store with what SQLite and our locks put beside it."""
    for ending in ("", "-wal", "-shm", ".guests"):
        part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)


def _begin(part: Path, target: Path) -> None:
    """Make an empty file that only we can read: it will hold what people said."""
    if target.exists():
        raise StoreError("backup_exists", value=str(target))
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _checked(file: Path) -> dict[str, int]:
    """Return the rows by table of a store's file that holds together, and leave it one file."""
    try:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise StoreError("store_damaged", value=str(file), reason=found)
            connection.execute("PRAGMA journal_mode=DELETE")
            return _counts(connection, file)
    except sqlite3.DatabaseError as error:
        raise StoreError("store_damaged", value=str(file), reason=str(error)) from error


def _counts(connection: sqlite3.Connection, file: Path) -> dict[str, int]:
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if "alembic_version" not in names:
        raise StoreError("backup_no_store", value=str(file))
    return {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - ours
        for name in metadata.tables
        if name in names
    }


async def restore(file: Path, url: str) -> dict[str, int]:
    """Put a backup in the place of the store at `url`; return the rows by table.

    A SQLite store that was there is kept beside it as `.before-restore`; a PostgreSQL database must
    be empty (`restore_not_empty`). A backup of an older version is brought to this one. Raises
    StoreError `backup_missing`, `backup_no_store`, `store_damaged`, or `store_in_use` while a bot
    works on the store.
    """
    parsed = read_url(url)
    place = Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None
    if place is None:
        return await _to_server(file, url)
    await asyncio.to_thread(_replace, file, place)
    await (await Store.open(url)).close()
    return await asyncio.to_thread(_rows_of, place)


def _rows_of(file: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return _counts(connection, file)


def _replace(file: Path, place: Path) -> None:
    """Put a checked copy of the file in place; nobody may work there."""
    owner = Ownership(place)
    owner.own()
    try:
        if not owner.alone:
            raise StoreError("store_in_use", value=str(place), pid="?")
        part = place.with_name(f"{place.name}.part")
        part.unlink(missing_ok=True)
        _copy_checked(file, part)
        if place.exists():
            copy_sqlite(place, place.with_name(f"{place.name}.before-restore"))
        for ending in ("-wal", "-shm"):
            place.with_name(f"{place.name}{ending}").unlink(missing_ok=True)
        part.replace(place)
    finally:
        owner.release()


def _copy_checked(file: Path, part: Path) -> None:
    if not file.is_file():
        raise StoreError("backup_missing", value=str(file))
    try:
        copy_sqlite(file, part)
        _checked(part)
    except sqlite3.DatabaseError as error:
        part.unlink(missing_ok=True)
        raise StoreError("store_damaged", value=str(file), reason=str(error)) from error
    except StoreError:
        part.unlink(missing_ok=True)
        raise


# Row by row


@contextlib.asynccontextmanager
async def _opened(url: str, *, guest: bool = False) -> AsyncIterator[Store]:
    store = await Store.open(url, guest=guest)  # brings an older one up to now
    try:
        yield store
    finally:
        await store.close()


async def _from_server(store: Store, file: Path) -> None:
    """Copy a PostgreSQL store, as it stood at one instant, into a new SQLite store."""
    async with _opened(f"sqlite:///{file}", guest=True) as target:

        async def copy(connection: AsyncConnection) -> None:
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))

            async def read(table: Table, after: int) -> Sequence[Row[Any]]:
                return (await connection.execute(_chunk(table, after))).all()

            await _copy_rows(read, target)

        await store.database.read(copy)


async def _to_server(file: Path, url: str) -> dict[str, int]:
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    await asyncio.to_thread(_copy_checked, file, part)
    try:
        async with _opened(f"sqlite:///{part}", guest=True) as source, _opened(url) as target:
            await _refuse_rows(target, url)

            async def read(table: Table, after: int) -> Sequence[Row[Any]]:
                return await source.database.rows(_chunk(table, after))

            rows = await _copy_rows(read, target)
            await target.database.write(_count_on)
    finally:
        await asyncio.to_thread(_remove, part)
    return rows


def _chunk(table: Table, after: int) -> Any:  # noqa: ANN401 - a SELECT of any columns
    return select(table).order_by(*table.primary_key.columns).limit(CHUNK).offset(after)


async def _copy_rows(read: Read, target: Store) -> dict[str, int]:
    """Copy every table, parents before children."""
    copied: dict[str, int] = {}
    for table in metadata.sorted_tables:
        copied[table.name] = 0
        while rows := await read(table, copied[table.name]):
            values = [dict(row._mapping) for row in rows]

            await target.database.write(partial(_put, table=table, values=values))
            copied[table.name] += len(rows)
    return copied


async def _put(connection: AsyncConnection, table: Table, values: list[dict[str, Any]]) -> None:
    await connection.execute(insert(table), values)


async def _refuse_rows(store: Store, url: str) -> None:
    tables = metadata.sorted_tables
    if any([await store.database.holds(select(*table.primary_key)) for table in tables]):
        shown = read_url(url).render_as_string(hide_password=True)
        raise StoreError("restore_not_empty", value=shown)


async def _count_on(connection: AsyncConnection) -> None:
    """Let PostgreSQL number new rows after those that were copied."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            name = {"table": table.name, "column": column.name}
            highest = select(func.max(column)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(name["table"], name["column"])
            await connection.execute(
                select(func.setval(sequence, highest)).where(highest.is_not(None))
            )
