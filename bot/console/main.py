"""Words after `basisbot` -> the command that they name, done, and its exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys

from bot.console.failure import expected, unexpected
from bot.console.parser import parsed, parser
from bot.console.terminal import language, machine_language, show_json, tell
from bot.i18n import say


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
