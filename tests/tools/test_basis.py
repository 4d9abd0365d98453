"""Gross and net basis, carry, implied repo, invoice, leverage of one bond and one contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.basis import Basis, basis, evaluate
from tools.basis_inputs import BasisInputs, Terms, deliverable_maturities
from tools.bonds import Bond
from tools.calendar import first_delivery_day, last_delivery_day
from tools.contracts import ContractMonth
from tools.errors import CalculatorError

TYH7 = ContractMonth("TY", 2027, 3)
EXAMPLE = BasisInputs(
    contract=TYH7,
    futures_price=112.515625,
    coupon_pct=4.25,
    maturity=date(2034, 11, 15),
    clean_price=100.9375,
    settlement=date(2026, 11, 24),
    repo_pct=3.9,
    haircut_pct=2.0,
)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    settlement = draw(st.dates(date(2000, 1, 1), date(2030, 1, 1)))
    delivery = settlement + timedelta(days=draw(st.integers(1, 700)))
    maturity = delivery + timedelta(days=draw(st.integers(30, 10_000)))
    return Terms(
        bond=Bond(draw(st.integers(0, 100)) / 8, maturity),
        clean_price=draw(st.floats(40, 180)),
        futures_price=draw(st.floats(60, 180)),
        conversion_factor=draw(st.integers(5000, 15000)) / 10_000,
        settlement=settlement,
        delivery=delivery,
        repo_pct=draw(st.floats(-2, 12)),
        day_base=draw(st.sampled_from([360, 365])),
    )


def test_the_example_of_the_help_page() -> None:
    result = basis(EXAMPLE)
    assert result.conversion_factor == 0.8955
    assert result.delivery == date(2027, 3, 31)
    assert result.net_basis_32nds == pytest.approx(2.525, abs=0.001)
    assert result.implied_repo_pct == pytest.approx(3.6786, abs=0.0001)
    assert result.leverage == 50
    assert [note.code for note in result.notes] == ["margin_missing"]


@given(terms())
def test_net_basis_is_gross_basis_less_carry(asked: Terms) -> None:
    result = evaluate(asked)
    assert result.net_basis == pytest.approx(result.gross_basis - result.carry, abs=1e-10)
    assert result.carry == pytest.approx(
        result.coupon_income + result.reinvestment - result.financing, abs=1e-10
    )
    assert result.net_basis_no_reinvestment == pytest.approx(
        result.net_basis + result.reinvestment, abs=1e-10
    )


@given(terms())
def test_financing_at_the_implied_repo_leaves_no_net_basis(asked: Terms) -> None:
    at_par = replace(asked, repo_pct=evaluate(asked).implied_repo_pct)
    assert evaluate(at_par).net_basis == pytest.approx(0, abs=1e-9)


@given(terms())
def test_the_implied_repo_less_repo_on_the_exposure_is_the_locked_profit(asked: Terms) -> None:
    """-net = (IRR - r) / (100 x base) x (dirty x days - sum of coupons x days they wait)."""
    result = evaluate(asked)
    dates = asked.bond.coupon_dates(asked.settlement, asked.delivery)
    waiting = sum((asked.delivery - day).days for day in dates)
    exposure = result.dirty * result.days - asked.bond.coupon_pct / 2 * waiting
    spread = result.implied_repo_pct - asked.repo_pct
    assert result.locked_profit == pytest.approx(
        spread / (100 * asked.day_base) * exposure, abs=1e-9
    )


@given(terms())
def test_coupons_in_between_are_those_of_the_schedule(asked: Terms) -> None:
    """The fast count agrees with the dates written out, however many coupons there are."""
    result = evaluate(asked)
    dates = asked.bond.coupon_dates(asked.settlement, asked.delivery)
    half = asked.bond.coupon_pct / 2
    assert result.coupons == pytest.approx(half * len(dates))
    assert result.reinvestment == pytest.approx(
        sum(half * asked.repo_pct * (asked.delivery - day).days for day in dates)
        / (100 * asked.day_base), abs=1e-10,
    )  # fmt: skip


@given(terms())
def test_the_forward_is_continuous_as_settlement_crosses_a_coupon(asked: Terms) -> None:
    """The dirty price drops by the coupon overnight; the forward moves by a day's carry only."""
    dates = asked.bond.coupon_dates(asked.settlement, asked.delivery)
    if not dates or dates[0] == asked.delivery:
        return
    before = replace(asked, settlement=dates[0] - timedelta(days=1))
    on = replace(asked, settlement=dates[0])
    moved = evaluate(on).forward - evaluate(before).forward
    day_s_carry = (abs(asked.repo_pct) * 200 + asked.bond.coupon_pct * 100) / 35_000 + 0.02
    wait = (asked.delivery - dates[0]).days / 36_000 * abs(asked.repo_pct) * asked.bond.coupon_pct
    assert abs(moved) < day_s_carry + wait


@given(terms(), st.floats(1e3, 1e12))
def test_dollars_are_linear_in_face(asked: Terms, face: float) -> None:
    once, twice = (replace(evaluate(asked), face_usd=f) for f in (face, 2 * face))
    for name in ("gross_basis_usd", "net_basis_usd", "carry_usd", "contracts"):
        assert getattr(twice, name) == pytest.approx(2 * getattr(once, name))


def test_the_invoice_is_the_converted_price_plus_accrued() -> None:
    result = basis(EXAMPLE)
    assert result.invoice_per_100 == pytest.approx(112.515625 * 0.8955 + result.accrued_delivery)
    assert result.invoice_usd == pytest.approx(1000 * result.invoice_per_100)
    assert result.contracts == pytest.approx(8.955)


def test_futures_dv01_is_spot_by_default_and_forward_beside_it() -> None:
    result = basis(EXAMPLE)
    assert result.futures_dv01_usd == pytest.approx(1000 * result.dv01 / 0.8955)
    assert result.futures_dv01_forward_usd is not None
    assert result.futures_dv01_forward_usd < result.futures_dv01_usd


def test_without_a_repo_rate_the_implied_repo_still_comes() -> None:
    result = basis(replace(EXAMPLE, repo_pct=None))
    assert result.implied_repo_pct == basis(EXAMPLE).implied_repo_pct
    for name in ("carry", "net_basis", "net_basis_32nds", "forward", "net_basis_usd", "carry_usd",
                 "forward_dv01", "futures_dv01_forward_usd"):  # fmt: skip
        assert getattr(result, name) is None
    assert "repo_missing" in [note.code for note in result.notes]


def test_on_the_delivery_day_there_is_no_implied_repo_and_no_carry() -> None:
    result = basis(replace(EXAMPLE, settlement=date(2027, 3, 31)))
    assert result.implied_repo_pct is None
    assert result.carry == 0
    assert result.net_basis == result.gross_basis


def test_a_forward_price_below_nil_has_no_dv01() -> None:
    asked = Terms(Bond(4.0, date(2040, 1, 15)), 0.5, 100.0, 0.5, date(2026, 1, 15),
                  date(2026, 12, 31), repo_pct=-25.0)  # fmt: skip
    assert evaluate(asked).forward < 0
    assert evaluate(asked).forward_dv01 is None


@pytest.mark.parametrize(
    ("haircut", "margin", "leverage", "missing", "notes"),
    [
        (2.0, None, 50.0, None, ["margin_missing"]),
        (2.0, 1850.0, pytest.approx(27.4758, abs=1e-4), None, []),
        (None, 1850.0, pytest.approx(60.9915, abs=1e-4), None, ["haircut_missing"]),
        (0.0, 1850.0, pytest.approx(60.9915, abs=1e-4), None, []),
        (0.0, 0.0, None, "capital_zero", []),
        (0.0, None, None, "capital_unknown", []),
        (None, None, None, "capital_unknown", []),
        (-3.0, 1850.0, None, "capital_negative", []),
    ],
)
def test_leverage_or_the_reason_for_none(
    haircut: float | None, margin: float | None, leverage: Any, missing: str | None,
    notes: list[str],
) -> None:  # fmt: skip
    result = basis(replace(EXAMPLE, haircut_pct=haircut, margin_usd=margin))
    assert result.leverage == leverage
    assert result.leverage_missing == missing
    assert [note.code for note in result.notes] == notes
    assert (result.equity_per_100 is None) is (leverage is None)


def test_equity_is_haircut_on_the_bond_and_margin_on_the_future() -> None:
    result = basis(replace(EXAMPLE, margin_usd=1850.0, face_usd=10e6))
    points = 0.02 * result.dirty + 1850 / 1000 * result.conversion_factor
    assert result.equity_per_100 == pytest.approx(points)
    assert result.leverage == pytest.approx(result.dirty / points)
    assert result.equity_usd == pytest.approx(points * 100_000)
    assert basis(replace(EXAMPLE, haircut_pct=None)).equity_usd is None


def test_a_bond_not_yet_issued_earns_and_costs_from_its_dated_date() -> None:
    dated = date(2026, 12, 15)
    result = basis(replace(EXAMPLE, dated_date=dated))
    assert result.settlement == dated
    assert result.days == (date(2027, 3, 31) - dated).days
    assert [note.code for note in result.notes] == ["not_issued", "margin_missing"]
    issued = basis(replace(EXAMPLE, dated_date=date(2024, 11, 15)))
    assert issued == basis(EXAMPLE)


def test_delivery_on_the_first_day_is_offered() -> None:
    first = first_delivery_day(TYH7)
    assert basis(replace(EXAMPLE, delivery=first)).days == (first - EXAMPLE.settlement).days


def test_a_given_conversion_factor_is_used() -> None:
    assert basis(replace(EXAMPLE, conversion_factor=0.9)).conversion_factor == 0.9


def _codes(**changes: Any) -> list[str]:
    return [note.code for note in basis(replace(EXAMPLE, margin_usd=1850.0, **changes)).notes]


def test_a_day_that_is_no_business_day_is_remarked() -> None:
    assert _codes(settlement=date(2026, 11, 26)) == ["settlement_not_business_day"]
    assert _codes(delivery=date(2027, 3, 6)) == ["delivery_not_business_day"]


def test_a_doubtful_eligibility_is_remarked_beyond_its_bound_only() -> None:
    assert _codes(maturity=date(2034, 12, 1)) == []
    assert _codes(maturity=date(2034, 12, 31)) == ["doubt_ty_upper_bound"]
    assert _codes(maturity=date(2036, 11, 15)) == ["doubt_ty_upper_bound"]
    ty_2017 = replace(EXAMPLE, contract=ContractMonth("TY", 2017, 12), margin_usd=1e3,
                      settlement=date(2017, 10, 10), maturity=date(2027, 8, 15))  # fmt: skip
    assert basis(ty_2017).notes == ()


def test_doubtful_cells_and_days_are_remarked() -> None:
    three = {"contract": ContractMonth("3Y", 2027, 3), "maturity": date(2030, 3, 15)}
    assert _codes(**three) == ["doubt_3y_face", "original_term_unchecked"]
    twenty = {"contract": ContractMonth("TWE", 2027, 3), "maturity": date(2046, 11, 15),
              "futures_price": 112.0}  # fmt: skip
    assert _codes(**twenty) == ["doubt_twe_factor"]
    assert _codes(**twenty, conversion_factor=0.8) == []
    assert _codes(contract=ContractMonth("TU", 2026, 3), settlement=date(2026, 2, 17),
                  maturity=date(2028, 1, 31)) == [
        "original_term_unchecked", "doubt_good_friday",
    ]  # fmt: skip


def test_a_doubtful_good_friday_leaves_the_next_day_open_for_delivery() -> None:
    asked = replace(EXAMPLE, contract=ContractMonth("TU", 2026, 3), settlement=date(2026, 2, 17),
                    maturity=date(2028, 1, 31), delivery=date(2026, 4, 6))  # fmt: skip
    assert basis(asked).delivery == date(2026, 4, 6)
    with pytest.raises(CalculatorError):
        basis(replace(asked, delivery=date(2026, 4, 7)))


@pytest.mark.parametrize(
    ("contract", "first", "last"),
    [
        (TYH7, date(2033, 9, 1), date(2037, 3, 1)),
        (ContractMonth("TU", 2027, 3), date(2028, 12, 1), date(2029, 3, 31)),
        (ContractMonth("US", 2027, 3), date(2042, 3, 1), date(2052, 2, 29)),
        (ContractMonth("UB", 2027, 3), date(2052, 3, 1), None),
        (ContractMonth("TWE", 2027, 3), date(2046, 5, 1), date(2047, 1, 31)),
    ],
)
def test_the_maturities_a_contract_takes(
    contract: ContractMonth, first: date, last: date | None
) -> None:
    assert deliverable_maturities(contract) == (first, last)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"settlement": date(2027, 4, 1)}, "settlement_after_delivery", "settlement"),
        ({"settlement": date(1989, 12, 29)}, "date_range", "settlement"),
        ({"delivery": date(2027, 2, 26)}, "delivery_outside_window", "delivery"),
        ({"delivery": date(2027, 4, 1)}, "delivery_outside_window", "delivery"),
        ({"maturity": date(2026, 11, 24)}, "bond_matured", "maturity"),
        ({"maturity": date(2027, 3, 31)}, "bond_matured", "maturity"),
        ({"maturity": date(2031, 11, 15)}, "bond_ineligible", "maturity"),
        ({"maturity": date(2037, 3, 2)}, "bond_ineligible", "maturity"),
        ({"contract": ContractMonth("UB", 2027, 3)}, "bond_ineligible_open", "maturity"),
        ({"dated_date": date(2027, 4, 1)}, "dated_after_delivery", "dated_date"),
        ({"futures_price": -1.0}, "price_range", "futures_price"),
        ({"clean_price": 0.0}, "price_range", "clean_price"),
        ({"clean_price": float("nan")}, "number_form", "clean_price"),
        ({"futures_price": float("inf")}, "price_range", "futures_price"),
        ({"coupon_pct": -0.125}, "number_range", "coupon_pct"),
        ({"coupon_pct": 26.0}, "number_range", "coupon_pct"),
        ({"repo_pct": 1e308}, "number_range", "repo_pct"),
        ({"repo_pct": "3.9"}, "number_form", "repo_pct"),
        ({"repo_pct": True}, "number_form", "repo_pct"),
        ({"haircut_pct": 100.5}, "number_range", "haircut_pct"),
        ({"haircut_pct": 10**400}, "number_range", "haircut_pct"),
        ({"margin_usd": -1.0}, "number_range", "margin_usd"),
        ({"margin_usd": 120_000.0}, "number_range", "margin_usd"),
        ({"face_usd": 0.0}, "number_range", "face_usd"),
        ({"conversion_factor": 0.0}, "number_range", "conversion_factor"),
        ({"day_base": 364}, "choice", "day_base"),
    ],
)
def test_the_input_at_fault_is_named(changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        basis(replace(EXAMPLE, **changes))
    assert (caught.value.code, caught.value.field) == (code, field)


def test_the_bond_that_the_exchange_left_out_in_2015_is_refused() -> None:
    asked = replace(EXAMPLE, contract=ContractMonth("US", 2015, 9), settlement=date(2015, 8, 3),
                    coupon_pct=5.375, maturity=date(2031, 2, 15))  # fmt: skip
    with pytest.raises(CalculatorError) as caught:
        basis(asked)
    assert caught.value.code == "bond_excluded"
    assert basis(replace(asked, contract=ContractMonth("US", 2015, 3),
                         settlement=date(2015, 2, 3))).conversion_factor > 0  # fmt: skip
    assert basis(replace(asked, coupon_pct=5.25)).conversion_factor > 0


@pytest.mark.parametrize("root", ["TU", "FV", "US"])
def test_the_default_delivery_is_the_last_day(root: str) -> None:
    contract = ContractMonth(root, 2027, 3)
    first, _ = deliverable_maturities(contract)
    result: Basis = basis(replace(EXAMPLE, contract=contract, maturity=first.replace(day=15)))
    assert result.delivery == last_delivery_day(contract)
    assert np.isfinite(result.implied_repo_pct or np.nan)


def test_a_coupon_on_a_weekend_is_shown_under_both_conventions() -> None:
    """15 May 2027 is a Saturday: paid on Monday, the coupon earns two days less."""
    asked = replace(EXAMPLE, contract=ContractMonth("TY", 2027, 6), margin_usd=1850.0)
    result = basis(asked)
    assert [note.code for note in result.notes] == ["coupon_not_business_day"]
    moved = 100 * (result.implied_repo_moved_pct - result.implied_repo_pct)
    assert float(str(result.notes[0].values["bp"])) == pytest.approx(moved, abs=0.005)
    assert result.net_basis_moved == pytest.approx(
        result.net_basis + 4.25 / 2 * 2 * 3.9 / 36_000, abs=1e-10
    )
    assert result.implied_repo_moved_pct < result.implied_repo_pct
    bare = basis(replace(asked, repo_pct=None))
    assert bare.net_basis_moved is None
    assert bare.implied_repo_moved_pct == result.implied_repo_moved_pct


def test_a_coupon_on_a_business_day_moves_nothing() -> None:
    asked = replace(EXAMPLE, maturity=date(2034, 5, 31), contract=ContractMonth("TY", 2026, 12),
                    settlement=date(2026, 11, 24))  # fmt: skip
    result = basis(asked)
    assert result.coupons > 0
    assert (result.net_basis_moved, result.implied_repo_moved_pct) == (None, None)
