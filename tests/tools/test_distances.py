"""Four ends of a position, kept apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tools.basis import basis
from tools.basis_inputs import BasisInputs
from tools.contracts import ContractMonth
from tools.distances import distances
from tools.errors import CalculatorError

INPUTS = BasisInputs(ContractMonth("TY", 2027, 3), 112.515625, 4.25, date(2034, 11, 15), 100.0,
                     date(2026, 11, 24), repo_pct=3.9, haircut_pct=2.0, margin_usd=1850.0,
                     face_usd=100e6)  # fmt: skip
HELD = basis(INPUTS)
FAR = distances(HELD, buffer_usd=500_000)


def test_liquidity_is_the_rally_that_spends_the_buffer_on_variation_margin() -> None:
    assert FAR.liquidity_bp * HELD.contracts * HELD.futures_dv01_usd == pytest.approx(500_000)
    assert distances(HELD, 500_000, contracts=2 * HELD.contracts).liquidity_bp == pytest.approx(
        FAR.liquidity_bp / 2
    )


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
