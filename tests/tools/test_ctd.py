"""The cheapest to deliver, its rivals, and where it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.tools.saying import sentences_of
from tools.basis import basis
from tools.basis_inputs import BasisInputs
from tools.contracts import ContractMonth
from tools.ctd import (
    MAX_BONDS,
    Deliverable,
    gross_costs,
    hedge,
    market,
    rank,
    roll,
    scenario,
    switches,
)
from tools.errors import CalculatorError

TYH7 = ContractMonth("TY", 2027, 3)
BONDS = [
    Deliverable(4.5, date(2033, 11, 15), 102.9),
    Deliverable(4.0, date(2034, 2, 15), 99.8, name="91282CJZ5"),
    Deliverable(4.375, date(2034, 5, 15), 102.0),
    Deliverable(4.25, date(2034, 11, 15), 100.9375),
]
TERMS = BasisInputs(TYH7, 112.515625, 4.25, date(2034, 11, 15), 100.9375, date(2026, 11, 24),
                    repo_pct=3.9)  # fmt: skip


def test_bonds_are_ranked_by_falling_implied_repo() -> None:
    basket = rank(TERMS, BONDS)
    rates = [row.basis.implied_repo_pct for row in basket.rows]
    assert rates == sorted(rates, reverse=True)
    assert basket.gap_pct == pytest.approx(rates[0] - rates[1])
    assert basket.gap_32nds is not None
    assert basket.ctd.bond == BONDS[0]
    assert not basket.left_out


def test_each_row_is_the_bond_s_own_basis() -> None:
    for row in rank(TERMS, BONDS).rows:
        alone = basis(
            replace(TERMS, coupon_pct=row.bond.coupon_pct, maturity=row.bond.maturity,
                    clean_price=row.bond.clean_price)
        )  # fmt: skip
        # Yields are solved together, to a rounding error.
        for field in ("yield_pct", "dv01", "forward_dv01"):
            assert getattr(row.basis, field) == pytest.approx(getattr(alone, field), rel=1e-12)
        kept = {"yield_pct": 0.0, "dv01": 0.0, "forward_dv01": 0.0}
        assert replace(row.basis, **kept) == replace(alone, **kept)


def test_gaps_need_a_rival_and_the_net_one_a_repo_rate() -> None:
    alone = rank(TERMS, BONDS[:1])
    assert (alone.gap_pct, alone.gap_32nds) == (None, None)
    assert rank(replace(TERMS, repo_pct=None), BONDS).gap_32nds is None


def test_on_the_delivery_day_the_lowest_converted_price_leads() -> None:
    basket = rank(replace(TERMS, settlement=date(2027, 3, 31)), BONDS)
    bases = [row.basis.gross_basis / row.basis.conversion_factor for row in basket.rows]
    assert bases == sorted(bases)
    assert basket.gap_pct is None


def test_a_bond_outside_the_grade_is_left_out_with_its_reason() -> None:
    strange = Deliverable(4.0, date(2030, 2, 15), 99.0)
    basket = rank(TERMS, [strange, *BONDS])
    assert len(basket.rows) == len(BONDS)
    assert [(left.bond, left.error.code) for left in basket.left_out] == [
        (strange, "bond_ineligible")
    ]


@pytest.mark.parametrize("root", ["TY", "UB"])
def test_a_basket_without_a_deliverable_is_an_error(root: str) -> None:
    strange = Deliverable(4.0, date(2030, 2, 15), 99.0)
    with pytest.raises(CalculatorError) as caught:
        rank(replace(TERMS, contract=ContractMonth(root, 2027, 3)), [strange])
    assert caught.value.code == "basket_no_deliverable"
    assert all(sentences_of(caught.value))


def test_an_error_of_the_contract_s_own_terms_is_not_swallowed() -> None:
    with pytest.raises(CalculatorError) as caught:
        rank(replace(TERMS, settlement=date(2027, 4, 1)), BONDS)
    assert caught.value.field == "settlement"


@pytest.mark.parametrize(("count", "code"), [(0, "list_empty"), (MAX_BONDS + 1, "list_too_long")])
def test_a_basket_holds_one_to_a_thousand_bonds(count: int, code: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        rank(TERMS, BONDS[:1] * count)
    assert caught.value.code == code


def test_the_future_is_the_least_converted_price_and_its_bond_has_no_basis() -> None:
    state = market(TYH7, BONDS, date(2026, 11, 24), date(2027, 3, 31))
    for shift in (-100, 0, 100):
        result = scenario(state, shift)
        assert min(result.basis_32nds) == pytest.approx(0, abs=1e-9)
        assert result.basis_32nds[result.ctd] == pytest.approx(0, abs=1e-9)
        kept = scenario(state, shift, ctd_net_basis_32nds=2.0)
        assert kept.basis_32nds[kept.ctd] == pytest.approx(2.0)


def test_futures_risk_is_the_slope_of_the_futures_price() -> None:
    state = market(TYH7, BONDS, date(2026, 11, 24), date(2027, 3, 31))
    low, mid, high = (scenario(state, shift) for shift in (-0.01, 0.0, 0.01))
    slope = (low.futures_price - high.futures_price) / 0.02 * 1000
    assert mid.futures_risk == pytest.approx(slope / 10, rel=1e-4)
    assert mid.futures_dv01_usd == pytest.approx(slope, rel=1e-4)


def test_low_yields_favour_short_duration_and_the_switch_lies_between() -> None:
    bonds = [
        Deliverable(4.0, date(2033, 11, 15), 100.0),
        Deliverable(4.0, date(2036, 11, 15), 100.0),
    ]
    state = market(TYH7, bonds, date(2026, 11, 24), date(2027, 3, 31))
    (switch,) = switches(state, -300, 500)
    assert (switch.below, switch.above) == (0, 1)
    assert scenario(state, switch.shift_bp - 0.01).ctd == 0
    assert scenario(state, switch.shift_bp + 0.01).ctd == 1
    assert switches(state, switch.shift_bp + 1, switch.shift_bp + 50) == ()


@pytest.mark.parametrize(
    ("settlement", "horizon", "bonds", "field"),
    [
        (date(2027, 4, 1), date(2027, 3, 31), BONDS, "settlement"),
        (date(2026, 11, 24), date(2033, 11, 15), BONDS, "maturity"),
        (date(2026, 11, 24), date(2027, 3, 31), [], "bonds"),
        (date(2026, 11, 24), date(2027, 3, 31), [replace(BONDS[0], clean_price=-1.0)],
         "clean_price"),
    ],
)  # fmt: skip
def test_a_scenario_needs_living_bonds_and_dates_in_order(
    settlement: date, horizon: date, bonds: list[Deliverable], field: str
) -> None:
    with pytest.raises(CalculatorError) as caught:
        market(TYH7, bonds, settlement, horizon)
    assert caught.value.field == field


def test_costs_before_carry_are_price_less_converted_future() -> None:
    assert gross_costs(93.25, [99.5, 143.5, 119.75], [1.0382, 1.5188, 1.2615]) == pytest.approx(
        [2.69, 1.87, 2.12], abs=0.005
    )


def test_a_roll_shows_both_months_and_the_rate_between_them() -> None:
    result = roll(replace(TERMS, maturity=date(2034, 2, 15), coupon_pct=4.0, clean_price=99.8),
                  ContractMonth("TY", 2027, 6), 112.25)  # fmt: skip
    assert result.spread_32nds == pytest.approx(8.5)
    assert (result.front.delivery, result.back.delivery) == (date(2027, 3, 31), date(2027, 6, 30))
    days = (date(2027, 6, 30) - date(2027, 3, 31)).days
    paid = result.front.invoice_per_100
    earned = 100 * 360 / days * (result.back.invoice_per_100 / paid - 1)
    assert result.implied_repo_between_pct == pytest.approx(earned)


def test_hedges_by_factor_and_by_dv01_agree_for_the_cheapest() -> None:
    cheapest = basis(replace(TERMS, face_usd=100e6))
    result = hedge(cheapest, cheapest)
    assert result.by_factor == pytest.approx(895.5)
    assert result.by_dv01 == pytest.approx(895.5)
    rich = basis(replace(TERMS, maturity=date(2033, 11, 15), face_usd=100e6))
    assert hedge(rich, cheapest).by_dv01 < hedge(rich, cheapest).by_factor
