"""`basisbot backtest`: recorded data -> the risk score week by week, as it was known then."""

from __future__ import annotations

import argparse
from pathlib import Path

from bot.console.options import takes_json
from bot.console.terminal import language, show, show_json
from bot.i18n import Lang, say


def options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the folder of the recorded data."""
    about = say(lang, "usage.data")
    parser.add_argument("--data", type=Path, metavar="DIR", required=True, help=about)
    takes_json(parser, lang)


def run(arguments: argparse.Namespace) -> int:
    """Score each week and show them all."""
    from bot.console.backtest import backtest_json, backtest_text
    from tools.market.backtest import backtest
    from tools.market.store import load_market

    weeks = backtest(load_market(None, arguments.data))
    if arguments.json:
        show_json(backtest_json(weeks))
    else:
        show(backtest_text(weeks, language(arguments)))
    return 0
