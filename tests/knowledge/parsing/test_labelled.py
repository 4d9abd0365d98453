"""How many of a report's figures the rules read, and how many they read right.

`python -m tests.knowledge.parsing.test_labelled` prints what is missed and what is wrong.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from knowledge.chunking import language_of_text
from knowledge.parsing.blocks import Block, table
from knowledge.parsing.pieces import pieces_of
from knowledge.parsing.readings import Reading, readings_of

LABELLED = tomllib.loads(Path(__file__).with_name("labelled.toml").read_text(encoding="utf-8"))
# Measured when the rules were frozen: what falls below has become worse.
FLOOR = 0.95

Claim = tuple[str, str, float, str, str]


@dataclass(frozen=True)
class Score:
    """Claims read right, of those read and of those there."""

    right: int
    read: int
    there: int

    @property
    def precision(self) -> float:
        return self.right / self.read

    @property
    def recall(self) -> float:
        return self.right / self.there


def cases(kind: str, lang: str) -> Iterator[tuple[str, list[Claim], list[Claim]]]:
    """Yield each case of a language: its text, what a person reads, what the rules read."""
    for case in LABELLED[kind]:
        text = case.get("text") or case["caption"]
        if language_of_text(text) == lang:
            yield text, [_claim(*row) for row in case["claims"]], [*read(kind, case)]


def read(kind: str, case: dict[str, Any]) -> list[Claim]:
    if kind == "sentence":
        blocks = [Block(case["text"])]
    else:
        blocks = [table([tuple(row) for row in case["rows"]], caption=case["caption"])]
    found = readings_of(pieces_of(blocks), [b for b in blocks if b.kind == "table"])
    return [_of(reading) for reading in found]


def _of(reading: Reading) -> Claim:
    return _claim(reading.measure_en, reading.entity_en, reading.value, reading.unit, reading.as_of)


def _claim(measure: str, entity: str, value: float, unit: str, as_of: str) -> Claim:
    return measure, entity, float(f"{value:.6g}"), unit, as_of


def score(found: Sequence[tuple[str, list[Claim], list[Claim]]]) -> Score:
    right = sum((Counter(there) & Counter(read)).total() for _, there, read in found)
    return Score(right, sum(len(r) for *_, r in found), sum(len(t) for _, t, _ in found))


KINDS = [(kind, lang) for kind in ("sentence", "table") for lang in ("en", "zh")]


@pytest.mark.parametrize(("kind", "lang"), KINDS)
def test_figures_are_read_as_a_person_reads_them(kind: str, lang: str):
    """Measure, owner, value, unit and date must all be right for one to count."""
    measured = score([*cases(kind, lang)])
    assert measured.precision >= FLOOR
    assert measured.recall >= FLOOR


def main() -> None:
    for kind, lang in KINDS:
        found = [*cases(kind, lang)]
        measured = score(found)
        sys.stdout.write(
            f"{kind} {lang}: precision {measured.precision:.3f} ({measured.right}/{measured.read}),"
            f" recall {measured.recall:.3f} ({measured.right}/{measured.there})\n"
        )
        for text, there, said in found:
            missed, wrong = Counter(there) - Counter(said), Counter(said) - Counter(there)
            if missed or wrong:
                sys.stdout.write(f"  {text}\n    missed {[*missed]}\n    wrong {[*wrong]}\n")


if __name__ == "__main__":
    main()
