"""A coupon, a remaining term and a contract -> the conversion factor.

The price of 1 dollar of face at a yield of 6 %, by the exchange's own rounding
(CME, Calculating U.S. Treasury Futures Conversion Factors).
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import ArrayLike

from tools.contracts import ContractMonth
from tools.coupons import Floats


def factor_from_months(coupon_pct: ArrayLike, months: ArrayLike, step: ArrayLike) -> Floats:
    """Return unrounded factors for whole months to maturity (broadcasts).

    `months` count from the first day of the delivery month; the part beyond whole years is
    rounded down to `step` (3: TY TN US TWE UB; 1: TU 3Y FV).
    """
    half = np.asarray(coupon_pct, dtype=np.float64) / 200
    whole = np.asarray(months, dtype=np.int64)
    whole = whole - whole % np.asarray(step, dtype=np.int64)
    periods = whole // 6
    stub = (whole - 6 * periods) / 6  # the part of a half-year until the next coupon
    q = 1.03**-periods
    at_coupon = half + q + half * (1 - q) / 0.03
    factor: Floats = at_coupon * 1.03**-stub - half * (1 - stub)
    return factor


def round_factor(factor: ArrayLike) -> Floats:
    """Return factors rounded half up to four decimals, the last step of the calculation."""
    rounded: Floats = np.floor(np.asarray(factor) * 10_000 + 0.5) / 10_000
    return rounded


def months_to_maturity(maturity: date, contract: ContractMonth) -> int:
    """Return the whole months from the first day of the delivery month to maturity."""
    return (maturity.year - contract.year) * 12 + maturity.month - contract.month


def conversion_factor(coupon_pct: float, maturity: date, contract: ContractMonth) -> float:
    """Return the published conversion factor, four decimals.

    The month and year come from the contract, never from the delivery day: TUZ2 delivers in
    January 2013 and keeps December's factor.
    """
    months = months_to_maturity(maturity, contract)
    return float(round_factor(factor_from_months(coupon_pct, months, contract.spec.factor_months)))
