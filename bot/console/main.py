"""Words after `basisbot` -> the command that they name, done, and its exit code."""

from __future__ import annotations

import argparse
import os
import sys

from bot.console.failure import expected
from bot.console.parser import parser
from bot.console.terminal import language, machine_language, show_json, tell
from bot.i18n import say


def run(words: list[str]) -> int:
    """Do what the words after `basisbot` ask for and return the exit code."""
    arguments = parser(machine_language()).parse_args(words)
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
        if arguments.debug or not _complained(error, arguments):
            raise
        return 1
    return result


def _complained(error: Exception, arguments: argparse.Namespace) -> bool:
    """Say what an expected error means, as it was asked for; False for one that is not."""
    lang = language(arguments)
    failure = expected(error, lang)
    if failure is None:
        return False
    if getattr(arguments, "json", False):
        show_json({"error": failure.as_json()})
        return True
    tell(say(lang, "console.error", message=failure.message))
    if failure.example:
        tell(say(lang, "console.example", example=failure.example))
    return True
