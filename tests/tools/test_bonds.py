"""Accrued, yield, price and DV01: laws, and QuantLib as a second opinion."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.bonds import Bond, flows, street_yield
from tools.coupons import day_numbers, to_date
from tools.errors import CalculatorError

coupons = st.integers(0, 120).map(lambda eighths: eighths / 8)
maturities = st.dates(date(2030, 1, 1), date(2056, 12, 31))
settlements = st.dates(date(1998, 1, 1), date(2029, 6, 30))
yields = st.floats(-1.0, 15.0)


@given(coupons, maturities, settlements, yields, st.floats(0.01, 5))
def test_price_falls_as_yield_rises(
    coupon: float, maturity: date, day: date, low: float, bump: float
) -> None:
    bond = Bond(coupon, maturity)
    assert bond.clean_price(low + bump, day) < bond.clean_price(low, day)


@given(coupons, maturities, settlements, yields)
def test_price_and_yield_invert_each_other(
    coupon: float, maturity: date, day: date, yield_pct: float
) -> None:
    bond = Bond(coupon, maturity)
    again = bond.yield_pct(bond.clean_price(yield_pct, day), day)
    assert again == pytest.approx(yield_pct, abs=1e-9)


@given(coupons, maturities, settlements)
def test_accrued_lies_between_nil_and_one_coupon(coupon: float, maturity: date, day: date) -> None:
    assert 0 <= Bond(coupon, maturity).accrued(day) <= coupon / 2


@given(coupons, maturities, settlements, yields)
def test_dv01_is_the_symmetric_bump(
    coupon: float, maturity: date, day: date, yield_pct: float
) -> None:
    bond = Bond(coupon, maturity)
    up, down = (bond.clean_price(yield_pct + bump, day) for bump in (0.005, -0.005))
    assert bond.dv01(yield_pct, day) == pytest.approx(down - up, rel=1e-5)


@given(coupons, maturities)
def test_a_bond_at_its_coupon_yields_par_on_a_coupon_date(coupon: float, maturity: date) -> None:
    bond = Bond(coupon, maturity)
    day = bond.coupon_dates(maturity - timedelta(days=2000), maturity)[0]
    assert bond.accrued(day) == 0
    assert bond.clean_price(coupon, day) == pytest.approx(100, abs=1e-10)


def test_month_end_bonds_pay_on_month_ends() -> None:
    bond = Bond(2.0, date(2031, 8, 31))
    assert bond.coupon_dates(date(2027, 8, 1), date(2029, 3, 1)) == [
        date(2027, 8, 31),
        date(2028, 2, 29),
        date(2028, 8, 31),
        date(2029, 2, 28),
    ]


def test_a_bond_of_the_29th_pays_on_the_28th_of_a_short_february() -> None:
    bond = Bond(2.0, date(2031, 8, 29))
    assert bond.coupon_dates(date(2027, 1, 1), date(2028, 12, 31)) == [
        date(2027, 2, 28),
        date(2027, 8, 29),
        date(2028, 2, 29),
        date(2028, 8, 29),
    ]


def test_one_remaining_coupon_is_discounted_with_simple_interest() -> None:
    bond = Bond(4.0, date(2027, 5, 15))
    day = date(2027, 2, 15)
    share = (date(2027, 5, 15) - day).days / (date(2027, 5, 15) - date(2026, 11, 15)).days
    assert bond.clean_price(5.0, day) == pytest.approx(
        102 / (1 + 0.025 * share) - 2 * (1 - share), abs=1e-12
    )


@pytest.mark.parametrize("clean", [1e-6, 0.01, 900.0])
def test_a_yield_is_found_at_absurd_prices(clean: float) -> None:
    bond, day = Bond(4.25, date(2054, 11, 15)), date(2026, 11, 24)
    assert bond.clean_price(bond.yield_pct(clean, day), day) == pytest.approx(clean, abs=1e-9)


def test_a_bond_not_quoted_has_no_yield() -> None:
    flow = flows(4.0, day_numbers([date(2034, 11, 15)]), day_numbers([date(2026, 11, 24)]))
    assert np.isnan(street_yield([np.nan], flow)).all()


def test_a_repaid_bond_has_no_price() -> None:
    with pytest.raises(CalculatorError) as caught:
        Bond(4.0, date(2026, 11, 15)).accrued(date(2026, 11, 15))
    assert caught.value.code == "bond_matured"
    assert caught.value.field == "maturity"


@given(st.lists(st.dates(date(1970, 1, 1), date(2150, 1, 1)), max_size=5))
def test_day_numbers_turn_back_into_dates(days: list[date]) -> None:
    assert [to_date(number) for number in day_numbers(days)] == days


def _random_bonds(count: int) -> list[tuple[Bond, date, float]]:
    source = random.Random(20261122)
    bonds = []
    for _ in range(count):
        settlement = date(1998, 1, 1) + timedelta(days=source.randrange(365 * 32))
        maturity = settlement + timedelta(days=source.randrange(20, 365 * 30))
        if source.random() < 0.3:
            maturity = (maturity.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(1)
        if maturity <= settlement:
            maturity = settlement + timedelta(days=40)
        bonds.append(
            (Bond(source.randrange(121) / 8, maturity), settlement, source.uniform(-0.9, 14.0))
        )
    return bonds


def test_quantlib_agrees_on_two_thousand_random_bonds() -> None:
    """Accrued, price and yield to 1e-8; QuantLib's compounding as the street convention asks."""
    ql = pytest.importorskip("QuantLib")

    def ql_date(day: date) -> object:
        return ql.Date(day.day, day.month, day.year)

    icma = ql.ActualActual(ql.ActualActual.ISMA)
    worst = {"accrued": 0.0, "price": 0.0, "yield": 0.0}
    for bond, settlement, yield_pct in _random_bonds(2000):
        earlier = bond.coupon_dates(settlement - timedelta(days=400), settlement)
        schedule = ql.Schedule(
            ql_date(earlier[0]),
            ql_date(bond.maturity),
            ql.Period(ql.Semiannual),
            ql.NullCalendar(),
            ql.Unadjusted,
            ql.Unadjusted,
            ql.DateGeneration.Backward,
            (bond.maturity + timedelta(1)).day == 1,
        )
        theirs = ql.FixedRateBond(0, 100.0, schedule, [bond.coupon_pct / 100], icma)
        single = len(bond.coupon_dates(settlement, bond.maturity)) == 1
        compounding = ql.SimpleThenCompounded if single else ql.Compounded
        day = ql_date(settlement)
        price = theirs.cleanPrice(yield_pct / 100, icma, compounding, ql.Semiannual, day)
        again = theirs.bondYield(
            ql.BondPrice(price, ql.BondPrice.Clean),
            icma,
            compounding,
            ql.Semiannual,
            day,
            1e-13,
            500,
        )
        worst["accrued"] = max(
            worst["accrued"], abs(bond.accrued(settlement) - theirs.accruedAmount(day))
        )
        worst["price"] = max(worst["price"], abs(bond.clean_price(yield_pct, settlement) - price))
        worst["yield"] = max(worst["yield"], abs(bond.yield_pct(price, settlement) - 100 * again))
    assert max(worst.values()) < 1e-8, worst
