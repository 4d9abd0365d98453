"""A position through days and prices: the parts add up, and each means what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.saying import sentences_of
from tools.basis import basis
from tools.basis_inputs import BasisInputs
from tools.calendar import last_delivery_day
from tools.contracts import ContractMonth
from tools.errors import CalculatorError
from tools.pnl import PARTS, Mark, Position, Rolled, outlook, pnl

TYH7, TYM7 = ContractMonth("TY", 2027, 3), ContractMonth("TY", 2027, 6)
START = date(2026, 11, 24)
POSITION = Position(TYH7, 4.25, date(2034, 11, 15), face_usd=100e6, repo_pct=3.9, haircut_pct=2.0,
                    margin_usd=1850, buffer_usd=500_000, cash_rate_pct=3.5)  # fmt: skip
FIRST = Mark(START, 100.9375, 112.515625)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Position, list[Mark]]:
    position = replace(
        POSITION,
        coupon_pct=draw(st.integers(0, 60)) / 8,
        maturity=draw(st.dates(date(2033, 12, 1), date(2036, 11, 30))),
        face_usd=draw(st.floats(1e5, 1e9)),
        repo_pct=draw(st.floats(-1, 8)),
        contracts=draw(st.none() | st.floats(0, 2000)),
        haircut_pct=draw(st.floats(0, 5)),
    )
    day, marks, rolled = START, [], False
    for _ in range(draw(st.integers(2, 6))):
        may_roll = marks and not rolled and day < date(2027, 3, 20)
        roll = None
        if may_roll and draw(st.booleans()):
            roll = Rolled(TYM7, draw(st.floats(90, 130)), draw(st.floats(0, 0.1)))
            rolled = True
        marks.append(Mark(day, draw(st.floats(80, 120)), draw(st.floats(90, 130)),
                          draw(st.none() | st.floats(-1, 10)), roll))  # fmt: skip
        day += timedelta(days=draw(st.integers(1, 40)))
        if day > last_delivery_day(TYM7 if rolled else TYH7):
            break
    return (position, marks if len(marks) > 1 else [*marks, Mark(date(2027, 3, 31), 99.0, 111.0)])


@given(histories())
def test_the_parts_add_to_the_mark_to_market_to_the_cent(
    history: tuple[Position, list[Mark]],
) -> None:
    position, marks = history
    result = pnl(position, marks)
    assert set(result.parts) == set(PARTS)
    cents = sum(round(100 * amount) for amount in result.parts.values())
    assert cents == round(100 * result.total)
    for amount in result.parts.values():
        assert amount == round(amount, 2)


def test_held_to_delivery_the_net_basis_converges_and_is_the_loss() -> None:
    """At the locked repo, whatever the final price, minus the net basis is what is earned."""
    bare = replace(POSITION, haircut_pct=0.0, cash_rate_pct=0.0)
    bought = basis(BasisInputs(TYH7, 112.515625, 4.25, date(2034, 11, 15), 100.9375, START,
                               repo_pct=3.9, face_usd=100e6))  # fmt: skip
    for futures in (105.0, 112.5, 119.25):
        end = Mark(date(2027, 3, 31), futures * bought.conversion_factor, futures)
        result = pnl(bare, [FIRST, end])
        assert result.total == pytest.approx(-bought.net_basis_usd, abs=0.02)
        assert result.parts["convergence"] == pytest.approx(-bought.net_basis_usd, abs=0.02)
        assert result.carry + result.parts["carry_runoff"] == pytest.approx(0, abs=0.02)


def test_delivered_by_a_factor_and_a_day_of_one_s_own_the_net_basis_is_the_loss() -> None:
    """The split and the loss are those of the factor and the day that were given."""
    factor, day = 0.8, date(2027, 3, 10)
    bare = replace(POSITION, haircut_pct=0.0, cash_rate_pct=0.0, contracts=None,
                   conversion_factor=factor, delivery=day)  # fmt: skip
    bought = basis(BasisInputs(TYH7, 112.515625, 4.25, date(2034, 11, 15), 100.9375, START,
                               repo_pct=3.9, face_usd=100e6, conversion_factor=factor,
                               delivery=day))  # fmt: skip
    result = pnl(bare, [FIRST, Mark(day, 110.0 * factor, 110.0)])
    assert result.total == pytest.approx(-bought.net_basis_usd, abs=0.02)
    assert result.carry + result.parts["carry_runoff"] == pytest.approx(0, abs=0.02)
    with pytest.raises(CalculatorError):
        pnl(bare, [FIRST, Mark(day + timedelta(days=1), 100.0, 110.0)])


def test_with_prices_unchanged_the_profit_is_the_carry() -> None:
    bare = replace(POSITION, haircut_pct=0.0, cash_rate_pct=0.0)
    result = pnl(bare, [FIRST, replace(FIRST, day=START + timedelta(days=30))])
    assert result.total == pytest.approx(result.carry, abs=0.01)
    assert result.days == 30


def test_a_higher_repo_rate_is_the_financing_surprise() -> None:
    end = replace(FIRST, day=START + timedelta(days=30))
    dear = pnl(POSITION, [FIRST, replace(end, repo_pct=4.9)])
    dirty = 100.9375 + POSITION.bond.accrued(START)
    assert dear.parts["financing_surprise"] == pytest.approx(-dirty * 1e6 * 0.01 * 30 / 360, abs=1)
    assert pnl(POSITION, [FIRST, end]).parts["financing_surprise"] == 0


def test_extra_contracts_earn_when_the_future_falls() -> None:
    end = Mark(START + timedelta(days=1), 100.0, 111.515625)
    more = pnl(replace(POSITION, contracts=POSITION.hedge + 10), [FIRST, end])
    assert more.parts["hedge_mismatch"] == pytest.approx(10 * 1000 * 1.0)
    assert pnl(POSITION, [FIRST, end]).parts["hedge_mismatch"] == 0


def test_the_haircut_share_is_not_borrowed_and_margin_earns_the_cash_rate() -> None:
    end = replace(FIRST, day=START + timedelta(days=36))
    parts = pnl(POSITION, [FIRST, end]).parts
    assert parts["haircut_saved"] == pytest.approx(-0.02 * parts["financing"], abs=0.01)
    cash = 1850 * POSITION.sold + 500_000
    assert parts["cash_interest"] == pytest.approx(cash * 0.035 / 10, abs=0.01)


def test_a_coupon_repays_the_loan() -> None:
    """From before to after 15 May the coupon is income once, and interest falls from then on."""
    position = replace(POSITION, contract=TYM7)
    before, after = date(2027, 5, 14), date(2027, 5, 16)
    marks = [Mark(before, 100.0, 111.0), Mark(after, 100.0, 111.0),
             Mark(date(2027, 5, 17), 100.0, 111.0)]  # fmt: skip
    two, three = pnl(position, marks[:2]), pnl(position, marks)
    assert two.parts["coupon"] == pytest.approx(2 * 4.25 / 2 / 184 * 1e6, rel=0.02)
    day_s_interest = three.parts["financing"] - two.parts["financing"]
    dirty = 100 + position.bond.accrued(before)
    assert day_s_interest == pytest.approx(-(dirty - 2.125) * 1e6 * 3.9 / 36_000, abs=0.01)


@pytest.mark.parametrize("contracts", [None, 895.5])
def test_a_roll_costs_what_it_says_and_moves_the_hedge(contracts: float | None) -> None:
    position = replace(POSITION, contracts=contracts)
    middle = START + timedelta(days=90)
    rolled = Mark(middle, 101.0, 112.6, rolled=Rolled(TYM7, 112.0, cost=1 / 64))
    end = Mark(middle + timedelta(days=10), 101.0, 112.0)
    result = pnl(position, [FIRST, rolled, end])
    sold = replace(POSITION, contract=TYM7).hedge
    assert result.parts["roll"] == pytest.approx(-sold * 1000 / 64, abs=0.01)
    assert result.parts["hedge_mismatch"] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("changes", "marks", "code", "field"),
    [
        ({}, [FIRST], "list_too_short", "marks"),
        ({}, [], "list_too_short", "marks"),
        ({}, [FIRST, FIRST], "dates_order", "settlement"),
        ({}, [replace(FIRST, rolled=Rolled(TYM7, 112.0)), replace(FIRST, day=date(2026, 12, 1))],
         "dates_order", "settlement"),
        ({}, [FIRST, replace(FIRST, day=date(2027, 4, 1))], "settlement_after_delivery",
         "settlement"),
        ({}, [FIRST, Mark(date(2026, 12, 1), -1.0, 112.0)], "price_range", "clean_price"),
        ({}, [FIRST, Mark(date(2026, 12, 1), 100.0, 0.0)], "price_range", "futures_price"),
        ({}, [FIRST, Mark(date(2026, 12, 1), 100.0, 112.0, rolled=Rolled(TYM7, 0.0))],
         "price_range", "futures_price"),
        ({"face_usd": 0.0}, [FIRST, FIRST], "number_range", "face_usd"),
        ({"repo_pct": float("nan")}, [FIRST, FIRST], "number_form", "repo_pct"),
        ({"haircut_pct": 101.0}, [FIRST, FIRST], "number_range", "haircut_pct"),
        ({"contracts": -1.0}, [FIRST, FIRST], "number_range", "contracts"),
    ],
)  # fmt: skip
def test_an_impossible_history_names_the_input(
    changes: dict[str, Any], marks: list[Mark], code: str, field: str
) -> None:
    with pytest.raises(CalculatorError) as caught:
        pnl(replace(POSITION, **changes), marks)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert all(sentences_of(caught.value))


INPUTS = BasisInputs(TYH7, 112.515625, 4.25, date(2034, 11, 15), 100.9375, START, repo_pct=3.9,
                     haircut_pct=2.0, margin_usd=1850.0, face_usd=100e6)  # fmt: skip


def test_the_return_on_equity_adds_the_repo_saved_on_the_haircut() -> None:
    """h 2 %, m 1.8 %, implied repo = repo = 4 %, no interest on cash, dirty = C F: 2.105 %."""
    held = replace(basis(INPUTS), net_basis=0.0, repo_pct=4.0, implied_repo_pct=4.0,
                   dirty=100.0, futures_price=100.0, conversion_factor=1.0, margin_pct=1.8,
                   equity_per_100=3.8)  # fmt: skip
    assert outlook(held).return_pct == pytest.approx(2.105, abs=0.0005)


def test_the_outlook_is_minus_the_net_basis_and_breaks_even_at_the_implied_repo() -> None:
    held = basis(INPUTS)
    result = outlook(held, buffer_usd=500_000, cash_rate_pct=3.5)
    assert result.profit_usd == pytest.approx(-held.net_basis_usd)
    assert result.break_even_repo_pct == held.implied_repo_pct
    assert result.equity_usd == pytest.approx(held.equity_usd + 500_000)
    at_par = basis(replace(INPUTS, repo_pct=held.implied_repo_pct))
    assert outlook(at_par).profit_usd == pytest.approx(0, abs=0.01)


def test_without_equity_there_is_no_return() -> None:
    assert outlook(basis(replace(INPUTS, haircut_pct=0.0, margin_usd=0.0))).return_pct is None


@pytest.mark.parametrize(
    ("changes", "field"), [({"repo_pct": None}, "repo_pct"),
                           ({"settlement": date(2027, 3, 31)}, "settlement")]
)  # fmt: skip
def test_an_outlook_needs_a_repo_rate_and_days_to_run(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        outlook(basis(replace(INPUTS, **changes)))
    assert caught.value.field == field
