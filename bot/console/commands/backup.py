"""`basisbot backup`: the store -> one checked file."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.console.parts import with_store
from bot.console.tables import by_table
from bot.console.terminal import language, show
from bot.i18n import Lang, say
from bot.settings import load_settings


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the file to write."""
    parser.add_argument("file", type=Path, metavar="FILE", help=say(lang, "usage.backup_file"))


def run(arguments: argparse.Namespace) -> int:
    """Write the backup, also while the bot runs, and say what is in it."""
    from bot.store.backup import backup

    rows = with_store(load_settings(), lambda store: backup(store, arguments.file))
    size = arguments.file.stat().st_size / 2**20
    show(
        say(
            language(arguments),
            "console.backed_up",
            path=arguments.file,
            rows=f"{sum(rows.values()):,}",
            size=f"{size:.1f}",
            tables=by_table(rows),
        )
    )
    return 0
