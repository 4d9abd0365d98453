"""Whole baskets or histories at once: arrays of prices and days -> arrays of basis figures.

One pure function over arrays that broadcast against each other, bonds on the last axis; a basket
is one row, a history one row a day. Points per 100 face, rates in percent, day numbers and month
indices as in `tools.coupons`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tools.carry import Carry, carry
from tools.conversion import factor_from_months, round_factor
from tools.coupons import Days, Floats, Schedule


@dataclass(frozen=True, slots=True)
class Panel:
    """The basis of many bonds, bonds on the last axis.

    `forward` and `net_basis` rest on the repo rate given; `ctd` is the place of the highest
    implied repo in each row (-1 where no bond has a price), `gap_pct` how far the next one is
    below it (nan where there is none).
    """

    conversion_factor: Floats
    legs: Carry
    forward: Floats
    gross_basis: Floats
    net_basis: Floats
    implied_repo_pct: Floats

    @classmethod
    def of(
        cls,
        legs: Carry,
        *,
        clean_price: Floats,
        factor: Floats,
        futures_price: Floats,
        repo_pct: Floats,
        day_base: int | Days = 360,
    ) -> Panel:
        """Return bonds whose carry and factor are known against their futures."""
        invoice_price = futures_price * factor
        forward = legs.forward(repo_pct, day_base)
        return cls(
            conversion_factor=factor,
            legs=legs,
            forward=forward,
            gross_basis=clean_price - invoice_price,
            net_basis=forward - invoice_price,
            implied_repo_pct=legs.implied_repo(invoice_price, day_base),
        )

    @property
    def ctd(self) -> Days:
        """Return the place of the cheapest to deliver in each row."""
        ranked = np.fmax(self.implied_repo_pct, -np.inf)
        return np.where(ranked.max(axis=-1) > -np.inf, ranked.argmax(axis=-1), -1)

    @property
    def gap_pct(self) -> Floats:
        """Return the implied repo of the cheapest less that of the runner-up, per row."""
        ranked = np.fmax(self.implied_repo_pct, -np.inf)
        if ranked.shape[-1] < 2:
            return np.full(ranked.shape[:-1], np.nan)
        second, first = np.moveaxis(np.partition(ranked, -2, axis=-1)[..., -2:], -1, 0)
        return np.where(second > -np.inf, first - np.where(second > -np.inf, second, 0), np.nan)


def panel(
    *,
    futures_price: ArrayLike,
    clean_price: ArrayLike,
    coupon_pct: ArrayLike,
    maturity: ArrayLike,
    settlement: ArrayLike,
    delivery: ArrayLike,
    delivery_month: ArrayLike,
    factor_months: ArrayLike,
    repo_pct: ArrayLike,
    dated: ArrayLike | None = None,
    day_base: int = 360,
) -> Panel:
    """Return factors, carry, forwards, gross and net basis and implied repo for every bond.

    A nan price gives nan figures (a bond not quoted that day), and so does a bond repaid by
    delivery. `dated` are the days from which bonds not yet issued earn interest.
    """
    coupon = np.asarray(coupon_pct, dtype=np.float64)
    last_day = np.asarray(maturity, dtype=np.int64)
    start = np.asarray(settlement, dtype=np.int64)
    if dated is not None:
        start = np.maximum(start, np.asarray(dated, dtype=np.int64))
    schedule = Schedule.of(last_day)
    months = schedule.month - np.asarray(delivery_month, dtype=np.int64)
    factor = round_factor(factor_from_months(coupon, months, factor_months))
    end = np.asarray(delivery, dtype=np.int64)
    clean = np.where(last_day > end, np.asarray(clean_price, dtype=np.float64), np.nan)
    legs = carry(clean, coupon, schedule, start, end)
    return Panel.of(
        legs,
        clean_price=clean,
        factor=factor,
        futures_price=np.asarray(futures_price, dtype=np.float64),
        repo_pct=np.asarray(repo_pct, dtype=np.float64),
        day_base=day_base,
    )
