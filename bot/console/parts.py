"""The settings of this machine -> the parts of commands, and the options that several take."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bot.console.terminal import CommandError, expected, machine_language, tell
from bot.i18n import LANGS, Lang, say
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    from bot.answering.reports.keeping import OpenReports
    from bot.assistant import Assistant
    from bot.store.store import Store

T = TypeVar("T")


def assistant(recorded: Path | None = None) -> Assistant:
    """Return the assistant, over the recorded market data of a folder where one is given."""
    from bot.assistant import make_assistant

    return make_assistant(load_settings(), recorded=recorded)


def with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Do something with the store, as a guest beside a running bot."""

    async def visit() -> T:
        from bot.store.store import Store

        _make_folder(settings.data_dir)
        store = await Store.open(settings.database, guest=True)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(visit())


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = say(machine_language(), "console.data_not_writable", path=path)
        raise CommandError("data_not_writable", message) from error


def shown_database(settings: Settings) -> str:
    """Return where the store is, without its password."""
    from bot.store.database import read_url

    return read_url(settings.database).render_as_string(hide_password=True)


def shared_reports(joined: Assistant) -> OpenReports | None:
    """Return the reports that everybody may ask; None where none were stored or can be read."""
    settings = load_settings()
    prefix, _, path = settings.database.partition("///")
    if prefix == "sqlite:" and not Path(path).exists():
        return None

    from sqlalchemy.exc import DBAPIError

    from bot.answering.reports.keeping import OwnReports
    from bot.store.database import read_url
    from bot.store.errors import StoreError
    from bot.store.reports import EVERYBODY

    url = read_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None

    async def opened(store: Store) -> OpenReports:
        return await OwnReports(store.reports, lambda: joined.library).open(EVERYBODY)

    try:
        return with_store(settings, opened)
    except (StoreError, DBAPIError) as error:  # the library's own answers need no store
        lang = machine_language()
        failure = expected(error, lang)
        tell(say(lang, "console.without_shared", reason=failure.message if failure else error))
        return None


# Options


def takes_language(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Let a command be told the language of its answer."""
    parser.add_argument("--lang", choices=LANGS, help=say(lang, "usage.lang"))


def takes_json(
    parser: argparse.ArgumentParser, lang: Lang, lines: bool = False
) -> argparse._MutuallyExclusiveGroup:
    """Let a command answer in JSON, with `lines` also line by line; return the group of forms."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=say(lang, "usage.json"))
    if lines:
        form.add_argument("--jsonl", action="store_true", help=say(lang, "usage.jsonl"))
    return form


def takes_data(parser: argparse.ArgumentParser, lang: Lang, required: bool = False) -> None:
    """Let a command read a folder of recorded market files."""
    about = say(lang, "usage.data")
    parser.add_argument("--data", type=Path, metavar="DIR", required=required, help=about)


def takes_chat(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Let a command be told the number of a chat."""
    parser.add_argument("chat", type=chat, metavar="CHAT", help=say(lang, "usage.chat"))


def day(text: str) -> date:
    """Return the date of `2026-07-17`."""
    return date.fromisoformat(text)


def chat(text: str) -> int:
    """Return the number of a chat."""
    return int(text)
