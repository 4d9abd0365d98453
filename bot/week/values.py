"""A week of the digest in plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from knowledge.report import Claim
from tools import positions
from tools.market.backtest import Week
from tools.market.baskets import CtdDv01
from tools.market.bundled import Episode
from tools.market.data import FeedStatus, Origin
from tools.market.implied import Implied
from tools.market.measures import Unit
from tools.market.snapshot import Age
from tools.positions import Change, Percentile, Report
from tools.riskscore import Score

PARTS = ("size", "stress", "funding", "volatility", "unwind")  # of the score


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
    """One figure of a measure, in the measure's unit.

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


Sources = tuple[tuple[str, date], ...]
PRICES = "treasury_prices"


@dataclass(frozen=True, slots=True)
class Digest:
    """One week in plain values, ready to be said in either language.

    `on` is the day whose end in New York bounds what was known. `score` is None where too much
    is missing; `missing` names the inputs. `rates` are SOFR's neighbours, `buckets` the dealers'
    net positions by maturity, `slow` monthly and quarterly figures that are new this week.
    `implied` are the contracts' CTDs and implied repo rates, where settlements are given.
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
    implied: tuple[Implied, ...]
    dealers: tuple[Figure, ...]
    rates: tuple[Figure, ...]
    buckets: tuple[Figure, ...]
    slow: tuple[Figure, ...]
    absent: tuple[Absent, ...]
    ages: tuple[Age, ...]
    blind_spots: tuple[str, ...]
    episodes: tuple[Episode, ...]
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
    def sources(self) -> Sources:
        """Return each source key with the newest date that is used of it."""
        return self.sources_of(self.figures)

    def sources_of(self, figures: Iterable[Figure]) -> Sources:
        """Return the sources of the positions and of some figures, as `sources` does."""
        newest: dict[str, date] = {}
        if self.positions:
            newest[self.positions.report.source] = self.positions.report.as_of
        for figure in figures:
            newest[figure.source] = max(figure.as_of, newest.get(figure.source, figure.as_of))
        priced = [made.day for made in self.implied]
        if self.positions and self.positions.priced:
            priced.append(self.positions.priced)
        if priced:
            newest[PRICES] = max(priced)
        return tuple(newest.items())


def _less(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before
