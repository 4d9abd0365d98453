"""What a command reads and writes: results to stdout, progress and errors to stderr."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from bot.i18n import Lang, language_of, say
from bot.log import outline
from tools.errors import CalculatorError

T = TypeVar("T")
Work = Callable[[Mapping[str, Any]], dict[str, Any]]


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


# What failed


class CommandError(Exception):
    """What was asked for failed: a code and a sentence, with the culprit and what works."""

    def __init__(
        self,
        code: str,
        message: str,
        culprit: str = "",
        example: str = "",
        *,
        is_own: bool = True,  # whether what works is made of the words that were given
    ) -> None:
        super().__init__(message)
        self.is_own = is_own
        self.code, self.message, self.culprit, self.example = code, message, culprit, example

    def as_json(self) -> dict[str, str]:
        """Return the error object of the contract."""
        names = ("code", "message", "culprit", "example")
        return {name: getattr(self, name) for name in names}


def expected(error: Exception, lang: Lang) -> CommandError | None:
    """Return what to say of an error that we expect; None for one that we do not."""
    if isinstance(error, CommandError):
        return error
    from bot.render.trouble import words_for

    message = words_for(error, lang)
    if message is None:
        return _of_machine(error, lang)
    code, values = getattr(error, "code", ""), getattr(error, "values", {})
    culprit = next((values[k] for k in ("culprit", "value", "path") if k in values), "")
    return CommandError(code, message, str(culprit), str(values.get("example", "")))


def _of_machine(error: Exception, lang: Lang) -> CommandError | None:
    """Return what to say where the machine fails: a file, a full disk, a damaged database."""
    if isinstance(error, OSError):
        path = str(error.filename or "stdout")
        reason = error.strerror or str(error)
        return CommandError(
            "os_error", say(lang, "console.os_error", path=path, reason=reason), path
        )
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        reason = outline(error)
        return CommandError("store_failed", say(lang, "console.store_failed", reason=reason))
    return None


def unexpected(error: Exception, lang: Lang) -> CommandError:
    """Return what to say of a defect of ours."""
    kind = type(error).__name__
    return CommandError("defect", say(lang, "console.defect", kind=kind, reason=error), kind)


# Lines


def answer_lines(work: Work, lang: Lang, name: str = "id", example: str = "") -> int:
    """Answer each line of stdin with one line; a bad one with an error, and go on.

    An answer repeats the line's `name`. With an `example` of a line each error has one.
    """
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        row: Mapping[str, Any] = {}
        try:
            row = _row(number, line, lang)
            answer = work(row)
        except (CalculatorError, CommandError) as error:
            answer = {"error": _problem(error, lang, example)}
        show_json({name: row.get(name), **answer})
    return 0


def _row(number: int, line: str, lang: Lang) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("not an object")  # noqa: TRY004, TRY301  # a line's content
    except (ValueError, RecursionError) as error:
        message = say(lang, "console.bad_json", line=number, reason=str(error))
        raise CommandError("bad_json", message) from error
    return row


def _problem(error: Exception, lang: Lang, example: str) -> dict[str, str]:
    failure = expected(error, lang)
    if failure is None:
        return {}
    problem = {"code": failure.code, "message": failure.message}
    return problem | ({"example": failure.example or example} if example else {})
