"""`basisbot ingest`: files and folders -> reports that every chat, or one, can ask."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.console.options import chat, takes_json, takes_language
from bot.console.parts import assistant, with_store
from bot.console.terminal import language, show, show_json, tell, tell_again
from bot.i18n import Lang, say
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.console.ingesting import Taken
    from bot.store.store import Store


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the paths, and the one chat that may ask where not all may."""
    about = say(lang, "usage.path")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=about)
    whose = say(lang, "console.ingest_private")
    parser.add_argument("--private", type=chat, metavar="CHAT", help=whose)
    takes_language(parser, lang)
    takes_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Read each file, tell what became of it, and make all searchable by meaning."""
    lang = language(arguments)
    done = _ingest(arguments, lang)
    if arguments.json:
        show_json({"files": [_file_json(taken, lang) for taken in done]})
    else:
        show(_summary(done, lang))
    return int(any(taken.outcome == "refused" for taken in done))


def _ingest(arguments: argparse.Namespace, lang: Lang) -> list[Taken]:
    from bot.answering.reports.keeping import OwnReports
    from bot.console.ingesting import ingest
    from bot.store.reports import EVERYBODY

    joined = assistant()
    owner = EVERYBODY if arguments.private is None else arguments.private

    def told(taken: Taken) -> None:
        if not arguments.json:
            tell(_file_text(taken, lang))

    async def progress(done: int, total: int) -> None:
        words = say(lang, "upload.console_embedding", done=done, total=total)
        tell_again(words, last=done >= total)

    async def work(store: Store) -> list[Taken]:
        reports = OwnReports(store.reports, lambda: joined.library)
        return await ingest(reports, arguments.paths, owner, told, progress)

    return with_store(load_settings(), work)


def _summary(done: Sequence[Taken], lang: Lang) -> str:
    kinds = Counter(taken.outcome for taken in done)
    return say(
        lang,
        "upload.console_done",
        added=kinds["added"] + kinds["replaced"],
        same=kinds["same"],
        failed=kinds["refused"],
    )


def _file_text(taken: Taken, lang: Lang) -> str:
    from bot.render.reports import counts, refusal_text, unread

    name = taken.path.name
    if taken.error is not None:
        return say(lang, "upload.console_failed", name=name, reason=refusal_text(lang, taken.error))
    report = taken.added.report if taken.added else None
    if taken.outcome == "same" or report is None:
        return say(lang, "upload.console_same", name=name)
    said = counts(lang, report)
    line = say(lang, "upload.console_line", name=name, title=report.title, counts=said)
    return "\n".join([line, *unread(lang, report), *_remarks(taken, lang)])


def _remarks(taken: Taken, lang: Lang) -> Iterator[str]:
    """Yield what one should know besides: it took another's place, or says nearly the same."""
    added = taken.added
    if added and added.outcome == "replaced" and added.report:
        yield say(lang, "upload.console_replaced", number=added.report.number)
    if added and added.near:
        yield say(lang, "upload.console_near", number=added.near.number, name=added.near.label)


def _file_json(taken: Taken, lang: Lang) -> dict[str, Any]:
    from bot.render.reports import refusal_text

    row: dict[str, Any] = {"file": str(taken.path), "outcome": taken.outcome}
    if taken.error is not None:
        message = refusal_text(lang, taken.error)
        return row | {"error": {"code": taken.error.code, "message": message}}
    report = taken.added.report if taken.added else None
    if report is None:
        return row
    names = ("number", "title", "publisher", "published", "lang", "pages", "passages", "figures")
    row |= {name: getattr(report, name) for name in names}
    return row | {"pages_without_text": report.unread}
