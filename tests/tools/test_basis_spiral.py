"""The basis trade as a system: shocks, sales, feedback under an assumed impact."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.basis_spiral import (
    ASSUMED_IMPACTS,
    CommonShock,
    Tenor,
    basis_spiral,
    impact_range,
    without_impact,
)
from tools.errors import CalculatorError

TENORS = [Tenor("2y", 400, 0.5, 1.0, 0.6), Tenor("5y", 500, 0.5, 1.5, 0.8),
          Tenor("10y", 300, 0.5, 2.0, 1.0)]  # fmt: skip
SHOCK = CommonShock(margin_times=1.5, haircut_rise_pct=0.5, basis_fall_32nds=2)

shocks = st.builds(CommonShock, st.floats(1, 4), st.floats(0, 4), st.floats(0, 60))
impacts = st.floats(0, 30)


def test_without_a_shock_nobody_sells() -> None:
    calm = basis_spiral(TENORS, CommonShock(), 4.0)
    assert calm.sold_share == 0
    assert len(calm.rounds) == 1
    assert calm.rounds[0].funds_left == calm.funds == 60


@given(shocks, impacts)
def test_sales_only_add_up_and_never_exceed_what_was_held(
    shock: CommonShock, impact: float
) -> None:
    result = basis_spiral(TENORS, shock, impact)
    totals = [r.total_sold_bn for r in result.rounds]
    assert totals == sorted(totals)
    assert totals[-1] <= 1200 + 1e-6
    for r in result.rounds:
        assert r.held_bn + r.total_sold_bn == pytest.approx(1200)
    for a, b in itertools.pairwise(result.rounds):
        assert b.funds_left <= a.funds_left
        assert all(x <= y for x, y in zip(a.basis_fall_32nds, b.basis_fall_32nds, strict=True))


@given(shocks, impacts, st.floats(0.1, 10))
def test_more_impact_never_sells_less(shock: CommonShock, impact: float, more: float) -> None:
    low = basis_spiral(TENORS, shock, impact, rounds=50)
    high = basis_spiral(TENORS, shock, impact + more, rounds=50)
    assert high.sold_share >= low.sold_share - 1e-9


@given(shocks)
def test_without_impact_the_shock_is_all_there_is(shock: CommonShock) -> None:
    result = basis_spiral(TENORS, shock, 0.0)
    assert result.sold_share == pytest.approx(without_impact(result).sold_share)
    assert set(result.rounds[-1].basis_fall_32nds) == {shock.basis_fall_32nds}


def test_the_assumed_impacts_are_shown_as_a_range() -> None:
    low, middle, high = impact_range(TENORS, SHOCK)
    assert [s.impact_32nds_per_100bn for s in (low, middle, high)] == list(ASSUMED_IMPACTS)
    assert low.sold_share < middle.sold_share < high.sold_share


def test_a_basis_fall_beyond_all_equity_sells_everything() -> None:
    ruin = basis_spiral(TENORS, CommonShock(basis_fall_32nds=320), 1.0)
    assert ruin.sold_share == pytest.approx(1)
    assert ruin.rounds[-1].funds_left == 0
    assert ruin.rounds[-1].equity_bn == 0


def test_a_trade_that_needs_no_capital_carries_any_size() -> None:
    free = [replace(TENORS[0], haircut_pct=0.0, margin_pct=0.0)]
    assert basis_spiral(free, CommonShock(margin_times=3), 1.0).sold_share == 0


def test_one_fund_per_tenor_sells_down_to_what_its_equity_carries() -> None:
    """Capital 1.5 + 0.6 = 2.1 % of 400 bn; needed 1 % + 1.5 x 1 % = 2.5 %: it keeps 84 %."""
    (only,) = basis_spiral(TENORS[:1], CommonShock(1.5, 0.5), 0.0, funds_per_tenor=1,
                           rounds=1).rounds  # fmt: skip
    assert only.held_bn == pytest.approx(400 * 2.1 / 2.5)


@pytest.mark.parametrize(
    ("tenors", "shock", "impact", "field"),
    [
        ([], SHOCK, 1.0, "tenors"),
        ([replace(TENORS[0], size_bn=0.0)], SHOCK, 1.0, "size_bn"),
        (TENORS, replace(SHOCK, margin_times=-1.0), 1.0, "margin_times"),
        (TENORS, SHOCK, -1.0, "impact_32nds_per_100bn"),
        (TENORS, SHOCK, float("nan"), "impact_32nds_per_100bn"),
    ],
)
def test_a_system_out_of_range_names_the_input(
    tenors: list[Tenor], shock: CommonShock, impact: float, field: str
) -> None:
    with pytest.raises(CalculatorError) as caught:
        basis_spiral(tenors, shock, impact)
    assert caught.value.field == field
