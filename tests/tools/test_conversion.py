"""Conversion factors."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.bonds import Bond
from tools.contracts import ContractMonth
from tools.conversion import (
    conversion_factor,
    factor_from_months,
    months_to_maturity,
    round_factor,
)

coupons = st.integers(1, 120).map(lambda eighths: eighths / 8)


@given(st.integers(1, 60), st.sampled_from([1, 3]))
def test_a_six_percent_bond_of_whole_half_years_has_factor_one(halves: int, step: int) -> None:
    assert factor_from_months(6.0, halves * 6, step) == pytest.approx(1, abs=1e-14)


@given(coupons, st.integers(6, 360))
def test_a_larger_coupon_has_a_larger_factor(coupon: float, months: int) -> None:
    low, high = factor_from_months([coupon, coupon + 0.125], months, 3)
    assert low < high


@given(coupons, st.integers(2, 60))
def test_at_whole_half_years_it_is_the_price_at_six_percent(coupon: float, halves: int) -> None:
    """No stub, no rounding: the factor is the plain bond price at a yield of 6 %."""
    maturity = date(2027 + halves // 2, 3 if halves % 2 == 0 else 9, 15)
    price = Bond(coupon, maturity).clean_price(6.0, date(2027, 3, 15)) / 100
    assert factor_from_months(coupon, halves * 6, 1) == pytest.approx(price, abs=1e-12)


@given(coupons, st.integers(24, 360))
def test_terms_round_down_to_the_quarter_for_the_long_contracts(coupon: float, months: int) -> None:
    assert factor_from_months(coupon, months, 3) == factor_from_months(
        coupon, months - months % 3, 3
    )


def test_the_contract_s_month_counts_not_the_delivery_day() -> None:
    contract = ContractMonth("TU", 2012, 12)
    assert months_to_maturity(date(2014, 10, 31), contract) == 22
    assert conversion_factor(0.25, date(2014, 10, 31), contract) == round_factor(
        factor_from_months(0.25, 22, 1)
    )


def test_rounding_is_half_up_and_last() -> None:
    assert round_factor([0.90625, 0.86795, 0.12345678]).tolist() == [0.9063, 0.868, 0.1235]
    assert round_factor(factor_from_months([3.75], 119, 3))[0] == 0.8357


def test_factors_broadcast_over_bonds_and_months() -> None:
    assert factor_from_months(np.full((3, 1), 4.0), np.arange(60, 64), 1).shape == (3, 4)
