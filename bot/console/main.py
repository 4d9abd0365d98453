"""Words after `basisbot` -> the command that they name, done, and its exit code."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, NoReturn

from bot.console import asking, library, operating, weeks
from bot.console import chat as chatting
from bot.console.parts import takes_chat, takes_data, takes_json
from bot.console.terminal import expected, language, machine_language, show_json, tell, unexpected
from bot.i18n import Lang, say


def run(words: list[str]) -> int:
    """Do what the words after `basisbot` ask for and return the exit code."""
    _settle_streams()
    lang = machine_language()
    if not words:
        parser(lang).print_help(sys.stderr)
        return 2
    arguments = parsed(words, lang)
    try:
        return _guarded(arguments)
    except BrokenPipeError:  # `basisbot ... | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _settle_streams() -> None:
    """Let no character that a terminal cannot show, and no byte that is no UTF-8, end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")


def _guarded(arguments: argparse.Namespace) -> int:
    """Run a command; what it says when it fails becomes a message."""
    try:
        result: int = arguments.run(arguments)
    except BrokenPipeError:
        raise
    except Exception as error:
        if arguments.debug:
            raise
        _complain(error, arguments)
        return 1
    return result


def _complain(error: Exception, arguments: argparse.Namespace) -> None:
    """Say what an error means, in the form that the answer was asked for in."""
    lang = language(arguments)
    failure = expected(error, lang) or unexpected(error, lang)
    if getattr(arguments, "json", False) or getattr(arguments, "jsonl", False):
        show_json({"error": failure.as_json()})
        return
    tell(say(lang, "console.error", message=failure.message))
    if failure.example and failure.example not in failure.message:
        key = "console.example" if failure.is_own else "console.for_example"
        tell(say(lang, key, example=failure.example))


# What can be asked for


class Command(NamedTuple):
    """What is done for a name, and what adds the options that it takes."""

    run: Callable[[argparse.Namespace], int]
    options: Callable[[argparse.ArgumentParser, Lang], object] = lambda _parser, _lang: None


# In the order in which `--help` shows them. `console.<name>` is the sentence of each, and
# `usage.example.<name>` what works.
COMMANDS: Mapping[str, Command] = {
    "run": Command(operating.run, takes_data),
    "ask": Command(asking.ask, asking.ask_options),
    "calc": Command(asking.calc, asking.calc_options),
    "chat": Command(chatting.chat, chatting.chat_options),
    "digest": Command(weeks.digest, weeks.digest_options),
    "backtest": Command(weeks.backtest, weeks.backtest_options),
    "sources": Command(library.sources, library.sources_options),
    "ingest": Command(library.ingest, library.ingest_options),
    "eval": Command(library.evaluate, library.eval_options),
    "feeds": Command(weeks.feeds, weeks.feeds_options),
    "doctor": Command(operating.doctor, takes_json),
    "healthcheck": Command(operating.healthcheck),
    "migrate": Command(operating.migrate),
    "backup": Command(operating.backup, operating.backup_options),
    "restore": Command(operating.restore, operating.restore_options),
    "export": Command(operating.export, takes_chat),
    "forget": Command(operating.forget, operating.forget_options),
}


def parsed(words: Sequence[str], lang: Lang) -> argparse.Namespace:
    """Return what the words ask for; exit with 2 and what is allowed where they ask for nothing.

    Words of a question or a command may stand on both sides of an option.
    """
    whole = parser(lang)
    found, rest = whole.parse_known_args(words)
    if rest and hasattr(found, "words") and not any(word.startswith("--") for word in rest):
        found.words += rest
    elif rest:
        found.parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return found


def parser(lang: Lang) -> Parser:
    """Return the parser of all that can be asked for."""
    whole = Parser(lang=lang, prog="basisbot", description=say(lang, "console.usage"),
                   example=say(lang, "usage.more"))  # fmt: skip
    about = say(lang, "usage.version")
    whole.add_argument("--version", action="version", version=_version(), help=about)
    commands = whole.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    for name, command in COMMANDS.items():
        text, works = say(lang, f"console.{name}"), say(lang, f"usage.example.{name}")
        part = commands.add_parser(name, help=text, lang=lang, description=text, example=works)
        part.add_argument("--debug", action="store_true", help=argparse.SUPPRESS)
        command.options(part, lang)
        part.set_defaults(run=command.run, parser=part)
    return whole


def _version() -> str:
    from importlib.metadata import version

    return f"basisbot {version('basisbot')}"


# argparse in two languages


# What argparse says in English, and the sentence of ours that says it.
_SAID = {
    "required": re.compile(r"the following arguments are required: (?P<names>.+)"),
    "choice": re.compile(
        r"argument (?P<name>.+?): invalid choice: (?P<value>.+) \(choose from (?P<allowed>.+)\)"
    ),
    "value": re.compile(r"argument (?P<name>.+?): invalid (?P<kind>\w+) value: (?P<value>.+)"),
    "together": re.compile(r"argument (?P<name>.+?): not allowed with argument (?P<other>.+)"),
    "missing": re.compile(r"argument (?P<name>.+?): expected (?:one|at least one) argument"),
    "unknown": re.compile(r"unrecognized arguments: (?P<names>.+)"),
    "ambiguous": re.compile(r"ambiguous option: (?P<value>\S+) could match (?P<allowed>.+)"),
}


class Parser(argparse.ArgumentParser):
    """A parser that speaks the terminal's language; `example` is shown beneath its help."""

    def __init__(self, *, lang: Lang, prog: str, description: str, example: str) -> None:
        super().__init__(
            prog,
            description=description,
            epilog=example,
            add_help=False,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.lang = lang
        self._positionals.title = say(lang, "usage.words")
        self._optionals.title = say(lang, "usage.options")
        self.add_argument("-h", "--help", action="help", help=say(lang, "usage.help"))

    def format_usage(self) -> str:
        """Return how it is called, under a heading of its language."""
        return self._titled(super().format_usage())

    def format_help(self) -> str:
        """Return the help, under headings of its language."""
        return self._titled(super().format_help())

    def _titled(self, text: str) -> str:
        return text.replace("usage:", say(self.lang, "usage.usage"), 1)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the words and what helps, and exit with 2."""
        wrong = say(self.lang, "usage.wrong", message=_words(message, self.lang))
        helps = say(self.lang, "usage.helps", command=f"{self.prog} --help")
        self.exit(2, f"{wrong}\n{self.format_usage()}{helps}\n")


def _words(message: str, lang: Lang) -> str:
    """Return what argparse says, in a language."""
    for key, form in _SAID.items():
        if match := form.fullmatch(message):
            values = match.groupdict()
            if "kind" in values:
                values["kind"] = say(lang, f"usage.kind.{values['kind']}")
            return say(lang, f"usage.said.{key}", **values)
    return message
