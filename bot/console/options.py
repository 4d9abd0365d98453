"""The options that several commands take, each added in one call."""

from __future__ import annotations

import argparse

from bot.i18n import LANGS


def takes_language(parser: argparse.ArgumentParser) -> None:
    """Let a command be told the language of its answer."""
    parser.add_argument("--lang", choices=LANGS)


def takes_json(
    parser: argparse.ArgumentParser, lines: bool = False
) -> argparse._MutuallyExclusiveGroup:
    """Let a command answer in JSON, with `lines` also line by line; return the group of forms."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    if lines:
        form.add_argument("--jsonl", action="store_true")
    return form
