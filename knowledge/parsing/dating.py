"""A sentence and a figure in it -> the date that the figure is of, as far as the words say."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from knowledge.figures import Figure, When, not_in_calendar, whens

# What a figure is set against has its own date, up to the next pause.
_AGAINST = re.compile(
    r"\b(?:against|versus|vs\.?|compared (?:with|to)|(?:up|down) from|from(?=\s+\$?\d))\b"
    r"|而(?=\d|在)|[高低]于(?!\s*[A-Z])|[上去]年同期",
    re.IGNORECASE,
)
_PAUSE = re.compile(r"[,;\uff0c\uff1b](?!\d{3})")
# A date from which something grew, and the name of a bond, are not when a figure was true.
_SINCE = re.compile(
    r"(?:\b(?:since|than)\s+(?:in\s+|the\s+|early\s+|late\s+|end-)*|(?:较|自|比)于?)$",
    re.IGNORECASE,
)
_OF_A_BOND = re.compile(r"^\s*(?:notes?|bonds?|contract|maturity|到期)", re.IGNORECASE)
_JOINED = re.compile(r"^\s*(?:and|to|-|\u2013|至|到)\s*$", re.IGNORECASE)
# From one date to another; PDFs write a month as `2007/8`, of which the year alone is read.
_THROUGH = re.compile(
    r"^(?:/\d{1,2})?\s*(?:to|through|until|[-\u2013\u2014~\uff5e]|\u81f3|\u5230)\s*$", re.IGNORECASE
)
_AND, _BETWEEN = (
    re.compile(r"^\s*and\s*$", re.IGNORECASE),
    re.compile(r"\bbetween\s+$", re.IGNORECASE),
)
_YEAR_BEFORE = re.compile(r"\ba year (?:earlier|ago|before)\b|一年前|[上去]年同期", re.IGNORECASE)
_MONTHS = tuple(calendar.month_name[1:])
_MONTH = re.compile(
    r"\b(?:in|during|for|by|end-|late|early|mid-)\s?"
    rf"(?P<name>{'|'.join(_MONTHS)})\b(?!\s+\d)"
)


@dataclass(frozen=True)
class Dates:
    """The dates of one sentence, told apart by what they date.

    `unplaced` tells that it has a month besides, of which nobody knows the year.
    """

    sentence: str
    found: Sequence[When]
    against: Sequence[tuple[int, int]]
    unplaced: bool = False

    def of(self, figure: Figure, before: str) -> str:
        """Return the date of a figure, else that of the sentence before, "" for none.

        What it is set against is of another time: of its own date, of a year before, or unknown.
        """
        part = next((p for p in self.against if p[0] <= figure.span[0] < p[1]), None)
        if part is None:
            return self._nearest(self.own, figure) or self.carried(before)
        if mine := [w for w in self.found if _inside(w, part)]:
            return self._nearest(mine, figure)
        is_year_before = _YEAR_BEFORE.search(self.sentence[part[0] : part[1]])
        return _a_year_before(self._nearest(self.own, figure)) if is_year_before else ""

    def carried(self, before: str) -> str:
        """Return the date that a sentence without its own has from the one before it.

        One with a date that no calendar has, or that cannot be placed, has none from elsewhere.
        """
        return "" if before and (self.unplaced or not_in_calendar(self.sentence)) else before

    @property
    def own(self) -> list[When]:
        """Return the dates that the sentence itself is of."""
        return [w for w in self.found if not any(_inside(w, p) for p in self.against)]

    def _nearest(self, dates: Sequence[When], figure: Figure) -> str:
        """Return the date that stands nearest; of several joined ones the last; "" for none.

        Of a run from one date to another it is the whole run.
        """
        if not dates:
            return ""

        def gap(place: int) -> int:
            span = dates[place].span
            return max(span[0] - figure.span[1], figure.span[0] - span[1], 0)

        place = min(range(len(dates)), key=gap)
        for pair in (dates[place : place + 2], dates[max(place - 1, 0) : place + 1]):
            if len(pair) == 2 and (run := _run(self.sentence, *pair)):
                return run
        while place + 1 < len(dates) and self._is_run(dates[place], dates[place + 1]):
            place += 1
        return dates[place].iso

    def _is_run(self, one: When, other: When) -> bool:
        return bool(_JOINED.match(self.sentence[one.span[1] : other.span[0]]))


def stated_time(text: str) -> str:
    """Return the first date with a year that a text states, or the run that it begins.

    >>> stated_time("\u56fe 15 (2013.01.25-2024.07.31)"), stated_time("CFTC, 6 January 2026")
    ('2013-01-25..2024-07-31', '2026-01-06')
    """
    dates = [w for w in whens(text) if w.year is not None]
    if len(dates) > 1 and (run := _run(text, dates[0], dates[1])):
        return run
    return dates[0].iso if dates else ""


def _run(text: str, one: When, other: When) -> str:
    """Return `2013-01..2024-07` where a text runs from one date to the other, else ""."""
    if ".." in one.iso or ".." in other.iso or one.first is None or other.first is None:
        return ""
    between = text[one.span[1] : other.span[0]]
    through = _THROUGH.match(between) or (
        _AND.match(between) and _BETWEEN.search(text[: one.span[0]])
    )
    return f"{one.iso}..{other.iso}" if through and one.first < other.first else ""


def dates_of(sentence: str, published: str) -> Dates:
    """Return the dates of a sentence; a month without a year is the last before publication."""
    said = [w for w in whens(sentence) if not _is_aside(sentence, w)]
    said += [w for w in _months(sentence) if not any(_overlap(w.span, s.span) for s in said)]
    full = [_completed(w, published) for w in sorted(said, key=lambda w: w.span)]
    unplaced = any(w.year is None and w.month is not None for w in full)
    return Dates(sentence, [w for w in full if w.year is not None], [*_against(sentence)], unplaced)


def _is_aside(sentence: str, when: When) -> bool:
    start, end = when.span
    return bool(_SINCE.search(sentence[:start]) or _OF_A_BOND.match(sentence[end:]))


def _against(sentence: str) -> Iterable[tuple[int, int]]:
    for match in _AGAINST.finditer(sentence):
        pause = _PAUSE.search(sentence, match.end())
        yield match.start(), pause.start() if pause else len(sentence)


def _inside(when: When, part: tuple[int, int]) -> bool:
    return part[0] <= when.span[0] < part[1]


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _months(sentence: str) -> Iterable[When]:
    for match in _MONTH.finditer(sentence):
        month = _MONTHS.index(match["name"]) + 1
        yield When(match["name"], match.span("name"), month=month)


def _completed(when: When, published: str) -> When:
    """Return a date with its year, taken from the day of publication where it has none.

    29 February stays without one where that year has no such day.
    """
    if when.year is not None or when.month is None or not re.match(r"\d{4}-\d\d", published):
        return when
    year, month = int(published[:4]), int(published[5:7])
    year = year if when.month <= month else year - 1
    exists = (when.day or 1) <= calendar.monthrange(year, when.month)[1]
    return replace(when, year=year) if exists else when


def _a_year_before(as_of: str) -> str:
    """Return the same day, month, quarter or year, one year earlier.

    >>> _a_year_before("2024-02-29"), _a_year_before("2025-Q3")
    ('2023-02-28', '2024-Q3')
    """
    if not as_of or ".." in as_of:
        return ""
    moved = f"{int(as_of[:4]) - 1}{as_of[4:]}"
    if len(moved) != len("2024-02-29") or not moved[5:7].isdigit():
        return moved
    year, month, day = (int(part) for part in moved.split("-"))
    return date(year, month, min(day, calendar.monthrange(year, month)[1])).isoformat()
