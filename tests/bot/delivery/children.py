"""Processes that live one life after the other, to be killed and stopped by a test."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.store import Store
from bot.store.tables import subscriptions, users
from tests.bot.delivery.telegram_double import TOKEN, Double
from tests.logbook import check_lines

# Saturday 10:00 in New York, and a little: what everybody here subscribed to is due.
DUE = datetime(2026, 7, 18, 14, 0, 5, tzinfo=UTC)
KILLED = -signal.SIGKILL
BULK = 100_000
LOG_SHOWN = 20_000  # characters
FIRST_ID = 1_000  # of the users made in bulk; the store's own count begins at 1


class Child:
    """A process that can be started again, killed and stopped; `log` is what its lives logged."""

    def __init__(self, what: str, url: str, double: Double, **settings: object) -> None:
        self.life = {
            "what": what,
            "store": url,
            "api": double.base_url,
            "due": DUE.isoformat(),
            **settings,
        }
        self.pid = 0
        self.log = ""
        self._double = double
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # until it is buried
        self._nursery: asyncio.subprocess.Process | None = None

    async def _said(self, key: str, seconds: float = 30) -> int:
        assert self._nursery is not None
        assert self._nursery.stdout is not None
        line = await asyncio.wait_for(self._nursery.stdout.readline(), seconds)
        return int(json.loads(line)[key])

    async def start(self, **settings: object) -> None:
        """Begin a life; `settings` hold for this one only."""
        if self._nursery is None:
            self._nursery = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.bot.delivery.child",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=self._errors,
            )
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(json.dumps({**self.life, **settings}).encode() + b"\n")
        self.pid = await self._said("pid")

    async def ended(self, seconds: float = 30) -> int:
        """Return the exit code, less than zero for a signal."""
        code = await self._said("ended", seconds)
        self.pid = 0
        return code

    async def kill(self) -> None:
        """End it as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)
        assert await self.ended() == KILLED

    async def terminate(self) -> float:
        """Ask it to stop; return the seconds that took. It must end in good order."""
        asked = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        assert await self.ended() == 0
        return time.monotonic() - asked

    async def bury(self) -> None:
        """Leave no process behind, whatever the test said."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            await self.ended()
        if self._nursery is not None:
            assert self._nursery.stdin is not None
            self._nursery.stdin.close()
            await self._nursery.wait()
        with self._errors:
            self._errors.seek(0)
            self.log = self._errors.read().decode()

    def check(self) -> None:
        """Fail where its log shows a text or a name that went through the server, or the token."""
        said = [self._double.asked, [call.fields for call in self._double.calls]]
        check_lines(self.log.splitlines(), said, TOKEN)


@asynccontextmanager
async def alive(*children: Child) -> AsyncIterator[None]:
    """Bury the children at the end, and hold what they logged against what people wrote."""
    try:
        yield
    finally:
        for child in children:
            await child.bury()
            sys.stderr.write(child.log[-LOG_SHOWN:])  # where the test fails, its reader sees it
    for child in children:
        child.check()


async def until(true: Callable[[], bool], seconds: float = 40) -> None:
    """Wait for something to come true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def subscribe(url: str, chats: range) -> None:
    """Let these chats subscribe on the Wednesday before `DUE`, in bulk: each as the first does."""
    store = await Store.open(url, now=lambda: datetime(2026, 7, 15, tzinfo=UTC))
    await store.subscribe(chats[0])
    for start in range(1, len(chats), BULK):
        await store.database.write(partial(_copy, chats[start : start + BULK]))
    await store.close()


async def _copy(chats: range, connection: AsyncConnection) -> None:
    """Give each of these chats a user and a subscription like those of the first."""
    count = f"SELECT {chats[0]} UNION ALL SELECT n + 1 FROM series WHERE n < {chats[-1]}"  # noqa: S608 - our own
    series = f"WITH RECURSIVE series(n) AS ({count})"
    for table, own in ((users, ("id", "chat_id")), (subscriptions, ("id", "user_id"))):
        same = ", ".join(c.name for c in table.c if c.name not in own)
        key = "n" if table is users else f"n + {FIRST_ID}"
        first = f"(SELECT * FROM {table.name} ORDER BY id LIMIT 1) AS first"  # noqa: S608 - our own
        copied = f"SELECT n + {FIRST_ID}, {key}, {same} FROM series, {first}"  # noqa: S608 - our own
        insert = f"INSERT INTO {table.name} ({', '.join(own)}, {same})"
        await connection.execute(text(f"{series} {insert} {copied}"))
