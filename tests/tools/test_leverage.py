"""How much one unit of equity carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import CalculatorError
from tools.leverage import (
    balance_sheet_leverage,
    equity_per_100,
    leverage,
    margin_share_pct,
)

shares = st.floats(0.01, 50)


@pytest.mark.parametrize(
    ("haircut", "margin", "buffer", "expected"),
    [(0, 1.8, 0, 55.6), (2, 1.8, 0, 26.3), (2, 3, 0, 20.0), (0, 1, 0, 100.0), (2, 1, 0, 33.3),
     (2, 1.8, 1.2, 20.0)],
)  # fmt: skip
def test_leverage_is_one_over_what_is_needed(
    haircut: float, margin: float, buffer: float, expected: float
) -> None:
    assert leverage(haircut, margin, buffer) == pytest.approx(expected, abs=0.05)


@given(shares, shares)
def test_leverage_is_one_over_the_haircut_when_margin_is_nil(haircut: float, margin: float) -> None:
    assert leverage(haircut, 0) == pytest.approx(100 / haircut)
    assert leverage(haircut, margin) < leverage(haircut, 0)


@given(st.floats(-10, 0))
def test_without_capital_there_is_no_figure(haircut: float) -> None:
    with pytest.raises(CalculatorError) as caught:
        leverage(haircut, 0)
    assert caught.value.code == "capital_missing"


def test_borrowing_over_capital_is_the_official_56_to_1() -> None:
    assert balance_sheet_leverage(553, 9.9) == pytest.approx(55.9, abs=0.05)
    with pytest.raises(CalculatorError):
        balance_sheet_leverage(553, 0)


def test_margin_is_a_share_of_the_contract_s_value() -> None:
    assert margin_share_pct(2025, 112.5, 100_000) == pytest.approx(1.8)


@given(st.floats(50, 150), shares, shares, st.floats(0, 5))
def test_equity_grows_with_every_need(
    dirty: float, haircut: float, margin: float, buffer: float
) -> None:
    base = equity_per_100(dirty, haircut, 100, margin, buffer)
    assert base < equity_per_100(dirty, haircut + 0.1, 100, margin, buffer)
    assert base < equity_per_100(dirty, haircut, 100, margin + 0.1, buffer)
    assert equity_per_100(dirty, haircut, 100, margin, buffer + 1) == pytest.approx(base + 1)
