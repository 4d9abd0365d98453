"""MarketData -> the risk score week by week, point in time, as the public could have known it.

Follows the reference back-test (docs/methods/score.md): every report out three days after its
date, the two shutdowns by their tables; SOFR out on the next calendar day; a Friday whose newest
report is not in the record stays without a score.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tools.market import publication
from tools.market.data import MarketData
from tools.market.snapshot import snapshot
from tools.riskscore import Inputs, Score, risk_score

FIRST = date(2018, 4, 6)
LAST = date(2025, 11, 21)


@dataclass(frozen=True, slots=True)
class Week:
    """One Friday: the newest report's age and face, the inputs and, where possible, the score."""

    friday: date
    tff_age: int | None
    net_face_bn: float | None
    inputs: Inputs
    score: Score | None


def backtest(data: MarketData, first: date = FIRST, last: date = LAST) -> list[Week]:
    """Return every Friday from `first` to `last`, ascending, scored by the reference rules."""
    data = data.republished(publication.reference_tff_published, publication.reference_published)
    return weekly(data, first, last)


def weekly(data: MarketData, first: date, last: date) -> list[Week]:
    """Return every seventh day from `first` to `last` with its score, by the data's own dates."""
    count = (last - first).days // 7 + 1
    return [week(data, first + timedelta(weeks=n)) for n in range(count)]


def week(data: MarketData, day: date, now: datetime | None = None) -> Week:
    """Return the score of the week to a day, by what was known at its end, or `now` if sooner."""
    end = publication.end_of(day)
    until = end if now is None else min(now, end)
    shot = snapshot(data, day, publication.end_of(day - timedelta(days=7)), until)
    newest = shot.report
    gap = _unrecorded(data, newest.as_of if newest else date.min, until)
    return Week(
        day,
        (day - newest.as_of).days if newest else None,
        newest.net_face_bn if newest else None,
        shot.inputs,
        None if gap else risk_score(shot.inputs),
    )


def _unrecorded(data: MarketData, newest: date, until: datetime) -> bool:
    """Tell whether a later report was out by then that the record lacks."""
    return any(published <= until and day > newest for day, published in data.missing_reports)
