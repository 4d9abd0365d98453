"""The commands of `commands/` -> the parser of the command line, in the terminal's language."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Protocol

from bot.console.commands import (
    ask,
    backtest,
    backup,
    calc,
    chat,
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
from bot.console.usage import Parser
from bot.i18n import Lang, say


class Command(Protocol):
    """What each module of `commands/` is: the options that it takes, and what it does."""

    def options(self, parser: argparse.ArgumentParser, lang: Lang) -> None:
        """Add what the command takes, described in the terminal's language."""
        ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it and return the exit code."""
        ...


# In the order in which `--help` shows them. `console.<name>` is the sentence of each, and
# `usage.example.<name>` what works.
COMMANDS: Mapping[str, Command] = {
    "run": run,
    "ask": ask,
    "calc": calc,
    "chat": chat,
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


def parsed(words: Sequence[str], lang: Lang) -> argparse.Namespace:
    """Return what the words ask for; exit with 2 and what is allowed where they ask for nothing.

    Words of a question or a command may stand on both sides of an option.
    """
    whole = parser(lang)
    found, rest = whole.parse_known_args(words)
    if rest and hasattr(found, "words") and not any(word.startswith("--") for word in rest):
        found.words += rest
    elif rest:
        found.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return found


def parser(lang: Lang) -> Parser:
    """Return the parser of all that can be asked for."""
    whole = Parser(lang=lang, prog="basisbot", description=say(lang, "console.usage"),
                   example=say(lang, "usage.more"))  # fmt: skip
    about = say(lang, "usage.version")
    whole.add_argument("--version", action="version", version=_version(), help=about)
    commands = whole.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name, command in COMMANDS.items():
        text, works = say(lang, f"console.{name}"), say(lang, f"usage.example.{name}")
        part = commands.add_parser(name, help=text, lang=lang, description=text, example=works)
        part.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
        command.options(part, lang)
        part.set_defaults(run=command.run, parser=part)
    return whole


def _version() -> str:
    from importlib.metadata import version

    return f"basisbot {version('basisbot')}"
