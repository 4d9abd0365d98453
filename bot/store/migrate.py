"""A database -> the same at this version's tables, with a copy kept where there was something."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.errors import StoreError
from bot.store.tables import metadata

HEAD = "0001"
# Any number, the same in every process: who holds it migrates, the others wait.
ADVISORY_LOCK = 7_202_026


async def revision(database: Database) -> str | None:
    """Return the revision that the tables are at, None for an empty database."""

    async def look(connection: AsyncConnection) -> str | None:
        return await connection.run_sync(_revision)

    return await database.read(look)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


async def migrate(database: Database, *, allowed: bool = True) -> bool:
    """Bring the tables to this version; return whether anything changed.

    Raises StoreError: `store_newer` when a later version wrote them, `store_older` when they need
    a migration and `allowed` is false.
    """
    found = await revision(database)
    if found == HEAD:
        return False
    if found is not None and found not in _known():
        raise StoreError("store_newer", value=found, known=HEAD)
    if not allowed:
        raise StoreError("store_older", value=found or "-", known=HEAD)
    if database.file is not None and found is not None:
        copy_sqlite(database.file, database.file.with_name(f"{database.file.name}.{found}.bak"))

    async def upgrade(connection: AsyncConnection) -> None:
        if not database.sqlite:
            lock = text("SELECT pg_advisory_xact_lock(:key)")
            await connection.execute(lock, {"key": ADVISORY_LOCK})
        await connection.run_sync(_upgrade)

    await database.write(upgrade)
    return True


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite file, also while others write to it (the online backup of SQLite)."""
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(target)) as here:
        there.backup(here)


def _config(connection: Connection | None = None) -> object:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _known() -> set[str]:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())  # type: ignore[arg-type]  # imported late
    return {script.revision for script in scripts.walk_revisions()}


def _upgrade(connection: Connection) -> None:
    """Make the newest tables in an empty database, bring older ones to them."""
    from alembic import command

    if _revision(connection) is None:
        # A table of that name which is not ours is an error, not a table of ours.
        metadata.create_all(connection, checkfirst=False)
        command.stamp(_config(connection), "head")  # type: ignore[arg-type]  # imported late
    else:
        command.upgrade(_config(connection), "head")  # type: ignore[arg-type]  # imported late
