"""JSON objects on stdin, one a line -> one line of answer each; a bad one stops nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from bot.console.failure import CommandError, expected
from bot.console.terminal import show_json
from bot.i18n import Lang, say
from tools.errors import CalculatorError

Work = Callable[[Mapping[str, Any]], dict[str, Any]]


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
