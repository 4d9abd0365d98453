"""`basisbot healthcheck`: whether the bot on this machine is alive."""

from __future__ import annotations

import argparse
import time

from bot.console.failure import CommandError
from bot.console.terminal import language, show
from bot.i18n import Lang, say
from bot.settings import load_settings


def options(_parser: argparse.ArgumentParser, _lang: Lang) -> None:
    """Take none."""


def run(arguments: argparse.Namespace) -> int:
    """Say that it is alive, or why that is doubtful."""
    from bot.delivery.doctor import alive

    lang = language(arguments)
    reason = alive(load_settings().data_dir, time.time())
    if reason:
        raise CommandError("not_alive", say(lang, "console.not_alive", reason=reason))
    show(say(lang, "console.alive"))
    return 0
