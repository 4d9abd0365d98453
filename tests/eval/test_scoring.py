"""Means, shares and AUROC with their intervals."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.eval.scoring import auroc, mean


def test_a_share_lies_within_its_interval_which_narrows_with_cases() -> None:
    few, many = mean([1.0, 0.0] * 10), mean([1.0, 0.0] * 200)
    assert few.low < few.value == many.value == 0.5 < few.high
    assert many.high - many.low < few.high - few.low
    assert (few.cases, many.cases) == (20, 400)


def test_nothing_measured_is_no_number() -> None:
    assert math.isnan(mean([]).value)
    assert mean([]).cases == 0


def test_the_same_values_give_the_same_interval() -> None:
    assert mean([0.2, 0.4, 0.9]) == mean([0.2, 0.4, 0.9])


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_auroc_is_the_share_of_pairs_in_order(cases: list[tuple[int, bool]]) -> None:
    yes = [s for s, positive in cases if positive]
    no = [s for s, positive in cases if not positive]
    if not yes or not no:
        return
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in yes for b in no]
    found = auroc([float(s) for s, _ in cases], [p for _, p in cases])
    assert found.value == pytest.approx(sum(pairs) / len(pairs))


def test_auroc_of_one_kind_alone_is_no_number() -> None:
    assert math.isnan(auroc([1.0, 2.0], [True, True]).value)
