"""The words after /digest or /chart -> the day, a date, a week or so long ago, and the series."""

from __future__ import annotations

from datetime import date, timedelta

from bot.reading.days import ReadDate, read_date, read_span, read_week, which
from bot.reading.folding import fold
from bot.reading.words import words
from bot.week.series import MOST_SHOWN, known_series, series_name
from knowledge.figures import not_in_calendar
from tools.errors import CalculatorError

_NOW = frozenset(
    {"", "now", "today", "latest", "this week", "现在", "今天", "本周", "这周", "最新"}
)
# A week back is seven days, not its Saturday.
_BACK = {"last week": 7, "the week before": 7, "上周": 7, "上星期": 7, "上一周": 7, "上上周": 14}


class DayError(ValueError):
    """Words that are no day to show; `digest.<code>` in the locales says why, `values` fill it."""

    def __init__(self, code: str, culprit: str, **values: str) -> None:
        super().__init__(f"{code} {culprit}")
        self.code = code
        self.culprit = culprit
        self.values = values


def day_asked(text: str, today: date) -> date | None:
    """Return the day that words name, None where they name none; `today` is New York's.

    A week is its Saturday. Raises DayError `no_such_day`, `bad_day`, `future`, `two_days` or, for
    a month, a quarter or a year, `many_days`.
    """
    typed = " ".join(text.split())
    plain = fold(typed).text.lower()
    if plain in _NOW:
        return None
    if missing := not_in_calendar(typed):
        raise DayError("no_such_day", ", ".join(missing))
    day = read_week(plain) or _one_day(plain, typed, today)
    if day is None and (span := read_span(plain, today)) and span[0] <= today:
        raise DayError("many_days", typed, last=str(min(span[1], today)))
    if day is None:
        raise DayError("bad_day", typed)
    if day > today:
        raise DayError("future", typed)
    return day


def _one_day(plain: str, typed: str, today: date) -> date | None:
    if days := _BACK.get(plain):
        return today - timedelta(days=days)
    found = _whole(plain, today)
    if found is None:
        return None
    past = sorted(day for day in (found.day, found.other) if day and day <= today)
    if len(past) > 1:
        raise DayError("two_days", typed, **which(found))
    return past[0] if past else found.day


def _whole(plain: str, today: date) -> ReadDate | None:
    """Return the day that all words say."""
    reads = [word.read for word in words(plain)]
    found = read_date(reads, today)
    whole = found is not None and found.took == len(reads) and not found.month_alone
    return found if whole else None


def chart_asked(text: str, today: date) -> tuple[str, date | None]:
    """Return the series that words begin with, and the day that the rest names.

    Raises DayError as `day_asked` does, and CalculatorError: `series_unknown`, or `series_rest` for
    words behind a series that are no day.
    """
    parts = text.split()
    for count in range(len(parts), -1, -1):
        name = known_series(" ".join(parts[:count]))
        if name is None:
            continue
        rest = " ".join(parts[count:])
        try:
            return name, day_asked(rest, today)
        except DayError as error:
            if error.code != "bad_day":
                raise
            if count:
                culprit = rest[:MOST_SHOWN]
                raise CalculatorError("series_rest", culprit=culprit, series=name) from error
    return series_name(text), None
