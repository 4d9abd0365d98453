"""A figure stated anew in a follow-up takes the place of the old one."""

from __future__ import annotations

import pytest

from tests.bot.answering.shelf import answerer

LEVERAGE_ZH = "折扣率{a}%、保证金{b}%的话杠杆上限多少倍？"
LEVERAGE_EN = "max leverage at a haircut of {a}% and margin {b}%?"
EQUITY_ZH = "1亿美元头寸，折扣率{a}%，保证金{b}%，要多少本金？"
EQUITY_EN = "How much equity is needed for $100m at a haircut of {a}% and margin {b}%?"
ZH = [
    "要是{}涨到{}%呢？",
    "{}改成{}%",
    "{}换成{}%呢",
    "{}变成{}%呢",
    "{}提到{}%会怎样",
    "{}{}%呢？",
    "如果{}是{}%呢？",
    "那{}变{}%呢",
]
BORROWED = "借10亿美元，利率4%，30天，利息多少？"
EN = ["what about a {1}% {0}?", "and with a {0} of {1}%?",
      "if the {0} were {1}%?", "what if {0} rises to {1}%?", "{0} {1}%?"]  # fmt: skip


@pytest.mark.parametrize("wording", ZH)
@pytest.mark.parametrize("whole", [LEVERAGE_ZH, EQUITY_ZH])
@pytest.mark.parametrize("role", ["折扣率", "保证金"])
def test_a_chinese_follow_up_is_answered_as_the_question_stated_afresh(
    wording: str, whole: str, role: str
) -> None:
    _is_as_afresh(whole, wording.format(role, 5), role == "折扣率")


@pytest.mark.parametrize("wording", EN)
@pytest.mark.parametrize("whole", [LEVERAGE_EN, EQUITY_EN])
@pytest.mark.parametrize("role", ["haircut", "margin"])
def test_an_english_follow_up_is_answered_as_the_question_stated_afresh(
    wording: str, whole: str, role: str
) -> None:
    _is_as_afresh(whole, wording.format(role, 5), role == "haircut")


def _is_as_afresh(whole: str, follow_up: str, first: bool) -> None:
    afresh = whole.format(a=5, b=1) if first else whole.format(a=2, b=5)
    answer = answerer().answer(follow_up, history=[whole.format(a=2, b=1)])
    expected = answerer().answer(afresh)
    assert expected.route == answer.route == "calculation"
    assert [s.text for s in answer.statements] == [s.text for s in expected.statements]


@pytest.mark.parametrize(
    ("before", "follow_up", "afresh"),
    [
        (BORROWED, "换成90天呢", "借10亿美元，利率4%，90天，利息多少？"),
        (BORROWED, "5%呢", "借10亿美元，利率5%，30天，利息多少？"),
        (BORROWED, "20亿美元呢", "借20亿美元，利率4%，30天，利息多少？"),
    ],
)  # fmt: skip
def test_an_interest_is_reckoned_with_the_figure_stated_anew(
    before: str, follow_up: str, afresh: str
) -> None:
    answer, expected = answerer().answer(follow_up, history=[before]), answerer().answer(afresh)
    assert expected.route == "calculation"
    assert [s.text for s in answer.statements] == [s.text for s in expected.statements]


def test_a_figure_of_open_place_is_asked_about() -> None:
    answer = answerer().answer("换成3%呢", history=[LEVERAGE_ZH.format(a=2, b=1)])
    assert "3%" in answer.statements[0].text
    assert "33.3" not in answer.statements[0].text


@pytest.mark.parametrize(
    ("before", "follow_up", "afresh"),
    [
        (LEVERAGE_ZH.format(a=2, b=1), "保证金300个基点呢？", LEVERAGE_ZH.format(a=2, b=3)),
        (LEVERAGE_ZH.format(a=2, b=1), "保证金涨到300bp呢", LEVERAGE_ZH.format(a=2, b=3)),
        (LEVERAGE_ZH.format(a=2, b=1), "保证金三个百分点呢", LEVERAGE_ZH.format(a=2, b=3)),
        (LEVERAGE_EN.format(a=2, b=1), "what about 300bp margin?", LEVERAGE_EN.format(a=2, b=3)),
        (LEVERAGE_EN.format(a=2, b=1), "what about a 50 basis point haircut?",
         LEVERAGE_EN.format(a=0.5, b=1)),
        (BORROWED, "两周呢", "借10亿美元，利率4%，14天，利息多少？"),
        (BORROWED, "换成2周呢", "借10亿美元，利率4%，14天，利息多少？"),
    ],
)  # fmt: skip
def test_a_figure_in_another_unit_takes_the_old_one_s_place(
    before: str, follow_up: str, afresh: str
) -> None:
    answer = answerer().answer(follow_up, history=[before])
    expected = answerer().answer(afresh)
    assert expected.route == answer.route == "calculation"
    first = answer.statements[0].text.replace("三个百分点", "3%")
    assert first == expected.statements[0].text


@pytest.mark.parametrize(
    ("before", "follow_up", "figure"),
    [
        (BORROWED, "换成3个月呢", "3个月"),
        (LEVERAGE_ZH.format(a=2, b=1), "保证金加1个百分点呢", "1个百分点"),
        (LEVERAGE_ZH.format(a=2, b=1), "保证金涨1%呢", "1%"),
        (LEVERAGE_EN.format(a=2, b=1), "and if margin goes up by 1%?", "1%"),
        (LEVERAGE_EN.format(a=2, b=1), "what if the haircut were lower by 1%?", "1%"),
    ],
)
def test_a_change_by_an_amount_and_months_for_days_are_asked_about(
    before: str, follow_up: str, figure: str
) -> None:
    answer = answerer().answer(follow_up, history=[before])
    assert len(answer.statements) == 1
    assert figure in answer.statements[0].text
    assert "33.3" not in answer.statements[0].text


@pytest.mark.parametrize(
    ("before", "question"),
    [
        (LEVERAGE_ZH.format(a=2, b=1), "那基差交易的规模是8300亿美元吗？"),
        (LEVERAGE_EN.format(a=2, b=1), "Is 20x leverage common?"),
    ],
)
def test_a_question_with_figures_of_its_own_leaves_the_calculation(
    before: str, question: str
) -> None:
    answer = answerer().answer(question, history=[before])
    assert answer.route != "calculation"
    assert answer.statements == answerer().answer(question).statements
