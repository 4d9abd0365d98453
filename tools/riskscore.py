"""Five market figures -> SIZE, STRESS and SCORE, 0 to 100, with the range for what is missing.

Coincident, not predictive; the anchors were chosen with three episodes in view. It is no
probability and must never be called one. Method and back-test: docs/methods/score.md.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from itertools import pairwise
from typing import Literal

Band = Literal["calm", "watch", "elevated", "severe"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the score is made of; None is missing.

    `dv01_m`: leveraged funds' net short, USD million per basis point. `pct_oi`: the same in
    percent of open interest, DV01-weighted. `sofr_iorb_max_bp`: the highest SOFR less IORB of
    the window. `rv20_bp`: realised volatility of the 10-year yield, basis points a day.
    `unwind_pct`: how far the gross short fell in four reports.
    """

    dv01_m: float | None = None
    pct_oi: float | None = None
    sofr_iorb_max_bp: float | None = None
    rv20_bp: float | None = None
    unwind_pct: float | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the names of the inputs that are missing."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is None)


# Where each component stands at 0 and at 100; linear between, clipped outside.
ANCHORS: Mapping[str, tuple[float, float]] = {
    "dv01_m": (50, 450),
    "pct_oi": (5, 40),
    "sofr_iorb_max_bp": (-10, 25),
    "rv20_bp": (3, 10),
    "unwind_pct": (0, 20),
}
SIZE_INPUTS = ("dv01_m", "pct_oi")
STRESS_INPUTS = ("sofr_iorb_max_bp", "rv20_bp", "unwind_pct")
SIZE_WEIGHT = 0.4
STRESS_HEADLINE = 65.0
BANDS: tuple[tuple[float, Band], ...] = ((70, "severe"), (60, "elevated"), (40, "watch"))


@dataclass(frozen=True, slots=True)
class Score:
    """One week's score. Components are None where missing; `low` and `high` bound the score.

    `inputs` counts the inputs that were there, of five.
    """

    score: float
    size: float
    stress: float
    funding: float | None
    volatility: float | None
    unwind: float | None
    low: float
    high: float
    inputs: int

    @property
    def band(self) -> Band:
        """Return the band of the unrounded score."""
        return band(self.score)

    @property
    def stress_leads(self) -> bool:
        """Tell whether the headline must name the stress components whatever the band."""
        return self.stress >= STRESS_HEADLINE


def band(score: float) -> Band:
    """Return calm below 40, watch to 60, elevated to 70, severe from there."""
    return next((name for floor, name in BANDS if score >= floor), "calm")


def component(name: str, value: float) -> float:
    """Return an input on its scale from 0 to 100."""
    low, high = ANCHORS[name]
    return min(100.0, max(0.0, 100 * (value - low) / (high - low)))


def combine(size: float, stress: Sequence[float]) -> tuple[float, float]:
    """Return (STRESS, SCORE): STRESS is half the mean and half the worst of its components."""
    whole = 0.5 * statistics.fmean(stress) + 0.5 * max(stress)
    return whole, SIZE_WEIGHT * size + (1 - SIZE_WEIGHT) * whole


def risk_score(inputs: Inputs) -> Score | None:
    """Return the score, or None where SIZE is missing or two of the three STRESS inputs are.

    A missing component counts as 0 in the score and as 100 in `high`: dropping it from the mean
    would raise the score for want of data.
    """
    gone = set(inputs.missing)
    if gone & set(SIZE_INPUTS) or len(gone & set(STRESS_INPUTS)) > 1:
        return None
    parts = {
        f.name: component(f.name, value)
        for f in fields(inputs)
        if (value := getattr(inputs, f.name)) is not None
    }
    size = statistics.fmean(parts[name] for name in SIZE_INPUTS)
    stress, score = combine(size, [parts.get(name, 0.0) for name in STRESS_INPUTS])
    _, high = combine(size, [parts.get(name, 100.0) for name in STRESS_INPUTS])
    return Score(
        score,
        size,
        stress,
        funding=parts.get("sofr_iorb_max_bp"),
        volatility=parts.get("rv20_bp"),
        unwind=parts.get("unwind_pct"),
        low=score,
        high=high,
        inputs=len(parts),
    )


def realised_volatility_bp(yields: Sequence[float], days: int = 20) -> float | None:
    """Return the sample deviation of the last daily changes, basis points; yields are decimals.

    None with fewer than `days` changes.
    """
    last = yields[-(days + 1) :]
    if len(last) <= days:
        return None
    changes = [after - before for before, after in pairwise(last)]
    return 1e4 * statistics.stdev(changes)


def unwind_pct(
    newest: tuple[date, float | None], earlier: tuple[date, float | None] | None, on: date
) -> float | None:
    """Return the fall of the gross short since four reports earlier, percent of what it was.

    Each side is (report date, gross DV01). None where a side is unknown, where the two lie more
    than 35 days apart or where the newest is more than 12 days old on the day `on`.
    """
    if earlier is None or newest[1] is None or not earlier[1]:
        return None
    if (newest[0] - earlier[0]).days > 35 or (on - newest[0]).days > 12:
        return None
    return 100 * (earlier[1] - newest[1]) / earlier[1]
