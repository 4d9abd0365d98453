"""What an operator does: run, examine and migrate the bot, back it up, export and forget a chat."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.parts import shown_database, takes_chat, with_store
from bot.console.terminal import (
    CommandError,
    expected,
    language,
    machine_language,
    show,
    show_json,
    tell,
)
from bot.i18n import Lang, say
from bot.log import outline
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.store.store import Store

log = logging.getLogger(__name__)

_YES = {"y", "yes", "\u662f"}


def run(given: argparse.Namespace) -> int:
    """Run until stopped, then end the process with the bot's exit code."""
    from bot.app import run as run_bot

    lang = machine_language()
    loop = asyncio.new_event_loop()
    code: int | None = None
    try:
        code = loop.run_until_complete(run_bot(load_settings(), lang=lang, recorded=given.data))
    except Exception as error:
        if expected(error, lang):
            raise
        # Its words may be a user's, and the terminal is the log.
        log.critical("the bot ends by a defect", exc_info=error)
        kind = type(error).__name__
        sentence = say(lang, "console.defect", kind=kind, reason=outline(error))
        raise CommandError("defect", sentence, kind) from None
    finally:
        if code is None:
            loop.close()
    # All is closed and committed. A thread that still waits for a name server or loads a model
    # cannot be stopped, and a clean end would wait for it.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def doctor(arguments: argparse.Namespace) -> int:
    """Examine and show the findings; 1 where one of them keeps the bot from working."""
    from bot.delivery.doctor import examine

    lang = language(arguments)
    findings = asyncio.run(examine(load_settings()))
    if arguments.json:
        show_json({"findings": [finding.as_json(lang) for finding in findings]})
    else:
        for finding in findings:
            show(f"{say(lang, f'doctor.{finding.level}'):<6}{finding.sentence(lang)}")
    return int(any(finding.level == "fail" for finding in findings))


def healthcheck(arguments: argparse.Namespace) -> int:
    """Say that it is alive, or why that is doubtful."""
    from bot.delivery.doctor import alive

    lang = language(arguments)
    reason = alive(load_settings().data_dir, time.time())
    if reason:
        raise CommandError("not_alive", say(lang, "console.not_alive", reason=reason))
    show(say(lang, "console.alive"))
    return 0


def migrate(arguments: argparse.Namespace) -> int:
    """Open the store, which migrates it, and say where it is."""
    settings = load_settings()
    with_store(settings, _nothing)
    show(say(language(arguments), "console.migrated", where=shown_database(settings)))
    return 0


async def _nothing(_: Store) -> None:
    return None


# Backups


def backup_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the file to write."""
    parser.add_argument("file", type=Path, metavar="FILE", help=say(lang, "usage.backup_file"))


def backup(arguments: argparse.Namespace) -> int:
    """Write the backup, also while the bot runs, and say what is in it."""
    from bot.store.backup import backup as write

    rows = with_store(load_settings(), lambda store: write(store, arguments.file))
    size = f"{arguments.file.stat().st_size / 2**20:.1f}"
    lang, path = language(arguments), arguments.file
    show(say(lang, "console.backed_up", path=path, size=size, **_counted(rows)))
    return 0


def restore_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the backup's file."""
    parser.add_argument("file", type=Path, metavar="FILE", help=say(lang, "usage.restore_file"))


def restore(arguments: argparse.Namespace) -> int:
    """Put the backup in the store's place and say what is there now."""
    from bot.store.backup import restore as put_back

    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    rows = asyncio.run(put_back(arguments.file, settings.database))
    lang, path, where = language(arguments), arguments.file, shown_database(settings)
    show(say(lang, "console.restored", path=path, where=where, **_counted(rows)))
    return 0


def _counted(rows: Mapping[str, int]) -> dict[str, str]:
    """Return all rows, and the tables that have some, each with how many; `-` where none has."""
    tables = ", ".join(f"{name} {count:,}" for name, count in rows.items() if count)
    return {"rows": f"{sum(rows.values()):,}", "tables": tables or "-"}


# A chat


def export(arguments: argparse.Namespace) -> int:
    """Show all that is kept about the chat."""
    show_json(with_store(load_settings(), lambda store: store.export(arguments.chat)))
    return 0


def forget_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the chat's number, and leave to delete without asking."""
    takes_chat(parser, lang)
    parser.add_argument("--yes", action="store_true", help=say(lang, "console.yes"))


def forget(arguments: argparse.Namespace) -> int:
    """Delete what is kept about a chat; a person at a terminal is asked first."""
    lang = language(arguments)
    if not arguments.yes and not _is_sure(arguments.chat, lang):
        tell(say(lang, "privacy.kept"))
        return 1
    gone = with_store(load_settings(), lambda store: store.forget(arguments.chat))
    show(say(lang, "console.forgotten", rows=sum(gone.values()), chat=arguments.chat))
    return 0


def _is_sure(chat: int, lang: Lang) -> bool:
    if not sys.stdin.isatty():
        return True
    sys.stderr.write(say(lang, "console.confirm_forget", chat=chat))
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in _YES
