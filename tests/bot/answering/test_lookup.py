"""Terms, names and dates: a term is defined as it is worded, what is not known is refused."""

from __future__ import annotations

import pytest

from tests.bot.answering.shelf import answerer


@pytest.mark.parametrize(
    ("question", "opening"),
    [
        ("explain wild card option", "wild card option: "),
        ("啥是百搭牌期权", "百搭牌期权："),
        ("发票价格", "发票价格："),
        ("define DV01", "DV01: "),
        ("什么是票息", "票息："),
        ("specialness", "specialness: "),
    ],
)
def test_a_term_is_defined_in_the_words_that_were_asked(question: str, opening: str) -> None:
    answer = answerer().answer(question)
    assert answer.statements[0].text.startswith(opening)
    assert answer.citations[0].doc == "glossary"


@pytest.mark.parametrize(
    "question",
    [
        "How many people work at the OFR?",
        "who is the CEO of CME",
        "谁是CFTC主席",
        "OFR有多少员工",
        "What is the boiling point of ethanol?",
    ],
)
def test_a_name_alone_is_no_subject(question: str) -> None:
    assert answerer().answer(question).refused


def test_what_a_named_body_says_may_be_asked() -> None:
    assert not answerer().answer("What does Perli say?").refused
    assert not answerer().answer("When was CME Securities Clearing approved?").refused


@pytest.mark.parametrize(
    "question",
    [
        "2026年9月日本持有多少美债？",
        "how much japan held in september 2026",
        "How big was the basis trade in June 2024?",
    ],
)
def test_a_month_without_a_figure_is_refused_with_what_comes_nearest(question: str) -> None:
    answer = answerer().answer(question)
    assert answer.route == "refusal:absent"
    assert answer.citations


def test_a_report_may_be_asked_for_by_the_month_in_which_it_came_out() -> None:
    answer = answerer().answer(
        "What share of marketable debt do hedge funds hold, per the OFR of August 2026?"
    )
    assert "SZ15" in {c.claim for c in answer.citations}


@pytest.mark.parametrize(
    "question", ["Why did the Fed ban the basis trade in 2025?", "美联储为什么在2025年取缔基差交易"]
)
def test_an_event_that_no_source_tells_of_is_not_explained(question: str) -> None:
    assert answerer().answer(question).route == "refusal:absent"
