"""Baskets of recorded bonds, priced at one yield: which are deliverable, and the CTD's DV01."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from tests.recorded import market_folder
from tools.bonds import dirty_price, flows
from tools.coupons import day_number, day_numbers
from tools.market.baskets import ctd_dv01s, deliverable, front_contract
from tools.market.bundled import bundled_market
from tools.market.data import MarketData, Security
from tools.positions import TREASURY

DAY = date(2024, 8, 20)


@pytest.fixture(scope="module")
def bonds() -> tuple[Security, ...]:
    """The recorded new issues of 2010 to 2024, with coupons derived from their auction prices."""
    name = "treasury_notes_bonds_2010_2024-08_derived_coupons.csv"
    with (market_folder() / name).open() as file:
        rows = list(csv.DictReader(file))
    return tuple(
        Security(
            row["cusip"],
            float(row["coupon_derived"]),
            *(date.fromisoformat(row[f"{name}_date"]) for name in ("maturity", "issue", "dated")),
            date.fromisoformat(row["auction_date"]),
        )
        for row in rows
    )


def priced(bonds: tuple[Security, ...], yield_pct: float = 4.0) -> MarketData:
    """A market in which every bond yields the same."""
    alive = [b for b in bonds if b.maturity > DAY + timedelta(days=400) and b.issued <= DAY]
    flow = flows(
        np.array([b.coupon_pct for b in alive]),
        day_numbers(b.maturity for b in alive),
        day_number(DAY),
    )
    clean = dirty_price(np.full(len(alive), yield_pct), flow) - flow.accrued
    prices = {bond.cusip: float(price) for bond, price in zip(alive, clean, strict=True)}
    return replace(bundled_market(), securities=bonds, prices={DAY: prices})


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-07-14", "TYU6"), ("2026-08-27", "TYU6"), ("2026-08-31", "TYZ6"),
        ("2026-12-15", "TYH7"), ("2026-01-02", "TYH6"),
    ],
)  # fmt: skip
def test_the_front_contract_rolls_before_delivery_can_be_announced(day: str, code: str):
    assert front_contract("TY", date.fromisoformat(day)).code == code


def test_the_basket_of_the_ten_year_leaves_out_bonds_that_are_old_thirty_years(
    bonds: tuple[Security, ...],
):
    """TYU4 takes 6 1/2 years and more, and only what was issued with up to ten."""
    basket = deliverable(bonds, front_contract("TY", DAY))
    assert min(b.maturity for b in basket) >= date(2031, 3, 1)
    assert max(b.original_months for b in basket) <= 120
    assert len(basket) >= 5


def test_five_year_baskets_hold_no_old_seven_years(bonds: tuple[Security, ...]):
    """FVU4: original term of at most five years and three months."""
    basket = deliverable(bonds, front_contract("FV", DAY))
    assert {round(b.original_months / 12) for b in basket} == {5}


def test_the_dv01_by_the_cheapest_is_near_the_round_table(bonds: tuple[Security, ...]):
    """At 4% and a notional coupon of 6% a short bond is the cheapest of the basket."""
    found = ctd_dv01s(priced(bonds), DAY)
    assert found.keys() == TREASURY.keys()
    for root, made in found.items():
        assert made.dv01_usd == pytest.approx(TREASURY[root].dv01_usd, rel=0.3), root
        assert made.contract == f"{root}U4"
    basket = deliverable(bonds, front_contract("TY", DAY))
    by_maturity = sorted(basket, key=lambda bond: bond.maturity)
    assert found["TY"].cusip in {bond.cusip for bond in by_maturity[:4]}


def test_above_the_notional_coupon_the_longest_is_the_cheapest(bonds: tuple[Security, ...]):
    made = ctd_dv01s(priced(bonds, 8.0), DAY)["US"]
    basket = deliverable(bonds, front_contract("US", DAY))
    [chosen] = [b for b in bonds if b.cusip == made.cusip]
    assert chosen.maturity >= sorted(b.maturity for b in basket)[-6]


def test_without_prices_of_the_week_there_is_none(bonds: tuple[Security, ...]):
    data = priced(bonds)
    assert ctd_dv01s(data, DAY + timedelta(days=8)) == {}
    assert ctd_dv01s(data, DAY - timedelta(days=1)) == {}
    assert ctd_dv01s(bundled_market(), DAY) == {}


def test_a_contract_without_a_bond_on_record_has_no_dv01_of_its_own():
    """One ten-year note of the ladder goes into the ten-year contract and into no other."""
    note = Security("91282MADE", 4.0, date(2031, 8, 15), *3 * (date(2021, 8, 16),))
    data = replace(bundled_market(), securities=(note,), prices={DAY: {note.cusip: 99.0}})
    assert ctd_dv01s(data, DAY).keys() == {"TY"}
