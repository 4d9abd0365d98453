"""Work written for an asynchronous connection -> done in one go on a plain one, in a thread.

A driver that makes SQLite asynchronous crosses to its thread and back for each cursor, statement
and fetch, a dozen times in a small transaction, and that costs more than SQLite itself. Our works
wait for nothing but their connection; so a thread runs each to its end, and crosses once.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Dialect, Executable
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")


class _Straight:
    """The manners of an AsyncConnection over a plain one; nothing in it ever waits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        """Return the engine's dialect."""
        return self._connection.dialect

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:  # noqa: ANN401 - SQLAlchemy's own
        """Run a statement."""
        return self._connection.execute(statement, parameters)

    async def exec_driver_sql(self, statement: str, parameters: Any = None) -> CursorResult[Any]:  # noqa: ANN401 - SQLAlchemy's own
        """Run SQL as it stands."""
        return self._connection.exec_driver_sql(statement, parameters)

    async def run_sync(self, work: Callable[..., T], *given: object) -> T:
        """Run what wants the plain connection."""
        return work(self._connection, *given)


def run_straight(
    work: Callable[[AsyncConnection], Coroutine[Any, Any, T]], connection: Connection
) -> T:
    """Run a work to its end; RuntimeError where it waits for anything but its connection."""
    running = work(cast(AsyncConnection, _Straight(connection)))
    try:
        running.send(None)
    except StopIteration as ended:
        return cast(T, ended.value)
    running.close()
    raise RuntimeError("a work may wait for its connection only")
