"""The words after /digest or /chart -> the day, a date, a week or so long ago, and the series."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from bot.reading.days import read_date
from bot.week.series import MOST_SHOWN, known_series, series_name
from knowledge.figures import not_in_calendar
from tools.errors import CalculatorError

_DASHES = re.compile("[\u2010-\u2015\u2212]")
_NOW = frozenset(
    {"", "now", "today", "latest", "this week", "现在", "今天", "本周", "这周", "最新"}
)
_AGO = {
    "yesterday": 1, "昨天": 1, "前天": 2, "last week": 7, "a week ago": 7, "the week before": 7,
    "上周": 7, "上星期": 7, "上一周": 7, "上上周": 14, "一周前": 7, "两周前": 14,
}  # fmt: skip
_WEEKS_AGO = re.compile(r"(\d{1,3}) ?(?:weeks? ago|个?(?:周|星期)(?:以?前))")
_ISO_WEEK = re.compile(r"(\d{4}) ?-? ?(?:w|第)(\d{1,2})周?")
SATURDAY = 6


class DayError(ValueError):
    """Words that are no day to show; `digest.<code>` in the locales says why."""

    def __init__(self, code: str, culprit: str) -> None:
        super().__init__(f"{code} {culprit}")
        self.code = code
        self.culprit = culprit


def day_asked(text: str, today: date) -> date | None:
    """Return the day that words name, None where they name none; `today` is New York's.

    A week is its Saturday. Raises DayError `no_such_day`, `bad_day` or `future`.
    """
    typed = " ".join(text.split())
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", typed).lower())
    if plain in _NOW:
        return None
    if missing := not_in_calendar(typed):
        raise DayError("no_such_day", ", ".join(missing))
    day = _ago(plain, today) or _week(plain) or _date(plain)
    if day is None:
        raise DayError("bad_day", typed)
    if day > today:
        raise DayError("future", typed)
    return day


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


def _ago(plain: str, today: date) -> date | None:
    days = _AGO.get(plain)
    if days is None and (found := _WEEKS_AGO.fullmatch(plain)):
        days = 7 * int(found[1])
    return today - timedelta(days=days) if days else None


def _week(plain: str) -> date | None:
    found = _ISO_WEEK.fullmatch(plain)
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), SATURDAY) if found else None
    except ValueError:
        return None


def _date(plain: str) -> date | None:
    words = plain.split()
    found = read_date(words)
    whole = found is not None and found.took == len(words) and not found.month_alone
    return found.day if found and whole else None
