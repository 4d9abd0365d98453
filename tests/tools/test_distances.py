"""Four ends of a position, kept apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tools.basis import Basis, basis
from tools.basis_inputs import BasisInputs
from tools.bonds import Bond
from tools.contracts import ContractMonth
from tools.distances import Distances
from tools.distances import distances as distances_of
from tools.errors import CalculatorError
from tools.stress import Held, Shock, replay

INPUTS = BasisInputs(ContractMonth("TY", 2027, 3), 112.515625, 4.25, date(2034, 11, 15), 100.0,
                     date(2026, 11, 24), repo_pct=3.9, haircut_pct=2.0, margin_usd=1850.0,
                     face_usd=100e6)  # fmt: skip
HELD = basis(INPUTS)
BOND = Bond(INPUTS.coupon_pct, INPUTS.maturity)


def distances(
    held: Basis, buffer_usd: float, contracts: float | None = None, rolling_pct: float = 0.0
) -> Distances:
    return distances_of(Held(held, BOND, buffer_usd, contracts, rolling_pct))


FAR = distances(HELD, buffer_usd=500_000)


def test_liquidity_is_the_rally_that_spends_the_buffer_on_variation_margin() -> None:
    slope = FAR.liquidity_bp * HELD.contracts * HELD.futures_dv01_usd
    assert slope == pytest.approx(500_000, rel=0.02)  # the derivative, without carry and curve
    halved = distances(HELD, 500_000, contracts=2 * HELD.contracts).liquidity_bp
    assert halved == pytest.approx(FAR.liquidity_bp / 2, rel=0.01)


@given(
    rolling=st.sampled_from((0.0, 50.0, 100.0)) | st.floats(0, 100),
    hedged=st.none() | st.floats(0.3, 2.0),
    buffer=st.floats(1e3, 2e6),
)
def test_the_liquidity_distance_spends_the_buffer_in_a_stress_of_the_same_share(
    rolling: float, hedged: float | None, buffer: float
) -> None:
    sold = None if hedged is None else hedged * HELD.contracts
    far = distances(HELD, buffer, sold, rolling).liquidity_bp
    assume(far is not None and abs(far) < 990)
    held = Held(HELD, BOND, buffer, sold, rolling)
    at, before = (
        replay(held, [Shock(0, yield_bp=-far * much)]).days[0] for much in (1.0, 1 - 1e-4)
    )
    assert at.shortfall == pytest.approx(0, abs=1.0)
    assert before.shortfall == 0
    beyond = replay(held, [Shock(0, yield_bp=-far * (1 + 1e-4))])
    assert ("liquidity", 0) in beyond.events


def test_where_no_move_spends_the_buffer_there_is_no_liquidity_distance() -> None:
    bare = basis(replace(INPUTS, haircut_pct=0.0, settlement=date(2027, 3, 31)))
    assert distances(bare, 500_000, rolling_pct=100).liquidity_bp is None
    assert distances(HELD, 500e6).liquidity_bp is None
    assert distances(HELD, 0).liquidity_bp == 0


def test_too_few_contracts_make_a_rise_of_yields_the_way_to_the_end() -> None:
    assert distances(HELD, 500_000, HELD.contracts / 2, rolling_pct=100).liquidity_bp < 0


def test_solvency_is_the_fall_of_the_basis_that_eats_the_equity() -> None:
    assert FAR.equity_usd == pytest.approx(HELD.equity_usd + 500_000)
    assert FAR.solvency_32nds / 32 * 1e6 == pytest.approx(FAR.equity_usd)


def test_funding_is_the_repo_rise_that_eats_the_locked_profit() -> None:
    assert FAR.funding_pct == pytest.approx(HELD.implied_repo_pct - 3.9)
    dearer = basis(replace(INPUTS, repo_pct=3.9 + FAR.funding_pct))
    assert dearer.locked_profit == pytest.approx(0, abs=1e-10)
    assert distances(basis(replace(INPUTS, repo_pct=None)), 0).funding_pct is None
    assert distances(basis(replace(INPUTS, settlement=date(2027, 3, 31))), 0).funding_pct is None


def test_haircut_is_the_rise_that_the_buffer_pays() -> None:
    assert FAR.haircut_usd_per_pct == pytest.approx(HELD.dirty * 1e6 / 100)
    assert FAR.haircut_pct * FAR.haircut_usd_per_pct == pytest.approx(500_000)


def test_without_any_equity_there_is_no_distance() -> None:
    bare = basis(replace(INPUTS, haircut_pct=0.0, margin_usd=0.0))
    with pytest.raises(CalculatorError) as caught:
        distances(bare, 0)
    assert caught.value.code == "capital_missing"
    assert distances(bare, 100.0).equity_usd == 100.0


@pytest.mark.parametrize(("buffer", "contracts"), [(-1.0, None), (0.0, 0.0), (float("nan"), 1.0)])
def test_a_buffer_or_hedge_out_of_range_is_refused(buffer: float, contracts: float | None) -> None:
    with pytest.raises(CalculatorError):
        distances(HELD, buffer, contracts)
