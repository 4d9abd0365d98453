"""A figure is told with the measure that its own noun phrase names, or not at all."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from knowledge.parsing.blocks import Block, table
from knowledge.parsing.pieces import pieces_of
from knowledge.parsing.readings import Reading, readings_of

CASES = tomllib.loads(Path(__file__).with_name("whose_number.toml").read_text(encoding="utf-8"))


def read(*blocks: Block) -> list[Reading]:
    return readings_of(pieces_of(blocks), [b for b in blocks if b.kind == "table"])


@pytest.mark.parametrize("text", CASES["silent"])
def test_a_number_of_something_else_is_not_told(text: str):
    assert [(r.measure_en, r.written) for r in read(Block(text))] == []


@pytest.mark.parametrize("case", CASES["told"], ids=lambda case: case["text"][:30])
def test_of_several_numbers_only_those_of_a_measure_are_told(case: dict[str, object]):
    found = [[r.measure_en, r.written] for r in read(Block(str(case["text"])))]
    assert found == case["found"]


@pytest.mark.parametrize("case", CASES["table"], ids=lambda case: case["caption"][:30])
def test_a_cell_is_told_by_its_own_column_and_row(case: dict[str, object]):
    rows = [tuple(row) for row in case["rows"]]  # type: ignore[attr-defined]  # TOML is untyped
    found = read(table(rows, caption=str(case["caption"])))
    assert [[r.measure_en, r.written, r.as_of] for r in found] == case["found"]


@pytest.mark.parametrize(
    ("text", "as_of"),
    [
        ("Swap spreads averaged 12 bp from January 2013 to July 2024.", "2013-01..2024-07"),
        ("Haircuts stood at 2% between 2 March 2020 and 9 April 2020.", "2020-03-02..2020-04-09"),
        ("Haircuts stood at 2% in 2019-2023.", "2019..2023"),
        (CASES["span"][0], "2013-01-25..2024-07-31"),
        (CASES["span"][1], "2007..2020"),
    ],
)
def test_a_span_of_time_keeps_both_its_ends(text: str, as_of: str):
    assert [r.as_of for r in read(Block(text))] == [as_of]
