"""The options that several commands take, each added in one call."""

from __future__ import annotations

import argparse
from datetime import date

from bot.i18n import LANGS, Lang, say


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


def day(text: str) -> date:
    """Return the date of `2026-07-17`."""
    return date.fromisoformat(text)


def chat(text: str) -> int:
    """Return the number of a chat."""
    return int(text)
