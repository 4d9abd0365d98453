"""Market data with its dates: what is known, as of when, and since when the public knew it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from tools.market import publication
from tools.positions import Report

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from tools.contracts import ContractMonth

FUTURES_FILE = "futures.csv"  # settlements that whoever runs the bot may lay beside the data
Origin = Literal["bundled", "recorded", "fetched"]
COLUMNS = ("series", "as_of", "value", "published_at", "source")


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of a series: its as-of date, value, publication moment and source key."""

    as_of: date
    value: float
    published_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Security:
    """A nominal Treasury note or bond as it was first auctioned.

    `auctioned` is since when its terms are known; `coupon_pct` in percent.
    """

    cusip: str
    coupon_pct: float
    maturity: date
    issued: date
    dated: date
    auctioned: date

    @property
    def original_months(self) -> int:
        """Return the term at first issue, in whole months, rounded."""
        days = (self.maturity - self.dated).days
        return round(days / 365.25 * 12)


@dataclass(frozen=True, slots=True)
class Announced:
    """An auction of a note or bond that was announced and not yet held, by what was known when."""

    cusip: str
    term: str
    auction: date
    issue: date
    known: date


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """How one feed stands after a try: its newest as-of date, or why there is nothing new.

    `error` is a code (`feed.<code>` in the locales) and `values` fill its sentence; `route` is
    the way that worked, where a feed has fallbacks. `partial`: the newest figures came, and only
    some other part failed. `expected` is the oldest day that the newest figure should be of.
    """

    feed: str
    newest: date | None = None
    checked_at: datetime | None = None
    route: str | None = None
    error: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    partial: bool = False
    expected: date | None = None

    @property
    def late(self) -> bool:
        """Tell whether all went well and the newest figure is still older than it should be."""
        newest, expected = self.newest, self.expected
        return self.ok and newest is not None and expected is not None and newest < expected

    @property
    def ok(self) -> bool:
        """Tell whether the last try brought a good body."""
        return self.error is None


def _day_of(moment: datetime) -> date:
    return moment.astimezone(publication.NEW_YORK).date()


def values_frame(
    series: str, days: Sequence[date] | pd.Series, values: Iterable[float], source: str
) -> pd.DataFrame:
    """Return one series in the shape of `MarketData.values`, published by the usual rule."""
    import pandas as pd

    as_of = pd.DatetimeIndex(pd.to_datetime(pd.Series(days))).as_unit("s")
    frame = pd.DataFrame({"series": series, "as_of": as_of, "value": values})
    frame["published_at"] = publication.published(series, as_of.to_numpy())
    frame["source"] = source
    return frame.dropna(subset=["value"]).reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class MarketData:
    """All that is known of the market, each figure with its as-of and publication date.

    `reports`: leveraged funds' shorts by report date, ascending. `values`: a pandas frame of
    daily and weekly series, one figure a row (`series`, `as_of`, `value`, `published_at` in UTC,
    `source`); rates are decimals, amounts USD. `securities`: notes and bonds by maturity.
    `prices`: clean prices per 100 by CUSIP at the end of a day. `futures`: settlements in points by
    contract on a day, given by whoever runs the bot. `announced`: auctions to come, the
    next one first. `missing_reports`: reports that
    exist but are not here, by report and publication date. `iorb_known_through`: where the dated
    table of policy rates ends.
    """

    reports: tuple[Report, ...]
    values: pd.DataFrame
    origin: Origin
    securities: tuple[Security, ...] = ()
    prices: Mapping[date, Mapping[str, float]] = field(default_factory=dict, repr=False)
    futures: Mapping[date, Mapping[ContractMonth, float]] = field(default_factory=dict, repr=False)
    announced: tuple[Announced, ...] = ()
    missing_reports: tuple[tuple[date, datetime], ...] = ()
    iorb_known_through: date | None = None
    feeds: tuple[FeedStatus, ...] = field(default=())

    def until(self, moment: datetime) -> MarketData:
        """Return what the public knew at a moment."""
        return replace(
            self,
            reports=tuple(r for r in self.reports if r.published_at <= moment),
            values=self.values[self.values["published_at"] <= moment],
            securities=tuple(s for s in self.securities if s.auctioned <= _day_of(moment)),
            prices={day: held for day, held in self.prices.items() if day <= _day_of(moment)},
            futures={day: held for day, held in self.futures.items() if day <= _day_of(moment)},
            announced=tuple(a for a in self.announced if a.known <= _day_of(moment)),
            missing_reports=tuple(m for m in self.missing_reports if m[1] <= moment),
        )

    def republished(
        self,
        tff: Callable[[date], datetime],
        rule: Callable[[str, NDArray[np.datetime64]], pd.DatetimeIndex],
    ) -> MarketData:
        """Return the same figures with publication moments by other rules."""
        values = self.values.copy()
        for series, part in values.groupby("series"):
            stamps = rule(str(series), part["as_of"].to_numpy())
            values.loc[part.index, "published_at"] = stamps.as_unit("s")
        return replace(
            self,
            reports=tuple(replace(r, published_at=tff(r.as_of)) for r in self.reports),
            missing_reports=tuple((day, tff(day)) for day, _ in self.missing_reports),
            values=values,
        )

    @cached_property
    def _points(self) -> dict[str, tuple[Point, ...]]:
        """Group once: a digest asks for many series, a back-test for each of them many times."""
        ordered = self.values.sort_values(["published_at", "as_of"], kind="stable")
        return {
            str(name): tuple(
                Point(as_of.date(), value, stamp.to_pydatetime(), source)
                for as_of, value, stamp, source in zip(
                    part["as_of"], part["value"], part["published_at"], part["source"], strict=True
                )
            )
            for name, part in ordered.groupby("series", sort=False)
        }

    def series(self, name: str, until: datetime | None = None) -> tuple[Point, ...]:
        """Return a series in the order of its publication, cut at `until`; empty where unknown."""
        points = self._points.get(name, ())
        if until is None:
            return points
        return points[: bisect_right(points, until, key=lambda point: point.published_at)]
