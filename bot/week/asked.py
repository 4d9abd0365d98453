"""The words after /digest, /chart or /market -> the measure, and the day, a week or so long ago."""

from __future__ import annotations

from datetime import date, timedelta

from bot.reading.days import ReadDate, read_date, read_span, read_week, which
from bot.reading.folding import fold
from bot.reading.words import words
from knowledge.figures import not_in_calendar
from tools.errors import CalculatorError
from tools.market import measures
from tools.market.measures import MEASURES, Measure, offered

MOST_SHOWN = 200  # characters of what was typed that an error repeats
LONGEST = 160  # characters of the name of a measure, as typed
MOST_WORDS = 16
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


def named(name: str) -> Measure | None:
    """Return the measure that words are all of, None where they name none."""
    return measures.named(fold(name).text) if len(name) <= LONGEST else None


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


def first_named(text: str) -> tuple[Measure | None, str]:
    """Return the measure that words begin with, by its longest name, and the rest of them."""
    parts = text.split()
    for count in range(min(len(parts), MOST_WORDS), 0, -1):
        if measure := named(" ".join(parts[:count])):
            return measure, " ".join(parts[count:])
    return None, text


def chart_asked(text: str, today: date) -> tuple[Measure, date | None]:
    """Return the measure that words begin with, and the day that the rest names.

    Without a measure it is the net short of all contracts. Raises DayError as `day_asked` does, and
    CalculatorError: `series_unknown`, or `series_rest` for words behind a measure that are no day.
    """
    measure, rest = first_named(text)
    try:
        return measure or MEASURES["net:ALL"], day_asked(rest, today)
    except DayError as error:
        if error.code != "bad_day":
            raise
        culprit = rest.strip()[:MOST_SHOWN]
        if measure:
            raise CalculatorError("series_rest", culprit=culprit, series=measure.name) from error
        names = ", ".join(offered())
        raise CalculatorError("series_unknown", culprit=culprit, known=names) from error


def figure_asked(text: str, today: date) -> tuple[Measure | None, date | None]:
    """Return the measure that words begin with, if any, and the day that the rest names.

    Raises DayError as `day_asked` does.
    """
    measure, rest = first_named(text)
    try:
        return measure, day_asked(rest, today)
    except DayError as error:
        if error.code != "bad_day":
            raise
        raise DayError("bad_day", " ".join(text.split())) from error
