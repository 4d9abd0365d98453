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


def answer_lines(work: Work, lang: Lang) -> int:
    """Answer each line of stdin with one line; a bad one with an error, and go on."""
    for number, line in enumerate(sys.stdin, start=1):
        if line.strip():
            show_json(_answer(number, line, work, lang))
    return 0


def _answer(number: int, line: str, work: Work, lang: Lang) -> dict[str, Any]:
    row: Any = None
    try:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("not an object")  # noqa: TRY004, TRY301  # a line's content
    except (ValueError, RecursionError) as error:
        message = say(lang, "console.bad_json", line=number, reason=str(error))
        return {"id": None, "error": {"code": "bad_json", "message": message}}
    try:
        return {"id": row.get("id"), **work(row)}
    except (CalculatorError, CommandError) as error:
        failure = expected(error, lang)
        problem = {"code": failure.code, "message": failure.message} if failure else {}
        return {"id": row.get("id"), "error": problem}
