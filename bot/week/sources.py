"""The measures on one day -> the digest's figures, block by block, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from bot.week.values import Absent, Figure
from tools.market.data import MarketData
from tools.market.measures import A_WEEK, MEASURES, Block, Measure, Reading, readings
from tools.market.publication import end_of
from tools.market.snapshot import iorb_on

A_REPORT = timedelta(days=8)  # weekly reports lie no farther apart
# What a digest that lacks it must say.
WANTED = (
    "sofr", "sofr_iorb_max", "sofr_p99", "sofr_tgcr", "sofr_volume", "srf_takeup", "rrp", "rv20",
    "ust_10y",
)  # fmt: skip


def figures(data: MarketData, on: date, block: Block) -> tuple[Figure, ...]:
    """Return a block's figures on a day, each with its change, but for those that are too old."""
    measures = [measure for measure in MEASURES.values() if measure.block == block]
    return tuple(figure for measure in measures for figure in _figure(data, measure, on))


def newest(data: MarketData, series: str, on: date) -> date | None:
    """Return the as-of date of a series' newest figure, None where it has none."""
    points = data.series(series, end_of(on))
    return points[-1].as_of if points else None


def absent(data: MarketData, on: date, shown: set[str]) -> tuple[Absent, ...]:
    """Return what the digest lacks, with the last date on which all parts of it were known."""
    lacking = [MEASURES[key] for key in WANTED if key not in shown]
    days = [[newest(data, series, on) for series in measure.series] for measure in lacking]
    last = [None if None in of else min(day for day in of if day) for of in days]
    return tuple(Absent(m.key, day) for m, day in zip(lacking, last, strict=True))


def _figure(data: MarketData, measure: Measure, on: date) -> Iterator[Figure]:
    if measure.shown == "step":
        yield from _step(data, measure, on)
        return
    known = _usable(data, measure, on)
    if not known:
        return
    last = known[-1]
    if measure.shown == "high":  # the busiest day: most days it is nil
        week = [reading for reading in known if reading.as_of > on - A_WEEK]
        if week:
            yield _of(measure, max(week, key=lambda reading: (reading.value, reading.as_of)))
        return
    before = None
    if measure.shown == "week":  # against what a digest a week earlier showed
        before = next(reversed(_usable(data, measure, on - A_WEEK)), None)
    elif measure.shown != "level":
        if measure.shown == "new" and last in _usable(data, measure, on - A_WEEK):
            return
        near = known[-2].as_of if known[1:] else date.min
        if measure.shown == "new" or last.as_of - near <= A_REPORT:
            before = next(reversed(known[:-1]), None)
    yield _of(measure, last, before)


def _of(measure: Measure, now: Reading, before: Reading | None = None) -> Figure:
    """Return the figure of a reading; a rate moves in basis points, whatever it is quoted in."""
    scale = 100 if measure.unit == "pct" else 1
    change = None if before is None else scale * (now.value - before.value)
    return Figure(measure.key, now.value, measure.unit, now.as_of, now.source, change)


def _usable(data: MarketData, measure: Measure, on: date) -> tuple[Reading, ...]:
    """Return what was known of a measure at a day's end and is not too old to be shown."""
    return readings(data, measure, end_of(on), on - timedelta(days=measure.limits[1]))


def _step(data: MarketData, measure: Measure, on: date) -> Iterator[Figure]:
    """Yield a policy rate, which holds until the next step, with the day since when it holds."""
    [series] = measure.series
    steps = data.series(series, end_of(on))
    if iorb_on(steps, on, data.iorb_known_through) is not None:
        held = [step for step in steps if step.as_of <= on]
        changed = [after for before, after in pairwise(held) if after.value != before.value]
        since = next(reversed(changed), held[0])
        yield Figure(measure.key, 100 * since.value, measure.unit, since.as_of, since.source)
