"""`basisbot doctor`: what is configured, reachable and stale, line by line."""

from __future__ import annotations

import argparse
import asyncio

from bot.console.options import takes_json
from bot.console.terminal import language, show, show_json
from bot.i18n import Lang, say
from bot.settings import load_settings


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the form."""
    takes_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Examine and show the findings; 1 where one of them keeps the bot from working."""
    from bot.delivery.doctor import examine

    lang = language(arguments)
    findings = asyncio.run(examine(load_settings()))
    if arguments.json:
        show_json({"findings": [finding.as_json(lang) for finding in findings]})
    else:
        for finding in findings:
            show(f"{say(lang, f'doctor.{finding.level}'):<6}{finding.sentence(lang)}")
    return int(any(finding.level == "fail" for finding in findings))
