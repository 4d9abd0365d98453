"""A bond bought and delivered later -> what it earns and what financing it costs, in numpy.

Points per 100 face, day numbers, rates in percent; every function broadcasts. Coupons paid after
settlement and up to delivery earn the repo rate until delivery ("proceeds"). Formulas: Burghardt
and Belton, The Treasury Bond Basis, ch. 1-2; simple interest on `day_base` days a year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.coupons import Days, Floats, Period, Schedule


@dataclass(frozen=True, slots=True)
class Carry:
    """What does not depend on the repo rate between settlement and delivery.

    `coupons` is the sum paid in between, `idle` that sum weighted by the days each coupon still
    waits for delivery, `exposure` the point-days financed: dirty x days - idle.
    """

    accrued: Floats
    accrued_delivery: Floats
    dirty: Floats
    coupons: Floats
    idle: Floats
    days: Days
    exposure: Floats

    @property
    def coupon_income(self) -> Floats:
        """Return the interest earned: accrued at delivery less accrued now, plus coupons."""
        return self.accrued_delivery - self.accrued + self.coupons

    def financing(self, repo_pct: Floats | float, day_base: int | Days = 360) -> Floats:
        """Return the repo interest on the dirty price to delivery."""
        cost: Floats = self.dirty * self.days * repo_pct / (100 * day_base)
        return cost

    def reinvestment(self, repo_pct: Floats | float, day_base: int | Days = 360) -> Floats:
        """Return what the coupons earn at the repo rate until delivery."""
        earned: Floats = self.idle * repo_pct / (100 * day_base)
        return earned

    def forward(self, repo_pct: Floats | float, day_base: int | Days = 360) -> Floats:
        """Return the clean forward price at delivery."""
        free = self.dirty - self.coupons - self.accrued_delivery
        price: Floats = free + self.exposure * repo_pct / (100 * day_base)
        return price

    def implied_repo(self, invoice_price: Floats, day_base: int | Days = 360) -> Floats:
        """Return the repo rate in percent at which delivering at F x C breaks even.

        nan where nothing is financed for any time (delivery on the settlement day or before).
        """
        gain = invoice_price + self.accrued_delivery + self.coupons - self.dirty
        financed = np.where(self.exposure > 0, self.exposure, np.nan)
        rate: Floats = 100 * day_base * gain / financed
        return rate


def carry(
    clean: Floats, coupon_pct: Floats, schedule: Schedule, settlement: Days, delivery: Days
) -> Carry:
    """Return the carry of bonds from settlement to delivery."""
    days = np.array(delivery - settlement, ndmin=schedule.month.ndim)
    both = np.array((delivery - days, settlement + days))  # settlement and delivery, one shape
    period = schedule.period(both)
    coupon = coupon_pct / 2
    accrued, accrued_delivery = coupon * period.accrued_share(both)
    count = period.remaining[0] - period.remaining[1]
    idle = coupon * _idle_days(schedule, period, count, delivery)
    dirty = clean + accrued
    return Carry(
        accrued=accrued,
        accrued_delivery=accrued_delivery,
        dirty=dirty,
        coupons=coupon * count,
        idle=idle,
        days=days,
        exposure=dirty * days - idle,
    )


def _idle_days(schedule: Schedule, period: Period, count: Days, delivery: Days) -> Days:
    """Return the days from each coupon in between to delivery, summed.

    With one coupon, the usual case, it is the last one before delivery; earlier ones, in
    contracts more than half a year out, are walked from settlement.
    """
    idle: Days = (count > 0) * (delivery - period.previous[1])
    for earlier in range(int(count.max(initial=0)) - 1):
        paid = schedule.coupon_day(period.next_month[0] + 6 * earlier)
        idle = idle + (earlier < count - 1) * (delivery - paid)
    return idle
