"""`basisbot restore`: a backup -> the store, what was there kept beside it."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from bot.console.parts import shown_database
from bot.console.tables import by_table
from bot.console.terminal import language, show
from bot.i18n import Lang, say
from bot.settings import load_settings


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the backup's file."""
    parser.add_argument("file", type=Path, metavar="FILE", help=say(lang, "usage.restore_file"))


def run(arguments: argparse.Namespace) -> int:
    """Put the backup in the store's place and say what is there now."""
    from bot.store.backup import restore

    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    rows = asyncio.run(restore(arguments.file, settings.database))
    show(
        say(
            language(arguments),
            "console.restored",
            path=arguments.file,
            where=shown_database(settings),
            rows=f"{sum(rows.values()):,}",
            tables=by_table(rows),
        )
    )
    return 0
