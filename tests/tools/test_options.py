"""The switch option: published values, laws, and Monte Carlo as a second opinion."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.basis_inputs import BasisInputs
from tools.bonds import dirty_price, street_yield
from tools.contracts import ContractMonth
from tools.ctd import Deliverable, rank
from tools.errors import CalculatorError
from tools.options import (
    Forwards,
    forwards_of,
    implied_vol_bp,
    option_adjusted_basis,
    switch_option,
)

# The deliverables of USZ3 on a Bloomberg DLV screen of 21 November 2023.
USZ3 = [
    (4.5, "2039-08-15", 98.6641), (4.625, "2040-02-15", 99.8203), (4.75, "2041-02-15", 100.7734),
    (4.375, "2040-05-15", 96.6953), (4.375, "2039-11-15", 97.0781), (4.25, "2040-11-15", 94.8516),
    (4.25, "2039-05-15", 96.0469), (4.375, "2041-05-15", 96.125), (3.875, "2040-08-15", 90.5938),
    (4.0, "2042-11-15", 90.4766), (3.875, "2043-02-15", 88.7656), (4.375, "2043-08-15", 95.0703),
    (3.375, "2042-08-15", 82.7188), (3.75, "2041-08-15", 88.4766), (3.25, "2042-05-15", 81.3828),
    (3.5, "2039-02-15", 88.1406),
]  # fmt: skip
BONDS = [Deliverable(c, date.fromisoformat(m), p) for c, m, p in USZ3]
TERMS = BasisInputs(ContractMonth("US", 2023, 12), 115.9688, 4.5, date(2039, 8, 15), 98.6641,
                    date(2023, 11, 22), repo_pct=5.413)  # fmt: skip
FORWARDS = forwards_of(rank(TERMS, BONDS))


@pytest.mark.parametrize(
    ("vol", "value"), [(50, 1.10), (80, 2.42), (100, 3.59), (120, 4.95), (150, 7.23)]
)
def test_values_for_usz3(vol: float, value: float) -> None:
    assert switch_option(FORWARDS, vol).value_32nds == pytest.approx(value, abs=0.005)


def test_monte_carlo_agrees_within_three_standard_errors() -> None:
    """Antithetic normals; the control variate is the forward CTD, whose mean is known."""
    rng = np.random.default_rng(20261122)
    normal = rng.standard_normal(50_000)
    shifts = np.concatenate([normal, -normal]) * (37 / 365) ** 0.5
    flow, factors = FORWARDS.flow, FORWARDS.factors
    yields = street_yield(FORWARDS.clean + flow.accrued, flow)
    paths = (dirty_price(yields + shifts[:, None], flow) - flow.accrued) / factors
    start = FORWARDS.clean / factors
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)  # smooth prices: exact enough
    mean = (dirty_price(yields + nodes[:, None] * (37 / 365) ** 0.5, flow) - flow.accrued) / factors
    paths += start - weights / weights.sum() @ mean
    gain = start.min() - paths.min(-1)
    pairs = (gain[:50_000] + gain[50_000:]) / 2
    control = paths[:, start.argmin()]
    control = (control[:50_000] + control[50_000:]) / 2 - start.min()
    slope = np.cov(pairs, control)[0, 1] / control.var()
    adjusted = pairs - slope * control
    error = adjusted.std() / len(adjusted) ** 0.5
    exact = switch_option(FORWARDS, 100).value
    assert abs(adjusted.mean() - exact) < 3 * error
    assert 32 * error < 0.02


@given(st.floats(0, 300), st.floats(0.1, 100))
def test_the_value_rises_with_volatility_and_probabilities_sum_to_one(
    vol: float, more: float
) -> None:
    low, high = switch_option(FORWARDS, vol), switch_option(FORWARDS, vol + more)
    assert 0 <= low.value <= high.value + 1e-12
    assert sum(low.probabilities) == pytest.approx(1)
    assert min(low.probabilities) >= 0


def test_without_volatility_the_choice_is_worth_nothing_and_certain() -> None:
    option = switch_option(FORWARDS, 0)
    assert option.value == pytest.approx(0, abs=1e-12)
    assert option.probabilities[option.ctd] == pytest.approx(1)


def test_a_single_bond_leaves_no_choice() -> None:
    alone = forwards_of(rank(TERMS, BONDS[:1]))
    assert switch_option(alone, 150).value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("vol", [60.0, 100.0, 151.0])
def test_implied_volatility_inverts_the_value(vol: float) -> None:
    value = switch_option(FORWARDS, vol).value
    assert implied_vol_bp(FORWARDS, value) == pytest.approx(vol, abs=0.02)


def test_the_market_s_net_basis_implies_about_150_bp() -> None:
    assert implied_vol_bp(FORWARDS, 7.3 / 32) == pytest.approx(150, abs=2)
    assert implied_vol_bp(FORWARDS, -0.01) is None
    assert implied_vol_bp(FORWARDS, 1000.0) is None


def test_the_option_adjusted_basis_takes_the_option_out_in_bond_points() -> None:
    option = switch_option(FORWARDS, 150)
    left = option_adjusted_basis(6.2 / 32, 0.85, option)
    assert left == pytest.approx(6.2 / 32 - option.value * 0.85)


@pytest.mark.parametrize("vol", [-1.0, 1001.0, float("nan")])
def test_a_volatility_out_of_range_is_refused(vol: float) -> None:
    with pytest.raises(CalculatorError) as caught:
        switch_option(FORWARDS, vol)
    assert caught.value.field == "vol_bp"


def test_forwards_need_a_repo_rate() -> None:
    with pytest.raises(CalculatorError) as caught:
        forwards_of(rank(replace(TERMS, repo_pct=None), BONDS))
    assert caught.value.field == "repo_pct"


def test_sixteen_bonds_take_less_than_20_ms() -> None:
    started = time.process_time()
    for _ in range(5):
        switch_option(FORWARDS, 100)
    assert (time.process_time() - started) / 5 < 0.02


def test_a_basket_on_its_last_day_has_no_time_left() -> None:
    assert switch_option(replace_days(FORWARDS, 0), 100).value == pytest.approx(0, abs=1e-12)


def replace_days(forwards: Forwards, days: int) -> Forwards:
    return replace(forwards, days=days)
