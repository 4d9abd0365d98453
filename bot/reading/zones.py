"""A city, a country, a common short name or an offset from UTC -> the name of a time zone.

A short name that means several zones (CST is Chicago's and Shanghai's) is an error, not a guess.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache

from bot.reading.folding import fold
from bot.reading.schedule import ScheduleError, zone

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
# Zone -> the names that people give it beside the database's own city; split at commas.
_NAMES = {
    "America/New_York": (
        "ny, nyc, new york city, boston, washington, washington dc, philadelphia, miami, atlanta,"
        "greenwich, stamford, et, est, edt, eastern, us eastern, 纽约, 华盛顿, 波士顿, 迈阿密,"
        "美东, 美国东部, 东部"
    ),
    "America/Chicago": (
        "houston, dallas, austin, ct, cdt, central, us central, 芝加哥, 休斯敦, 美中"
    ),
    "America/Denver": "mt, mst, mdt, mountain, 丹佛",
    "America/Los_Angeles": (
        "la, san francisco, sf, seattle, palo alto, pt, pst, pdt, pacific, us pacific, 洛杉矶,"
        "旧金山, 西雅图, 美西, 美国西部, 西部"
    ),
    "America/Toronto": "montreal, 多伦多, 蒙特利尔",
    "America/Vancouver": "温哥华",
    "America/Sao_Paulo": "são paulo, 圣保罗",
    "America/Mexico_City": "墨西哥城",
    "Europe/London": "uk, britain, england, edinburgh, bst, 伦敦, 英国",
    "Europe/Dublin": "ireland, 都柏林",
    "Europe/Paris": "france, 巴黎, 法国",
    "Europe/Berlin": (
        "germany, frankfurt, munich, hamburg, cet, cest, 柏林, 法兰克福, 慕尼黑, 德国, 欧洲中部"
    ),
    "Europe/Zurich": "zürich, switzerland, geneva, basel, 苏黎世, 日内瓦, 瑞士",
    "Europe/Madrid": "spain, barcelona, 马德里",
    "Europe/Rome": "italy, milan, 米兰, 罗马",
    "Europe/Amsterdam": "netherlands, 阿姆斯特丹",
    "Europe/Luxembourg": "卢森堡",
    "Europe/Brussels": "布鲁塞尔",
    "Europe/Stockholm": "sweden, 斯德哥尔摩",
    "Europe/Moscow": "msk, 莫斯科",
    "Asia/Jerusalem": "tel aviv, israel, 特拉维夫",
    "Asia/Dubai": "abu dhabi, uae, 迪拜, 阿布扎比",
    "Asia/Riyadh": "saudi arabia, 利雅得",
    "Asia/Qatar": "doha, 多哈",
    "Asia/Kolkata": "india, mumbai, delhi, new delhi, bangalore, bengaluru, 孟买, 新德里, 印度",
    "Asia/Bangkok": "thailand, 曼谷",
    "Asia/Jakarta": "雅加达",
    "Asia/Kuala_Lumpur": "malaysia, 吉隆坡",
    "Asia/Manila": "philippines, 马尼拉",
    "Asia/Singapore": "sg, sgt, 新加坡",
    "Asia/Hong_Kong": "hk, hongkong, hkt, 香港",
    "Asia/Macau": "澳门",
    "Asia/Taipei": "taiwan, 台北, 台湾",
    "Asia/Shanghai": (
        "beijing, peking, china, shenzhen, guangzhou, hangzhou, chengdu, nanjing, tianjin, wuhan,"
        "上海, 北京, 深圳, 广州, 杭州, 成都, 南京, 天津, 武汉, 重庆, 中国, 东八区"
    ),
    "Asia/Tokyo": "japan, osaka, jst, 东京, 大阪, 日本",
    "Asia/Seoul": "korea, south korea, kst, 首尔, 韩国",
    "Australia/Sydney": "canberra, aest, aedt, 悉尼, 堪培拉",
    "Australia/Melbourne": "墨尔本",
    "Pacific/Auckland": "new zealand, wellington, nzst, nzdt, 奥克兰, 新西兰",
    "Africa/Johannesburg": "south africa, 约翰内斯堡, 南非",
    "UTC": "gmt, z, zulu, 世界时, 协调世界时, 格林尼治",
}
# What several zones are called, and cities that tell them apart.
_SEVERAL = {
    "cst": "Chicago, Shanghai",
    "ist": "Mumbai, Tel Aviv, Dublin",
    "us": "New York, Chicago",
    "usa": "New York, Chicago",
    "america": "New York, Chicago",
    "美国": "纽约、芝加哥",
    "europe": "London, Frankfurt",
    "欧洲": "伦敦、法兰克福",
    "asia": "Shanghai, Tokyo",
    "亚洲": "上海、东京",
    "australia": "Sydney, Perth",
    "澳大利亚": "悉尼、珀斯",
}
# Only these parts of the database hold cities; `Mexico/General` and `Brazil/West` are no names.
_CONTINENTS = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/",
               "Europe/", "Indian/", "Pacific/")  # fmt: skip
_NO_CITIES = frozenset(
    f"Australia/{name}" for name in ("ACT", "LHI", "NSW", "North", "South", "West")
)
_NO_ZONES = frozenset({"Factory", "localtime"})
_OFFSET = re.compile(r"(?:(?:utc|gmt) ?(?=[+-])|(?=[+-]\d))([+-]) ?(\d{1,2})(?::?(00|15|30|45))?")
# Offsets with minutes have no zone named after them; these never change their clocks.
_BROKEN = {
    (3, 30): "Asia/Tehran", (4, 30): "Asia/Kabul", (5, 30): "Asia/Kolkata",
    (5, 45): "Asia/Kathmandu", (6, 30): "Asia/Yangon", (8, 45): "Australia/Eucla",
    (9, 30): "Australia/Darwin",
}  # fmt: skip


def zone_of(words: str) -> str:
    """Return the zone's IANA name.

    Raises ScheduleError: `several_zones` with the cities to choose from, `unknown_zone_near` with
    the nearest name, `bad_offset`, `unknown_zone` for what looks like an IANA name, and
    `bad_words` for what looks like nothing.
    """
    plain = _plain(words)
    if found := _OFFSET.fullmatch(plain):
        return _by_offset(words, *found.groups())
    if cities := _SEVERAL.get(plain):
        raise ScheduleError("several_zones", value=words, cities=cities)
    if known := _known().get(plain):
        return known
    if "/" in words:
        return zone(words.strip()).key
    if near := get_close_matches(plain, _well_known(), 1, 0.8):
        raise ScheduleError("unknown_zone_near", value=words, near=near[0].title())
    raise ScheduleError("bad_words", culprit=words)


def offset_of(zone_name: str) -> str | None:
    """Return how people write a zone that is only an offset, None for any other.

    >>> offset_of("Etc/GMT-8"), offset_of("Asia/Shanghai")
    ('UTC+8', None)
    """
    found = re.fullmatch(r"Etc/GMT([+-])(\d+)", zone_name)
    return f"UTC{'-' if found[1] == '+' else '+'}{found[2]}" if found else None


def _plain(words: str) -> str:
    """Return a name in small letters, its marks as spaces, but the slash of an IANA name."""
    plain = fold(words.strip()).text.lower()
    if not _OFFSET.fullmatch(plain) and "/" not in plain:
        plain = re.sub(r"[-_.]", " ", plain)
    return " ".join(plain.split())


def _by_offset(words: str, sign: str, hours: str, minutes: str | None) -> str:
    """Return the zone that is always so far from UTC; `Etc/GMT-8` is UTC+8."""
    number, rest = int(hours), int(minutes or 0)
    if rest:
        name = _BROKEN.get((number, rest)) if sign == "+" else None
    elif number == 0:
        name = "UTC"
    else:
        most = 14 if sign == "+" else 12
        name = f"Etc/GMT{'-' if sign == '+' else '+'}{number}" if number <= most else None
    if name is None:
        raise ScheduleError("bad_offset", value=words)
    return name


@cache
def _known() -> dict[str, str]:
    """Return each zone by what it is called: our names first, then its city, its whole name."""
    from zoneinfo import available_timezones

    found = {name.strip(): key for key, names in _NAMES.items() for name in names.split(",")}
    names = sorted(available_timezones())
    for name in names:
        if name.startswith(_CONTINENTS) and name not in _NO_CITIES:
            found.setdefault(name.rpartition("/")[2].replace("_", " ").lower(), name)
    for name in names:
        if name not in _NO_ZONES:
            found.setdefault(name.lower(), name)
    return found


@cache
def _well_known() -> tuple[str, ...]:
    """Return what a mistyped name may have been meant to be: names of ours, long enough."""
    cities = [key.rpartition("/")[2].replace("_", " ").lower() for key in _NAMES]
    names = [name.strip() for names in _NAMES.values() for name in names.split(",")]
    return tuple(name for name in (*cities, *names) if len(name) > 4 and name.isascii())
