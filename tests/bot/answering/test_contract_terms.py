"""Contract terms asked for in words: from the dated contract data, in both languages."""

from __future__ import annotations

import pytest

from tests.bot.answering.shelf import answerer


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What is the tick of the five-year future worth?", "$7.8125"),
        ("tick value of the 10-year note future", "$15.625"),
        ("10年期国债期货一跳多少钱", "15.625美元"),
        ("What's the face value of a ZT contract?", "$200,000"),
        ("last trading day for FVZ6", "31 December 2026"),
        ("TUZ6最后交易日是哪天", "2026年12月31日"),
        ("last trading day of TYZ6?", "21 December 2026"),
        ("when is last delivery for TYH7", "31 March 2027"),
        ("first notice day of the March 2027 ultra bond", "25 February 2027"),
        ("which maturities can be delivered into the classic bond contract", "less than 25 years"),
        ("超长债期货UB可交割期限", "不少于25年"),
        ("5年期期货可以交割哪些券", "不少于4年2个月"),
    ],
)
def test_a_term_of_a_contract_is_told_with_its_source(question: str, said: str) -> None:
    answer = answerer().answer(question)
    assert answer.route == "contract"
    assert said in answer.statements[0].text
    cited = {c.n: c for c in answer.citations}
    assert all("CME" in cited[s.cites[0]].title for s in answer.statements)


def test_a_term_of_no_named_contract_is_told_of_the_main_ones() -> None:
    answer = answerer().answer("What is the tick of Treasury futures?")
    assert [s.text.split(" ")[0] for s in answer.statements] == [
        "$7.8125", "$7.8125", "$15.625", "$15.625", "$31.25", "$31.25",
    ]  # fmt: skip


def test_a_doubtful_term_says_so() -> None:
    answer = answerer().answer("What is deliverable into TYH7?")
    assert any("7 years 9 months" in note for note in answer.notes)


@pytest.mark.parametrize("question", ["What is the price of FVZ6?", "ZN现在多少"])
def test_a_price_is_no_term(question: str) -> None:
    assert answerer().answer(question).route == "refusal:live"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("FV 3月合约最后交割日", "FVH7"),
        ("FV三月合约最后交割日", "FVH7"),
        ("TY 6月合约的最后交易日", "TYM7"),
        ("TY 27年3月合约几号到期", "TYH7"),
        ("10年期国债期货27年3月合约最后交易日", "TYH7"),
        ("FV March contract last delivery day", "FVH7"),
        ("last trading day of the June TY contract", "TYM7"),
        ("last trading day of the Mar 27 TY contract", "TYH7"),
        ("last trading day of TY H7", "TYH7"),
        ("first notice day of the UB Sept contract", "UBU"),
    ],
)
def test_a_delivery_month_without_a_whole_year_is_the_next_such_contract(
    question: str, code: str
) -> None:
    text = answerer().answer(question).statements[0].text
    assert code in text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("FV最后交割日", "没有"),
        ("last delivery day of FV", "No delivery month"),
        ("last delivery day of the FV May contract", "month 5"),
    ],
)
def test_without_a_delivery_month_the_nearest_contract_is_named_as_such(
    question: str, said: str
) -> None:
    assert any(said in note for note in answerer().answer(question).notes)
