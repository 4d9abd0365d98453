"""`basisbot export`: a chat -> all that is kept about it, as JSON."""

from __future__ import annotations

import argparse

from bot.console.options import chat
from bot.console.parts import with_store
from bot.console.terminal import show_json
from bot.i18n import Lang, say
from bot.settings import load_settings


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the chat's number."""
    parser.add_argument("chat", type=chat, metavar="CHAT", help=say(lang, "usage.chat"))


def run(arguments: argparse.Namespace) -> int:
    """Show all that is kept about the chat."""
    show_json(with_store(load_settings(), lambda store: store.export(arguments.chat)))
    return 0
