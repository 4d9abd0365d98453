"""A day in either language is the same in a command, a form, a digest, a chart and a question."""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.basis import BASIS
from bot.desk.steps import Steps, cleaned, first_wrong
from bot.reading.days import read_date, read_span, read_week
from bot.reading.folding import fold
from bot.reading.grammar import scan, split
from bot.reading.words import words
from bot.week.asked import DayError, chart_asked, day_asked
from knowledge.figures import whens
from tests.bot.desk.asking import read_basis
from tools.errors import CalculatorError
from tools.market.measures import MEASURES

TODAY = date(2026, 11, 24)  # a Tuesday; Thanksgiving follows
TRADE = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90"
BEFORE_MARK = Steps("pnl", ("-", "TYH7", "112-16+", "2034-11-15", "4.25", "100-30", "3.90", "1m"))
DAYS = tuple(
    map(
        date.fromisoformat,
        ("2026-03-02", "2025-12-24", "2020-02-29", "2026-11-24", "2019-09-17", "2025-04-11"),
    )
)


def written(day: date) -> list[str]:
    """Return a day in the ways that every place reads."""
    y, m, d = day.year, day.month, day.day
    name, short = calendar.month_name[m], calendar.month_abbr[m]
    return [
        f"{y}-{m:02d}-{d:02d}", f"{y}-{m}-{d}", f"{y}/{m:02d}/{d:02d}", f"{y}.{m:02d}.{d:02d}",
        f"{d} {name} {y}", f"{d} {short} {y}", f"{d:02d} {short} {y}", f"{name} {d}, {y}",
        f"{short} {d}, {y}", f"{name} {d} {y}", f"{short} {d} {y}", f"{short.upper()} {d} {y}",
        f"{d}th {name} {y}", f"{name} {d}th, {y}", f"{y}年{m}月{d}日", f"{y}年{m:02d}月{d:02d}日",
        f"{y}年{m}月{d}号", f"{y}年{m}月{d}號", f"{y % 100:02d}年{m}月{d}日",
    ]  # fmt: skip


def desk_only(day: date) -> list[str]:
    """Return the ways that a desk writes and a report does not."""
    y, m, d = day.year, day.month, day.day
    short = calendar.month_abbr[m]
    return [
        f"{m}/{d}/{y}", f"{m:02d}/{d:02d}/{y % 100:02d}", f"{m}-{d}-{y}", f"{y}{m:02d}{d:02d}",
        f"{d}-{short}-{y}", f"{d:02d}{short}{y % 100:02d}", f"{d} {short} {y % 100:02d}",
    ]  # fmt: skip


PLAIN = {text: day for day in DAYS for text in written(day)}
OF_THE_DESK = {text: day for day in DAYS for text in desk_only(day)}
SAID = {
    "today": date(2026, 11, 24), "今天": date(2026, 11, 24), "yesterday": date(2026, 11, 23),
    "昨天": date(2026, 11, 23), "昨日": date(2026, 11, 23), "前天": date(2026, 11, 22),
    "tomorrow": date(2026, 11, 25), "明天": date(2026, 11, 25), "明日": date(2026, 11, 25),
    "T+0": date(2026, 11, 24), "T+1": date(2026, 11, 25), "t+2": date(2026, 11, 27),
    "\uff34\uff0b\uff11": date(2026, 11, 25), "T+3": date(2026, 11, 30),
    "monday": date(2026, 11, 30), "friday": date(2026, 11, 27), "this friday": date(2026, 11, 27),
    "next monday": date(2026, 11, 30), "Next Mon": date(2026, 11, 30),
    "coming monday": date(2026, 11, 30), "last friday": date(2026, 11, 20),
    "last tuesday": date(2026, 11, 17), "周五": date(2026, 11, 27), "週五": date(2026, 11, 27),
    "本周五": date(2026, 11, 27), "这周五": date(2026, 11, 27), "下周一": date(2026, 11, 30),
    "下週一": date(2026, 11, 30), "下周五": date(2026, 12, 4), "下个星期五": date(2026, 12, 4),
    "下星期三": date(2026, 12, 2), "下下周一": date(2026, 12, 7), "下礼拜二": date(2026, 12, 1),
    "上周五": date(2026, 11, 20), "上星期一": date(2026, 11, 16), "上上周五": date(2026, 11, 13),
    "two weeks ago": date(2026, 11, 10), "2 weeks ago": date(2026, 11, 10),
    "a week ago": date(2026, 11, 17), "three days ago": date(2026, 11, 21),
    "10 days ago": date(2026, 11, 14), "a month ago": date(2026, 10, 24),
    "two months ago": date(2026, 9, 24), "a year ago": date(2025, 11, 24),
    "三周前": date(2026, 11, 3), "3周前": date(2026, 11, 3), "三个星期前": date(2026, 11, 3),
    "两周以前": date(2026, 11, 10), "十天前": date(2026, 11, 14), "三个月前": date(2026, 8, 24),
    "一年前": date(2025, 11, 24), "two weeks later": date(2026, 12, 8), "两周后": date(2026, 12, 8),
    "10天后": date(2026, 12, 4), "三天之后": date(2026, 11, 27),
    "Dec 2": date(2026, 12, 2), "2 Dec": date(2026, 12, 2), "December 2": date(2026, 12, 2),
    "2nd December": date(2026, 12, 2), "Dec. 2": date(2026, 12, 2), "Jan 5": date(2027, 1, 5),
    "Oct 2": date(2026, 10, 2), "24 Dec": date(2026, 12, 24), "Dec 24th": date(2026, 12, 24),
    "去年12月24日": date(2025, 12, 24), "今年12月2日": date(2026, 12, 2),
    "明年1月5日": date(2027, 1, 5), "前年3月16日": date(2024, 3, 16),
    "去年12月24號": date(2025, 12, 24),
}  # fmt: skip
TWO_DAYS = {
    "next friday": {"2026-11-27", "2026-12-04"},
    "next wednesday": {"2026-11-25", "2026-12-02"},
    "last monday": {"2026-11-16", "2026-11-23"},
    "tuesday": {"2026-11-24", "2026-12-01"},
    "Dec 24": {"2024-12", "2026-12-24"},
}


def in_a_command(text: str, key: str = "settle") -> date:
    vocabulary = replace(BASIS, today=TODAY)  # read, whether or not it can be settled then
    made = scan(split(f"{TRADE} {key} {text}", vocabulary), vocabulary)
    return made.values["settlement"]  # type: ignore[no-any-return]


def in_a_form(text: str) -> date:
    value = cleaned("mark_day", text, TODAY)
    _, error = first_wrong(Steps(BEFORE_MARK.command, (*BEFORE_MARK.chosen, value)), TODAY)
    assert error is None, error
    return date.fromisoformat(value)


def in_a_question(text: str) -> date | None:
    (when,) = whens(fold(text).text)
    return when.first if when.day else None


def test_there_are_two_hundred():
    assert len(PLAIN) + len(OF_THE_DESK) + len(SAID) >= 200


@pytest.mark.parametrize("text", PLAIN | OF_THE_DESK)
def test_a_date_is_the_same_wherever_it_stands(text: str):
    day = (PLAIN | OF_THE_DESK)[text]
    assert in_a_command(text) == in_a_form(text) == day
    assert day_asked(text, TODAY) == day
    assert chart_asked(f"sofr {text}", TODAY) == (MEASURES["sofr"], day)
    if text in PLAIN:
        assert in_a_question(text) == day


@pytest.mark.parametrize("text", SAID)
def test_a_day_said_from_today_is_the_same_wherever_it_stands(text: str):
    day = SAID[text]
    assert in_a_command(text) == in_a_command(text, "结算日") == in_a_form(text) == day
    if day > TODAY:
        with pytest.raises(DayError, match="future"):
            day_asked(text, TODAY)
    else:
        asked = day_asked(text, TODAY)
        assert asked == day or (asked is None and day == TODAY)


@pytest.mark.parametrize("text", TWO_DAYS)
def test_of_two_readings_none_is_taken(text: str):
    with pytest.raises(CalculatorError) as caught:
        in_a_command(text)
    error = caught.value
    assert (error.code, error.values["culprit"]) == ("args_which_day", text)
    assert {error.values["first"], error.values["second"]} == TWO_DAYS[text]
    value = cleaned("mark_day", text, TODAY)
    _, refused = first_wrong(Steps("pnl", (*BEFORE_MARK.chosen, value)), TODAY)
    assert refused is not None
    assert refused.code == "args_which_day"


def test_tomorrow_before_a_holiday_is_asked_for():
    wednesday = date(2026, 11, 25)
    with pytest.raises(CalculatorError) as caught:
        read_basis(f"{TRADE} settle tomorrow", wednesday)
    assert caught.value.values["first"] == "2026-11-26"
    assert caught.value.values["second"] == "2026-11-27"


def test_of_two_days_a_digest_takes_the_one_that_has_come():
    assert day_asked("tuesday", TODAY) == TODAY
    with pytest.raises(DayError) as caught:
        day_asked("last friday", date(2026, 11, 28))
    assert caught.value.code == "two_days"
    assert caught.value.values == {"first": "2026-11-20", "second": "2026-11-27"}


@pytest.mark.parametrize("text", ["12/24", "12月24日", "1/5"])
def test_a_day_without_its_year_is_asked_for(text: str):
    with pytest.raises(CalculatorError, match="args_no_year"):
        in_a_command(text)


def test_a_bond_matures_on_a_date_not_so_long_from_today():
    for text in ("tomorrow", "T+1", "下周一"):
        with pytest.raises(CalculatorError):
            read_basis(f"TYH7 112-16+ 4.25% maturity {text} 100-30", TODAY)


SPANS = {
    "2025-12": ("2025-12-01", "2025-12-31"), "2025年12月": ("2025-12-01", "2025-12-31"),
    "27年3月": ("2027-03-01", "2027-03-31"), "March 2020": ("2020-03-01", "2020-03-31"),
    "去年12月": ("2025-12-01", "2025-12-31"), "Q3 2025": ("2025-07-01", "2025-09-30"),
    "3Q25": ("2025-07-01", "2025-09-30"), "2025年第三季度": ("2025-07-01", "2025-09-30"),
    "last month": ("2026-10-01", "2026-10-31"), "上个月": ("2026-10-01", "2026-10-31"),
    "last quarter": ("2026-07-01", "2026-09-30"), "2025": ("2025-01-01", "2025-12-31"),
    "去年": ("2025-01-01", "2025-12-31"),
}  # fmt: skip


@pytest.mark.parametrize("text", SPANS)
def test_months_quarters_and_years_are_spans(text: str):
    first, last = (date.fromisoformat(day) for day in SPANS[text])
    assert read_span(text, TODAY) == (first, last)
    with pytest.raises(DayError) as caught:
        day_asked(text, TODAY)
    assert caught.value.code == ("many_days" if first <= TODAY else "bad_day")


@pytest.mark.parametrize("text", ["2025-W12", "2025w12", "2025第12周", "2025年第12周"])
def test_a_week_is_its_saturday(text: str):
    assert read_week(text) == day_asked(text, TODAY) == date(2025, 3, 22)


days = st.dates(date(1995, 1, 2), date(2079, 12, 31))


@given(days, st.data())
def test_any_day_written_any_way_is_read_back(day: date, data: st.DataObject):
    text = data.draw(st.sampled_from([*written(day), *desk_only(day)]))
    found = read_date([word.read for word in words(text)])
    assert found is not None
    assert (found.day, found.month_alone) == (day, False)
    if text in written(day):
        assert in_a_question(text) == day
    if day <= TODAY:
        assert day_asked(text, TODAY) == day


@given(days, st.integers(0, 90))
def test_days_ago_and_later_are_so_many_days_away(today: date, count: int):
    for text, way in ((f"{count} days ago", -1), (f"{count}天前", -1), (f"{count}天后", 1)):
        found = read_date([word.read for word in words(text)], today)
        assert found is not None
        assert found.day == today + way * timedelta(days=count)


@given(st.dates(date(2000, 1, 3), date(2040, 1, 1)), st.sampled_from(list(calendar.day_name)))
def test_a_weekday_said_is_that_weekday_and_near(today: date, name: str):
    for said, first, last in (("next ", 1, 14), ("last ", -14, -1), ("this ", 0, 7), ("", 0, 7)):
        found = read_date(f"{said}{name}".lower().split(), today)
        assert found is not None
        for day in filter(None, (found.day, found.other)):
            assert calendar.day_name[day.weekday()] == name
            assert first <= (day - today).days <= last
