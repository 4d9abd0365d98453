"""What the public knew at the end of a day, and a week earlier -> this week's Digest."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from knowledge.report import Claim
from tools import positions
from tools.market import bundled, publication
from tools.market.backtest import FIRST, Week, weekly
from tools.market.baskets import CtdDv01, ctd_dv01s
from tools.market.data import FeedStatus, MarketData, Origin, Point
from tools.market.snapshot import (
    DAILY_LIMITS,
    DEALER_LIMITS,
    Age,
    Snapshot,
    age_of,
    iorb_on,
    snapshot,
)
from tools.positions import Change, Percentile, Report
from tools.riskscore import Score, risk_score

Unit = Literal["pct", "bp", "bp_day", "usd", "times"]

# Always true of public data; the reader must hear it each week.
BLIND_SPOTS = ("swap_spreads", "haircuts", "which_shorts")
OFR_LIMITS = (7, 14)  # five and ten business days
BUCKETS = ("0_2y", "2_3y", "3_6y", "6_7y", "7_11y", "11_21y", "21y")
NEIGHBOURS = ("iorb", "effr", "tgcr", "bgcr", "srf_rate")
# Monthly and quarterly figures: shown only in weeks with a new value.
SLOW: tuple[tuple[str, Unit], ...] = (
    ("tic_cayman", "usd"),
    ("hf_leverage", "times"),
    ("hf_leverage_top10", "times"),
)
WEEK_DAYS = 10  # the longest span between two reports that still counts as a week
FOUR_WEEK_DAYS = 35
TENORS = (2, 5, 10, 30)
PARTS = ("size", "funding", "volatility", "unwind")


@dataclass(frozen=True, slots=True)
class PositionRow:
    """Leveraged funds in one contract. Changes are None where no report is near enough.

    `ctd` is the DV01 of the cheapest to deliver, None where the static table must stand in.
    """

    short: positions.Short
    week: int | None
    four_weeks: int | None
    percentile: Percentile | None
    ctd: CtdDv01 | None = None

    @property
    def dv01_usd(self) -> float:
        """Return the DV01 of one contract, USD per basis point."""
        return self.ctd.dv01_usd if self.ctd else positions.TREASURY[self.short.contract].dv01_usd

    @property
    def dv01_m(self) -> float:
        """Return the net short's DV01, USD million per basis point."""
        return self.short.net * self.dv01_usd / 1e6


@dataclass(frozen=True, slots=True)
class PositionBlock:
    """Leveraged funds' shorts of one report, with what moved since earlier ones."""

    report: Report
    rows: tuple[PositionRow, ...]
    week: Change | None
    four_weeks: Change | None
    percentile: Percentile | None

    @property
    def net_dv01_m(self) -> float:
        """Return the DV01 of all net shorts, USD million per basis point, as the rows show it."""
        return sum(row.dv01_m for row in self.rows)

    @property
    def priced(self) -> date | None:
        """Return the day of the prices behind the DV01s, None where the static table stands in."""
        return max((row.ctd.priced for row in self.rows if row.ctd), default=None)

    @property
    def static(self) -> tuple[str, ...]:
        """Return the contracts whose DV01 is the static table's."""
        return tuple(row.short.contract for row in self.rows if row.ctd is None)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure in its unit: percent, basis points (a day), USD or a multiple.

    `change` is on the week, of the slow figures on their month or quarter.
    """

    key: str
    value: float
    unit: Unit
    as_of: date
    source: str
    change: float | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """A figure that the digest would show if it were known and not too old."""

    key: str
    last: date | None


@dataclass(frozen=True, slots=True)
class Digest:
    """One week in plain values, ready to be said in either language.

    `on` is the day whose end in New York bounds what was known. `score` is None where too much
    is missing; `missing` names the inputs. `rates` are SOFR's neighbours, `buckets` the dealers'
    net positions by maturity, `slow` monthly and quarterly figures that are new this week.
    `reports` and `weeks` are the history for the charts.
    """

    on: date
    origin: Origin
    score: Score | None
    score_before: Score | None
    missing: tuple[str, ...]
    positions: PositionBlock | None
    funding: tuple[Figure, ...]
    volatility: tuple[Figure, ...]
    dealers: tuple[Figure, ...]
    rates: tuple[Figure, ...]
    buckets: tuple[Figure, ...]
    slow: tuple[Figure, ...]
    absent: tuple[Absent, ...]
    ages: tuple[Age, ...]
    blind_spots: tuple[str, ...]
    episodes: tuple[bundled.Episode, ...]
    claims: tuple[Claim, ...]
    feeds: tuple[FeedStatus, ...]
    reports: tuple[Report, ...] = field(repr=False)
    weeks: tuple[Week, ...] = field(repr=False)

    def age(self, name: str) -> Age:
        """Return the age of one input by its name."""
        return next(age for age in self.ages if age.input == name)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Return all figures in the order in which they are shown."""
        return (*self.funding, *self.volatility, *self.dealers, *self.slow)

    @property
    def moved(self) -> tuple[tuple[str, float | None], ...]:
        """Return by how much each part of the score moved on the week; None where one is n/a."""
        now, before = self.score, self.score_before
        if now is None or before is None:
            return ()
        return tuple((part, _less(getattr(now, part), getattr(before, part))) for part in PARTS)

    @property
    def sources(self) -> tuple[tuple[str, date], ...]:
        """Return each source key with the newest date that is used of it."""
        newest: dict[str, date] = {}
        if self.positions:
            newest[self.positions.report.source] = self.positions.report.as_of
        for figure in self.figures:
            newest[figure.source] = max(figure.as_of, newest.get(figure.source, figure.as_of))
        return tuple(newest.items())


def _less(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before


def compose(data: MarketData, on: date, claims: Sequence[Claim] = ()) -> Digest:
    """Return the digest of all that was published by the end of `on` in New York.

    `claims` are those that came to the library within the week.
    """
    known = data.until(publication.end_of(on))
    now, before = _snapshot(known, on), _snapshot(known, on - timedelta(days=7))
    desk = _Desk(known, on)
    funding = (*desk.figure("sofr", "pct", 100, 1e4), *_spreads(now), *desk.funding())
    volatility = (*_realised(now, before), *desk.yields())
    dealers = tuple(desk.dealers())
    return Digest(
        on=on,
        origin=data.origin,
        score=risk_score(now.inputs),
        score_before=risk_score(before.inputs),
        missing=now.inputs.missing,
        positions=_positions(known, now.report, on),
        funding=funding,
        volatility=volatility,
        dealers=dealers,
        rates=tuple(f for name in NEIGHBOURS for f in desk.neighbour(name)),
        buckets=tuple(desk.buckets()),
        slow=tuple(f for name, unit in SLOW for f in desk.slow(name, unit)),
        absent=desk.absent({figure.key for figure in (*funding, *volatility, *dealers)}),
        ages=(*now.ages, desk.age("pd_fails_deliver", DEALER_LIMITS)),
        blind_spots=BLIND_SPOTS,
        episodes=tuple(episode for episode in bundled.episodes() if episode.friday < on),
        claims=tuple(claims),
        feeds=data.feeds,
        reports=known.reports,
        weeks=_history(known, on),
    )


def _snapshot(data: MarketData, on: date) -> Snapshot:
    week_ago = publication.end_of(on - timedelta(days=7))
    return snapshot(data, on, week_ago, publication.end_of(on))


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


def _spreads(now: Snapshot) -> Iterator[Figure]:
    """Yield SOFR less IORB over the window: its mean, and its highest day with that date."""
    if not now.window:
        return
    day, highest = max(now.window, key=lambda point: point[1])
    mean = statistics.fmean(bp for _, bp in now.window)
    yield Figure("sofr_iorb_mean", mean, "bp", now.window[-1][0], "fed_notes")
    yield Figure("sofr_iorb_max", highest, "bp", day, "fed_notes")


def _realised(now: Snapshot, before: Snapshot) -> Iterator[Figure]:
    as_of, value, earlier = now.age("ust_10y").as_of, now.inputs.rv20_bp, before.inputs.rv20_bp
    if as_of and value is not None:
        change = None if earlier is None else value - earlier
        yield Figure("rv20", value, "bp_day", as_of, "treasury_par", change)


@dataclass(frozen=True)
class _Desk:
    """The daily series on one day: the newest figure, if not too old, and its week's change."""

    data: MarketData
    on: date

    def newest(self, series: str) -> Point | None:
        points = self.data.series(series)
        return points[-1] if points else None

    def age(self, series: str, limits: tuple[int, int]) -> Age:
        point = self.newest(series)
        return age_of(series, point.as_of if point else None, self.on, limits)

    def usable(self, series: str, limits: tuple[int, int] = DAILY_LIMITS) -> Point | None:
        return self.newest(series) if self.age(series, limits).usable else None

    def week_ago(self, series: str) -> Point | None:
        """Return what a digest a week earlier showed."""
        points = self.data.series(series, publication.end_of(self.on - timedelta(days=7)))
        return points[-1] if points else None

    def figure(
        self, series: str, unit: Unit, scale: float, change_scale: float | None = None
    ) -> Iterator[Figure]:
        point, before = self.usable(series), self.week_ago(series)
        if point is None:
            return
        change = (point.value - before.value) * (change_scale or scale) if before else None
        yield Figure(series, point.value * scale, unit, point.as_of, point.source, change)

    def spread(self, key: str, of: str, over: str) -> Iterator[Figure]:
        """Yield one rate less another, basis points, where both are known for the same day."""
        point, other = self.usable(of), self.usable(over)
        if point and other and point.as_of == other.as_of:
            yield Figure(key, 1e4 * (point.value - other.value), "bp", point.as_of, point.source)

    def funding(self) -> Iterator[Figure]:
        """Yield SOFR's neighbours: the tail, the gap to tri-party, volumes, the Fed's tools."""
        yield from self.spread("sofr_p99", "sofr_p99", "sofr")
        yield from self.spread("sofr_tgcr", "sofr", "tgcr")
        yield from self.cleared_over_triparty()
        yield from self.figure("sofr_volume", "usd", 1)
        yield from self.take_up()
        yield from self.figure("rrp", "usd", 1)

    def cleared_over_triparty(self) -> Iterator[Figure]:
        """Yield the rate of cleared bilateral repo less TGCR, on the newest day that has both."""
        if self.usable("repo_dvp_rate", OFR_LIMITS) is None:
            return
        tgcr = {point.as_of: point.value for point in self.data.series("tgcr")[-20:]}
        for point in reversed(self.data.series("repo_dvp_rate")[-20:]):
            if point.as_of in tgcr:
                value = 1e4 * (point.value - tgcr[point.as_of])
                yield Figure("dvp_tgcr", value, "bp", point.as_of, point.source)
                return

    def take_up(self) -> Iterator[Figure]:
        """Yield the standing repo facility's busiest day of the week: most days it is nil."""
        if self.usable("srf_takeup") is None:
            return
        week = [p for p in self.data.series("srf_takeup") if p.as_of > self.on - timedelta(days=7)]
        if week:
            busiest = max(week, key=lambda point: (point.value, point.as_of))
            yield Figure("srf_takeup", busiest.value, "usd", busiest.as_of, busiest.source)

    def neighbour(self, series: str) -> Iterator[Figure]:
        """Yield a rate beside SOFR; a policy rate holds until the next step."""
        if series not in {"iorb", "srf_rate"}:
            yield from self.figure(series, "pct", 100, 1e4)
            return
        steps = self.data.series(series)
        value = iorb_on(steps, self.on, self.data.iorb_known_through)
        if value is not None:
            held = [step for step in steps if step.as_of <= self.on]
            changed = max((n for n, step in enumerate(held) if step.value != value), default=-1)
            since = held[changed + 1]
            yield Figure(series, 100 * value, "pct", since.as_of, since.source)

    def yields(self) -> Iterator[Figure]:
        for years in TENORS:
            yield from self.figure(f"ust_{years}y", "pct", 100, 1e4)

    def dealers(self) -> Iterator[Figure]:
        buckets = list(self.buckets())
        if len(buckets) == len(BUCKETS) and len({figure.as_of for figure in buckets}) == 1:
            total, change = sum(f.value for f in buckets), [f.change for f in buckets]
            known = [c for c in change if c is not None]
            yield Figure(
                "pd_pos_coupons", total, "usd", buckets[0].as_of, buckets[0].source,
                sum(known) if len(known) == len(change) else None,
            )  # fmt: skip
        for series in ("pd_fails_deliver", "pd_fails_receive"):
            yield from self.weekly(series)

    def buckets(self) -> Iterator[Figure]:
        """Yield the dealers' net positions in coupon securities by time to maturity."""
        for bucket in BUCKETS:
            yield from self.weekly(f"pd_pos_{bucket}")

    def weekly(self, series: str) -> Iterator[Figure]:
        """Yield a weekly figure with its change on the week before it, in USD."""
        if (point := self.usable(series, DEALER_LIMITS)) is None:
            return
        before = [p for p in self.data.series(series) if 0 < (point.as_of - p.as_of).days <= 8]
        change = point.value - before[-1].value if before else None
        yield Figure(series, point.value, "usd", point.as_of, point.source, change)

    def slow(self, series: str, unit: Unit) -> Iterator[Figure]:
        """Yield a monthly or quarterly figure that became public within the week."""
        points = self.data.series(series)
        since = publication.end_of(self.on - timedelta(days=7))
        if points and points[-1].published_at > since:
            change = points[-1].value - points[-2].value if len(points) > 1 else None
            newest = points[-1]
            yield Figure(series, newest.value, unit, newest.as_of, newest.source, change)

    def absent(self, shown: set[str]) -> tuple[Absent, ...]:
        """Return what the digest lacks, with the last date on which it was known."""
        legs = {"sofr_tgcr": "tgcr", "sofr_iorb_max": "iorb"}
        wanted = ("sofr", "sofr_iorb_max", "sofr_p99", "sofr_tgcr", "sofr_volume", "srf_takeup")
        found = [
            (key, self.newest(legs.get(key, key)))
            for key in (*wanted, "rrp", "rv20", "ust_10y")
            if key not in shown
        ]
        return tuple(Absent(key, point.as_of if point else None) for key, point in found)
