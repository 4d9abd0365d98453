"""`basisbot digest`, `backtest`, `feeds`: public data -> a week's digest, scores, how feeds are."""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.console.parts import assistant, day, takes_data, takes_json, takes_language
from bot.console.terminal import language, show, show_json, tell
from bot.i18n import Lang, say
from bot.settings import load_settings

if TYPE_CHECKING:
    from bot.week import Digest
    from tools.market.backtest import Week
    from tools.market.check import Checked

HIGHEST = 15


def digest_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the day, where the data lie and where charts go."""
    takes_language(parser, lang)
    parser.add_argument("--date", type=day, metavar="YYYY-MM-DD", help=say(lang, "usage.date"))
    takes_data(parser, lang)
    parser.add_argument("--out", type=Path, metavar="DIR", help=say(lang, "usage.out"))
    parser.add_argument(
        "--fetch", action=argparse.BooleanOptionalAction, help=say(lang, "usage.fetch")
    )
    takes_json(parser, lang)


def digest(arguments: argparse.Namespace) -> int:
    """Show the digest, written from recorded data or from what was fetched."""
    from bot.render.digest.data import digest_json
    from bot.render.digest.text import digest_text

    lang = language(arguments)
    if arguments.data is None:
        _fetch(arguments, lang)
    found = assistant(arguments.data).digest(arguments.date)
    if arguments.json:
        show_json(digest_json(found))
    else:
        show(digest_text(found, lang))
    if arguments.out:
        _write_charts(found, arguments.out, lang)
    return 0


def _write_charts(found: Digest, folder: Path, lang: Lang) -> None:
    from bot.render.digest.messages import chart_messages

    folder.mkdir(parents=True, exist_ok=True)
    for message in chart_messages(found, lang):
        if message.attachment:
            path = folder / message.attachment.name
            path.write_bytes(message.attachment.data)
            tell(say(lang, "console.written", path=path))


def _fetch(arguments: argparse.Namespace, lang: Lang) -> None:
    """Fetch before a digest where asked to, or where feeds are on and what is held is old."""
    from bot.assistant import utc_now
    from bot.delivery.fetching import BRIEFLY, fetch_briefly, is_stale
    from bot.render.feeds import feed_line

    settings, now = load_settings(), utc_now()
    wanted = arguments.fetch
    if wanted is None:
        wanted = settings.feeds and is_stale(settings, now, arguments.date)
    if wanted:
        tell(say(lang, "console.fetching", seconds=int(BRIEFLY)))
        fetch_briefly(settings, now, lambda status: tell(feed_line(status, lang)))


# The score week by week


def backtest_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take the folder of the recorded data."""
    takes_data(parser, lang, required=True)
    takes_json(parser, lang)


def backtest(arguments: argparse.Namespace) -> int:
    """Score each week and show them all."""
    from tools.market import backtest as scored
    from tools.market.store import load_market

    weeks = scored.backtest(load_market(None, arguments.data))
    if arguments.json:
        show_json(backtest_json(weeks))
    else:
        show(backtest_text(weeks, language(arguments)))
    return 0


def backtest_json(weeks: Sequence[Week]) -> dict[str, Any]:
    """Return the weeks in ascending order: components 0 to 100, unrounded, missing = null.

    A week without a score keeps its inputs' count and has null everywhere else.
    """
    return {"weeks": [_week(week) for week in weeks]}


def _week(week: Week) -> dict[str, Any]:
    score, inputs = week.score, week.inputs
    known = score is not None
    return {
        "date": week.friday.isoformat(),
        "score": score.score if score else None,
        "size": score.size if score else None,
        "stress": score.stress if score else None,
        "funding": score.funding if score else None,
        "volatility": score.volatility if score else None,
        "unwind": score.unwind if score else None,
        "tff_age": week.tff_age if known else None,
        "net_face_bn": week.net_face_bn if known else None,
        "dv01_m": inputs.dv01_m if known else None,
        "pct_oi": inputs.pct_oi if known else None,
        "sofr_iorb_max_bp": inputs.sofr_iorb_max_bp if known else None,
        "rv20_bp": inputs.rv20_bp if known else None,
        "unwind_pct": inputs.unwind_pct if known else None,
        "inputs": score.inputs if score else 5 - len(inputs.missing),
        "low": score.low if score else None,
        "high": score.high if score else None,
    }


def backtest_text(weeks: Sequence[Week], lang: Lang) -> str:
    """Return the highest weeks as a table, with the distribution and what it does not mean."""
    scored = [(week.score.score, week) for week in weeks if week.score]
    lines = [
        say(
            lang,
            "score.backtest.head",
            first=weeks[0].friday,
            last=weeks[-1].friday,
            count=len(weeks),
            scored=len(scored),
        )
    ]
    if scored:
        lines += ["", *_highest(scored, lang), "", _distribution([s for s, _ in scored], lang)]
    return "\n".join([*lines, say(lang, "score.backtest.limits")])


def _highest(scored: list[tuple[float, Week]], lang: Lang) -> list[str]:
    from bot.render.numbers import number
    from bot.render.table import pad

    names = ("score", "size", "stress", "funding", "volatility", "unwind")
    heads = [say(lang, f"score.column.{name}") for name in names]
    rows = [" ".join([pad("", 10), *(pad(head, 6, right=True) for head in heads)])]
    ranked = sorted(scored, key=lambda pair: -pair[0])[:HIGHEST]
    for _, week in ranked:
        parts = [getattr(week.score, name) for name in names]
        cells = [say(lang, "score.na") if part is None else number(part, 1) for part in parts]
        rows.append(" ".join([str(week.friday), *(pad(cell, 6, right=True) for cell in cells)]))
    return rows


def _distribution(scores: list[float], lang: Lang) -> str:
    from bot.render.numbers import number

    return say(
        lang,
        "score.backtest.distribution",
        median=number(statistics.median(scores)),
        top=number(max(scores)),
        elevated=sum(score >= 60 for score in scores),
        severe=sum(score >= 70 for score in scores),
    )


# The feeds


def feeds_options(parser: argparse.ArgumentParser, lang: Lang) -> None:
    """Take whether to keep what comes, and where."""
    about = say(lang, "usage.feeds")
    parser.add_argument("what", choices=("check", "record"), help=about)
    parser.add_argument("--out", type=Path, metavar="DIR", default=Path("feeds"),
                        help=say(lang, "usage.record"))  # fmt: skip
    takes_language(parser, lang)
    takes_json(parser, lang)


def feeds(arguments: argparse.Namespace) -> int:
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
