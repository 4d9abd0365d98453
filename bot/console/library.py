"""`basisbot ingest`, `sources` and `eval`: reports in, what answers rest on, how good they are."""

from __future__ import annotations

import argparse
import importlib.util
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bot.console.parts import (
    assistant,
    chat,
    shared_reports,
    takes_json,
    takes_language,
    with_store,
)
from bot.console.terminal import (
    CommandError,
    language,
    show,
    show_json,
    tell,
    tell_again,
    with_progress,
)
from bot.i18n import Lang, say
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.answering.reports import OwnReport
    from bot.answering.reports.keeping import OwnReports
    from bot.store.reports import Added
    from bot.store.store import Store
    from knowledge.errors import KnowledgeError
    from tests.eval.questions import Question


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one file: what was kept, or why nothing was."""

    path: Path
    outcome: Literal["added", "replaced", "same", "refused"]
    added: Added | None = None
    error: KnowledgeError | None = None


def files_in(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files that paths name, those in folders too, each with the name it is kept by.

    They come in the order of their names; hidden ones are left out. Two files of one name in two
    folders are two reports, so a folder's name is part of the file's. A path that does not exist
    raises KnowledgeError (no_path).
    """
    from knowledge.errors import KnowledgeError

    for path in paths:
        if path.is_dir():
            inside = (p.relative_to(path) for p in sorted(path.rglob("*")) if p.is_file())
            yield from ((path / p, " - ".join(p.parts)) for p in inside if not _is_hidden(p))
        elif path.is_file():
            yield path, path.name
        else:
            raise KnowledgeError("no_path", culprit=str(path))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


async def _take_all(
    reports: OwnReports,
    paths: Iterable[Path],
    owner: int,
    told: Callable[[Taken], object],
    progress: Callable[[int, int], Awaitable[object]],
) -> list[Taken]:
    """Keep files for an owner, make them searchable by meaning; return what became of each."""
    done: list[Taken] = []
    for path, name in files_in(paths):
        done.append(await _take(reports, path, name, owner))
        told(done[-1])
    await reports.finish(progress)
    return done


async def _take(reports: OwnReports, path: Path, name: str, owner: int) -> Taken:
    from knowledge.errors import KnowledgeError

    try:
        added = await reports.take(owner, _bytes(path), name)
    except KnowledgeError as error:
        return Taken(path, "refused", error=error)
    except OSError as error:
        reason = error.strerror or str(error)
        return Taken(path, "refused", error=KnowledgeError("report_not_opened", reason=reason))
    # "forgotten" comes only to a chat that was watched while its file was read.
    return Taken(path, "added" if added.outcome == "forgotten" else added.outcome, added)


def _bytes(path: Path) -> bytes:
    """Return a file's bytes; one that is too large is not read at all."""
    from knowledge.errors import KnowledgeError
    from knowledge.parsing.reading import LIMITS

    size = path.stat().st_size
    if size > LIMITS.bytes:
        megabytes = f"{size / 2**20:.1f}"
        raise KnowledgeError("report_too_big", value=megabytes, highest=LIMITS.bytes // 2**20)
    return path.read_bytes()


def ingest_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the paths, and the one chat that may ask where not all may."""
    about = say(lang, "usage.path")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=about)
    whose = say(lang, "console.ingest_private")
    parser.add_argument("--private", type=chat, metavar="CHAT", help=whose)
    takes_language(parser, lang)
    takes_json(parser, lang)


def ingest(arguments: argparse.Namespace) -> int:
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
        return await _take_all(reports, arguments.paths, owner, told, progress)

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


# What answers rest on


def sources_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the language and the form."""
    takes_language(parser, lang)
    takes_json(parser, lang)


def sources(arguments: argparse.Namespace) -> int:
    """List them, each with its date."""
    joined = assistant()
    rows = joined.library.sources()
    shared = shared_reports(joined)
    reports = shared.reports if shared else ()
    if arguments.json:
        found = [_source_json(row) for row in rows]
        show_json({"sources": found, "reports": [_report_json(report) for report in reports]})
        return 0
    for row in rows:
        show(f"{row.date or '-':<10}  {row.claims:>3}  {row.publisher}: {row.title}")
    for report in reports:
        publisher = report.publisher or "-"
        show(f"{report.published or '-':<10}    -  {publisher}: {report.title}")
    return 0


def _source_json(row: Any) -> dict[str, Any]:  # noqa: ANN401  # a SourceRow, whose module loads late
    names = ("key", "publisher", "title", "date", "url", "licence", "tier", "claims")
    return {name: getattr(row, name) for name in names} | {"statuses": list(row.statuses)}


def _report_json(report: OwnReport) -> dict[str, Any]:
    names = ("number", "title", "publisher", "published")
    return {name: getattr(report, name) for name in names} | {"licence": "user-supplied"}


# How good they are


# What is measured on sets of files; `questions` are scored by the answers they get.
MEASURED = ("retrieval", "refusal", "numeric", "contradiction", "injection")


def eval_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take what is measured and the files or folders that it is measured on."""
    about = say(lang, "usage.measure")
    parser.add_argument("what", choices=("questions", *MEASURED), help=about)
    parser.add_argument("paths", type=Path, metavar="PATH", nargs="+", help=say(lang, "usage.sets"))
    takes_language(parser, lang)
    takes_json(parser, lang)


def evaluate(arguments: argparse.Namespace) -> int:
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
