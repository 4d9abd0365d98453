"""Published numbers, read from the reference folder, each within its stated tolerance."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tools.batch import compute, kinds

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / os.environ.get("BASISBOT_REFERENCE_DIR", "../shared/reference")
CASES = REFERENCE / "basis_cases.json"


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


def _agrees(got: Any, expected: Any, tolerance: float) -> bool:
    if isinstance(expected, list):
        return len(got) == len(expected) and all(
            _agrees(a, b, tolerance) for a, b in zip(got, expected, strict=True)
        )
    if isinstance(expected, str):
        return bool(got == expected)
    return abs(float(got) - float(expected)) <= tolerance + 1e-12


@pytest.mark.skipif(not CASES.exists(), reason=f"no reference cases at {CASES}")
@pytest.mark.parametrize(
    "case", [c for c in _cases() if c["kind"] in kinds()], ids=lambda case: case["id"]
)
def test_published_case(case: dict[str, Any]) -> None:
    result = compute(case["kind"], case["inputs"])
    for key, expected in case["expected"].items():
        assert _agrees(result[key], expected, _tolerance(case, key)), (
            f"{key}: {result[key]} is not {expected} ({case['source']})"
        )
