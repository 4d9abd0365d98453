"""What a command says: results to stdout, progress and errors to stderr, in whose language."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

from bot.i18n import Lang, language_of

T = TypeVar("T")


def show(text: str) -> None:
    """Write a result to stdout, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show_json(value: object) -> None:
    """Write a result to stdout as one line of JSON."""
    show(json.dumps(value, ensure_ascii=False, allow_nan=False))


def tell(text: str) -> None:
    """Write to stderr, where progress and errors go."""
    sys.stderr.write(f"{text}\n")


def tell_again(text: str, last: bool = False) -> None:
    """Write a line of progress over the one before, at a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text}" + ("\n" if last else ""))


def with_progress(items: Sequence[T]) -> Iterator[T]:
    """Yield items, showing on a terminal how far we are."""
    for number, item in enumerate(items, start=1):
        tell_again(f"{number}/{len(items)}", last=number == len(items))
        yield item


def machine_language() -> Lang:
    """Return the language of this terminal."""
    env = os.environ
    chosen = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "zh" if chosen.lower().startswith("zh") else "en"


def language(arguments: argparse.Namespace) -> Lang:
    """Return the language asked for, else that of the words, else the terminal's."""
    if given := getattr(arguments, "lang", None):
        return "zh" if given == "zh" else "en"
    if words := getattr(arguments, "words", None):
        return language_of(" ".join(words))
    return machine_language()
