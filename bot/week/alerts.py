"""Market data -> what an alert is held against, and whether its bound was crossed.

An alert is told once for each crossing. Its figures come from what was fetched, each by its as-of
date; a figure that is missing is no figure, and crosses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from bot.week.rules import Rule, unit_of
from tools.market.publication import NEW_YORK, end_of

if TYPE_CHECKING:
    from tools.market.data import MarketData
    from tools.positions import Report

A_WEEK = timedelta(days=7)
WEEK_DAYS = 10  # the longest span between two reports that still counts as a week
OF_THE_SCORE = frozenset({"score", "size", "stress", "funding", "unwind"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure's figure on a date, in the measure's unit."""

    as_of: date
    value: float


def readings(data: MarketData, measure: str, since: date, now: datetime) -> list[Reading]:
    """Return a measure's figures as of `since` and later that the public knows by now, in order."""
    kind, _, contract = measure.partition(":")
    if kind in OF_THE_SCORE:
        found = list(_score(data, kind, now))
    elif kind in {"net", "change", "change_pct"}:
        found = list(_positions(data, kind, contract, since, now))
    else:
        found = list(_series(data, kind, now))
    return sorted((r for r in found if r.as_of >= since), key=lambda reading: reading.as_of)


def _score(data: MarketData, part: str, now: datetime) -> Iterator[Reading]:
    """Yield today's score as the digest of this moment would give it."""
    from tools.market.snapshot import snapshot
    from tools.riskscore import risk_score

    on = now.astimezone(NEW_YORK).date()
    score = risk_score(snapshot(data, on, end_of(on - A_WEEK), now).inputs)
    value: float | None = getattr(score, part) if score is not None else None
    if value is not None:
        yield Reading(on, value)


def _series(data: MarketData, series: str, now: datetime) -> Iterator[Reading]:
    from tools.market.snapshot import sofr_over_iorb_bp
    from tools.riskscore import realised_volatility_bp

    if series == "sofr_iorb":
        long_ago = now - timedelta(days=75)
        yield from (Reading(day, bp) for day, bp in sofr_over_iorb_bp(data, long_ago, now))
    elif series == "rv20":
        points = data.series("ust_10y", now)
        value = realised_volatility_bp([point.value for point in points[-21:]])
        if value is not None:
            yield Reading(points[-1].as_of, value)
    elif series in {"sofr_p99", "sofr_tgcr"}:
        of, over = ("sofr_p99", "sofr") if series == "sofr_p99" else ("sofr", "tgcr")
        under = {point.as_of: point.value for point in data.series(over, now)}
        for point in data.series(of, now):
            if point.as_of in under:
                yield Reading(point.as_of, 1e4 * (point.value - under[point.as_of]))
    else:
        scale = 100 if unit_of(series) == "pct" else 1e-9
        yield from (Reading(p.as_of, p.value * scale) for p in data.series(series, now))


def _positions(
    data: MarketData, kind: str, contract: str, since: date, now: datetime
) -> Iterator[Reading]:
    from tools.positions import earlier

    reports = [report for report in data.reports if report.published_at <= now]
    for report in (r for r in reports if r.as_of >= since):
        value = _net(report, contract)
        if value is None:
            continue
        if kind == "net":
            yield Reading(report.as_of, value)
            continue
        before = earlier(reports, report, 1)
        was = _net(before, contract) if before is not None else None
        if before is None or was is None or (report.as_of - before.as_of).days > WEEK_DAYS:
            continue  # no report a week before: a month's move is not the week's
        if kind == "change":
            yield Reading(report.as_of, value - was)
        elif was:
            yield Reading(report.as_of, 100 * (value - was) / abs(was))


def _net(report: Report, contract: str) -> float | None:
    """Return the net short: contracts of one, or the face of all in USD billion."""
    if contract == "ALL":
        return report.net_face_bn
    short = report.short(contract)
    return None if short is None else float(short.net)


def crossing(rule: Rule, crossed: bool, found: Sequence[Reading]) -> tuple[bool, Reading | None]:
    """Return how the rule stands after these readings, and the last that crossed the bound."""
    told = None
    for reading in found:
        now = rule.crossed(reading.value)
        if now and not crossed:
            told = reading
        crossed = now
    return crossed, told
