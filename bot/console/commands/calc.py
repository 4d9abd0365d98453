"""`basisbot calc`: a chat command's words, or rows of JSON, -> what they come to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.console.failure import CommandError
from bot.console.lines import answer_lines
from bot.console.options import takes_json, takes_language
from bot.console.parts import assistant
from bot.console.terminal import language, show, show_json
from bot.i18n import Lang, say
from tools.errors import CalculatorError

CALCULATES = ("basis", "ctd", "carry", "pnl", "leverage", "stress", "spiral", "dates")
ALIASES = {"b": "basis"}


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take a chat command with its words, or rows on stdin."""
    parser.add_argument("words", nargs="*", metavar="WORDS", help=say(lang, "usage.calc"))
    parser.add_argument("--basket", type=Path, metavar="FILE", help=say(lang, "usage.basket"))
    takes_language(parser, lang)
    form = takes_json(parser, lang, lines=True)
    form.add_argument("--csv", action="store_true", help=say(lang, "usage.csv"))


def run(arguments: argparse.Namespace) -> int:
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
    from bot.console.calculation import desk_csv, desk_json, desk_text
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
