"""A coupon, a maturity and a day -> accrued interest, price, yield, DV01.

US Treasury conventions: semi-annual coupons, Act/Act ICMA accrued, street yield (compounded
semi-annually, simple interest when one coupon remains), prices in points per 100 face.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tools.coupons import Days, Floats, Schedule, day_number, to_date
from tools.errors import CalculatorError

_NEWTON_STEPS = 100
_LOWEST_GROWTH = 1e-6  # 1 + y/2 stays positive: a yield is above -200 %


@dataclass(frozen=True, slots=True)
class Flows:
    """What bonds still pay, per 100 face: amounts and times in half-years, one row a bond.

    Rows are padded with amounts of nil. `first` is the time to the next coupon, `count` how many
    there are; with one left the bond is discounted with simple interest (street convention).
    """

    coupon: Floats
    first: Floats
    count: Days
    times: Floats
    amounts: Floats
    accrued: Floats

    @property
    def single(self) -> NDArray[np.bool_]:
        """Tell which bonds have one coupon left."""
        return np.asarray(self.count == 1)


def flows(coupon_pct: ArrayLike, maturity: ArrayLike, settlement: ArrayLike) -> Flows:
    """Return the remaining flows of bonds (day numbers; broadcasts)."""
    coupon = np.asarray(coupon_pct, dtype=np.float64) / 2
    days = np.asarray(settlement, dtype=np.int64)
    period = Schedule.of(maturity).period(days)
    share = period.accrued_share(days)
    count = period.remaining
    k: Days = np.arange(int(np.max(count, initial=1)), dtype=np.int64)
    last = k == count[..., np.newaxis] - 1
    paid = k < count[..., np.newaxis]
    return Flows(
        coupon=coupon,
        first=1 - share,
        count=count,
        times=(1 - share)[..., np.newaxis] + k,
        amounts=paid * coupon[..., np.newaxis] + 100.0 * last,
        accrued=coupon * share,
    )


def dirty_price(yield_pct: ArrayLike, flow: Flows) -> Floats:
    """Return the price with accrued interest at a street yield in percent.

    The coupons are summed as an annuity; yields broadcast against the bonds.
    """
    half = np.asarray(yield_pct, dtype=np.float64) / 200
    simple = (flow.coupon + 100) / (1 + flow.first * half)
    if np.all(flow.count == 1):
        return simple
    log_growth = np.log1p(np.where(flow.single, 0.0, half))
    whole = np.expm1(-flow.count * log_growth)  # the discount over all whole periods, less one
    flat = half == 0
    annuity = np.where(flat, flow.count, -whole / np.where(flat, 1.0, half))
    to_next = np.exp((1 - flow.first) * log_growth)  # back from the last coupon date to today
    price: Floats = np.where(
        flow.single, simple, to_next * (flow.coupon * annuity + 100 + 100 * whole)
    )
    return price


def _growth(half: Floats, flow: Flows) -> Floats:
    """Return 1 + y/2 by bond, one where simple interest applies and the power is not used."""
    growth: Floats = np.where(flow.single, 1.0, 1 + half)[..., np.newaxis]
    return growth


def dirty_slope(yield_pct: ArrayLike, flow: Flows) -> Floats:
    """Return the derivative of the price to yield, points per percentage point."""
    half = np.asarray(yield_pct, dtype=np.float64) / 200
    powers = _growth(half, flow) ** (-flow.times - 1)
    compound = -(flow.times * flow.amounts * powers).sum(-1)
    first = flow.first
    simple = -flow.amounts.sum(-1) * first / (1 + first * half) ** 2
    slope: Floats = np.where(flow.single, simple, compound) / 200
    return slope


def street_yield(dirty: ArrayLike, flow: Flows) -> Floats:
    """Return the street yield in percent at which the flows are worth `dirty`.

    Newton's method on the logarithm of the price, which is nearly linear in the yield.
    """
    target = np.log(np.asarray(dirty, dtype=np.float64))
    total, first = flow.amounts.sum(-1), flow.first
    simple = 200 * (total / np.exp(target) - 1) / first
    start = 200 * (np.log(total) - target) / flow.times.mean(-1)
    lowest = 200 * (_LOWEST_GROWTH - 1)
    guess: Floats = np.where(flow.single, simple, np.maximum(start, lowest))
    for _ in range(_NEWTON_STEPS):
        price = dirty_price(guess, flow)
        step = (np.log(price) - target) * price / dirty_slope(guess, flow)
        moved: Floats = np.where(
            flow.single, simple, np.maximum(guess - step, (guess + lowest) / 2)
        )
        if np.all(np.abs(moved - guess) <= 1e-13 * (1 + np.abs(moved))):
            return moved
        guess = moved
    return guess


def matured(maturity: date, day: date, example: date | None = None) -> CalculatorError:
    """Return the error that a bond is already repaid on a day."""
    later = example or date(min(day.year + 8, 9999), day.month, 15)
    return CalculatorError(
        "bond_matured",
        field="maturity",
        value=maturity.isoformat(),
        day=day.isoformat(),
        example=later.isoformat(),
    )


@dataclass(frozen=True, slots=True)
class Bond:
    """A Treasury note or bond: annual coupon in percent of face, and its last day."""

    coupon_pct: float
    maturity: date

    def _flows(self, day: date) -> Flows:
        if day >= self.maturity:
            raise matured(self.maturity, day)
        return flows(self.coupon_pct, day_number(self.maturity), day_number(day))

    def accrued(self, day: date) -> float:
        """Return the accrued interest, points per 100 face.

        >>> Bond(4.0, date(2034, 11, 15)).accrued(date(2034, 11, 15))
        Traceback (most recent call last):
        tools.errors.CalculatorError: ...
        """
        return float(self._flows(day).accrued)

    def coupon_dates(self, after: date, upto: date) -> list[date]:
        """Return the coupon dates t with after < t <= upto."""
        schedule = Schedule.of(day_number(self.maturity))
        period = schedule.period(np.asarray(day_number(after)))
        dates = [
            to_date(int(schedule.coupon_day(period.next_month + 6 * k)))
            for k in range(int(period.remaining))
        ]
        return [day for day in dates if day <= upto]

    def clean_price(self, yield_pct: float, day: date) -> float:
        """Return the clean price at a street yield in percent."""
        flow = self._flows(day)
        return float(dirty_price(yield_pct, flow) - flow.accrued)

    def yield_pct(self, clean_price: float, day: date) -> float:
        """Return the street yield in percent at a clean price."""
        flow = self._flows(day)
        return float(street_yield(clean_price + flow.accrued, flow))

    def dv01(self, yield_pct: float, day: date) -> float:
        """Return the points per 100 face gained when the yield falls by one basis point.

        The derivative at the yield, not a one-sided bump.
        """
        return float(-dirty_slope(yield_pct, self._flows(day)) / 100)
