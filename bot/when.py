"""Words such as `fri 18:00 New York` or `周五 18:00 上海` -> a weekly schedule."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import time
from functools import cache

from bot.schedule import ScheduleError, zone

# The cities that buttons offer, each in the language of the reader.
CITIES = {
    "new_york": "America/New_York",
    "chicago": "America/Chicago",
    "london": "Europe/London",
    "frankfurt": "Europe/Berlin",
    "dubai": "Asia/Dubai",
    "shanghai": "Asia/Shanghai",
    "hong_kong": "Asia/Hong_Kong",
    "singapore": "Asia/Singapore",
    "tokyo": "Asia/Tokyo",
    "sydney": "Australia/Sydney",
    "zurich": "Europe/Zurich",
    "utc": "UTC",
}
_CHINESE_CITIES = {
    "纽约": "America/New_York", "芝加哥": "America/Chicago", "伦敦": "Europe/London",
    "法兰克福": "Europe/Berlin", "柏林": "Europe/Berlin", "迪拜": "Asia/Dubai",
    "上海": "Asia/Shanghai", "北京": "Asia/Shanghai", "深圳": "Asia/Shanghai",
    "香港": "Asia/Hong_Kong", "新加坡": "Asia/Singapore", "东京": "Asia/Tokyo",
    "悉尼": "Australia/Sydney", "苏黎世": "Europe/Zurich", "巴黎": "Europe/Paris",
    "台北": "Asia/Taipei", "首尔": "Asia/Seoul", "旧金山": "America/Los_Angeles",
    "洛杉矶": "America/Los_Angeles", "多伦多": "America/Toronto",
}  # fmt: skip
_ENGLISH_CITIES = {
    "beijing": "Asia/Shanghai", "frankfurt": "Europe/Berlin", "london": "Europe/London",
    "san francisco": "America/Los_Angeles", "boston": "America/New_York",
    "washington": "America/New_York", "ny": "America/New_York", "nyc": "America/New_York",
    "et": "America/New_York", "hk": "Asia/Hong_Kong", "gmt": "UTC", "utc": "UTC",
    "mumbai": "Asia/Kolkata", "geneva": "Europe/Zurich",
}  # fmt: skip
_DAYS = (
    "mon monday 周一 星期一 礼拜一", "tue tues tuesday 周二 星期二 礼拜二",
    "wed wednesday 周三 星期三 礼拜三", "thu thur thurs thursday 周四 星期四 礼拜四",
    "fri friday 周五 星期五 礼拜五", "sat saturday 周六 星期六 礼拜六",
    "sun sunday 周日 周天 星期日 星期天 礼拜天 礼拜日",
)  # fmt: skip
DAY_OF = {name: day for day, names in enumerate(_DAYS) for name in names.split()}
_TIME = re.compile(
    r"(?P<half>上午|早上|下午|晚上)?\s*(?:(?P<h>\d{1,2})[:.](?P<m>\d{2})\s*(?P<ap>am|pm)?"
    r"|(?P<h2>\d{1,2})\s*(?P<ap2>am|pm)|(?P<h3>\d{1,2})点(?P<part>半|\d{1,2}分)?)"
)
_AFTERNOON = frozenset({"pm", "下午", "晚上"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What the words say of a schedule; None where they say nothing."""

    weekday: int | None = None
    at: time | None = None
    tz: str | None = None


def read_wish(text: str) -> Wish:
    """Return day, time and zone that words name, in any order.

    Raises ScheduleError `bad_words` with the `culprit`, or `unknown_zone`.
    """
    words = re.sub(r"[,\u3002;\s]+", " ", unicodedata.normalize("NFKC", text)).strip()
    at, rest = _take_time(words)
    weekday, rest = _take_day(rest)
    tz = _zone(rest) if rest else None
    return Wish(weekday, at, tz)


def _take_time(words: str) -> tuple[time | None, str]:
    found = _TIME.search(words.lower())
    if found is None:
        return None, words
    hour = int(found["h"] or found["h2"] or found["h3"])
    minute = int(found["m"] or 0)
    if part := found["part"]:
        minute = 30 if part == "半" else int(part[:-1])
    half = found["ap"] or found["ap2"] or found["half"]
    if half and 1 <= hour <= 12:
        hour = hour % 12 + 12 * (half in _AFTERNOON)
    try:
        at = time(hour, minute)
    except ValueError as error:
        raise ScheduleError("bad_words", culprit=found[0].strip()) from error
    return at, f"{words[: found.start()]} {words[found.end() :]}".strip()


def _take_day(words: str) -> tuple[int | None, str]:
    lower = words.lower()
    for name in sorted(DAY_OF, key=len, reverse=True):
        edge = r"\b" if name.isascii() else ""
        if found := re.search(f"{edge}{name}{edge}", lower):
            rest = f"{words[: found.start()]} {words[found.end() :]}"
            return DAY_OF[name], " ".join(rest.split())
    return None, words


def _zone(words: str) -> str:
    """Return the IANA name of a city or zone."""
    plain = words.strip().lower()
    known = (
        _CHINESE_CITIES.get(words.strip()) or _ENGLISH_CITIES.get(plain) or _by_city().get(plain)
    )
    if known:
        return known
    if "/" in words:
        return zone(words.strip()).key
    raise ScheduleError("unknown_zone", field="tz", value=words)


@cache
def _by_city() -> dict[str, str]:
    """Return each IANA zone by its city and by its whole name, in small letters."""
    from zoneinfo import available_timezones

    names = sorted(available_timezones())
    found = {name.lower(): name for name in names}
    for name in names:
        if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/")):
            found.setdefault(name.rpartition("/")[2].replace("_", " ").lower(), name)
    return found
