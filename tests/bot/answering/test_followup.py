"""A follow-up stands for a whole question, which the answer repeats."""

from __future__ import annotations

import pytest

from tests.bot.answering.shelf import answerer


@pytest.mark.parametrize(
    ("history", "question", "read_as"),
    [
        (
            ["How much in Treasuries did Japan hold in December 2025?"],
            "And in March 2026?",
            "How much in Treasuries did Japan hold in March 2026?",
        ),
        (
            ["How much in Treasuries did Japan hold in December 2025?"],
            "What about China?",
            "How much in Treasuries did China hold in December 2025?",
        ),
        (["2025年12月日本持有多少美债？"], "那2026年3月呢？", "2026年3月日本持有多少美债?"),
    ],
)
def test_a_new_date_or_name_takes_the_place_of_the_old_one(
    history: list[str], question: str, read_as: str
) -> None:
    answer = answerer().answer(question, history=history)
    assert any(read_as.rstrip("?？") in note for note in answer.notes), answer.notes


def test_a_pronoun_takes_the_topic_and_not_the_old_aspect() -> None:
    answer = answerer().answer("What about its leverage?", history=["How big is the basis trade?"])
    assert "LV03" in {c.claim for c in answer.citations}


def test_a_question_that_stands_alone_is_not_rewritten() -> None:
    answer = answerer().answer(
        "When does central clearing of repo become mandatory?",
        history=["How much in Treasuries did Japan hold in December 2025?"],
    )
    assert not answer.notes
    assert "CL01" in {c.claim for c in answer.citations}


def test_a_chain_of_follow_ups_keeps_the_latest_topic() -> None:
    answer = answerer().answer(
        "And China?",
        history=["How much in Treasuries did Japan hold in December 2025?", "and in March 2026?"],
    )
    assert "TC06" in {c.claim for c in answer.citations}


def test_weather_stays_refused_whatever_came_before() -> None:
    answer = answerer().answer(
        "What's the weather in London?", history=["How big is the basis trade?"]
    )
    assert answer.refused


@pytest.mark.parametrize(
    ("before", "question", "says"),
    [
        ("What is the net basis?", "What is a haircut?", "haircut"),
        ("净基差是什么？", "什么是折扣率？", "折扣率"),
        ("How big is the basis trade?", "What caused March 2020?", "2020"),
        ("What is the net basis?", "haircut", "haircut"),
        ("Morgan Stanley says it tripled to $1.5 trillion", "How big is the basis trade?", "830"),
        ("大摩称规模暴增三倍", "基差交易有多大？", "8300"),
        ("hi", "What is the net basis?", "net basis"),
        ("你好", "净基差是什么？", "净基差"),
    ],
)
def test_a_short_question_that_stands_alone_is_not_rewritten(
    before: str, question: str, says: str
) -> None:
    answer = answerer().answer(question, history=[before])
    assert not [note for note in answer.notes if note.startswith(("Read as", "按此理解"))]
    assert says in answer.text
