"""MarketData and a moment -> the inputs of the score, with how old each of them is.

Shared by the digest and the back-test, so that a past week is scored as a live one is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from tools.market.data import MarketData, Point
from tools.positions import Report, earlier
from tools.riskscore import Inputs, realised_volatility_bp, unwind_pct

State = Literal["fresh", "stale", "dropped", "missing"]
TFF_LIMITS = (12, 75)
DAILY_LIMITS = (4, 7)
DEALER_LIMITS = (16, 30)


@dataclass(frozen=True, slots=True)
class Age:
    """How old an input is: `dropped` is too old to be used, `missing` was never there."""

    input: str
    as_of: date | None
    days: int | None
    state: State

    @property
    def usable(self) -> bool:
        """Tell whether the input may still be used."""
        return self.state in {"fresh", "stale"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the public knew at the end of a day in New York, ready to be scored."""

    on: date
    report: Report | None
    earlier: Report | None
    window: tuple[tuple[date, float], ...]
    inputs: Inputs
    ages: tuple[Age, ...]


def age_of(name: str, as_of: date | None, on: date, limits: tuple[int, int]) -> Age:
    """Return an input's age in calendar days: fresh, stale or dropped by its two limits."""
    if as_of is None:
        return Age(name, None, None, "missing")
    days = (on - as_of).days
    fresh, last = limits
    state: State = "fresh" if days <= fresh else "stale" if days <= last else "dropped"
    return Age(name, as_of, days, state)


def iorb_on(steps: Sequence[Point], day: date, known_through: date | None) -> float | None:
    """Return the interest on reserve balances of a day: the last rate to take effect by then.

    None before the first step, and after `known_through` unless a later step is known.
    """
    at = bisect_right(steps, day, key=lambda step: step.as_of)
    if not at or (known_through is not None and day > max(known_through, steps[-1].as_of)):
        return None
    return steps[at - 1].value


def sofr_over_iorb_bp(
    data: MarketData, since: datetime, until: datetime
) -> list[tuple[date, float]]:
    """Return SOFR less IORB, basis points, for the SOFR published in (since, until].

    By publication, not by date: Friday's SOFR comes on Monday and belongs to the next digest; a
    window by dates would lose every Friday.
    """
    steps = data.series("iorb")
    known = len(data.series("sofr", since))
    window = []
    for point in data.series("sofr", until)[known:]:
        iorb = iorb_on(steps, point.as_of, data.iorb_known_through)
        if iorb is not None:
            window.append((point.as_of, 1e4 * (point.value - iorb)))
    return window


def _newest(points: Sequence[Point]) -> date | None:
    return points[-1].as_of if points else None


def snapshot(data: MarketData, on: date, since: datetime, until: datetime) -> Snapshot:
    """Return the inputs known at `until`, with the SOFR published after `since`.

    `on` is the day that ages are counted to.
    """
    published = [r for r in data.reports if r.published_at <= until]
    newest = published[-1] if published else None
    tff = age_of("tff", newest.as_of if newest else None, on, TFF_LIMITS)
    sofr = age_of("sofr", _newest(data.series("sofr", until)), on, DAILY_LIMITS)
    ten_year = data.series("ust_10y", until)
    ust = age_of("ust_10y", _newest(ten_year), on, DAILY_LIMITS)
    before = earlier(published, newest, 4) if newest else None
    window = sofr_over_iorb_bp(data, since, until)
    yields = [point.value for point in ten_year[-21:]]
    size = newest if newest and tff.usable else None
    inputs = Inputs(
        dv01_m=size.net_dv01_m if size else None,
        pct_oi=size.pct_oi if size else None,
        sofr_iorb_max_bp=max((bp for _, bp in window), default=None),
        rv20_bp=realised_volatility_bp(yields) if ust.usable else None,
        unwind_pct=_unwind(size, before, on),
    )
    return Snapshot(on, newest, before, tuple(window), inputs, (tff, sofr, ust))


def _unwind(newest: Report | None, before: Report | None, on: date) -> float | None:
    if newest is None or before is None:
        return None
    sides = [(report.as_of, report.gross_dv01_m) for report in (newest, before)]
    return unwind_pct(sides[0], sides[1], on)
