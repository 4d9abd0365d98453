"""`basisbot run`: the bot itself, or its sandbox where there is no token."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path

from bot.console.failure import CommandError, expected
from bot.console.terminal import machine_language
from bot.i18n import Lang, say
from bot.log import outline
from bot.settings import load_settings

log = logging.getLogger(__name__)


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take a folder of recorded market files; the environment says all else."""
    parser.add_argument("--data", type=Path, metavar="DIR", help=say(lang, "usage.data"))


def run(given: argparse.Namespace) -> int:
    """Run until stopped, then end the process with the bot's exit code."""
    from bot.app import run as run_bot

    lang = machine_language()
    loop = asyncio.new_event_loop()
    code: int | None = None
    try:
        code = loop.run_until_complete(run_bot(load_settings(), lang=lang, recorded=given.data))
    except Exception as error:
        if expected(error, lang):
            raise
        # Its words may be a user's, and the terminal is the log.
        log.critical("the bot ends by a defect", exc_info=error)
        kind = type(error).__name__
        sentence = say(lang, "console.defect", kind=kind, reason=outline(error))
        raise CommandError("defect", sentence, kind) from None
    finally:
        if code is None:
            loop.close()
    # All is closed and committed. A thread that still waits for a name server or loads a model
    # cannot be stopped, and a clean end would wait for it.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
