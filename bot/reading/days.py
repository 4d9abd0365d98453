"""Words -> a day: dates as people write them and, from a day called today, `T+1`, 下周一, 三周前.

Where words can mean two days both are returned, and who typed them is asked which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from knowledge.figures import (
    EN_NUMBERS,
    MONTH_NAMES,
    MONTH_NO,
    ZH_NUMERAL,
    chinese_number,
    full_year,
    whens,
)
from tools.calendar import add_business_days, is_business_day, next_business_day

_NAME = rf"(?P<name>{MONTH_NAMES})\.?"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<y>\d{4}|\d{2})"
_DATES = tuple(
    re.compile(pattern, re.I | re.ASCII)
    for pattern in (
        r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})",
        r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d{2})",
        r"(?P<m>\d{1,2})-(?P<d>\d{1,2})-(?P<y>\d{4}|\d{2})",
        r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)",
        rf"{_DAY}(?P<s>[-/ ]?){_NAME}(?P=s){_YEAR}",
        rf"{_NAME}[ -]{_DAY}(?:[ -]|, ?)(?P<y>\d{{4}})",
        r"(?P<y>\d{4}|\d{2})年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?",
        r"(?P<y>\d{4}|\d{2})年(?P<m>\d{1,2})月(?:份)?",
        r"(?P<m>\d{1,2})/(?P<y>\d{4}|\d{2})",
        r"(?P<y>(?:19|20)\d\d)[-/](?P<m>\d{1,2})",
        rf"{_NAME}[-/' ]?{_YEAR}",
    )
)
_DATE_SHAPE = re.compile(
    r"\d+[/年](?![a-z]).*|(?:\d{1,2}|\d{4})-\d+-\d+|\d+\.\d+\.\d+|\d+月\d+[日号]?"
    rf"|(?:{MONTH_NAMES})[-/']\d+",
    re.I | re.ASCII,
)
_NO_YEAR = re.compile(r"(\d{1,2})(?:/|月)(\d{1,2})[日号]?", re.ASCII)
_NAMED_NO_YEAR = re.compile(
    rf"{_NAME} {_DAY}|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?P<name2>{MONTH_NAMES})\.?",
    re.I | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A day and how many words it took.

    A month alone is its 15th, and says so. `other` is a second day that the words can mean.
    """

    day: date
    took: int
    month_alone: bool = False
    other: date | None = None


def which(found: ReadDate) -> dict[str, str]:
    """Return the two days that words can mean, as a person is asked which."""
    month = f"{found.day:%Y-%m}" if found.month_alone else str(found.day)
    first, second = sorted((month, str(found.other)))
    return {"first": first, "second": second}


def _as_date(text: str, took: int) -> ReadDate | None:
    for pattern in _DATES:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        name = parts.get("name")
        month = MONTH_NO[name[:3].lower()] if name else int(parts["m"])
        try:
            day = date(full_year(parts["y"]), month, int(parts.get("d") or 15))
        except ValueError:
            continue
        return ReadDate(day, took, month_alone=not parts.get("d"))
    return None


def read_date(parts: Sequence[str], today: date | None = None) -> ReadDate | None:
    """Return the date that the first one to three words say, the longest reading first.

    `11/15/34`, `2034-11-15`, `15 Nov 2034`, `Nov 15 2034`, `20341115`; a month alone (`11/34`,
    `Nov-34`) is its 15th. Two-digit years up to 79 are of this century. Of a date that no calendar
    has no part is read: `Feb 30 2034` is no February 2030. From `today` on, `T+1`, `tomorrow`,
    `next monday`, `Dec 2` and `two weeks ago` are read too.
    """
    if is_no_date(parts):
        return None
    for took in range(min(3, len(parts)), 0, -1):
        text = " ".join(parts[:took])
        found = _as_date(text, took)
        if today is not None:
            found = _said_from(text.lower(), took, today, found) or found
        if found:
            return found
    return None


def is_no_date(parts: Sequence[str]) -> bool:
    """Tell whether the first three words are written as a date that no calendar has.

    >>> is_no_date(["31", "Jun", "2034"]), is_no_date(["30", "Jun", "2034"])
    (True, False)
    """
    text = " ".join(parts[:3])
    written = len(parts) >= 3 and any(pattern.fullmatch(text) for pattern in _DATES)
    return written and _as_date(text, 3) is None


def month_and_day(word: str) -> tuple[int, int] | None:
    """Return month and day of a day without its year: `12/24`, `12月24日`."""
    found = _NO_YEAR.fullmatch(word)
    return (int(found[1]), int(found[2])) if found else None


def looks_like_a_date(word: str) -> bool:
    """Tell whether a word was meant as a date, were it a possible one."""
    return _DATE_SHAPE.fullmatch(word) is not None


# Days said from today

_NEAR_DAYS = 150  # less than half a year: of two years only one can be as near
_IN_DAYS = {
    "day before yesterday": -2, "前天": -2, "yesterday": -1, "昨天": -1, "昨日": -1,
    "today": 0, "今天": 0, "今日": 0, "tomorrow": 1, "明天": 1, "明日": 1, "后天": 2,
}  # fmt: skip
_BUSINESS_DAYS = re.compile(r"t ?\+ ?(\d)", re.ASCII)
_COUNT = rf"\d{{1,3}}|an?|{'|'.join(EN_NUMBERS)}|{ZH_NUMERAL}"
_AGO = re.compile(rf"(?P<n>{_COUNT}) ?(?P<unit>day|week|month|year)s? (?P<way>ago|from now|later)")
_AGO_CHINESE = re.compile(
    rf"(?P<n>{_COUNT}) ?个?(?P<unit>[天日周月年]|星期|礼拜)[以之]?(?P<way>[前后])"
)
_UNIT_DAYS = {"day": 1, "天": 1, "日": 1, "week": 7, "周": 7, "星期": 7, "礼拜": 7}
_UNIT_MONTHS = {"month": 1, "月": 1, "year": 12, "年": 12}
# Weekday, Monday first -> its names. In Chinese a week's day is 周, 星期 or 礼拜 and a number.
_WEEKDAYS = (
    ("mon mondays monday", "一1"), ("tue tues tuesdays tuesday", "二2"),
    ("wed weds wednesdays wednesday", "三3"), ("thu thur thurs thursdays thursday", "四4"),
    ("fri fridays friday", "五5"), ("sat saturdays saturday", "六6"),
    ("sun sundays sunday", "日天7"),
)  # fmt: skip
WEEKDAY_OF = {name: day for day, (names, _) in enumerate(_WEEKDAYS) for name in names.split()} | {
    f"{week}{number}": day
    for day, (_, numbers) in enumerate(_WEEKDAYS)
    for week, number in product(("周", "星期", "礼拜"), numbers)
}
_WEEKDAY_NAMES = "|".join(sorted(WEEKDAY_OF, key=len, reverse=True))
_WEEKDAY = re.compile(
    rf"(?P<when>last|this|next|coming|[上下]+个?|[本这]个?)? ?(?P<day>{_WEEKDAY_NAMES})"
)
_YEARS_AWAY = {"前年": -2, "去年": -1, "今年": 0, "本年": 0, "明年": 1}
# A day at the end of Chinese words: 结算明天.
CHINESE_DAY = re.compile(
    r"(?:[昨今明后前]天|[昨今明]日|[上下本这]*个?(?:周|星期|礼拜)[一二三四五六日天])$"
)


def _said_from(text: str, took: int, today: date, dated: ReadDate | None) -> ReadDate | None:
    """Return the day that words say from a day, None where they say none; `dated` without one."""
    text = re.sub(r"(?<=[\u4e00-\u9fff]) | (?=[\u4e00-\u9fff])", "", text)
    if (full := _in_full(text, today)) != text:
        return _as_date(full, took)
    if not (days := _days_from(text, today)):
        return None
    if dated:  # `Dec 24` is a day of this winter, or December 2024
        return ReadDate(dated.day, took, dated.month_alone, days[0])
    return ReadDate(days[0], took, other=days[1] if len(days) > 1 else None)


def _in_full(text: str, today: date) -> str:
    """Return words with the year of 去年12月 in digits."""
    return re.sub(
        "|".join(_YEARS_AWAY), lambda said: f"{today.year + _YEARS_AWAY[said[0]]}年", text
    )


def _days_from(text: str, today: date) -> list[date]:
    """Return the days that words can mean, the likeliest first."""
    if named := _NAMED_NO_YEAR.fullmatch(text):
        near = _nearest(named, today)
        return [near] if near else []
    if business := _BUSINESS_DAYS.fullmatch(text):
        return [add_business_days(today, int(business[1]))]
    if ago := _AGO.fullmatch(text) or _AGO_CHINESE.fullmatch(text):
        return [_away(ago, today)]
    if weekday := _WEEKDAY.fullmatch(text):
        return _weekdays(weekday["when"] or "", WEEKDAY_OF[weekday["day"]], today)
    if text not in _IN_DAYS:
        return []
    day = today + timedelta(days=_IN_DAYS[text])
    closed = _IN_DAYS[text] >= 0 and not is_business_day(day)
    return [day, next_business_day(day)] if closed else [day]


def _nearest(named: re.Match[str], today: date) -> date | None:
    """Return the day of the year in which it is less than half a year away, if any."""
    month = MONTH_NO[(named["name"] or named["name2"])[:3]]
    for year in (today.year, today.year - 1, today.year + 1):
        try:
            day = date(year, month, int(named["d"] or named["d2"]))
        except ValueError:
            continue
        if abs((day - today).days) <= _NEAR_DAYS:
            return day
    return None


def _away(ago: re.Match[str], today: date) -> date:
    """Return the day so many days, weeks, months or years away; a month's end stays one."""
    count = EN_NUMBERS.get(ago["n"]) or chinese_number(ago["n"]) or 1
    number = int(ago["n"]) if ago["n"].isdecimal() else int(count)
    number = -number if ago["way"] in {"ago", "前"} else number
    if days := _UNIT_DAYS.get(ago["unit"]):
        return today + timedelta(days=days * number)
    months = today.year * 12 + today.month - 1 + number * _UNIT_MONTHS[ago["unit"]]
    year, month = months // 12, months % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(today.day, last))


def _weekdays(when: str, weekday: int, today: date) -> list[date]:
    """Return the days that `next friday` can mean: the coming one, the one of next week.

    In Chinese 下周五 is the next week's. On a Sunday it is open which week has begun.
    """
    monday = today - timedelta(days=today.weekday())
    of_week = monday + timedelta(days=weekday)
    if when and not when.isascii():
        weeks = when.count("下") - when.count("上")
        return [of_week + timedelta(weeks=weeks)]
    ahead = (weekday - today.weekday()) % 7
    coming = today + timedelta(days=ahead or 7)
    if when == "next":
        starts = {monday, monday + timedelta(weeks=1) if today.weekday() == 6 else monday}
        return sorted({coming, *(start + timedelta(days=weekday + 7) for start in starts)})
    if when == "last":
        gone = coming - timedelta(days=7 * (1 + (ahead == 0)))
        return sorted({gone, of_week - timedelta(weeks=1)}, reverse=True)
    return [today, coming] if not ahead and not when else [today + timedelta(days=ahead)]


# More than a day

_ISO_WEEK = re.compile(r"(\d{4}) ?(?:-? ?w|年?第)(\d{1,2})周?")
SATURDAY = 6


def read_week(text: str) -> date | None:
    """Return the Saturday of a week: `2020-W12`, `2020年第12周`."""
    found = _ISO_WEEK.fullmatch(text.lower())
    try:
        return date.fromisocalendar(int(found[1]), int(found[2]), SATURDAY) if found else None
    except ValueError:
        return None


_MONTH_BACK = re.compile(r"(?:last|previous) month|上个?月")
_QUARTER_BACK = re.compile(r"(?:last|previous) quarter|上个?季度?")


def read_span(text: str, today: date) -> tuple[date, date] | None:
    """Return the first and last day of a month, a quarter or a year, None where words say none.

    >>> read_span("Q3 2025", date(2026, 11, 24))
    (datetime.date(2025, 7, 1), datetime.date(2025, 9, 30))
    >>> read_span("去年12月", date(2026, 11, 24))
    (datetime.date(2025, 12, 1), datetime.date(2025, 12, 31))
    """
    before = today.replace(day=1) - timedelta(days=1)
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1) - timedelta(days=1)
    text = _MONTH_BACK.sub(f"{before:%Y-%m}", text)
    text = _QUARTER_BACK.sub(f"{quarter.year}Q{(quarter.month + 2) // 3}", text)
    text = _in_full(text, today)
    found = whens(text)
    if len(found) != 1 or found[0].text != text:
        return None
    first, last = found[0].first, found[0].last
    return (first, last) if first and last and first < last else None
