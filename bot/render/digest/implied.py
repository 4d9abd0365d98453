"""The contracts' cheapest to deliver and their implied repo rates over SOFR, as a narrow table."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.i18n import Lang, say
from bot.render.digest.words import known
from bot.render.numbers import number
from bot.render.table import table
from bot.week import Digest
from tools.market.implied import Implied

COLUMNS = ("ctd", "rate", "over")


def implied_lines(digest: Digest, lang: Lang, leave: Collection[str] = ()) -> Iterator[str]:
    """Yield a heading, the table and what it rests on; nothing where no settlement is given."""
    if not digest.implied:
        return
    yield f"<b>{say(lang, 'digest.implied.title')}</b>"
    heads = (say(lang, f"digest.implied.{name}") for name in COLUMNS)
    yield table([("", *heads), *(_row(made, lang) for made in digest.implied)], gap=1)
    yield say(lang, "digest.implied.days", days=_days(digest, lang))
    if "legend" not in leave:
        yield f"<i>{say(lang, 'digest.implied.legend')}</i>"


def _row(made: Implied, lang: Lang) -> tuple[str, ...]:
    over = known(lang, made.over_sofr_bp, lambda bp: number(bp, sign=True))
    bond = f"{made.coupon_pct:g} {made.maturity:%m/%y}"
    return made.contract, bond, number(made.implied_repo_pct, 2), over


def _days(digest: Digest, lang: Lang) -> str:
    """Return the day of the prices, and of SOFR; contracts priced on other days by name."""
    newest = max(made.day for made in digest.implied)
    sofr = max((made.sofr_day for made in digest.implied if made.sofr_day), default=None)
    said = [say(lang, "digest.implied.priced", date=newest)]
    said += [
        say(lang, "digest.implied.priced_on", contract=made.contract, date=made.day)
        for made in digest.implied
        if made.day != newest
    ]
    said += [say(lang, "digest.implied.sofr", date=sofr)] if sofr else []
    return say(lang, "digest.comma").join(said)
