"""Maturities and days, as day numbers -> the coupon period around each, in numpy.

Day numbers count from 1970-01-01, month indices from January 1970; every function broadcasts.
Coupons fall every six months back from maturity, on the month's last day where the bond matures
on one (the month-end rule), never moved for weekends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

Days = NDArray[np.int64]
Floats = NDArray[np.float64]

EPOCH = date(1970, 1, 1).toordinal()
_MONTH_END = 31
_DAY, _MONTH, _COUNT = np.dtype("M8[D]"), np.dtype("M8[M]"), np.dtype(np.int64)


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to a date."""
    return day.toordinal() - EPOCH


def day_numbers(days: Iterable[date]) -> Days:
    """Return the day numbers of dates."""
    return np.fromiter((day_number(day) for day in days), dtype=np.int64)


def to_date(number: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(int(number) + EPOCH)


def month_index(days: ArrayLike) -> Days:
    """Return the months from January 1970 in which days lie."""
    numbers = np.asarray(days, dtype=np.int64)
    return numbers.view(_DAY).astype(_MONTH).view(_COUNT)


def month_start(months: ArrayLike) -> Days:
    """Return the day number of each month's first day."""
    numbers = np.asarray(months, dtype=np.int64)
    return numbers.view(_MONTH).astype(_DAY).view(_COUNT)


def _passed(days: ArrayLike) -> tuple[Days, Days]:
    """Return the month of the morning after each day, and how many of its days have passed.

    None have after a month's last day: so its end needs no other thought.
    """
    after = np.asarray(days, dtype=np.int64) + 1
    month = month_index(after)
    return month, after - month_start(month)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When bonds pay: the month they mature in, the coupon's day of the month (31 = its end)."""

    month: Days
    day: Days

    @classmethod
    def of(cls, maturity: ArrayLike) -> Schedule:
        """Return the schedule that ends on each maturity."""
        month, passed = _passed(maturity)
        at_month_end = passed == 0
        return cls(month - at_month_end, np.where(at_month_end, _MONTH_END, passed))

    def coupon_day(self, months: Days) -> Days:
        """Return the day number on which the coupon of each month falls."""
        falls: Days = np.minimum(month_start(months) + self.day, month_start(months + 1)) - 1
        return falls

    def period(self, days: ArrayLike) -> Period:
        """Return the coupon period of each day; a day on a coupon date begins a period."""
        month, passed = _passed(days)
        paid = self.day <= passed
        beyond = (self.month - month - paid) // 6  # whole half-years from next coupon to maturity
        upcoming = self.month - 6 * beyond
        previous, falls = self.coupon_day(np.array((upcoming - 6, upcoming)))
        return Period(previous, falls, upcoming, beyond + 1)


@dataclass(frozen=True, slots=True)
class Period:
    """The coupon dates around a day, and how many coupons are still to come."""

    previous: Days
    next: Days
    next_month: Days
    remaining: Days

    def accrued_share(self, days: Days) -> Floats:
        """Return the share of the period that has passed (Act/Act ICMA)."""
        share: Floats = (days - self.previous) / (self.next - self.previous)
        return share
