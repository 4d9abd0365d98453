"""What the public knew at the end of a day, and a week earlier -> this week's Digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot.week.sources import absent, figures, newest
from bot.week.values import Digest, PositionBlock, PositionRow
from knowledge.report import Claim
from tools import positions
from tools.market import bundled
from tools.market.backtest import FIRST, Week, weekly
from tools.market.baskets import ctd_dv01s
from tools.market.data import MarketData
from tools.market.implied import implied_repos, lack
from tools.market.measures import MEASURES, WEEK_DAYS
from tools.market.publication import end_of
from tools.market.snapshot import Snapshot, age_of, snapshot
from tools.positions import Report
from tools.riskscore import risk_score

# Always true of public data; the reader must hear it each week.
BLIND_SPOTS = ("swap_spreads", "haircuts", "which_shorts")
SWAP_SPREADS_MATTERED = date(2025, 4, 7)  # a digest of an earlier day cannot have known it
FOUR_WEEK_DAYS = 35


def compose(data: MarketData, on: date, claims: Sequence[Claim] = ()) -> Digest:
    """Return the digest of all that was published by the end of `on` in New York.

    `claims` are those that came to the library within the week.
    """
    known = data.until(end_of(on))
    now, before = _snapshot(known, on), _snapshot(known, on - timedelta(days=7))
    funding, volatility = figures(known, on, "funding"), figures(known, on, "volatility")
    dealers, fails = figures(known, on, "dealers"), MEASURES["pd_fails_deliver"]
    implied = implied_repos(known, on)
    return Digest(
        on=on,
        origin=data.origin,
        score=risk_score(now.inputs),
        score_before=risk_score(before.inputs),
        missing=now.inputs.missing,
        positions=_positions(known, now.report, on),
        funding=funding,
        volatility=volatility,
        implied=implied,
        dealers=dealers,
        rates=figures(known, on, "rates"),
        buckets=figures(known, on, "buckets"),
        slow=figures(known, on, "slow"),
        absent=absent(known, on, {figure.key for figure in (*funding, *volatility, *dealers)}),
        ages=(*now.ages, age_of(fails.key, newest(known, fails.key, on), on, fails.limits)),
        blind_spots=(*_blind_spots(on), *(() if implied else (f"implied_{lack(known, on)}",))),
        episodes=tuple(episode for episode in bundled.episodes() if episode.friday < on),
        claims=tuple(claims),
        feeds=data.feeds,
        reports=known.reports,
        weeks=_history(known, on),
    )


def _blind_spots(on: date) -> tuple[str, ...]:
    if on >= SWAP_SPREADS_MATTERED:
        return BLIND_SPOTS
    return ("swap_spreads_alone", *BLIND_SPOTS[1:])


def _snapshot(data: MarketData, on: date) -> Snapshot:
    week_ago = end_of(on - timedelta(days=7))
    return snapshot(data, on, week_ago, end_of(on))


def _history(data: MarketData, on: date) -> tuple[Week, ...]:
    """Return the scores week by week back from `on`, on the same day of the week."""
    if not data.series("sofr") or on < FIRST:
        return ()
    return tuple(weekly(data, on - timedelta(weeks=(on - FIRST).days // 7), on))


def _positions(data: MarketData, now: Report | None, on: date) -> PositionBlock | None:
    if now is None:
        return None
    reports = data.reports
    ctd = ctd_dv01s(data, on)
    week = positions.change(now, positions.earlier(reports, now, 1), WEEK_DAYS)
    month = positions.change(now, positions.earlier(reports, now, 4), FOUR_WEEK_DAYS)
    rows = tuple(
        PositionRow(
            short,
            week.contracts.get(short.contract) if week else None,
            month.contracts.get(short.contract) if month else None,
            positions.percentile(reports, now, short.contract),
            ctd.get(short.contract),
        )
        for short in now.shorts
    )
    return PositionBlock(now, rows, week, month, positions.percentile(reports, now))
