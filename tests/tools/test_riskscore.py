"""The score: anchors, bands, missing inputs."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.riskscore import (
    ANCHORS,
    Inputs,
    band,
    component,
    realised_volatility_bp,
    risk_score,
    unwind_pct,
)

# The Friday of 2025-04-11 as the reference back-test saw it.
APRIL = Inputs(dv01_m=541.45, pct_oi=34.14, sofr_iorb_max_bp=2.0, rv20_bp=7.28, unwind_pct=-4.45)
inputs = st.builds(
    Inputs,
    dv01_m=st.floats(-200, 900),
    pct_oi=st.floats(-20, 80),
    sofr_iorb_max_bp=st.floats(-50, 400),
    rv20_bp=st.floats(0, 30),
    unwind_pct=st.floats(-50, 90),
)


def test_april_2025_scores_65():
    score = risk_score(APRIL)
    assert score is not None
    assert (round(score.size), round(score.stress), round(score.score)) == (92, 46, 65)
    assert (score.low, score.high) == (score.score, score.score)
    assert score.inputs == 5


@pytest.mark.parametrize(("name", "anchors"), ANCHORS.items())
def test_each_component_is_0_and_100_at_its_anchors_and_clipped_beyond(
    name: str, anchors: tuple[float, float]
):
    low, high = anchors
    assert component(name, low) == 0
    assert component(name, high) == 100
    assert component(name, (low + high) / 2) == pytest.approx(50)
    assert component(name, low - 1) == 0
    assert component(name, high + 1) == 100


@pytest.mark.parametrize(
    ("score", "name"),
    [(0, "calm"), (39.99, "calm"), (40, "watch"), (59.99, "watch"), (60, "elevated"),
     (69.99, "elevated"), (70, "severe"), (100, "severe")],
)  # fmt: skip
def test_bands_apply_to_the_unrounded_score(score: float, name: str):
    assert band(score) == name


def test_a_missing_unwind_counts_as_0_and_as_100_in_the_range():
    """The week of 2025-11-07: funding 100, volatility 18.7, no report for the unwind."""
    week = Inputs(dv01_m=587.97, pct_oi=34.62, sofr_iorb_max_bp=32.0, rv20_bp=4.31)
    score = risk_score(week)
    assert score is not None
    assert round(score.score, 1) == 78.8
    assert score.unwind is None
    assert score.inputs == 4
    full = risk_score(replace(week, unwind_pct=20.0))
    assert full is not None
    assert score.low == score.score
    assert score.high == pytest.approx(full.score)


@pytest.mark.parametrize("name", ["dv01_m", "pct_oi"])
def test_no_score_without_size(name: str):
    assert risk_score(replace(APRIL, **{name: None})) is None


def test_no_score_without_two_of_the_stress_inputs():
    assert risk_score(replace(APRIL, rv20_bp=None, unwind_pct=None)) is None
    assert risk_score(replace(APRIL, rv20_bp=None)) is not None


def test_stress_of_65_leads_whatever_the_band():
    """March 13, 2020: SCORE 67 is only elevated, STRESS 76 must be named."""
    score = risk_score(Inputs(260, 24.5, 10, 9.5, 4.9))
    assert score is not None
    assert score.stress_leads
    assert not risk_score(APRIL).stress_leads


@given(inputs)
def test_scores_stay_between_0_and_100(given_inputs: Inputs):
    score = risk_score(given_inputs)
    assert score is not None
    assert 0 <= score.low <= score.score <= score.high <= 100
    assert 0 <= score.size <= 100
    assert 0 <= score.stress <= 100


@given(inputs, st.sampled_from(list(ANCHORS)), st.floats(0.1, 50))
def test_more_of_any_input_never_lowers_the_score(given_inputs: Inputs, name: str, more: float):
    raised = replace(given_inputs, **{name: asdict(given_inputs)[name] + more})
    assert risk_score(raised).score >= risk_score(given_inputs).score - 1e-9


@given(inputs, st.sampled_from(["sofr_iorb_max_bp", "rv20_bp", "unwind_pct"]))
def test_the_range_of_a_missing_input_holds_the_score_that_it_would_have_given(
    whole: Inputs, name: str
):
    partial = risk_score(replace(whole, **{name: None}))
    assert partial.low - 1e-9 <= risk_score(whole).score <= partial.high + 1e-9


def test_volatility_is_the_sample_deviation_of_20_changes():
    """Changes of +1 and -1 bp in turn: squares sum to 20, over n-1 = 19."""
    yields = [0.04 + 0.0001 * (n % 2) for n in range(21)]
    assert realised_volatility_bp(yields) == pytest.approx((20 / 19) ** 0.5)
    assert realised_volatility_bp(yields[1:]) is None


def test_unwind_needs_reports_at_most_35_days_apart_and_12_days_old():
    newest, before = (date(2025, 4, 8), 80.0), (date(2025, 3, 11), 100.0)
    assert unwind_pct(newest, before, date(2025, 4, 11)) == pytest.approx(20)
    assert unwind_pct(newest, before, date(2025, 4, 20)) == pytest.approx(20)
    assert unwind_pct(newest, before, date(2025, 4, 21)) is None
    assert unwind_pct(newest, (date(2025, 3, 3), 100.0), date(2025, 4, 11)) is None
    assert unwind_pct(newest, None, date(2025, 4, 11)) is None
