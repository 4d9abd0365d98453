"""Fresh wordings against the answers made without a model: floors by class and language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot import evaluate
from knowledge.claims import load_ledger
from tests.bot.answering.shelf import answerer

# How many passed when the floors were set (in brackets: how many there are). No passages: those
# that only a passage answers count as failed here.
FLOORS: dict[tuple[str, str], int] = {
    ("fact", "en"): 107,  # (109)
    ("fact", "zh"): 94,  # (97)
    ("time", "en"): 28,  # (31)
    ("time", "zh"): 26,  # (27)
    ("meaning", "en"): 30,  # (30)
    ("meaning", "zh"): 29,  # (29)
    ("mechanism", "en"): 24,  # (27)
    ("mechanism", "zh"): 26,  # (27)
    ("disagreement", "en"): 15,  # (17)
    ("disagreement", "zh"): 14,  # (16)
    ("check", "en"): 20,  # (20)
    ("check", "zh"): 18,  # (20)
    ("calculation", "en"): 13,  # (13)
    ("calculation", "zh"): 11,  # (11)
    ("contract", "en"): 12,  # (12)
    ("contract", "zh"): 11,  # (11)
    ("followup", "en"): 12,  # (12)
    ("followup", "zh"): 11,  # (11)
    ("mixed", "en"): 1,  # (1)
    ("mixed", "zh"): 4,  # (5)
    ("refused", "en"): 61,  # (61)
    ("refused", "zh"): 56,  # (56)
}


@cache
def rows() -> tuple[dict[str, Any], ...]:
    text = (Path(__file__).parent / "wordings.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["q"])


def passes(row: dict[str, Any]) -> bool:
    refused = row["class"] == "refused"
    kind = "unanswerable" if refused else row["class"]
    question = evaluate.question_of({**row, "class": kind, "must_mention": row.get("say", [])})
    answer = answerer().answer(question.question, question.lang, question.history)
    if refused or answer.refused:
        return refused and answer.refused
    cited = {c.claim for c in answer.citations}
    said = all(evaluate.mentions(answer.text, needle) for needle in row.get("say", []))
    return said and all(cited & set(group) for group in row.get("claims", []))


@pytest.mark.parametrize(("kind", "lang"), FLOORS)
def test_a_class_of_wordings_keeps_its_level(kind: str, lang: str) -> None:
    asked = [row for row in rows() if (row["class"], row["lang"]) == (kind, lang)]
    failed = {row["id"]: row["question"] for row in asked if not passes(row)}
    assert len(asked) - len(failed) >= FLOORS[kind, lang], failed


def test_the_wordings_are_what_they_say() -> None:
    ledger = load_ledger()
    assert len({row["id"] for row in rows()}) == len(rows())
    assert {(row["class"], row["lang"]) for row in rows()} == set(FLOORS)
    assert all(c in ledger for row in rows() for group in row.get("claims", []) for c in group)
