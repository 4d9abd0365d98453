"""A follow-up that states a figure anew changes that figure, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.answer import Answer
from tests.bot.answering.shelf import answerer

# A whole question with a place for each figure, and how one of them is said anew.
CALCULATIONS = {
    "zh-leverage": ("折扣率{haircut}%、保证金{margin}%的话杠杆上限多少倍？", {
        "haircut": ("折扣率变成{}%呢？", "折扣率提到{}%会怎样？"),
        "margin": ("要是保证金涨到{}%呢？", "保证金{}%呢？", "如果保证金是{}%呢？", "保证金改成{}%")}),
    "zh-capital": ("1亿美元头寸，折扣率{haircut}%，保证金{margin}%，要多少本金？", {
        "haircut": ("折扣率变{}%呢", "换成折扣率{}%"), "margin": ("保证金换成{}%呢",)}),
    "zh-interest": ("借10亿美元，利率4%，{days}天要付多少利息？", {"days": ("换成{}天呢", "{}天呢？")}),
    "en-leverage": ("What is the maximum leverage at a haircut of {haircut}% and a margin of {margin}%?", {
        "haircut": ("and with a {}% haircut?", "what if the haircut were {}%?"),
        "margin": ("what about a {}% margin?", "and with {}% margin?", "what if the margin rises to {}%?")}),
}  # fmt: skip


TIMES = {
    "en": {2: ("and if the {} doubles?", "what if the {} were twice as much?"),
           0.5: ("what if the {} is halved?", "and with half the {}?"),
           1.5: ("and with 1.5 times the {}?",)},
    "zh": {2: ("{}翻倍呢？", "要是{}提高一倍呢"), 0.5: ("{}减半会怎样？", "如果{}腰斩呢"),
           1.5: ("{}变成1.5倍呢",)},
}  # fmt: skip
NAMES = {"en": {"haircut": "haircut", "margin": "margin"},
         "zh": {"haircut": "折扣率", "margin": "保证金"}}  # fmt: skip


@pytest.mark.parametrize("lang", TIMES)
@pytest.mark.parametrize("role", ["haircut", "margin"])
def test_a_part_that_doubles_or_halves_is_that_of_the_question_said_afresh(lang: str, role: str):
    whole, old = CALCULATIONS[f"{lang}-leverage"][0], {"haircut": 2, "margin": 4}
    for times, wordings in TIMES[lang].items():
        afresh = answerer().answer(whole.format(**{**old, role: f"{old[role] * times:g}"}))
        for wording in wordings:
            asked = wording.format(NAMES[lang][role])
            answer = answerer().answer(asked, history=[whole.format(**old)])
            assert first(answer) == first(afresh), asked


@pytest.mark.parametrize(("whole", "asked", "told"), [
    ("借10亿美元，利率4%，30天要付多少利息？", "借款翻倍呢", "20亿美元×4%×30/360"),
    ("What is leverage with a 2% haircut and 2% margin?", "what if it doubles?", "2%, 2%"),
])  # fmt: skip
def test_the_only_figure_that_fits_doubles_and_an_open_one_is_asked_about(
    whole: str, asked: str, told: str
):
    assert told in first(answerer().answer(asked, history=[whole]))


@pytest.mark.parametrize(("whole", "asked"), [
    ("What is leverage with a 2% haircut and 2% margin?", "and in March 2026?"),
    ("折扣率2%、保证金2%时杠杆是多少？", "如果2026年3月呢？"),
])  # fmt: skip
def test_a_day_does_not_repeat_a_calculation_that_has_none(whole: str, asked: str):
    answer = answerer().answer(asked, history=[whole])
    assert answer.route != "calculation"


def first(answer: Answer) -> str:
    return answer.statements[0].text


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_figure_said_anew_is_that_of_the_whole_question_said_afresh(data: st.DataObject):
    whole, changes = CALCULATIONS[data.draw(st.sampled_from(sorted(CALCULATIONS)))]
    old = {"haircut": 2, "margin": 1, "days": 30}
    role = data.draw(st.sampled_from(sorted(changes)))
    figure = data.draw(st.integers(3, 9))
    asked = data.draw(st.sampled_from(changes[role])).format(figure)
    answer = answerer().answer(asked, history=[whole.format(**old)])
    afresh = answerer().answer(whole.format(**{**old, role: figure}))
    assert answer.route == afresh.route == "calculation"
    assert first(answer) == first(afresh)


@pytest.mark.parametrize("anew", ["Who says so?", "and in 2024?", "What is a haircut?"])
def test_what_states_no_figure_of_the_calculation_changes_none(anew: str):
    history = ["What is the maximum leverage at a haircut of 2% and a margin of 1%?"]
    answer = answerer().answer(anew, history=history)
    assert "33.3" in first(answer) or answer.route != "calculation"
