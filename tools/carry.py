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

    def financing(self, repo_pct: Floats | float, day_base: int = 360) -> Floats:
        """Return the repo interest on the dirty price to delivery."""
        cost: Floats = self.dirty * self.days * repo_pct / (100 * day_base)
        return cost

    def reinvestment(self, repo_pct: Floats | float, day_base: int = 360) -> Floats:
        """Return what the coupons earn at the repo rate until delivery."""
        earned: Floats = self.idle * repo_pct / (100 * day_base)
        return earned

    def forward(self, repo_pct: Floats | float, day_base: int = 360) -> Floats:
        """Return the clean forward price at delivery."""
        free = self.dirty - self.coupons - self.accrued_delivery
        price: Floats = free + self.exposure * repo_pct / (100 * day_base)
        return price

    def implied_repo(self, invoice_price: Floats, day_base: int = 360) -> Floats:
        """Return the repo rate in percent at which delivering at F x C breaks even.

        nan where nothing is financed for any time (delivery on the settlement day or before).
        """
        gain = 100 * day_base * (invoice_price + self.accrued_delivery + self.coupons - self.dirty)
        rate: Floats = np.full(np.broadcast(gain, self.exposure).shape, np.nan)
        np.divide(gain, self.exposure, out=rate, where=self.exposure > 0)
        return rate


def carry(
    clean: Floats, coupon_pct: Floats, maturity: Days, settlement: Days, delivery: Days
) -> Carry:
    """Return the carry of bonds from settlement to delivery."""
    schedule = Schedule.of(maturity)
    start, end = schedule.period(settlement), schedule.period(delivery)
    coupon = coupon_pct / 2
    accrued = coupon * start.accrued_share(settlement)
    count = start.remaining - end.remaining
    idle = coupon * _idle_days(schedule, start, end, count, delivery)
    dirty = clean + accrued
    days = delivery - settlement
    return Carry(
        accrued=accrued,
        accrued_delivery=coupon * end.accrued_share(delivery),
        dirty=dirty,
        coupons=coupon * count,
        idle=idle,
        days=days,
        exposure=dirty * days - idle,
    )


def _idle_days(schedule: Schedule, start: Period, end: Period, count: Days, delivery: Days) -> Days:
    """Return the days from each coupon in between to delivery, summed.

    With one coupon, the usual case, it is the last one before delivery; earlier ones, in
    contracts more than half a year out, are walked from settlement.
    """
    idle: Days = np.where(count > 0, delivery - end.previous, 0)
    for earlier in range(int(np.max(count, initial=0)) - 1):
        paid = schedule.coupon_day(start.next_month + 6 * earlier)
        idle = idle + np.where(earlier < count - 1, delivery - paid, 0)
    return idle
