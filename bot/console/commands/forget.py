"""`basisbot forget`: a chat -> nothing that is kept about it any more."""

from __future__ import annotations

import argparse
import sys

from bot.console.options import chat
from bot.console.parts import with_store
from bot.console.terminal import language, show, tell
from bot.i18n import Lang, say
from bot.settings import load_settings

_YES = {"y", "yes", "\u662f"}


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the chat's number, and leave to delete without asking."""
    parser.add_argument("chat", type=chat, metavar="CHAT", help=say(lang, "usage.chat"))
    parser.add_argument("--yes", action="store_true", help=say(lang, "console.yes"))


def run(arguments: argparse.Namespace) -> int:
    """Delete what is kept about a chat; a person at a terminal is asked first."""
    lang = language(arguments)
    if not arguments.yes and not _is_sure(arguments.chat, lang):
        tell(say(lang, "privacy.kept"))
        return 1
    gone = with_store(load_settings(), lambda store: store.forget(arguments.chat))
    show(say(lang, "console.forgotten", rows=sum(gone.values()), chat=arguments.chat))
    return 0


def _is_sure(chat: int, lang: Lang) -> bool:
    if not sys.stdin.isatty():
        return True
    sys.stderr.write(say(lang, "console.confirm_forget", chat=chat))
    sys.stderr.flush()
    return sys.stdin.readline().strip().casefold() in _YES
