"""What stands beside an answer: the figure that differs and why, the newer one, a caution."""

from __future__ import annotations

import pytest

from bot.answering.answer import Answer
from tests.bot.answering.shelf import answerer


def cited(answer: Answer) -> list[str | None]:
    return [c.claim for c in answer.citations]


def test_a_differing_share_is_shown_with_both_measures() -> None:
    answer = answerer().answer("What share of outstanding Treasuries do hedge funds hold?")
    assert {"SZ04", "SZ15"} <= set(cited(answer))
    assert any("two measures" in n and "marketable debt" in n for n in answer.notes)


def test_six_tenths_or_half_is_told_apart_in_chinese() -> None:
    answer = answerer().answer("基差交易者占对冲基金头寸六成还是一半")
    assert {"SZ23", "SZ24"} <= set(cited(answer))
    assert any("口径不同" in n for n in answer.notes)


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("Why is hedge funds' short Treasury exposure $9 trillion?", "$9 trillion"),
        ("对冲基金美债空头敞口是9万亿美元吗", "9万亿美元"),
    ],
)
def test_a_figure_that_no_source_states_is_named(question: str, figure: str) -> None:
    answer = answerer().answer(question)
    assert any(figure in note for note in answer.notes)


def test_a_figure_that_the_answer_states_is_not_remarked_on() -> None:
    answer = answerer().answer("Is it 74% or 42% of repo that has zero haircut?")
    assert not any("74" in note for note in answer.notes)
