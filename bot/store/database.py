"""A database URL -> reads on their own connections, writes in short grouped transactions.

SQLite has one writer: a single task owns the one writing connection and commits whatever waits in
one go, so a hundred small writes cost one flush to disk, and its works run in threads, each in one
go (see `straight`). PostgreSQL groups by itself. A caller's cancellation never tears a
transaction: a write that has begun runs to its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Row,
    Select,
    String,
    Table,
    UpdateBase,
    create_engine,
    event,
    literal_column,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.errors import StoreError
from bot.store.straight import run_straight

log = logging.getLogger(__name__)

T = TypeVar("T")
P = ParamSpec("P")
Work = Callable[[AsyncConnection], Coroutine[Any, Any, T]]

BUSY_SECONDS = 30
READERS = 4
GROUP = 64  # writes in one commit; more would keep a reply waiting behind them
DRIVERS = {
    "sqlite+aiosqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}


def utc_now() -> datetime:
    """Return this machine's time, aware, in UTC."""
    return datetime.now(UTC)


def no_step(_name: str) -> None:
    """Pass a durable step unnoticed; fault tests put their hook here."""


def read_url(url: str) -> URL:
    """Return the URL with the driver that we ship, or raise StoreError naming the culprit."""
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise StoreError("store_bad_url", value=url) from error
    driver = DRIVERS.get(parsed.drivername, parsed.drivername)
    if driver.split("+")[0] not in {"sqlite", "postgresql"}:
        raise StoreError("store_bad_url", value=parsed.render_as_string(hide_password=True))
    if driver.startswith("sqlite") and parsed.database in {None, "", ":memory:"}:
        raise StoreError("store_needs_file", value=url)
    return parsed.set(drivername=driver)


def is_one_of(column: ColumnElement[str], *words: str) -> ColumnElement[bool]:
    """Return the condition with our own words written out in the SQL, not bound to it.

    Neither engine uses a partial index for a condition whose value it does not see, and SQLite
    only for the very words of the index: `x = 'a'` for one, `x IN ('a', 'b')` for more.
    """
    literals = [literal_column(f"'{word}'", String()) for word in words]
    return column == literals[0] if len(literals) == 1 else column.in_(literals)


class DatabaseAwayError(OSError):
    """The server could not be reached, or the way to it broke."""


def is_outage(error: BaseException) -> bool:
    """Tell whether the database could not be reached or lost us: the same work may pass later."""
    if isinstance(error, IntegrityError | ProgrammingError | DataError):
        return False
    return isinstance(error, DBAPIError | OSError | PoolTimeout)


def insert_into(connection: AsyncConnection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return that engine's INSERT, which knows ON CONFLICT (both say it alike)."""
    on_sqlite = connection.dialect.name == "sqlite"
    return sqlite.insert(table) if on_sqlite else postgresql.insert(table)


class _Keeper(Protocol):
    """Whatever keeps its rows in a database."""

    @property
    def database(self) -> Database: ...


K = TypeVar("K", bound=_Keeper)


Handed = Callable[Concatenate[K, AsyncConnection, P], Coroutine[Any, Any, T]]
Called = Callable[Concatenate[K, P], Coroutine[Any, Any, T]]


def reading(method: Handed[K, P, T]) -> Called[K, P, T]:
    """Hand a method a connection that can only read; its callers name none."""

    @wraps(method)
    def run(self: K, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        return self.database.read(lambda connection: method(self, connection, *args, **kwargs))

    return run


def writing(method: Handed[K, P, T]) -> Called[K, P, T]:
    """Hand a method the connection of its own transaction; see `Database.write`."""

    @wraps(method)
    def run(self: K, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        return self.database.write(lambda connection: method(self, connection, *args, **kwargs))

    return run


@dataclass(slots=True)
class _Write:
    """One write that waits for the writer, and the future that waits for it."""

    work: Work[Any]
    done: asyncio.Future[Any]


class Database:
    """Connections and transactions; it knows no table.

    `now` fixes the clock (tests); None means the database's own: leases of several machines are
    then compared by one clock.
    """

    def __init__(
        self,
        url: URL,
        now: Callable[[], datetime] | None = None,
        step: Callable[[str], None] = no_step,
    ) -> None:
        self.url = url
        self.sqlite = url.get_backend_name() == "sqlite"
        self._now = now
        self._step = step
        self._on_file = _OnFile(url) if self.sqlite else None
        self._server = None if self.sqlite else _server(url)
        self._waiting: asyncio.Queue[_Write | None] = asyncio.Queue()
        self._running: set[asyncio.Task[Any]] = set()
        self._pen: asyncio.Task[None] | None = None
        self._sweeping = asyncio.Lock()
        # Sweeps that were asked for, and how many of these a finished sweep has covered.
        self._sweeps_asked, self._sweeps_done = 0, 0

    @property
    def file(self) -> Path | None:
        """Return SQLite's file, None on PostgreSQL."""
        return Path(self.url.database or "") if self.sqlite else None

    async def start(self) -> None:
        """Check that the database can be reached, and take up the pen."""
        try:
            await self._transact([_touch])
        except (DBAPIError, OSError) as error:
            shown = self.url.render_as_string(hide_password=True)
            damaged = "not a database" in str(error) or "malformed" in str(error)
            code = "store_damaged" if damaged else "store_unreachable"
            raise StoreError(code, value=shown, reason=str(error).splitlines()[0]) from error
        if self.sqlite:
            self._pen = asyncio.create_task(self._write_all(), name="store writer")

    async def close(self) -> None:
        """Finish the writes that wait, then let the connections go."""
        if self._pen is not None:
            await self._waiting.put(None)
            await asyncio.shield(self._pen)
            self._pen = None
        while self._running:
            await asyncio.wait(self._running)
        if self._on_file is not None:
            await asyncio.to_thread(self._on_file.close)
        if self._server is not None:
            await self._server.dispose()

    async def now(self, connection: AsyncConnection) -> datetime:
        """Return the time that leases and schedules are judged by."""
        if self._now is not None:
            return self._now()
        if self.sqlite:
            return utc_now()
        moment: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        return moment.astimezone(UTC)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a connection that can only read."""
        if self._on_file is not None:
            return await self._on_file.read(work)
        async with self._on_server() as connection:
            return await work(connection)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction; return its result once that is committed.

        `work` may run more than once (its group failed, a deadlock): it has no effect but on the
        database.
        """
        if self.sqlite:
            if self._pen is None or self._pen.done():
                raise StoreError("store_closed", value=str(self.file))
            done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            await self._waiting.put(_Write(work, done))
            return await done
        task = asyncio.create_task(self._transact([work]), name="store write")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return (await asyncio.shield(task))[0]  # type: ignore[no-any-return]  # the list of one T

    async def rows(self, query: Executable) -> Sequence[Row[Any]]:
        """Return what a query finds."""

        async def find(connection: AsyncConnection) -> Sequence[Row[Any]]:
            return list(await connection.execute(query))

        return await self.read(find)

    async def holds(self, query: Select[Any]) -> bool:
        """Tell whether a query finds anything."""
        return bool(await self.rows(query.limit(1)))

    async def change(self, statement: UpdateBase) -> int:
        """Run one statement that writes; return how many rows it met."""

        async def change(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await self.write(change)

    async def scrub(self) -> None:
        """Leave nothing of deleted rows in SQLite's files.

        PostgreSQL's own log ages out with its checkpoints. A reader in the midst of its work is
        waited for, up to a second. Deletions at the same time are swept together.
        """
        if self.file is None:
            return
        self._sweeps_asked += 1
        mine = self._sweeps_asked
        async with self._sweeping:
            if mine > self._sweeps_done:
                covered = self._sweeps_asked
                await asyncio.to_thread(_sweep, self.file)
                self._sweeps_done = covered

    async def _transact(self, works: list[Work[Any]]) -> list[Any]:
        if self._on_file is not None:
            return await self._on_file.write(works, self._step)
        async with self._on_server() as connection:
            results = [await work(connection) for work in works]
            self._step("commit")
        self._step("committed")
        return results

    @contextlib.asynccontextmanager
    async def _on_server(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction; the network's own errors get the name of what they mean here."""
        assert self._server is not None  # noqa: S101 - one of the two is there
        try:
            async with self._server.begin() as connection:
                yield connection
        except OSError as error:
            raise DatabaseAwayError(str(error) or type(error).__name__) from error

    async def _write_all(self) -> None:
        """Commit what waits, group by group, until told to stop."""
        while (first := await self._waiting.get()) is not None:
            group = [first]
            stop = False
            while len(group) < GROUP and not self._waiting.empty():
                following = self._waiting.get_nowait()
                if following is None:
                    stop = True
                    break
                group.append(following)
            await self._commit(group)
            if stop:
                return

    async def _commit(self, group: list[_Write]) -> None:
        """Commit a group; when it fails, each alone, so that one bad write spoils no other."""
        group = [write for write in group if not write.done.cancelled()]
        if not group:
            return
        try:
            results = await self._transact([write.work for write in group])
        except Exception as error:
            if len(group) > 1:
                for write in group:
                    await self._commit([write])
            elif not group[0].done.cancelled():
                group[0].done.set_exception(error)
            return
        for write, result in zip(group, results, strict=True):
            with contextlib.suppress(asyncio.InvalidStateError):  # cancelled while we committed
                write.done.set_result(result)


def _sweep(file: Path) -> None:
    """Write a SQLite file anew and empty its write-ahead log.

    `secure_delete` overwrites a deleted row where it last stood. Where it stood before SQLite moved
    it to a neighbouring page, a copy can remain in the unused part of that page until other rows
    take the place (src/btree.c, rebuildPage). Only VACUUM leaves none.
    """
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as link:
            link.execute("VACUUM")
    except sqlite3.Error as error:  # no room for a second copy, or another process writes for long
        log.warning("Deleted rows may leave copies in the store's file for now: %s", error)
    with contextlib.closing(sqlite3.connect(file, timeout=1)) as link:
        busy = link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        log.warning("Deleted rows stay in the write-ahead log until its next checkpoint.")


async def _touch(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT 1"))


def _server(url: URL) -> AsyncEngine:
    return create_async_engine(
        url, pool_size=8, max_overflow=8, pool_pre_ping=True, hide_parameters=True
    )


class _Hand:
    """Threads that each keep one connection to a SQLite file."""

    def __init__(self, url: URL, threads: int, begin: str, pragmas: tuple[str, ...]) -> None:
        self._engine = create_engine(url, pool_size=threads, max_overflow=0, hide_parameters=True)
        _sqlite_habits(self._engine, begin, pragmas)
        self._threads = ThreadPoolExecutor(threads, "store")
        self._own = threading.local()
        self._connections: list[Connection] = []

    async def do(self, work: Callable[[Connection], T]) -> T:
        """Run something in a thread, on its connection."""

        def run() -> T:
            if not hasattr(self._own, "connection"):
                self._own.connection = self._engine.connect()
                self._connections.append(self._own.connection)
            return work(self._own.connection)

        return await asyncio.get_running_loop().run_in_executor(self._threads, run)

    def close(self) -> None:
        """Wait for what runs, and close the connections."""
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()
        self._engine.dispose()


class _OnFile:
    """A SQLite file: one thread with the connection that writes, a few with those that read."""

    def __init__(self, url: URL) -> None:
        # What is deleted is overwritten: /forget leaves nothing in the file's free pages.
        durable = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")
        self.pen = _Hand(url, 1, "BEGIN IMMEDIATE", durable)
        self.eyes = _Hand(url, READERS, "BEGIN", ("query_only=ON",))

    async def read(self, work: Work[T]) -> T:
        """Run a work that only reads."""

        def run(connection: Connection) -> T:
            with connection.begin():
                return run_straight(work, connection)

        return await self.eyes.do(run)

    async def write(self, works: list[Work[Any]], step: Callable[[str], None]) -> list[Any]:
        """Run works in one transaction."""

        def run(connection: Connection) -> list[Any]:
            with connection.begin():
                results = [run_straight(work, connection) for work in works]
                step("commit")
            step("committed")
            return results

        return await self.pen.do(run)

    def close(self) -> None:
        """Wait for what runs, and close the file."""
        self.pen.close()
        self.eyes.close()


def _sqlite_habits(engine: Engine, begin: str, pragmas: tuple[str, ...]) -> None:
    """Take transactions into our own hands and set how SQLite keeps its promises."""

    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # else the driver begins transactions by itself, late
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", "foreign_keys=ON", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
