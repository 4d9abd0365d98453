"""A calculation stated in words: its result, its formula and the inputs echoed."""

from __future__ import annotations

import pytest

from bot.answering.calculation import money
from bot.answering.stated import read
from tests.bot.answering.shelf import answerer
from tests.eval.questions import mentions


def test_parts_are_read_whether_the_label_or_the_figure_comes_first() -> None:
    for text in (
        "With a 2% repo haircut and 1% futures margin",
        "haircut of 2 percent and a margin of 1%",
        "折扣率2%、保证金1%",
        "2%的折扣率和1%的保证金",
    ):
        assert dict(read(text).parts) == {"haircut": 2.0, "margin": 1.0}, text


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("With a 2% haircut and 1% margin, what is the maximum leverage?", "33.3"),
        ("零折扣、保证金2%，杠杆上限是多少倍？", "50"),
        (
            "Repo borrowing of $553 billion on capital of $9.9 billion: what leverage is that?",
            "55.9",
        ),
        ("How much equity is needed for $1 billion notional at a 2% haircut and 1% margin?", "30"),
        ("保证金从1%提高到1.5%，名义20亿美元空头，追加多少保证金？", "1000万"),
        (
            "Financing $100 million at a repo rate of 4.2% for 30 days: what is the interest?",
            "350000",
        ),
        ("What percentage of $30 trillion is $1.5 trillion?", "5.0"),
        (
            "Sell how many 2-year contracts against $100 million face, conversion factor 0.95?",
            "475",
        ),
    ],
)
def test_a_stated_calculation_gives_its_result_first(question: str, result: str) -> None:
    answer = answerer().answer(question)
    assert answer.route == "calculation"
    assert mentions(answer.statements[0].text.split(":")[0].split("：")[0], result)
    assert answer.statements[0].cites


@pytest.mark.parametrize(
    "question",
    [
        "How levered can a fund be at a 2% haircut and some margin?",
        "What is the implied repo with futures at 110?",
        "期货要卖多少张？",
        "Do hedge funds really use 50 to 100 times leverage?",
        "“约30万亿国债中6%由基差交易者持有”这个说法可靠吗?",
    ],
)
def test_nothing_is_calculated_from_inputs_that_are_not_stated(question: str) -> None:
    assert answerer().answer(question).route != "calculation"


def test_an_impossible_input_is_not_calculated_with() -> None:
    answer = answerer().answer("With a 0% haircut and 0% margin, what is the maximum leverage?")
    assert answer.route != "calculation"


def test_dollars_are_written_as_each_language_writes_them() -> None:
    assert money(5e5, "zh") == "500,000美元"
    assert money(3e7, "zh") == "3,000万美元"
    assert money(8.3e11, "zh") == "8,300亿美元"
    assert money(8.3e11, "en") == "$830 billion"
