"""The daily, weekly and monthly series on one day -> the digest's figures, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.week.values import Absent, Figure, Unit
from tools.market.data import MarketData, Point
from tools.market.publication import end_of
from tools.market.snapshot import DAILY_LIMITS, DEALER_LIMITS, Age, age_of, iorb_on

OFR_LIMITS = (7, 14)  # five and ten business days
BUCKETS = ("0_2y", "2_3y", "3_6y", "6_7y", "7_11y", "11_21y", "21y")
NEIGHBOURS = ("iorb", "effr", "tgcr", "bgcr", "srf_rate")
# Monthly and quarterly figures: shown only in weeks with a new value.
SLOW: tuple[tuple[str, Unit], ...] = (
    ("tic_cayman", "usd"),
    ("hf_leverage", "times"),
    ("hf_leverage_top10", "times"),
)
TENORS = (2, 5, 10, 30)


@dataclass(frozen=True)
class Desk:
    """The series on one day: the newest figure, if not too old, and its week's change."""

    data: MarketData
    on: date

    def newest(self, series: str) -> Point | None:
        """Return the newest point of a series, None where it has none."""
        points = self.data.series(series)
        return points[-1] if points else None

    def age(self, series: str, limits: tuple[int, int]) -> Age:
        """Return how old a series is."""
        point = self.newest(series)
        return age_of(series, point.as_of if point else None, self.on, limits)

    def usable(self, series: str, limits: tuple[int, int] = DAILY_LIMITS) -> Point | None:
        """Return the newest point, None where it is too old."""
        return self.newest(series) if self.age(series, limits).usable else None

    def week_ago(self, series: str) -> Point | None:
        """Return what a digest a week earlier showed."""
        points = self.data.series(series, end_of(self.on - timedelta(days=7)))
        return points[-1] if points else None

    def figure(
        self, series: str, unit: Unit, scale: float, change_scale: float | None = None
    ) -> Iterator[Figure]:
        """Yield a series' figure in its unit, with its change on the week, unless it is too old."""
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
        """Yield the yields of the par curve."""
        for years in TENORS:
            yield from self.figure(f"ust_{years}y", "pct", 100, 1e4)

    def dealers(self) -> Iterator[Figure]:
        """Yield the dealers' net position, where every bucket is known, and their fails."""
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
        since = end_of(self.on - timedelta(days=7))
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
