"""Contracts -> the months that their conversion factors are made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from tools.contracts import ContractMonth
from tools.coupons import Days, day_number, month_index


def contract_months(contracts: Sequence[ContractMonth]) -> tuple[Days, Days]:
    """Return the delivery month's index and the factor's rounding step of each contract."""
    months = np.array([day_number(date(c.year, c.month, 1)) for c in contracts], dtype=np.int64)
    steps = np.array([c.spec.factor_months for c in contracts], dtype=np.int64)
    return month_index(months), steps
