"""`basisbot run`: the bot itself, or its sandbox where there is no token."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys

from bot.console.terminal import machine_language
from bot.i18n import Lang
from bot.settings import load_settings


def options(_parser: argparse.ArgumentParser, _lang: Lang) -> None:
    """Take none: the environment says it all."""


def run(_: argparse.Namespace) -> int:
    """Run until stopped, then end the process with the bot's exit code."""
    from bot.app import run as run_bot

    loop = asyncio.new_event_loop()
    code = loop.run_until_complete(run_bot(load_settings(), lang=machine_language()))
    # All is closed and committed. A thread that still waits for a name server or loads a model
    # cannot be stopped, and a clean end would wait for it.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
