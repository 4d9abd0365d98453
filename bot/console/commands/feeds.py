"""`basisbot feeds`: every route of every feed, asked once; `record` keeps what it sent."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from bot.console.options import takes_json, takes_language
from bot.console.terminal import language, show, show_json, tell
from bot.i18n import Lang, say
from bot.settings import load_settings

if TYPE_CHECKING:
    from tools.market.check import Checked


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take whether to keep what comes, and where."""
    about = say(lang, "usage.feeds")
    parser.add_argument("what", choices=("check", "record"), help=about)
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path("feeds"),
                        help=say(lang, "usage.record"))  # fmt: skip
    takes_language(parser, lang)
    takes_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Ask all and tell of each; 1 where one is not as its model says."""
    from bot.assistant import utc_now
    from bot.render.feeds import checked_lines
    from tools.market.check import as_json, check

    lang = language(arguments)

    def told(checked: Checked) -> None:
        for line in checked_lines(checked, lang):
            (tell if arguments.json else show)(line)

    folder = arguments.out if arguments.what == "record" else None
    if folder:
        folder.mkdir(parents=True, exist_ok=True)  # before anybody is asked
    key = load_settings().fred_api_key
    found = asyncio.run(check(utc_now(), folder=folder, fred_api_key=key, told=told))
    if arguments.json:
        show_json({"feeds": [as_json(checked) for checked in found]})
    return int(not all(checked.ok for checked in found))
