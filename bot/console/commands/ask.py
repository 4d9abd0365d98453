"""`basisbot ask`: a question, or one a line, -> its answer with citations."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from bot.console.failure import CommandError
from bot.console.lines import answer_lines
from bot.console.options import takes_json, takes_language
from bot.console.parts import assistant, shared_reports
from bot.console.terminal import language, show, show_json, tell
from bot.i18n import LANGS, Lang, say
from tools.errors import CalculatorError

if TYPE_CHECKING:
    from bot.answering.answer import Answer
    from bot.assistant import Assistant

T = TypeVar("T")


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the words of a question, or lines of them on stdin."""
    parser.add_argument("words", nargs="*", metavar="QUESTION", help=say(lang, "usage.question"))
    takes_language(parser, lang)
    takes_json(parser, lang, lines=True)


def run(arguments: argparse.Namespace) -> int:
    """Answer, and say what is lacking on this machine."""
    joined = assistant()
    if arguments.jsonl:
        lang = language(arguments)
        return answer_lines(lambda row: _answer_row(joined, row, arguments.lang), lang)
    answer, ms = _timed(lambda: _answer(joined, arguments))
    _show(answer, ms, arguments)
    for code in joined.lacks():
        tell(say(answer.lang, f"lacks.{code}"))
    return 0


def _answer(joined: Assistant, arguments: argparse.Namespace) -> Answer:
    question = " ".join(arguments.words).strip()
    if not question:
        lang = language(arguments)
        works = f'basisbot ask "{say(lang, "answer.example.size")}"'
        raise CommandError("no_text", say(lang, "console.no_text"), example=works)
    # Who sits at the machine pays for its model.
    shared = shared_reports(joined)
    return joined.answer(question, arguments.lang, use_model=True, own=shared)


def _show(answer: Answer, ms: float, arguments: argparse.Namespace) -> None:
    from bot.render.answers import answer_json, answer_text

    if arguments.json:
        show_json({**answer_json(answer), "ms": ms})
    else:
        show(answer_text(answer))


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    result = work()
    return result, round((time.perf_counter() - began) * 1000, 1)


def _answer_row(joined: Assistant, row: Mapping[str, Any], lang: Lang | None) -> dict[str, Any]:
    from bot.render.answers import answer_json

    question = row.get("question")
    if not isinstance(question, str) or not question.strip():
        example = f'"question": "{say("en", "answer.example.size")}"'
        raise CalculatorError("input_missing", field="question", kind="ask", example=example)
    history, spoken = _history(row, lang), row.get("lang") or lang
    if spoken not in (None, *LANGS):
        message = say(lang or "en", "console.bad_lang", value=spoken)
        raise CommandError("bad_lang", message, str(spoken))
    answer, ms = _timed(lambda: joined.answer(question, spoken, history, use_model=True))
    return {**answer_json(answer), "ms": ms}


def _history(row: Mapping[str, Any], lang: Lang | None) -> list[str]:
    given = row.get("history") or []
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise CommandError("bad_history", say(lang or "en", "console.bad_history"), str(given))
    return given
