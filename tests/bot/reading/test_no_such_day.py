"""A day that no calendar has, in a command: named whole as typed, and no other date is taken."""

from __future__ import annotations

import calendar
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.reading.schedule import ScheduleError
from bot.week.asked import DayError
from bot.week.rules import AlertError
from tests.bot.desk.asking import read_basis
from tests.bot.reading.test_nothing_dropped import ERRORS, READERS, TODAY
from tools.errors import CalculatorError

# A command and what it obeys, beside which the date stands.
BESIDE = (
    ("subscribe", ("monday 9am", "周五 18:00 上海", "")),
    ("alert", ("score > 65", "评分超过65", "")),
    ("digest", ("", "last week", "上周")),
    ("chart", ("sofr", "持仓", "")),
    ("dates", ("TYH7", "")),
)
NAMES = {m: (calendar.month_name[m], calendar.month_abbr[m]) for m in range(1, 13)}


@st.composite
def no_days(draw: st.DrawFn) -> str:
    """Return one date that no calendar has, in one of the ways that people write dates."""
    year = draw(st.integers(1990, 2099))
    month = draw(st.integers(1, 12))
    longest = calendar.monthrange(year, month)[1]
    day = draw(st.integers(longest + 1, 39))
    name = draw(st.sampled_from(NAMES[month]))
    none = draw(st.sampled_from((0, *range(13, 40))))
    quarter, week = draw(st.integers(5, 9)), draw(st.integers(54, 99))
    return draw(
        st.sampled_from(
            (
                f"{year}-{month:02d}-{day}", f"{year}/{month}/{day}", f"{year}年{month}月{day}日",
                f"{day} {name} {year}", f"{name} {day}, {year}", f"{year}年{month}月{day}号",
                f"{year}年{none}月", f"{year}年{none}月5日", f"{year}-{none:02d}-05",
                f"Q{quarter} {year}", f"{year}年第{quarter}季度", f"{year}-W{week}",
            )
        )
    )  # fmt: skip


@settings(max_examples=1500)
@given(st.sampled_from(BESIDE), no_days(), st.booleans(), st.data())
def test_a_command_names_it_whole_as_typed(
    command: tuple[str, tuple[str, ...]], day: str, first: bool, data: st.DataObject
):
    name, others = command
    words = data.draw(st.sampled_from(others))
    with pytest.raises(ERRORS) as caught:
        READERS[name](f"{day} {words}" if first else f"{words} {day}")
    error = caught.value
    assert isinstance(error, (DayError, AlertError, ScheduleError, CalculatorError))
    culprit = error.culprit if isinstance(error, DayError) else error.values["culprit"]
    assert (error.code, culprit) == ("no_such_day", day)


@pytest.mark.parametrize("command", sorted(READERS))
@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("2020年9月15日至31日", "2020年9月31日"),
        ("9月31日", "9月31日"),
        ("September 15-31, 2020", "September 31, 2020"),
        ("31 June 2025", "31 June 2025"),
        ("2025年2月29日", "2025年2月29日"),
        ("2025年\uff12月\uff13\uff10日", "2025年\uff12月\uff13\uff10日"),
    ],
)
def test_the_end_of_a_range_is_named_with_its_month(command: str, words: str, named: str):
    with pytest.raises(ERRORS) as caught:
        READERS[command](words)
    assert named in str(caught.value)


@given(no_days())
def test_a_calculator_takes_no_other_date(day: str):
    """`31 Jun 2034` would be a price and a June."""
    with pytest.raises(CalculatorError):
        read_basis(f"TYH7 112-16 4.25 {day}", TODAY)
    with pytest.raises(CalculatorError):
        read_basis(f"TYH7 112-16 4.25 11/15/34 100-30 settle {day}", TODAY)


def test_one_is_named_whole_by_a_calculator():
    with pytest.raises(CalculatorError) as caught:
        read_basis("TYH7 112-16 4.25 31 Jun 2034", TODAY)
    assert caught.value.values["culprit"] == "31 Jun 2034"
    assert read_basis("TYH7 112-16 4.25 98-31 Nov 2034", TODAY).maturity == date(2034, 11, 15)
