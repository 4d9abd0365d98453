"""The day whose digest is asked for, in words of either language."""

from __future__ import annotations

from datetime import date

import pytest

from bot.week.asked import DayError, day_asked

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("", None),
        ("now", None),
        ("本周", None),
        ("2020-03-20", date(2020, 3, 20)),
        ("20 March 2020", date(2020, 3, 20)),
        ("2020年3月20日", date(2020, 3, 20)),
        ("\uff12\uff10\uff12\uff10\uff0d\uff10\uff13\uff0d\uff12\uff10", date(2020, 3, 20)),
        ("2020\N{EN DASH}03\N{EN DASH}20", date(2020, 3, 20)),
        ("2020-W12", date(2020, 3, 21)),
        ("2020第12周", date(2020, 3, 21)),
        ("yesterday", date(2026, 11, 23)),
        ("last  week", date(2026, 11, 17)),
        ("上周", date(2026, 11, 17)),
        ("3 weeks ago", date(2026, 11, 3)),
        ("3周前", date(2026, 11, 3)),
        ("2026-11-24", TODAY),
        ("April 11, 2025", date(2025, 4, 11)),
        ("two weeks ago", date(2026, 11, 10)),
        ("a week ago", date(2026, 11, 17)),
        ("三周前", date(2026, 11, 3)),
        ("三個星期之前", date(2026, 11, 3)),
        ("昨天", date(2026, 11, 23)),
        ("前天", date(2026, 11, 22)),
        ("last friday", date(2026, 11, 20)),
        ("上周五", date(2026, 11, 20)),
        ("上上周", date(2026, 11, 10)),
        ("3 months ago", date(2026, 8, 24)),
        ("去年12月24日", date(2025, 12, 24)),
        ("Oct 2", date(2026, 10, 2)),
        ("2025年第12周", date(2025, 3, 22)),
    ],
)
def test_a_date_a_week_or_how_long_ago(words: str, day: date | None) -> None:
    assert day_asked(words, TODAY) == day


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("soon", "bad_day"),
        ("March 2020", "many_days"),
        ("去年12月", "many_days"),
        ("Q3 2025", "many_days"),
        ("2025年第三季度", "many_days"),
        ("2019", "many_days"),
        ("last month", "many_days"),
        ("上季度", "many_days"),
        ("2020-03-20 please", "bad_day"),
        ("2020-W99", "no_such_day"),
        ("2020-02-30", "no_such_day"),
        ("2020-13", "bad_day"),
        ("2026-11-25", "future"),
        ("2026-W48", "future"),
    ],
)
def test_what_is_no_day_to_show_is_named_as_typed(words: str, code: str) -> None:
    with pytest.raises(DayError) as caught:
        day_asked(words, TODAY)
    assert (caught.value.code, caught.value.culprit) == (code, words)
