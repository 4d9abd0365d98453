"""Whether two texts give the same answer to a question."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.measures import contradiction
from knowledge.conflict import agreement, differ

SETS = Path(os.environ.get("BASISBOT_REFERENCE_DIR", "../shared/reference")) / "benchmarks/sets"


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("When did runoff end?", "It ended on 1 December 2025.", "On December 1, 2025 it ended."),
        ("缩表哪一天结束?", "2025年12月1日停止缩表。", "缩表自12月1日起停止。"),
        ("How big was the trade?", "It was $830bn.", "About 0.83 trillion dollars then."),
        ("规模有多大?", "约8300亿美元。", "达到0.83万亿美元。"),
        ("Who chairs the Fed?", "Jane Roe chairs it.", "The chair, Jane Roe, said so."),
        ("谁是作者?", "作者是陈大文。", "本文由陈大文撰写。"),
    ],
)
def test_the_same_answer_in_other_words_agrees(question: str, one: str, other: str) -> None:
    assert not differ(question, one, other)


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("When did runoff end?", "It ended on 1 December 2025.", "On 11 December 2025 it ended."),
        ("缩表哪一天结束?", "2025年12月1日停止缩表。", "缩表自12月11日起停止。"),
        ("How big was the trade?", "It was $830bn.", "About 1.3 trillion dollars then."),
        ("规模有多大?", "约8300亿美元。", "达到1.3万亿美元。"),
        ("Who won in 2020?", "Jane Roe beat Mary Major in 2020.", "Ann Lee beat Mary Major."),
        ("谁是作者?", "作者是陈大文。", "本文由李小明撰写。"),
    ],
)
def test_another_answer_differs(question: str, one: str, other: str) -> None:
    assert differ(question, one, other)


def test_what_the_question_says_itself_is_no_answer() -> None:
    assert agreement("Who leads Acme Bank?", "Acme Bank grew.", "Acme Bank shrank.") == 0.0


@pytest.mark.skipif(not SETS.exists(), reason=f"public evaluation sets are not at {SETS}")
@pytest.mark.parametrize(("lang", "floor"), [("en", 0.92), ("zh", 0.85)])
def test_pairs_at_odds_are_told_from_pairs_that_agree(lang: str, floor: float) -> None:
    found = {r.measure: r.found for r in contradiction.rows(SETS / f"contradiction_{lang}_rgb")}
    assert found["AUROC"].value >= floor
