"""Now, latest, record: the newest figure held comes first, with its reporter and its age."""

from __future__ import annotations

from datetime import date

import pytest

from bot.answering.answer import Answer
from bot.answering.engine import Answerer
from tests.bot.answering.shelf import room

TODAY = date(2026, 12, 1)
HELD = ("newest figure held here", "此处收录的最新数字")


def answered(question: str, today: date = TODAY) -> Answer:
    return Answerer(room(), lambda: today).answer(question)


def told_age(answer: Answer) -> str:
    """Return the sentence on the age of the newest figure, nothing where none is said."""
    return next((n for n in answer.notes if any(words in n for words in HELD)), "")


@pytest.mark.parametrize(
    ("question", "claim", "figure", "reporter"),
    [
        ("How much repo do hedge funds borrow now?", "SZ46", "$3.24 trillion", "third party"),
        ("What is the latest hedge fund repo borrowing?", "SZ46", "$3.24 trillion", "third party"),
        ("How much does the Fed buy a month now?", "QT09", "$10 billion", "third party"),
        ("How many Treasuries does the Fed hold now?", "QT10", "$4,552 billion", "third party"),
        ("How big is the Treasury market now?", "MK04", "$31.8 trillion", "third party"),
        ("What is FICC's record volume?", "CL08", "$13.2 trillion", "third party"),
        ("Which clearing houses clear Treasury repo now?", "CL17", "only FICC", "third party"),
        ("When do the Form PF amendments take effect now?", "CL12", "1 July 2027", "third party"),
        ("When did the Fed's runoff end?", "QT01", "1 December 2025", "Federal Reserve Board"),
        ("对冲基金目前的回购借款是多少？", "SZ46", "3.24万亿美元", "第三方转述"),
        ("对冲基金回购借款最新是多少？", "SZ46", "3.24万亿美元", "第三方转述"),
        ("美联储现在每月买多少短期国债？", "QT09", "100亿美元", "第三方转述"),
        ("美联储现在持有多少国债？", "QT10", "45520亿美元", "第三方转述"),
        ("目前美国国债存量是多少？", "MK04", "31.8万亿美元", "第三方转述"),
        ("FICC清算量的纪录是多少？", "CL08", "13.2万亿美元", "第三方转述"),
        ("现在哪些机构清算国债回购？", "CL17", "只有FICC", "第三方转述"),
        ("Form PF修订目前何时生效？", "CL12", "2027年7月1日", "第三方转述"),
        ("美联储缩表什么时候结束的？", "QT01", "2025年12月1日", "美联储理事会"),
    ],
)
def test_the_newest_row_leads_with_who_reports_it(
    question: str, claim: str, figure: str, reporter: str
) -> None:
    answer = answered(question)
    first = answer.statements[0].text
    assert answer.citations[0].claim == claim
    assert figure in first
    assert reporter in first
    assert not told_age(answer)


@pytest.mark.parametrize(
    ("question", "claim", "figure"),
    [
        ("What was hedge-fund repo borrowing in Q4 2024?", "SZ44", "$2.5 trillion"),
        ("What was hedge-fund repo borrowing in Q4 2025?", "SZ45", "$3.38 trillion"),
        ("What was the size of the Treasury market in November 2025?", "MK02", "$30.2 trillion"),
        ("What was FICC's peak volume on 31 October 2025?", "CL15", "$12.66 trillion"),
        ("To what day was Form PF compliance moved in September 2025?", "CL16", "1 October 2026"),
        ("2024年四季度对冲基金回购借款是多少？", "SZ44", "2.5万亿美元"),
        ("2025年四季度对冲基金回购借款是多少？", "SZ45", "3.38万亿美元"),
        ("2025年11月美国国债存量是多少？", "MK02", "30.2万亿美元"),
        ("2025年10月31日FICC清算量峰值是多少？", "CL15", "12.66万亿美元"),
        ("2025年9月Form PF合规日推迟到哪天？", "CL16", "2026年10月1日"),
    ],
)
def test_the_row_of_the_asked_date_is_kept_and_told(question: str, claim: str, figure: str) -> None:
    answer = answered(question)
    assert answer.citations[0].claim == claim
    assert figure in answer.statements[0].text
    assert not told_age(answer)


@pytest.mark.parametrize(
    ("question", "held", "months"),
    [
        ("How much do TIC data undercount Cayman hedge funds now?", "December 2024", 23),
        ("How much sponsored repo do hedge funds borrow currently?", "9 May 2023", 42),
        ("What is the latest size of the repo market?", "Q3 2025", 14),
        ("How many funds account for most of the trade now?", "March 2025", 20),
        ("TIC目前低估开曼对冲基金多少？", "2024年12月", 23),
        ("对冲基金目前的保荐回购借款是多少？", "2023年5月9日", 42),
        ("美国回购市场最新规模是多少？", "2025年三季度", 14),
        ("目前大型对冲基金美债空头敞口是多少？", "2025年9月", 14),
    ],
)
def test_an_old_answer_to_now_says_how_old_its_newest_figure_is(
    question: str, held: str, months: int
) -> None:
    said = told_age(answered(question))
    assert held in said
    assert f"{months} months" in said or f"{months}个月" in said


@pytest.mark.parametrize(
    "question",
    [
        "How much do TIC data undercount Cayman hedge funds?",
        "How much did TIC data undercount Cayman hedge funds at end-2024?",
        "TIC低估开曼对冲基金多少？",
        "When was the clearing rule adopted, as of now?",
        "Is QT over now?",
    ],
)
def test_no_age_is_told_where_now_is_not_asked_or_no_figure_answers(question: str) -> None:
    assert not told_age(answered(question))


def test_the_age_counts_from_the_day_of_the_question() -> None:
    question = "How much do TIC data undercount Cayman hedge funds now?"
    assert not told_age(answered(question, date(2025, 12, 31)))
    assert "12 months" in told_age(answered(question, date(2026, 1, 2)))
    assert "34 months" in told_age(answered(question, date(2027, 11, 30)))


def test_the_newest_point_of_a_series_stands_before_an_older_one_where_now_is_asked() -> None:
    question = "What are the 2-, 5- and 10-year futures shorts of leveraged funds now?"
    cited = [c.claim for c in answered(question).citations]
    assert "SZ19" in cited
    assert cited.index("SZ19") < min(cited.index(c) for c in cited if c in {"SZ27", "SZ28", "SZ29"})


@pytest.mark.parametrize(
    ("question", "advice"),
    [
        ("How much Treasuries does China hold now?", False),
        ("How many Treasuries do hedge funds hold now?", False),
        ("How many contracts do I hold now?", True),
        ("Is it right to hold now?", True),
        ("Treasuries: buy now?", True),
    ],
)
def test_what_somebody_holds_now_is_no_question_for_advice(question: str, advice: bool) -> None:
    assert (answered(question).route == "refusal:advice") is advice
