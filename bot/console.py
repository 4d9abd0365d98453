"""FACE terminal: words after `basisbot` in, text or JSON out, an exit code.

0: done; 1: what was asked for failed, with a clear message; 2: wrong usage. Errors go to stderr,
with `--json` or `--jsonl` as an object to stdout.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot.i18n import LANGS, Lang, language_of, say
from bot.settings import Settings, load_settings
from tools.errors import CalculatorError

if TYPE_CHECKING:
    from bot.answering.answer import Answer
    from bot.answering.reports import OwnReport
    from bot.assistant import Assistant
    from bot.calculate import BasisReply
    from bot.evaluate import Question
    from bot.ingest import Taken
    from bot.reports import OpenReports
    from bot.store.store import Store

T = TypeVar("T")
# What `eval` measures on sets of files; `questions` are scored by the answers they get.
MEASURED = ("retrieval", "refusal", "numeric", "contradiction", "injection")
CALCULATES = ("basis", "ctd", "carry", "pnl", "leverage", "stress", "spiral", "dates")
ALIASES = {"b": "basis"}


class CommandError(Exception):
    """What was asked for failed: a code and a sentence, with the culprit and what works."""

    def __init__(self, code: str, message: str, culprit: str = "", example: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.culprit, self.example = code, message, culprit, example

    def as_json(self) -> dict[str, str]:
        """Return the error object of the contract."""
        return {
            "code": self.code,
            "message": self.message,
            "culprit": self.culprit,
            "example": self.example,
        }


def run(words: list[str]) -> int:
    """Do what the words after `basisbot` ask for and return the exit code."""
    arguments = _parser(_machine_language(os.environ)).parse_args(words)
    try:
        return _guarded(arguments)
    except BrokenPipeError:  # `basisbot ... | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _guarded(arguments: argparse.Namespace) -> int:
    """Run a command; what it is expected to say when it fails becomes a message."""
    try:
        result: int = arguments.run(arguments)
    except Exception as error:
        if arguments.debug:
            raise
        failure = _failure(error, _language(arguments))
        if failure is None:
            raise
        return _complain(failure, arguments)
    return result


def _failure(error: Exception, lang: Lang) -> CommandError | None:
    """Return what to say of an error that we expect; None for one that we do not."""
    if isinstance(error, CommandError):
        return error
    from bot.render.trouble import words_for

    message = words_for(error, lang)
    if message is None:
        return None
    code, values = getattr(error, "code", ""), getattr(error, "values", {})
    return CommandError(code, message, str(values.get("culprit", values.get("value", ""))))


def _complain(failure: CommandError, arguments: argparse.Namespace) -> int:
    if getattr(arguments, "json", False):
        _print_json({"error": failure.as_json()})
        return 1
    lang = _language(arguments)
    _tell(say(lang, "console.error", message=failure.message))
    if failure.example:
        _tell(say(lang, "console.example", example=failure.example))
    return 1


def _tell(text: str) -> None:
    """Write to stderr, where progress and errors go."""
    sys.stderr.write(f"{text}\n")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _print_json(value: object) -> None:
    _print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _machine_language(env: Mapping[str, str]) -> Lang:
    """Return the language of this terminal."""
    chosen = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "zh" if chosen.lower().startswith("zh") else "en"


def _language(arguments: argparse.Namespace) -> Lang:
    """Return the language asked for, else that of the words, else the terminal's."""
    if given := getattr(arguments, "lang", None):
        return "zh" if given == "zh" else "en"
    if words := getattr(arguments, "words", None):
        return language_of(" ".join(words))
    return _machine_language(os.environ)


# What can be asked for


def _parser(lang: Lang) -> argparse.ArgumentParser:
    debug = argparse.ArgumentParser(add_help=False)
    debug.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
    parser = argparse.ArgumentParser("basisbot", description=say(lang, "console.usage"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        text = say(lang, f"console.{name}")
        made: argparse.ArgumentParser = commands.add_parser(
            name, help=text, description=text, parents=[debug]
        )
        made.set_defaults(run=run)
        return made

    command("run", _run)
    ask = command("ask", _ask)
    ask.add_argument("words", nargs="*", metavar="QUESTION")
    _language_option(ask)
    _json_options(ask, lines=True)
    calc = command("calc", _calc)
    calc.add_argument("words", nargs="*", metavar="WORDS")
    calc.add_argument("--basket", type=Path, metavar="FILE")
    _language_option(calc)
    _json_options(calc, lines=True).add_argument("--csv", action="store_true")
    digest = command("digest", _digest)
    _language_option(digest)
    digest.add_argument("--date", type=date.fromisoformat, metavar="YYYY-MM-DD")
    digest.add_argument("--data", type=Path, metavar="DIR")
    digest.add_argument("--out", type=Path, metavar="DIR")
    digest.add_argument("--fetch", action=argparse.BooleanOptionalAction)
    _json_options(digest)
    backtest = command("backtest", _backtest)
    backtest.add_argument("--data", type=Path, metavar="DIR", required=True)
    _json_options(backtest)
    sources = command("sources", _sources)
    _language_option(sources)
    _json_options(sources)
    ingest = command("ingest", _ingest)
    ingest.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    ingest.add_argument(
        "--private", type=int, metavar="CHAT", help=say(lang, "console.ingest_private")
    )
    _language_option(ingest)
    _json_options(ingest)
    _eval_command(command("eval", _eval))
    _feeds_command(command("feeds", _feeds))
    _json_options(command("doctor", _doctor))
    command("healthcheck", _healthcheck)
    command("migrate", _migrate)
    command("backup", _backup).add_argument("file", type=Path, metavar="FILE")
    command("restore", _restore).add_argument("file", type=Path, metavar="FILE")
    command("export", _export).add_argument("chat", type=int, metavar="CHAT")
    forget = command("forget", _forget)
    forget.add_argument("chat", type=int, metavar="CHAT")
    forget.add_argument("--yes", action="store_true", help=say(lang, "console.yes"))
    return parser


def _language_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lang", choices=LANGS)


def _json_options(
    parser: argparse.ArgumentParser, lines: bool = False
) -> argparse._MutuallyExclusiveGroup:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    if lines:
        form.add_argument("--jsonl", action="store_true")
    return form


def _feeds_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("check", "record"))
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path("feeds"))
    _language_option(parser)
    _json_options(parser)


def _eval_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("questions", *MEASURED))
    parser.add_argument("paths", type=Path, metavar="PATH", nargs="+")
    _language_option(parser)
    _json_options(parser)


def _assistant(recorded: Path | None = None) -> Assistant:
    from bot.app import make_assistant

    return make_assistant(_settings(), recorded=recorded)


def _settings() -> Settings:
    return load_settings()


# The bot itself


def _run(_: argparse.Namespace) -> int:
    from bot.app import run as run_bot

    loop = asyncio.new_event_loop()
    code = loop.run_until_complete(run_bot(_settings(), lang=_machine_language(os.environ)))
    # All is closed and committed. A thread that still waits for a name server or loads a model
    # cannot be stopped, and a clean end would wait for it.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


# Ask


def _ask(arguments: argparse.Namespace) -> int:
    from bot.render.answers import answer_json, answer_text

    assistant = _assistant()
    if arguments.jsonl:
        return _each_line(arguments, lambda row: _answer_row(assistant, row, arguments.lang))
    question = " ".join(arguments.words).strip()
    if not question:
        lang = _language(arguments)
        works = f'basisbot ask "{say(lang, "answer.example.size")}"'
        raise CommandError("no_text", say(lang, "console.no_text"), example=works)
    # Who sits at the machine pays for its model.
    shared = _shared_reports(assistant)
    answer, ms = _timed(
        lambda: assistant.answer(question, arguments.lang, use_model=True, own=shared)
    )
    if arguments.json:
        _print_json({**answer_json(answer), "ms": ms})
    else:
        _print(answer_text(answer))
    for code in assistant.lacks():
        _tell(say(answer.lang, f"lacks.{code}"))
    return 0


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    result = work()
    return result, round((time.perf_counter() - began) * 1000, 1)


def _answer_row(assistant: Assistant, row: Mapping[str, Any], lang: Lang | None) -> dict[str, Any]:
    from bot.render.answers import answer_json

    question = row.get("question")
    if not isinstance(question, str) or not question.strip():
        example = f'"question": "{say("en", "answer.example.size")}"'
        raise CalculatorError("input_missing", field="question", kind="ask", example=example)
    history = [str(text) for text in row.get("history") or ()]
    spoken = row.get("lang") or lang

    def work() -> Answer:
        return assistant.answer(question, spoken, history, use_model=True)

    answer, ms = _timed(work)
    return {**answer_json(answer), "ms": ms}


# Calculate


def _calc(arguments: argparse.Namespace) -> int:
    if arguments.jsonl:
        return _each_line(arguments, _calculate_row)
    lang = _language(arguments)
    command, words = _command_words(" ".join(arguments.words) or "/basis", lang)
    if command != "basis":
        return _calc_desk(arguments, command, words, lang)
    reply = _basis(_assistant(), words, lang)
    if arguments.csv:
        from bot.render.drawing import csv_of
        from tools.batch import basis_figures

        figures = basis_figures(reply.result)
        _print(csv_of([tuple(figures), tuple(figures.values())]).decode().rstrip("\n"))
    elif arguments.json:
        _print_json(basis_json(reply, lang))
    else:
        from bot.render.basis import basis_message
        from bot.render.html import plain

        _print(plain(basis_message(reply, lang).html))
    return 0


def _calc_desk(arguments: argparse.Namespace, command: str, words: str, lang: Lang) -> int:
    """Do what one of the desk's commands does; `--basket` brings the bonds as a CSV."""
    from bot.calc import desk_csv, desk_json, desk_text
    from bot.render.trouble import sentence

    assistant = _assistant()
    known = assistant.known(basket=_basket(arguments.basket, lang))
    try:
        reply = assistant.desk(command, words, known)
    except CalculatorError as error:
        works = _shell(f"/{command} {assistant.mend_desk(command, words, error, known)}")
        culprit = str(error.values.get("culprit", ""))
        raise CommandError(error.code, sentence(error, lang), culprit, works) from error
    if arguments.json:
        _print_json(desk_json(reply, lang))
    elif arguments.csv:
        _print(desk_csv(reply).rstrip("\n"))
    else:
        _print(desk_text(reply, lang, assistant.claims))
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
        message = say(lang, "console.no_file", path=path, reason=error)
        raise CommandError("no_file", message, str(path)) from error


def _calculate_row(row: Mapping[str, Any]) -> dict[str, Any]:
    from tools.batch import compute

    inputs = row.get("inputs", {})
    if not isinstance(inputs, Mapping):
        example = '{"text": "112-165"}'
        raise CalculatorError("input_form", field="inputs", value=str(inputs), example=example)
    return {"result": compute(str(row.get("kind", "")), inputs)}


def _command_words(text: str, lang: Lang) -> tuple[str, str]:
    """Return the command and what stands after it, or complain that it calculates nothing."""
    head, *after = text.strip().split(maxsplit=1)
    name = head.lower().removeprefix("/").partition("@")[0]
    if ALIASES.get(name, name) in CALCULATES:
        return ALIASES.get(name, name), "".join(after)
    known = ", ".join(f"/{command}" for command in CALCULATES)
    message = say(lang, "error.args_wrong_command", culprit=head, known=known)
    raise CommandError("args_wrong_command", message, head, _shell(_assistant().example().command))


def _basis(assistant: Assistant, words: str, lang: Lang) -> BasisReply:
    from bot.render.trouble import sentence

    try:
        return assistant.basis(words)
    except CalculatorError as error:
        works = assistant.mend(words, error).command
        culprit = str(error.values.get("culprit", ""))
        raise CommandError(error.code, sentence(error, lang), culprit, works) from error


def _shell(command: str) -> str:
    return f'basisbot calc "{command}"'


def basis_json(reply: BasisReply, lang: Lang) -> dict[str, Any]:
    """Return a basis in the keys and units of the command line's contract."""
    from bot.render.basis import note_text
    from tools.batch import compute

    request = reply.request
    inputs: dict[str, Any] = {
        "contract": request.contract.code,
        "delivery_month": request.contract.delivery_month,
        "futures_price": request.futures.price,
        "clean_price": request.cash.price,
        "coupon_pct": request.coupon_pct,
        "maturity": request.maturity.isoformat(),
        "cusip": request.cusip,
        "repo_pct": request.repo_pct,
        "haircut_pct": request.haircut_pct,
        "margin_usd": request.margin_usd,
        "face_usd": request.face_usd,
        "settlement": request.settlement.isoformat(),
        "delivery": request.delivery.isoformat(),
    }
    given = {name: value for name, value in inputs.items() if value is not None}
    if request.conversion_factor is not None:
        given["conversion_factor"] = inputs["conversion_factor"] = request.conversion_factor
    given.pop("delivery_month")
    notes = (*request.futures.notes, *request.cash.notes, *reply.result.notes)
    return {
        "command": "basis",
        "inputs": inputs,
        "defaulted": list(request.defaults),
        "result": compute("basis_row", given),
        "notes": [note_text(note, lang) for note in notes],
    }


def _each_line(
    arguments: argparse.Namespace, work: Callable[[Mapping[str, Any]], dict[str, Any]]
) -> int:
    """Answer each line of stdin with one line; a bad one with an error, and go on."""
    for number, line in enumerate(sys.stdin, start=1):
        if line.strip():
            _print_json(_answer_line(number, line, work, _language(arguments)))
    return 0


def _answer_line(
    number: int,
    line: str,
    work: Callable[[Mapping[str, Any]], dict[str, Any]],
    lang: Lang,
) -> dict[str, Any]:
    from bot.render.trouble import sentence

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
    except CalculatorError as error:
        problem = {"code": error.code, "message": sentence(error, lang)}
        return {"id": row.get("id"), "error": problem}


# The week


def _digest(arguments: argparse.Namespace) -> int:
    from bot.render import digest as rendered

    lang = _language(arguments)
    if arguments.data is None:
        _fetch(arguments, lang)
    found = _assistant(arguments.data).digest(arguments.date)
    if arguments.json:
        _print_json(rendered.digest_json(found))
    else:
        _print(rendered.digest_text(found, lang))
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        for message in rendered.chart_messages(found, lang):
            if message.attachment:
                path = arguments.out / message.attachment.name
                path.write_bytes(message.attachment.data)
                _tell(say(lang, "console.written", path=path))
    return 0


def _fetch(arguments: argparse.Namespace, lang: Lang) -> None:
    """Fetch before a digest where asked to, or where feeds are on and what is held is old."""
    from bot.assistant import utc_now
    from bot.fetching import BRIEFLY, fetch_briefly, is_stale
    from bot.render.feeds import feed_line

    settings, now = _settings(), utc_now()
    wanted = arguments.fetch
    if wanted is None:
        wanted = settings.feeds and is_stale(settings, now, arguments.date)
    if wanted:
        _tell(say(lang, "console.fetching", seconds=int(BRIEFLY)))
        fetch_briefly(settings, now, lambda status: _tell(feed_line(status, lang)))


def _backtest(arguments: argparse.Namespace) -> int:
    from bot.backtest import backtest_json, backtest_text
    from tools.market.backtest import backtest
    from tools.market.store import load_market

    weeks = backtest(load_market(None, arguments.data))
    if arguments.json:
        _print_json(backtest_json(weeks))
    else:
        _print(backtest_text(weeks, _language(arguments)))
    return 0


def _sources(arguments: argparse.Namespace) -> int:
    assistant = _assistant()
    rows = assistant.library.sources()
    shared = _shared_reports(assistant)
    reports = shared.reports if shared else ()
    if arguments.json:
        found = [_source_json(row) for row in rows]
        _print_json({"sources": found, "reports": [_report_json(report) for report in reports]})
        return 0
    for row in rows:
        _print(f"{row.date or '-':<10}  {row.claims:>3}  {row.publisher}: {row.title}")
    for report in reports:
        publisher = report.publisher or "-"
        _print(f"{report.published or '-':<10}    -  {publisher}: {report.title}")
    return 0


def _report_json(report: OwnReport) -> dict[str, Any]:
    names = ("number", "title", "publisher", "published")
    return {name: getattr(report, name) for name in names} | {"licence": "user-supplied"}


def _shared_reports(assistant: Assistant) -> OpenReports | None:
    """Return the reports that everybody may ask; None where nothing was ever stored."""
    from bot.store.database import read_url
    from bot.store.reports import EVERYBODY

    settings = _settings()
    url = read_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None
    return _with_store(settings, lambda store: _opened(assistant, store, EVERYBODY))


async def _opened(assistant: Assistant, store: Store, owner: int) -> OpenReports:
    from bot.reports import OwnReports

    return await OwnReports(store.reports, lambda: assistant.library).open(owner)


def _ingest(arguments: argparse.Namespace) -> int:
    from bot.ingest import ingest
    from bot.reports import OwnReports
    from bot.store.reports import EVERYBODY

    lang, assistant = _language(arguments), _assistant()
    owner = EVERYBODY if arguments.private is None else arguments.private

    def told(taken: Taken) -> None:
        if not arguments.json:
            _tell(_taken_text(taken, lang))

    async def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            words = say(lang, "upload.console_embedding", done=done, total=total)
            sys.stderr.write(f"\r{words}" + ("\n" if done >= total else ""))

    async def work(store: Store) -> list[Taken]:
        reports = OwnReports(store.reports, lambda: assistant.library)
        return await ingest(reports, arguments.paths, owner, told, progress)

    done = _with_store(_settings(), work)
    if arguments.json:
        _print_json({"files": [_taken_json(taken, lang) for taken in done]})
    else:
        kinds = Counter(taken.outcome for taken in done)
        _print(
            say(
                lang,
                "upload.console_done",
                added=kinds["added"] + kinds["replaced"],
                same=kinds["same"],
                failed=kinds["refused"],
            )
        )
    return int(any(taken.outcome == "refused" for taken in done))


def _taken_text(taken: Taken, lang: Lang) -> str:
    from bot.render.reports import counts, refusal_text

    name = taken.path.name
    if taken.error is not None:
        return say(lang, "upload.console_failed", name=name, reason=refusal_text(lang, taken.error))
    report = taken.added.report if taken.added else None
    if taken.outcome == "same" or report is None:
        return say(lang, "upload.console_same", name=name)
    said = counts(lang, report)
    return say(lang, "upload.console_line", name=name, title=report.title, counts=said)


def _taken_json(taken: Taken, lang: Lang) -> dict[str, Any]:
    from bot.render.reports import refusal_text

    row: dict[str, Any] = {"file": str(taken.path), "outcome": taken.outcome}
    if taken.error is not None:
        message = refusal_text(lang, taken.error)
        return row | {"error": {"code": taken.error.code, "message": message}}
    report = taken.added.report if taken.added else None
    names = ("number", "title", "publisher", "published", "lang", "pages", "passages", "figures")
    return row | {name: getattr(report, name) for name in names if report is not None}


def _source_json(row: Any) -> dict[str, Any]:  # noqa: ANN401  # a SourceRow, whose module loads late
    names = ("key", "publisher", "title", "date", "url", "licence", "tier", "claims")
    return {name: getattr(row, name) for name in names} | {"statuses": list(row.statuses)}


def _eval(arguments: argparse.Namespace) -> int:
    return _eval_questions(arguments) if arguments.what == "questions" else _eval_sets(arguments)


def _eval_sets(arguments: argparse.Namespace) -> int:
    from bot.measures.row import table
    from bot.measures.run import Measures, folders

    settings = _settings()
    measures = Measures(settings.data_dir / "measures", settings.embedding)
    sets = folders(arguments.what, arguments.paths)
    rows = [row for folder in _with_progress(sets) for row in measures.rows(arguments.what, folder)]
    if arguments.json:
        _print_json({"rows": [row.as_json() for row in rows]})
    else:
        _print(table(rows, _language(arguments)))
    return 0


def _questions(path: Path, lang: Lang) -> list[Question]:
    from bot.evaluate import load_questions

    try:
        return load_questions(path)
    except (OSError, ValueError) as error:
        message = say(lang, "console.no_file", path=path, reason=error)
        raise CommandError("no_file", message, str(path)) from error


def _eval_questions(arguments: argparse.Namespace) -> int:
    from bot.evaluate import report, score

    lang = _language(arguments)
    questions = [q for path in arguments.paths for q in _questions(path, lang)]
    assistant = _assistant()
    try:
        assistant.warm()
        card = score(
            _with_progress(questions),
            lambda asked: assistant.answer(asked.question, asked.lang, asked.history),
        )
    finally:
        assistant.close()
    if arguments.json:
        _print_json(card.as_json())
    else:
        _print(report(card, lang))
    return 0


def _with_progress(items: list[T]) -> Iterator[T]:
    """Yield items, showing on a terminal how far we are."""
    shown = sys.stderr.isatty()
    for number, item in enumerate(items, start=1):
        if shown:
            sys.stderr.write(f"\r{number}/{len(items)}")
        yield item
    if shown:
        sys.stderr.write("\n")


# Operations


def _feeds(arguments: argparse.Namespace) -> int:
    """Ask every route of every feed once; `record` keeps the bodies in a folder."""
    from bot.assistant import utc_now
    from bot.render.feeds import checked_lines
    from tools.market.check import Checked, as_json, check

    lang = _language(arguments)

    def told(checked: Checked) -> None:
        for line in checked_lines(checked, lang):
            (_tell if arguments.json else _print)(line)

    folder = arguments.out if arguments.what == "record" else None
    key = _settings().fred_api_key
    found = asyncio.run(check(utc_now(), folder=folder, fred_api_key=key, told=told))
    if arguments.json:
        _print_json({"feeds": [as_json(checked) for checked in found]})
    return int(not all(checked.ok for checked in found))


def _doctor(arguments: argparse.Namespace) -> int:
    from bot.doctor import examine

    lang = _language(arguments)
    findings = asyncio.run(examine(_settings()))
    if arguments.json:
        _print_json({"findings": [finding.as_json(lang) for finding in findings]})
    else:
        for finding in findings:
            _print(f"{say(lang, f'doctor.{finding.level}'):<6}{finding.sentence(lang)}")
    return int(any(finding.level == "fail" for finding in findings))


def _healthcheck(arguments: argparse.Namespace) -> int:
    from bot.doctor import alive

    lang = _language(arguments)
    reason = alive(_settings().data_dir, time.time())
    if reason:
        raise CommandError("not_alive", say(lang, "console.not_alive", reason=reason))
    _print(say(lang, "console.alive"))
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    settings = _settings()

    async def nothing(_: Store) -> None:
        return None

    _with_store(settings, nothing)
    where = _shown_database(settings)
    _print(say(_language(arguments), "console.migrated", where=where))
    return 0


def _shown_database(settings: Settings) -> str:
    from bot.store.database import read_url

    return read_url(settings.database).render_as_string(hide_password=True)


def _backup(arguments: argparse.Namespace) -> int:
    from bot.store.backup import backup

    rows = _with_store(_settings(), lambda store: backup(store, arguments.file))
    size = arguments.file.stat().st_size / 2**20
    _print(
        say(
            _language(arguments),
            "console.backed_up",
            path=arguments.file,
            rows=f"{sum(rows.values()):,}",
            size=f"{size:.1f}",
            tables=_by_table(rows),
        )
    )
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from bot.store.backup import restore

    settings = _settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    rows = asyncio.run(restore(arguments.file, settings.database))
    _print(
        say(
            _language(arguments),
            "console.restored",
            path=arguments.file,
            where=_shown_database(settings),
            rows=f"{sum(rows.values()):,}",
            tables=_by_table(rows),
        )
    )
    return 0


def _by_table(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in rows.items() if count) or "-"


def _export(arguments: argparse.Namespace) -> int:
    _print_json(_with_store(_settings(), lambda store: store.export(arguments.chat)))
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    """Delete what is kept about a chat; a person at a terminal is asked first."""
    lang = _language(arguments)
    if sys.stdin.isatty() and not arguments.yes:
        sys.stderr.write(say(lang, "console.confirm_forget", chat=arguments.chat))
        sys.stderr.flush()
        if sys.stdin.readline().strip().casefold() not in {"y", "yes", "\u662f"}:
            _tell(say(lang, "privacy.kept"))
            return 1
    gone = _with_store(_settings(), lambda store: store.forget(arguments.chat))
    rows = sum(gone.values())
    _print(say(lang, "console.forgotten", rows=rows, chat=arguments.chat))
    return 0


def _with_store(settings: Settings, work: Callable[[Store], Awaitable[T]]) -> T:
    """Do something with the store, as a guest beside a running bot."""

    async def visit() -> T:
        from bot.store.store import Store

        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            lang = _machine_language(os.environ)
            message = say(lang, "console.data_not_writable", path=settings.data_dir)
            raise CommandError("data_not_writable", message) from error
        store = await Store.open(settings.database, guest=True)
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(visit())
