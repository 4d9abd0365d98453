"""Replays: cash day by day, forced sales, what ends the trade first."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n import LANGS, has, say
from tests.tools.saying import sentences_of
from tools.basis import basis
from tools.basis_inputs import BasisInputs
from tools.bonds import Bond
from tools.contracts import ContractMonth
from tools.errors import CalculatorError
from tools.pnl import Mark, Position, pnl
from tools.stress import (
    Held,
    Shock,
    episode,
    episodes,
    relative_repo,
    replay,
    shocks_from,
)

TYH7 = ContractMonth("TY", 2027, 3)
INPUTS = BasisInputs(TYH7, 112.515625, 4.25, date(2034, 11, 15), 100.5, date(2026, 11, 24),
                     repo_pct=3.9, haircut_pct=2.0, margin_usd=1850.0, face_usd=100e6)  # fmt: skip
HELD = Held(basis(INPUTS), Bond(4.25, date(2034, 11, 15)), buffer_usd=500_000)
LEVELS = ("yield_bp", "basis_32nds", "repo_pct", "haircut_pct", "margin_usd")


@st.composite
def paths(draw: st.DrawFn) -> list[Shock]:
    day, shocks = 0, []
    for _ in range(draw(st.integers(1, 8))):
        shocks.append(Shock(day, draw(st.none() | st.floats(-150, 150)),
                            draw(st.none() | st.floats(-40, 20)),
                            draw(st.none() | st.floats(0, 10)), draw(st.none() | st.floats(0, 8)),
                            draw(st.none() | st.floats(500, 6000))))  # fmt: skip
        day += draw(st.integers(0, 15))  # HELD is delivered on day 127
    return shocks


def test_nothing_happens_on_the_first_day_without_a_shock() -> None:
    (day,) = replay(HELD, [Shock(0)]).days
    assert day.futures_price == pytest.approx(112.515625)
    assert day.clean_price == pytest.approx(100.5)
    assert day.cash == pytest.approx(500_000)
    assert day.equity == pytest.approx(HELD.held.equity_usd + 500_000)


@given(paths())
def test_cash_is_never_negative_while_bonds_are_left_and_faces_only_fall(
    shocks: list[Shock],
) -> None:
    result = replay(HELD, shocks)
    faces = [100e6, *(day.face for day in result.days)]
    assert faces == sorted(faces, reverse=True)
    for day in result.days:
        assert day.face >= 0
        assert day.cash >= -1e-3 or day.face == 0


@given(st.floats(-150, 150), st.floats(-20, 20))
def test_equity_moves_by_the_basis_not_by_the_yield(yield_bp: float, basis_32nds: float) -> None:
    """Hedged by the factor, a parallel shift leaves the equity nearly where it was."""
    (day,) = replay(replace(HELD, buffer_usd=1e8), [Shock(0, yield_bp, basis_32nds)]).days
    start = HELD.held.equity_usd + 1e8
    carried = HELD.held.dirty * 3.9 * HELD.held.days / 36_000 * abs(yield_bp) / 1000 * 1e6
    assert day.equity - start == pytest.approx(basis_32nds / 32 * 1e6, abs=carried + 30_000)


def test_a_fall_of_the_basis_loses_and_a_rise_gains() -> None:
    low, high = (replay(HELD, [Shock(1, basis_32nds=move)]).days[-1] for move in (-4.0, 4.0))
    assert high.equity - low.equity == pytest.approx(8 / 32 * 1e6)


def test_term_repo_ends_where_the_profit_account_ends() -> None:
    """With nothing rolling and no sale, equity changes by the position's own P&L."""
    term = replace(HELD, rolling_pct=0.0, buffer_usd=20e6)
    (day,) = replay(term, [Shock(60, yield_bp=-20, basis_32nds=-3)]).days
    account = pnl(
        Position(TYH7, 4.25, date(2034, 11, 15), 100e6, 3.9, haircut_pct=2.0),
        [Mark(date(2026, 11, 24), 100.5, 112.515625),
         Mark(date(2027, 1, 23), day.clean_price, day.futures_price)],
    )  # fmt: skip
    assert day.equity - (HELD.held.equity_usd + 20e6) == pytest.approx(account.total, abs=0.02)


def test_gains_on_the_bond_are_no_cash_until_the_repo_is_re_margined() -> None:
    shock = [Shock(1, yield_bp=-10)]
    daily = replay(HELD, shock).days[-1]
    term = replay(replace(HELD, rolling_pct=0.0), shock).days[-1]
    assert daily.repo_margin > 0
    assert daily.shortfall == 0
    assert term.repo_margin == 0
    assert term.shortfall > 0


def test_margin_and_haircut_rises_call_for_cash() -> None:
    shock = [Shock(1, haircut_pct=3.0, margin_usd=2850.0)]
    day = replay(replace(HELD, buffer_usd=5e6), shock).days[-1]
    assert day.margin_call == pytest.approx(1000 * HELD.held.contracts)
    assert day.haircut_call == pytest.approx(
        0.01 * 1e6 * (day.clean_price + HELD.bond.accrued(date(2026, 11, 25)))
    )
    half = replay(replace(HELD, buffer_usd=5e6, rolling_pct=50.0), shock).days[-1]
    assert half.haircut_call == pytest.approx(day.haircut_call / 2)


def test_a_forced_sale_frees_just_the_cash_that_was_short() -> None:
    result = replay(HELD, [Shock(1, haircut_pct=4.0)])
    day = result.days[-1]
    assert result.ended_by == "liquidity"
    assert day.shortfall > 0
    assert result.worst_cash_need_usd == day.shortfall
    assert day.cash == pytest.approx(0, abs=1e-3)
    assert day.sold_face == pytest.approx(100e6 - day.face)


def test_a_loss_of_all_equity_ends_the_trade() -> None:
    result = replay(HELD, [Shock(1, basis_32nds=-200), Shock(2)])
    assert len(result.days) == 1
    assert [name for name, _ in result.events] == ["liquidity", "solvency"]


def test_equity_in_cash_alone_sells_everything() -> None:
    """Without haircut or margin no sale sets capital free: the whole position goes."""
    bare = replace(HELD, held=basis(replace(INPUTS, haircut_pct=0.0, margin_usd=0.0)))
    assert replay(bare, [Shock(1, basis_32nds=-17)]).days[-1].face == 0
    rest = replay(replace(HELD, buffer_usd=100_000),
                  [Shock(1, basis_32nds=-110), Shock(2, basis_32nds=-110)])  # fmt: skip
    assert rest.days[-1].face >= 0


def test_dear_overnight_repo_eats_the_locked_profit() -> None:
    cheap = replace(HELD, held=basis(replace(INPUTS, clean_price=100.80)), buffer_usd=5e6)
    assert cheap.held.locked_profit > 0
    result = replay(cheap, [Shock(1, repo_pct=9.0), Shock(60)])
    assert result.events == (("funding", 60),)
    late = replay(cheap, [Shock(1, repo_pct=3.9), Shock(60, repo_pct=9.0)])
    assert late.ended_by is None  # a rate holds from its day on, and none is charged for the past
    assert replay(cheap, [Shock(1, repo_pct=4.0)]).ended_by is None


def test_a_coupon_comes_in_as_cash() -> None:
    later = replace(INPUTS, contract=ContractMonth("TY", 2027, 6), settlement=date(2027, 5, 10))
    held = Held(basis(later), HELD.bond, buffer_usd=5e6)
    (before, after) = replay(held, [Shock(4), Shock(6)]).days
    assert before.coupons == 0
    assert after.coupons == pytest.approx(2.125e6)
    assert after.futures_price == pytest.approx(112.515625, abs=0.05)
    assert after.equity == pytest.approx(before.equity, abs=30_000)


def test_a_day_after_delivery_is_refused_with_the_last_one() -> None:
    assert replay(HELD, [Shock(127)]).days[-1].day == 127
    with pytest.raises(CalculatorError) as caught:
        replay(HELD, [Shock(127), Shock(128)])
    values = caught.value.values
    assert (caught.value.code, values["value"], values["last"]) == (
        "shock_after_delivery",
        128,
        127,
    )
    assert all("2027-03-31" in sentence for sentence in sentences_of(caught.value))


def test_an_unhedged_position_pays_no_variation_margin() -> None:
    assert replay(replace(HELD, contracts=0.0), [Shock(1, 10)]).days[-1].variation_margin == 0


@pytest.mark.parametrize("key", ["sep2019", "mar2020", "apr2025"])
def test_an_episode_carries_sources_and_says_what_is_missing(key: str) -> None:
    found = episode(key)
    assert found.shocks[0].day == 0
    assert all(shock.source for shock in found.shocks)
    assert "basis" in found.missing
    for lang in LANGS:
        assert say(lang, f"episode.{key}")
    assert all(has(f"episode.missing_{name}") for name in found.missing)
    assert replay(HELD, found.shocks).days


def test_march_2020_has_its_published_move() -> None:
    assert [(s.day, s.yield_bp) for s in episode("mar2020").shocks] == [(0, 0), (9, 64)]
    assert relative_repo(episode("mar2020"), 3.9) == episode("mar2020")


@given(shocks=paths())
def test_what_a_later_shock_leaves_out_keeps_its_last_level(shocks: list[Shock]) -> None:
    told, last = [], Shock(0)
    for shock in shocks:
        values = {name: getattr(shock, name) for name in LEVELS}
        last = replace(
            shock, **{n: getattr(last, n) if v is None else v for n, v in values.items()}
        )
        told.append(last)
    assert replay(HELD, shocks) == replay(HELD, told)


def test_a_night_costs_the_rate_of_the_day_it_begins_on() -> None:
    path = [Shock(0, repo_pct=5.0), Shock(1, repo_pct=9.0), Shock(2, repo_pct=3.9), Shock(10)]
    days = replay(replace(HELD, buffer_usd=1e8), path).days
    per_rate = HELD.held.face_usd / 100 * 0.98 * HELD.held.dirty / 36_000
    assert days[1].interest == pytest.approx(per_rate * 5.0, rel=2e-3)
    assert days[2].interest == pytest.approx(per_rate * 9.0, rel=2e-3)
    assert days[3].interest == pytest.approx(per_rate * 3.9 * 8, rel=2e-3)


def test_repo_of_another_time_is_read_as_a_jump() -> None:
    moved = relative_repo(episode("sep2019"), 3.9)
    assert [s.repo_pct for s in moved.shocks] == pytest.approx([3.9, 4.13, 6.95, 4.25, 3.65, 3.56])
    mixed = replace(episode("sep2019"), shocks=(*episode("sep2019").shocks, Shock(7)))
    assert relative_repo(mixed, 3.9).shocks[-1].repo_pct is None


def test_an_unknown_episode_names_those_there_are() -> None:
    with pytest.raises(CalculatorError) as caught:
        episode("1998")
    assert all("mar2020" in sentence for sentence in sentences_of(caught.value))
    assert set(episodes()) == {"sep2019", "mar2020", "apr2025"}


def test_market_days_become_shocks_since_the_first() -> None:
    start = date(2020, 3, 9)
    shocks = shocks_from(
        [(start, None, 1.1), (start + timedelta(1), 0.54, None),
         (start + timedelta(3), 0.88, 1.2), (start + timedelta(4), None, None)], "FRED",
    )  # fmt: skip
    assert [s.day for s in shocks] == [0, 1, 3, 4]
    assert [s.yield_bp for s in shocks] == pytest.approx([0, 0, 34, 34])
    assert [s.repo_pct for s in shocks] == [1.1, None, 1.2, None]
    assert shocks[0].source == "FRED"


def test_thirty_days_take_less_than_50_ms() -> None:
    path = [Shock(n, yield_bp=n) for n in range(30)]
    times = []
    for _ in range(3):
        started = time.process_time()
        replay(HELD, path)
        times.append(time.process_time() - started)
    assert min(times) < 0.05


@pytest.mark.parametrize(
    ("changes", "shocks", "code", "field"),
    [
        ({}, [], "list_empty", "shocks"),
        ({}, [Shock(-1)], "number_range", "day"),
        ({}, [Shock(2), Shock(1)], "dates_order", "day"),
        ({}, [Shock(0, yield_bp=float("nan"))], "number_form", "yield_bp"),
        ({}, [Shock(0, haircut_pct=101.0)], "number_range", "haircut_pct"),
        ({"buffer_usd": -1.0}, [Shock(0)], "number_range", "buffer_usd"),
        ({"rolling_pct": 101.0}, [Shock(0)], "number_range", "rolling_pct"),
        ({"contracts": -1.0}, [Shock(0)], "number_range", "contracts"),
        ({"held": basis(replace(INPUTS, repo_pct=None))}, [Shock(0)], "input_missing", "repo_pct"),
    ],
)
def test_an_impossible_stress_names_the_input(
    changes: dict[str, Any], shocks: list[Shock], code: str, field: str
) -> None:
    with pytest.raises(CalculatorError) as caught:
        replay(replace(HELD, **changes), shocks)
    assert (caught.value.code, caught.value.field) == (code, field)
