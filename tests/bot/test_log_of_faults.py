"""The whole bot at DEBUG while Telegram and the store fail: its log shows nobody's words."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import insert
from sqlalchemy.engine import make_url

import bot.app
from bot.log import Redacting, set_up
from bot.sandbox.errors import bad
from bot.sandbox.faults import Fault, fault_from_json
from bot.sandbox.server import Sandbox
from bot.sandbox.world import YOU
from bot.settings import Secret, Settings
from bot.store.database import Database, read_url, utc_now
from bot.store.tables import inbox
from tests.bot.engines import both_engines
from tests.bot.handlers.conftest import Running
from tests.logbook import words_said
from tests.sandbox_client import Chat

NAMES = {"first_name": "Ambrosia", "last_name": "Quagmire", "username": "zebra_rider"}
WORDS = ("my zebra owns 5bn", "/basis zebra 11x", "/dates zebracorn", "how big is the zebra trade?")
CUT = '{"ok":true,"result":[{"update_id":7,"message":{"text":"a zebra that was cut in ha'
HASTY = 20.0  # seconds that a loaded machine may take


@asynccontextmanager
async def read_only(url: str) -> AsyncIterator[None]:
    """Let a store refuse to be written for a while: its file's table is away, or its server's."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(make_url(url).database or "", timeout=30)) as link:
            link.execute("ALTER TABLE inbox RENAME TO elsewhere")
            yield
            link.execute("ALTER TABLE elsewhere RENAME TO inbox")
        return
    where = make_url(url)
    link = await asyncpg.connect(
        host=where.host, port=where.port, user=where.username, database="postgres"
    )
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
    try:
        await link.execute(f"ALTER DATABASE {where.database} SET default_transaction_read_only=on")
        await link.execute(cut, where.database)
        yield
    finally:
        await link.execute(f"ALTER DATABASE {where.database} RESET default_transaction_read_only")
        await link.execute(cut, where.database)
        await link.close()


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return what the product prints on stderr, set to DEBUG."""
    out = io.StringIO()

    def set_up_here(secrets: Iterable[str]) -> None:
        set_up(secrets, logging.DEBUG)
        for handler in logging.root.handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(out)

    monkeypatch.setattr(bot.app, "set_up", set_up_here)
    return out


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path, url: str) -> Settings:
    return Settings(
        token=Secret(sandbox.token),
        api_base_url=sandbox.api_base_url,
        api_file_url=sandbox.file_url,
        data_dir=tmp_path,
        database_url=Secret(url),
        feeds=False,
    )


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(HASTY):
        while not true():  # noqa: ASYNC110 - other people's lines set no event
            await asyncio.sleep(0.02)


@both_engines
@pytest.mark.refusals(
    "Too Many Requests: retry after 1",
    "Internal Server Error",
    'Bad Request: can\'t parse entities: unsupported start tag "zebra" at byte offset 3',
)
async def test_the_log_of_a_fault_run_at_debug_holds_no_text_no_name_and_no_token(
    sandbox: Sandbox,
    settings: Settings,
    url: str,
    printed: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
):
    async def defect(*_: object) -> None:
        raise ValueError(f"no number: {WORDS[0]}")

    sandbox.world.users[YOU].update(NAMES)
    sandbox.world.chats[YOU].update(NAMES)
    running = Running(settings)
    await running.start()
    try:
        async with Chat(sandbox.page_url, patience=HASTY) as you:
            await you.ask("/start")
            sandbox.faults.add(Fault("getUpdates", raw=(200, CUT)))
            sandbox.faults.add(fault_from_json({"method": "sendMessage", "retry_after": 1}))
            sandbox.faults.add(fault_from_json({"method": "sendMessage", "status": 500}))
            tag = bad('can\'t parse entities: unsupported start tag "zebra" at byte offset 3')
            sandbox.faults.add(Fault("sendMessage", error=tag))
            for text in WORDS[1:]:
                await you.ask(text)
            with monkeypatch.context() as patch:
                patch.setattr("bot.handlers.context.BotContext.reply", defect)
                await you.say(WORDS[1])
                await until(lambda: "ValueError" in printed.getvalue())
            async with read_only(url):
                said = await you.say(WORDS[0])
                await until(lambda: "the database is away" in printed.getvalue())
            await you.until(bool, said["message_id"])
    finally:
        await running.stop()
        logging.root.setLevel(logging.WARNING)
    lines = printed.getvalue()
    for kind in ("the database is away", "sending again", "ValueError", "invalid JSON"):
        assert kind in lines
    token, second = sandbox.token, sandbox.token.partition(":")[2]
    for secret in ("zebra", *NAMES.values(), token, second, *words_said(sandbox.world.messages)):
        assert secret not in lines, secret


@both_engines
@pytest.mark.parametrize(
    "values",
    [
        {"update_id": None, "body": "my zebra owns 5bn"},
        {"update_id": 2**70, "body": "my zebra owns 5bn"},
        {"received_at": "zebra", "body": "my zebra owns 5bn"},
    ],
    ids=["null", "too large", "no moment"],
)
async def test_a_statement_that_fails_is_told_without_its_row(url: str, values: dict[str, object]):
    """A driver repeats the failing row in its DETAIL and the value in its message."""
    moment = utc_now()
    row = {"bot_id": 1, "update_id": 1, "urgent": False, "state": "pending", "attempts": 0,
           "not_before": moment, "received_at": moment, **values}  # fmt: skip
    database = Database(read_url(url))
    await database.start()
    try:
        with pytest.raises(Exception) as failed:  # noqa: PT011 - each engine has its own
            await database.write(lambda link: link.execute(insert(inbox).values(row)))
    finally:
        await database.close()
    caught = (type(failed.value), failed.value, failed.value.__traceback__)
    for name in ("bot.x", "sqlalchemy.pool"):
        record = logging.LogRecord(name, 40, "f", 1, "failed: %s", (failed.value,), caught)
        assert "zebra" not in Redacting().format(record)
    assert "zebra" not in str(failed.value).partition("[SQL")[2]  # wherever else it is printed
