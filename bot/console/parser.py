"""The commands of `commands/` -> the parser of the command line, in the terminal's language."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Protocol

from bot.console.commands import (
    ask,
    backtest,
    backup,
    calc,
    digest,
    doctor,
    evaluate,
    export,
    feeds,
    forget,
    healthcheck,
    ingest,
    migrate,
    restore,
    run,
    sources,
)
from bot.i18n import Lang, say


class Command(Protocol):
    """What each module of `commands/` is: the options that it takes, and what it does."""

    def options(self, parser: argparse.ArgumentParser, lang: Lang) -> None:
        """Add what the command takes, described in the terminal's language."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it and return the exit code."""
        ...


# In the order in which `--help` shows them. `console.<name>` is the sentence of each.
COMMANDS: Mapping[str, Command] = {
    "run": run,
    "ask": ask,
    "calc": calc,
    "digest": digest,
    "backtest": backtest,
    "sources": sources,
    "ingest": ingest,
    "eval": evaluate,
    "feeds": feeds,
    "doctor": doctor,
    "healthcheck": healthcheck,
    "migrate": migrate,
    "backup": backup,
    "restore": restore,
    "export": export,
    "forget": forget,
}


def parser(lang: Lang) -> argparse.ArgumentParser:
    """Return the parser of all that can be asked for."""
    debug = argparse.ArgumentParser(add_help=False)
    debug.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
    whole = argparse.ArgumentParser("basisbot", description=say(lang, "console.usage"))
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        text = say(lang, f"console.{name}")
        part = commands.add_parser(name, help=text, description=text, parents=[debug])
        command.options(part, lang)
        part.set_defaults(run=command.run)
    return whole
