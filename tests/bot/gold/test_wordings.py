"""Fresh wordings against the answers made without a model: floors by class and language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from knowledge.claims import load_ledger
from tests.bot.answering.shelf import answerer
from tests.eval import questions as evaluate

# How many passed when the floors were set (in brackets: how many there are). No passages: those
# that only a passage answers count as failed here.
FLOORS: dict[tuple[str, str], int] = {
    ("fact", "en"): 118,  # (120)
    ("fact", "zh"): 101,  # (105)
    ("time", "en"): 32,  # (35)
    ("time", "zh"): 28,  # (29)
    ("meaning", "en"): 33,  # (33)
    ("meaning", "zh"): 31,  # (31)
    ("mechanism", "en"): 28,  # (31)
    ("mechanism", "zh"): 28,  # (29)
    ("disagreement", "en"): 16,  # (19)
    ("disagreement", "zh"): 16,  # (17)
    ("check", "en"): 23,  # (23)
    ("check", "zh"): 20,  # (22)
    ("calculation", "en"): 15,  # (15)
    ("calculation", "zh"): 12,  # (12)
    ("contract", "en"): 14,  # (14)
    ("contract", "zh"): 12,  # (12)
    ("followup", "en"): 13,  # (13)
    ("followup", "zh"): 12,  # (12)
    ("mixed", "en"): 1,  # (1)
    ("mixed", "zh"): 4,  # (5)
    ("refused", "en"): 68,  # (68)
    ("refused", "zh"): 62,  # (62)
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
