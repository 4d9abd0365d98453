"""A question with a date that no calendar has is answered, and the date is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bot.answering.shelf import answerer

_DATES = st.one_of(
    st.builds(
        lambda form, y, m, d, e: form.format(y=y, m=m, d=d, e=e),
        st.sampled_from(
            ["{y}年{m}月{d}日", "{y}年{m}月{d}日至{e}日", "{y}-{m:02d}-{d:02d}", "{m}/{d}/{y}",
             "{d}.{m}.{y}", "{d} to {e} February {y}", "Q{m} {y}", "week {e} of {y}", "{m}月",
             "{e}月{d}日", "{y}年第{m}季度", "from {d} September {y} to {e}"]
        ),
        st.sampled_from([0, 1, 1900, 2020, 2021, 2099, 9999]),
        st.integers(0, 13), st.integers(0, 32), st.integers(28, 54),
    ),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    _DATES,
    st.sampled_from(
        ["{}美联储买了多少国债？", "How much did the Fed buy in {}?", "FV {} last delivery day",
         "What happened at {}?", "{}发生了什么？"]
    ),
)  # fmt: skip
def test_no_date_keeps_a_question_from_its_answer(day: str, question: str) -> None:
    assert answerer().answer(question.format(day)).route


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("2020年9月15日至31日美联储买了多少国债？", "31日"),
        ("2020年2月28日至30日发生了什么？", "30日"),
        ("How much did the Fed buy on 9/31/2020?", "9/31/2020"),
        ("How much did Japan hold on February 30, 2026?", "February 30, 2026"),
    ],
)
def test_a_date_that_no_calendar_has_is_named_in_the_answer(question: str, named: str) -> None:
    answer = answerer().answer(question)
    assert any(named in note for note in answer.notes), answer.notes
