"""Words such as `fri 18:00 New York` or `每周五晚上八点 上海` -> a weekly schedule."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from bot.reading.days import WEEKDAY_OF
from bot.reading.folding import fold
from bot.reading.schedule import ScheduleError
from bot.reading.zones import zone_of
from knowledge.figures import ZH_DIGITS, chinese_number, not_in_calendar

_DAY = re.compile(
    "|".join(
        rf"\b{name}\b" if name.isascii() else name
        for name in sorted(WEEKDAY_OF, key=len, reverse=True)
    )
)
_OFTEN = re.compile(
    r"\b(?:daily|every ?day|weekdays?|each day|hourly|monthly)\b|每天|每日|工作日|每小时|每月"
)
_MARKS = re.compile("[,;()\\[\\]{}\u3001\u3002\u3010\u3011\u300c\u300d\"'\u2018\u2019\u201c\u201d]")
# Words that say nothing of the schedule, whatever stands beside them.
_FILLERS = re.compile(
    r"\b(?:every|each|weekly|at|on|in|the|local|time|o ?clock|please|my|digest|send|by)\b"
    r"|每个|每|本地|当地|时间|请|发送|按|的"
)
_LANGUAGES = (
    ("en", re.compile(r"\b(?:english|en)\b|英文|英语")),
    ("zh", re.compile(r"\b(?:chinese|zh)\b|中文|汉语")),
)
_OFFSET = re.compile(
    r"(?<![\w:/])(?:(?:utc|gmt) ?[+\u2212-] ?|[+\u2212-])\d{1,2}(?::?\d{2})?(?![\d:])"
)
_NUMBER = "\\d{1,2}|[零一二三四五六七八九十两]{1,3}"
_HALF = "凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚间|夜里|夜间|早|晚"
_TIMES = (
    # 6:30 pm, 18:30, 18.30, 18h30, 下午6:30
    re.compile(
        rf"(?P<half>{_HALF})?\s*(?P<h>\d{{1,2}})\s*[:.h]\s*(?P<m>\d{{2}})(?!\d)"
        r"\s*(?P<ap>[ap]\.?m\b\.?)?"
    ),
    re.compile(r"\b(?P<h>\d{1,2})\s*(?P<ap>[ap]\.?m\b\.?)"),
    re.compile(
        rf"(?P<half>{_HALF})?\s*(?P<h>{_NUMBER})\s*[点时](?P<part>半|一刻|三刻|钟|整|(?:{_NUMBER})分?)?"
    ),
    re.compile(r"\b(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)\b"),  # 0800
    re.compile(r"(?<![+\-\d:/])\b(?P<h>\d{1,2})\s*(?:h|hrs?|hours?)?\b(?![:/\d])"),
)
_NAMED = re.compile(r"\b(?P<noon>noon|midday)\b|\bmidnight\b|(?P<noon2>正午|中午)|午夜|半夜")
_PARTS = {"半": 30, "一刻": 15, "三刻": 45, "钟": 0, "整": 0}
_EVENING = frozenset({"下午", "傍晚", "晚上", "晚间", "夜里", "夜间", "晚"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the words say of a schedule; None where they say nothing."""

    weekday: int | None = None
    at: time | None = None
    tz: str | None = None
    lang: str | None = None


def read_wish(text: str) -> Wish:
    """Return day, time, zone and language that words name, in any order.

    Raises ScheduleError: `weekly_only` for more than one day, `no_such_day` or `bad_words` with the
    `culprit`, and what `zone_of` raises.
    """
    if missing := not_in_calendar(text):
        raise ScheduleError("no_such_day", culprit=", ".join(missing))
    typed = _tidy(text)
    try:
        return _read(typed.lower())
    except ScheduleError as error:
        raise ScheduleError(error.code, **_as_typed(error.values, typed)) from error


def _read(words: str) -> Wish:
    lang, words = _take_language(words)
    offset, words = _take_offset(words)  # before the time: that of UTC+08:00 is none
    weekday, words = _take_day(words)
    at, words = _take_time(words)
    rest = " ".join(f"{offset} {_FILLERS.sub(' ', words)}".split())
    return Wish(weekday, at, zone_of(rest) if rest else None, lang)


def _tidy(text: str) -> str:
    """Return words in simplified characters, without marks between them."""
    return " ".join(_MARKS.sub(" ", fold(text).text).split())


def _as_typed(values: dict[str, object], typed: str) -> dict[str, object]:
    """Return an error's values with the letters as the person wrote them."""
    shown = dict(values)
    for name in ("culprit", "value"):
        place = typed.lower().find(str(shown.get(name) or "\n"))
        if place >= 0:
            shown[name] = typed[place : place + len(str(shown[name]))]
    return shown


def _take_offset(words: str) -> tuple[str, str]:
    found = _OFFSET.search(words)
    return (found[0], _without(words, found)) if found else ("", words)


def _take_language(words: str) -> tuple[str | None, str]:
    for lang, names in _LANGUAGES:
        if found := names.search(words):
            return lang, _without(words, found)
    return None, words


def _take_day(words: str) -> tuple[int | None, str]:
    """Return the weekday and the other words; a second day, or every day, is refused."""
    if often := _OFTEN.search(words):
        raise ScheduleError("weekly_only", culprit=often[0])
    days = list(_DAY.finditer(words))
    if len({WEEKDAY_OF[day[0]] for day in days}) > 1:
        raise ScheduleError("weekly_only", culprit=words[days[0].start() : days[-1].end()])
    if not days:
        return None, words
    rest = _DAY.sub(" ", words)
    return WEEKDAY_OF[days[0][0]], " ".join(re.sub(r"(^| )\.(?= |$)", " ", rest).split())


def _take_time(words: str) -> tuple[time | None, str]:
    for pattern in _TIMES:
        if found := pattern.search(words):
            return _time(found), _without(words, found)
    if found := _NAMED.search(words):
        return time(12 if found["noon"] or found["noon2"] else 0), _without(words, found)
    return None, words


def _without(words: str, found: re.Match[str]) -> str:
    return " ".join(f"{words[: found.start()]} {words[found.end() :]}".split())


def _time(found: re.Match[str]) -> time:
    """Return the time that a match says; an hour that no day has is refused."""
    said = found.groupdict()
    hour, part = _count(said["h"]), said.get("part")
    minute = int(said.get("m") or 0)
    if part:
        minute = _PARTS[part] if part in _PARTS else _count(part.removesuffix("分"))
    try:
        return time(_hour(hour, (said.get("ap") or "")[:1], said.get("half") or ""), minute)
    except ValueError as error:
        raise ScheduleError("bad_words", culprit=found[0].strip()) from error


def _hour(hour: int, half_day: str, part_of_day: str) -> int:
    """Return the hour of 24, by a or p, or by the Chinese part of the day.

    Raises ValueError where they contradict each other: 15 am, or twelve in the evening, of which
    nobody knows the day.
    """
    if half_day:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        return hour % 12 + 12 * (half_day == "p")
    if part_of_day in _EVENING:
        if hour == 12:
            raise ValueError(hour)
        return hour + 12 * (1 <= hour < 12)
    if part_of_day == "中午":
        return hour + 12 * (1 <= hour <= 2)
    return hour % 12 if part_of_day == "凌晨" and hour == 12 else hour


def _count(text: str) -> int:
    """Return a number of up to two digits, in Arabic or Chinese.

    >>> _count("08"), _count("十二"), _count("二十三")
    (8, 12, 23)
    """
    if text.isdecimal():
        return int(text)
    if "十" not in text:
        return int("".join(str(ZH_DIGITS[char]) for char in text))
    return int(chinese_number(text) or 0)
