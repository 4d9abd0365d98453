"""The deleveraging model's laws; its reference runs are among the published answers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import CalculatorError
from tools.firesale import Holder, Rules, _Books, spiral

TOY = [
    Holder("A1", 60, 5.0, 500, 300),
    Holder("A2", 40, 4.0, 450, 250),
    Holder("A3", 30, 3.6, 300, 200),
    Holder("A4", 80, 8.0, 400, 100),
]


@st.composite
def systems(draw: st.DrawFn) -> list[Holder]:
    holders = []
    for name in range(draw(st.integers(1, 6))):
        equity = draw(st.floats(1, 100))
        ratio = draw(st.floats(3.0, 20))
        debt = draw(st.floats(0, 0.9)) * equity / ratio * 100
        holders.append(Holder(str(name), equity, ratio, debt, draw(st.floats(0, 1)) * debt))
    return holders


@st.composite
def rules(draw: st.DrawFn) -> Rules:
    return Rules(
        shock_gov=draw(st.floats(0, 0.3)),
        impact=draw(st.floats(0, 0.3)),
        lev_buffer=draw(st.sampled_from([0.04, 0.05, 1.0])),
        steps=draw(st.integers(1, 10)),
    )


def test_the_worked_example_sells_31_percent_and_then_rests() -> None:
    result = spiral(TOY, Rules(shock_gov=0.02, impact=0.0))
    assert result.sold_shares == pytest.approx([0, *[0.31456763] * 5], abs=5e-9)
    assert result.failures_per_step == [0] * 7
    assert result.failed == ()


@given(systems(), rules())
def test_the_share_sold_never_falls_and_never_exceeds_all(
    holders: list[Holder], how: Rules
) -> None:
    shares = spiral(holders, how).sold_shares
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(shares))
    assert 0 <= shares[-1] <= 1 + 1e-9


@given(systems(), rules())
def test_without_impact_prices_stay_where_the_shock_left_them(
    holders: list[Holder], how: Rules
) -> None:
    last = spiral(holders, replace(how, impact=0.0)).rounds[-1]
    assert (last.price_other, last.price_gov) == (1.0, 1 - how.shock_gov)


@given(systems(), rules(), st.randoms())
def test_the_order_of_the_holders_does_not_matter(
    holders: list[Holder], how: Rules, chance: object
) -> None:
    shuffled = holders[:]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = spiral(holders, how), spiral(shuffled, how)
    assert one.sold_shares == pytest.approx(other.sold_shares, abs=1e-9)
    assert one.failures_per_step == other.failures_per_step


@given(systems(), rules())
def test_without_a_shock_the_well_capitalised_do_nothing(holders: list[Holder], how: Rules) -> None:
    safe = [Holder(h.name, h.equity, 6.0, h.equity * 10, h.equity * 5) for h in holders]
    result = spiral(safe, replace(how, shock_gov=0.0, lev_buffer=0.05))
    assert result.sold_shares[-1] == 0
    assert result.failed == ()


@given(systems(), rules())
def test_selling_moves_assets_into_cash_and_makes_none(holders: list[Holder], how: Rules) -> None:
    """A round's clearing gives cash for units at one price, and never a unit out of nothing."""
    books = _Books(holders, how)
    for _ in range(how.steps):
        units, cash, price = books.units.copy(), books.cash.copy(), books.price.copy()
        orders = books.orders.copy()
        books.clear()
        paid = orders @ ((price + books.price) / 2)
        assert books.cash == pytest.approx(cash + paid)
        assert books.units == pytest.approx(units - orders)
        assert (books.units > -1e-9).all()
        before = books.cash - books.loan
        books.respond()
        assert books.cash - books.loan == pytest.approx(before)


def test_a_failed_holder_sells_its_book_one_round_later() -> None:
    result = spiral(TOY, Rules(shock_gov=0.1, impact=0.0))
    assert [r.failures for r in result.rounds][:2] == [3, 0]
    assert result.rounds[0].sold == 0
    assert result.rounds[1].sold == pytest.approx(1250)
    assert result.failed == ("A1", "A2", "A3")


def test_a_system_without_securities_sells_nothing() -> None:
    result = spiral([Holder("cash", 5, 5.0, 0, 0)], Rules(shock_gov=0.1, impact=0.1))
    assert result.sold_shares[-1] == 0


@pytest.mark.parametrize(
    ("holders", "changes", "field"),
    [
        ([], {}, "banks"),
        (TOY, {"shock_gov": 1.0}, "shock_gov"),
        (TOY, {"impact": -0.1}, "impact"),
        (TOY, {"steps": 0}, "steps"),
        (TOY, {"lev_target": 0.0}, "lev_target"),
        ([replace(TOY[0], leverage_ratio_pct=0)], {}, "leverage_ratio_pct"),
        ([replace(TOY[0], gov=501)], {}, "gov"),
    ],
)
def test_a_system_out_of_range_names_the_input(
    holders: list[Holder], changes: dict[str, float], field: str
) -> None:
    with pytest.raises(CalculatorError) as caught:
        spiral(holders, replace(Rules(shock_gov=0.02, impact=0.0), **changes))
    assert caught.value.field == field
