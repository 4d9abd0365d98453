"""The checked terms of one or many bonds -> the figures of each basis, worked out together.

Points per 100 face, rates in percent. All bonds go through the arithmetic at once, in numpy: a
basket costs little more than one bond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from tools.basis_inputs import Terms
from tools.bonds import dirty_slope, flows, street_yield
from tools.carry import carry
from tools.coupons import Days, Floats, Schedule, day_numbers
from tools.panel import Panel

Figures = Floats | Days


@dataclass(frozen=True, slots=True)
class _Columns:
    """Terms as arrays, one place a bond; a repo rate not given is nan."""

    coupon_pct: Floats
    maturity: Days
    clean_price: Floats
    futures_price: Floats
    factor: Floats
    settlement: Days
    delivery: Days
    repo_pct: Floats
    day_base: Days

    @classmethod
    def of(cls, many: Sequence[Terms]) -> _Columns:
        return cls(
            coupon_pct=np.array([terms.bond.coupon_pct for terms in many]),
            maturity=day_numbers(terms.bond.maturity for terms in many),
            clean_price=np.array([terms.clean_price for terms in many]),
            futures_price=np.array([terms.futures_price for terms in many]),
            factor=np.array([terms.conversion_factor for terms in many]),
            settlement=day_numbers(terms.settlement for terms in many),
            delivery=day_numbers(terms.delivery for terms in many),
            repo_pct=np.array([terms.repo_pct for terms in many], dtype=np.float64),
            day_base=np.array([terms.day_base for terms in many]),
        )

    def panel(self) -> Panel:
        legs = carry(
            self.clean_price,
            self.coupon_pct,
            Schedule.of(self.maturity),
            self.settlement,
            self.delivery,
        )
        return Panel.of(
            legs,
            clean_price=self.clean_price,
            factor=self.factor,
            futures_price=self.futures_price,
            repo_pct=self.repo_pct,
            day_base=self.day_base,
        )


def figures(many: Sequence[Terms]) -> list[dict[str, Any]]:
    """Return the figures of each by name, None where there is none.

    Without a repo rate those that need one are left out.
    """
    given = _Columns.of(many)
    found = given.panel()
    spot, financed = _rows(_spot(given, found)), _rows(_financed(given, found))
    return [
        without if terms.repo_pct is None else without | financed_too
        for terms, without, financed_too in zip(many, spot, financed, strict=True)
    ]


def _rows(columns: dict[str, Figures]) -> list[dict[str, Any]]:
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        {name: None if isnan(value) else value for name, value in zip(columns, row, strict=True)}
        for row in rows
    ]


def _spot(given: _Columns, found: Panel) -> dict[str, Figures]:
    """Return what needs no repo rate."""
    legs = found.legs
    flow = flows(given.coupon_pct, given.maturity, given.settlement)
    yields = street_yield(legs.dirty, flow)
    return {
        "days": legs.days,
        "accrued": legs.accrued,
        "accrued_delivery": legs.accrued_delivery,
        "dirty": legs.dirty,
        "coupons": legs.coupons,
        "gross_basis": found.gross_basis,
        "coupon_income": legs.coupon_income,
        "implied_repo_pct": found.implied_repo_pct,
        "yield_pct": yields,
        "dv01": -dirty_slope(yields, flow) / 100,
    }


def _financed(given: _Columns, found: Panel) -> dict[str, Figures]:
    """Return what needs the repo rate."""
    reinvestment = found.legs.reinvestment(given.repo_pct, given.day_base)
    return {
        "repo_pct": given.repo_pct,
        "forward": found.forward,
        "financing": found.legs.financing(given.repo_pct, given.day_base),
        "reinvestment": reinvestment,
        "carry": given.clean_price - found.forward,
        "net_basis": found.net_basis,
        "net_basis_no_reinvestment": found.net_basis + reinvestment,
        "forward_dv01": _forward_dv01(given, found.forward),
        "locked_profit": -found.net_basis,
    }


def _forward_dv01(given: _Columns, forward: Floats) -> Floats:
    """Return DV01s on the delivery days at forward prices, nan where these are not above nil."""
    flow = flows(given.coupon_pct, given.maturity, given.delivery)
    priced = forward > 0
    yields = street_yield(np.where(priced, forward, 100.0) + flow.accrued, flow)
    return np.where(priced, -dirty_slope(yields, flow) / 100, np.nan)
