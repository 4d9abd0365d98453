"""Published numbers: a few written out here, the rest read from the reference folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.answers.published import PUBLISHED
from tools.batch import compute

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / os.environ.get("BASISBOT_REFERENCE_DIR", "../shared/reference")
CASES = REFERENCE / "basis_cases.json"
NOT_CALCULATED = {"published_fact"}  # statements, for the answers to questions


def _cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        return []
    rows: list[dict[str, Any]] = json.loads(CASES.read_text(encoding="utf-8"))
    return rows


def _tolerance(case: dict[str, Any], key: str) -> float:
    tolerance = case["tolerance"]
    if isinstance(tolerance, dict):
        return float(tolerance.get(key, tolerance.get("default", 0.0)))
    return float(tolerance)


def _agrees(got: object, expected: object, tolerance: float) -> bool:
    if isinstance(expected, list):
        return (
            isinstance(got, list)
            and len(got) == len(expected)
            and all(_agrees(a, b, tolerance) for a, b in zip(got, expected, strict=True))
        )
    if isinstance(expected, str):
        return got == expected
    assert isinstance(got, int | float)
    assert isinstance(expected, int | float)
    return abs(got - expected) <= tolerance + 1e-12


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_number_is_reproduced(name: str) -> None:
    kind, inputs, expected, source = PUBLISHED[name]
    result = compute(kind, inputs)
    for key, (value, tolerance) in expected.items():
        assert _agrees(result[key], value, tolerance), f"{key}: {result[key]} ({source})"


@pytest.mark.skipif(not CASES.exists(), reason=f"no reference cases at {CASES}")
@pytest.mark.parametrize("case", [c for c in _cases() if c["kind"] not in NOT_CALCULATED],
                         ids=lambda case: case["id"])  # fmt: skip
def test_a_reference_case_is_reproduced(case: dict[str, Any]) -> None:
    result = compute(case["kind"], case["inputs"])
    for key, expected in case["expected"].items():
        assert _agrees(result[key], expected, _tolerance(case, key)), (
            f"{key}: {result[key]} is not {expected} ({case['source']})"
        )
