"""`basisbot eval`: questions or public sets -> how good the answers and the search are."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.failure import CommandError
from bot.console.options import takes_json, takes_language
from bot.console.parts import assistant
from bot.console.terminal import language, show, show_json, with_progress
from bot.i18n import Lang, say
from bot.settings import load_settings

if TYPE_CHECKING:
    from tests.eval.questions import Question

# What is measured on sets of files; `questions` are scored by the answers they get.
MEASURED = ("retrieval", "refusal", "numeric", "contradiction", "injection")


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take what is measured and the files or folders that it is measured on."""
    about = say(lang, "usage.measure")
    parser.add_argument("what", choices=("questions", *MEASURED), help=about)
    parser.add_argument("paths", type=Path, metavar="PATH", nargs="+", help=say(lang, "usage.sets"))
    takes_language(parser, lang)
    takes_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Measure and show the figures; the measures stand beside the tests, in a source checkout."""
    if importlib.util.find_spec("tests") is None or importlib.util.find_spec("tests.eval") is None:
        lang = language(arguments)
        raise CommandError("eval_absent", say(lang, "console.eval_absent"), arguments.what)
    return _questions(arguments) if arguments.what == "questions" else _sets(arguments)


def _sets(arguments: argparse.Namespace) -> int:
    from tests.eval.row import table
    from tests.eval.run import Measures, folders

    settings = load_settings()
    measures = Measures(settings.data_dir / "measures", settings.embedding)
    sets = folders(arguments.what, arguments.paths)
    rows = [row for folder in with_progress(sets) for row in measures.rows(arguments.what, folder)]
    if arguments.json:
        show_json({"rows": [row.as_json() for row in rows]})
    else:
        show(table(rows, language(arguments)))
    return 0


def _questions(arguments: argparse.Namespace) -> int:
    from tests.eval.questions import report, score

    lang = language(arguments)
    questions = [q for path in arguments.paths for q in _read(path, lang)]
    joined = assistant()
    try:
        joined.warm()
        card = score(
            with_progress(questions),
            lambda asked: joined.answer(asked.question, asked.lang, asked.history),
        )
    finally:
        joined.close()
    if arguments.json:
        show_json(card.as_json())
    else:
        show(report(card, lang))
    return 0


def _read(path: Path, lang: Lang) -> list[Question]:
    from tests.eval.questions import load_questions

    try:
        return load_questions(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = say(lang, "console.no_file", path=path, reason=reason)
        raise CommandError("no_file", message, str(path)) from error
