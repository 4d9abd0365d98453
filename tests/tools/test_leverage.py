"""How much one unit of equity carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import CalculatorError
from tools.leverage import (
    balance_sheet_leverage,
    leverage,
    margin_share_pct,
    measures,
    repo_loop,
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


@given(st.floats(1, 1e9), st.floats(0.5, 50), st.integers(1, 60))
def test_the_repo_loop_is_a_geometric_series(equity: float, haircut: float, rounds: int) -> None:
    turns = repo_loop(equity, haircut, rounds)
    kept = 1 - haircut / 100
    assert turns[-1].held == pytest.approx(equity * (1 - kept**rounds) / (1 - kept))
    assert turns[-1].held < equity * 100 / haircut * (1 + 1e-9)
    for turn in turns:
        assert turn.held - turn.borrowed == pytest.approx(turn.held * haircut / 100)
        assert turn.bought == pytest.approx(equity * kept ** (turn.number - 1))


def test_the_loop_at_a_haircut_of_nil_never_ends() -> None:
    assert [turn.held for turn in repo_loop(1.0, 0.0, 3)] == [1, 2, 3]
    with pytest.raises(CalculatorError):
        repo_loop(1.0, 2.0, 0)


def test_leverage_by_each_definition_side_by_side() -> None:
    values = {m.code: m.value for m in measures(2.0, 1.8, 1.2, fund_equity_pct=14.0)}
    assert values["trade"] == pytest.approx(20)
    assert values["both_legs"] == pytest.approx(40)
    assert values["repo_loop"] == 50
    assert values["repo_to_haircut"] == 49
    assert values["fund"] == pytest.approx(7.14, abs=0.01)
    assert {m.code: m.value for m in measures(0.0, 0.0)} == dict.fromkeys(values)
