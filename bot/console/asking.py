"""`basisbot ask` and `calc`: a question or a chat command's words, or lines, -> the answer."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.console.parts import assistant, shared_reports, takes_json, takes_language
from bot.console.terminal import CommandError, answer_lines, language, show, show_json, tell
from bot.i18n import LANGS, Lang, say
from tools.errors import CalculatorError

if TYPE_CHECKING:
    from bot.answering.answer import Answer
    from bot.assistant import Assistant
    from bot.desk.known import Reply
    from knowledge.report import Claim

T = TypeVar("T")


def ask_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the words of a question, or lines of them on stdin."""
    parser.add_argument("words", nargs="*", metavar="QUESTION", help=say(lang, "usage.question"))
    takes_language(parser, lang)
    takes_json(parser, lang, lines=True)


def ask(arguments: argparse.Namespace) -> int:
    """Answer, and say what is lacking on this machine."""
    joined = assistant()
    if arguments.jsonl:
        lang = language(arguments)
        return answer_lines(lambda row: _answer_row(joined, row, arguments.lang), lang)
    answer, ms = _timed(lambda: _answer(joined, arguments))
    _show_answer(answer, ms, arguments)
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


def _show_answer(answer: Answer, ms: float, arguments: argparse.Namespace) -> None:
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


# A calculation


CALCULATES = ("basis", "ctd", "carry", "pnl", "leverage", "stress", "spiral", "dates")
ALIASES = {"b": "basis"}


def calc_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take a chat command with its words, or rows on stdin."""
    parser.add_argument("words", nargs="*", metavar="WORDS", help=say(lang, "usage.calc"))
    parser.add_argument("--basket", type=Path, metavar="FILE", help=say(lang, "usage.basket"))
    takes_language(parser, lang)
    form = takes_json(parser, lang, lines=True)
    form.add_argument("--csv", action="store_true", help=say(lang, "usage.csv"))


def calc(arguments: argparse.Namespace) -> int:
    """Calculate as the chat does, and show it in the form that was asked for."""
    lang = language(arguments)
    if arguments.jsonl:
        return answer_lines(_row, lang)
    command, words = _command_words(" ".join(arguments.words) or "/basis", lang)
    return _desk(arguments, command, words, lang)


def _command_words(text: str, lang: Lang) -> tuple[str, str]:
    """Return the command and what stands after it, or complain that it calculates nothing."""
    head, *after = text.strip().split(maxsplit=1)
    name = head.lower().removeprefix("/").partition("@")[0]
    if ALIASES.get(name, name) in CALCULATES:
        return ALIASES.get(name, name), "".join(after)
    known = ", ".join(f"/{command}" for command in CALCULATES)
    message = say(lang, "error.args_wrong_command", culprit=head, known=known)
    raise CommandError("args_wrong_command", message, head, _shell(assistant().example()))


def _shell(command: str) -> str:
    return f'basisbot calc "{command}"'


def _failed(error: CalculatorError, lang: Lang, works: str, *, is_own: bool) -> CommandError:
    from bot.render.trouble import sentence

    culprit = str(error.values.get("culprit", ""))
    return CommandError(error.code, sentence(error, lang), culprit, works, is_own=is_own)


def _desk(arguments: argparse.Namespace, command: str, words: str, lang: Lang) -> int:
    """Do what a command does; `--basket` brings the bonds of a /ctd as a CSV."""
    from bot.desk.commands import example

    joined = assistant()
    known = joined.known(basket=_basket(arguments.basket, lang))
    try:
        reply = joined.desk(command, words, known)
    except CalculatorError as error:
        mended = joined.mend_desk(command, words, error, known)
        is_own = mended != example(command, known.today)
        raise _failed(error, lang, _shell(f"/{command} {mended}"), is_own=is_own) from error
    if arguments.json:
        show_json(desk_json(reply, lang))
    elif arguments.csv:
        show(desk_csv(reply).rstrip("\n"))
    else:
        show(desk_text(reply, lang, joined.claims))
    return 0


def _basket(path: Path | None, lang: Lang) -> str:
    """Return the text of a basket's CSV; `-` reads it from stdin."""
    if path is None:
        return ""
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        message = say(lang, "console.no_file", path=path, reason=reason)
        raise CommandError("no_file", message, str(path)) from error


# Rows


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    from tools.batch import compute

    inputs = row.get("inputs", {})
    if not isinstance(inputs, Mapping):
        example = '{"text": "112-165"}'
        raise CalculatorError("input_form", field="inputs", value=str(inputs), example=example)
    return {"result": compute(str(row.get("kind", "")), inputs)}


# A reply as text, JSON and CSV


def desk_text(reply: Reply, lang: Lang, claims: Mapping[str, Claim]) -> str:
    """Return a reply as plain text."""
    from bot.render.desk.views import reply_html
    from bot.render.html import plain

    return plain(reply_html(reply, lang, claims))


def desk_json(reply: Reply, lang: Lang) -> dict[str, Any]:
    """Return a reply in the keys and units of the command line's contract."""
    from bot.render.desk.parts import note_text

    return {
        "command": reply.command,
        **reply.as_json(),
        "notes": [note_text(note, lang) for note in reply.notes],
    }


def desk_csv(reply: Reply) -> str:
    """Return a reply's figures as CSV, a header first."""
    from bot.render.desk.charts import rows_of
    from bot.render.drawing import csv_of

    return csv_of(rows_of(reply)).decode()
