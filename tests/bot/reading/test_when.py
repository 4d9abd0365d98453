"""Words for a weekly schedule, in either language, in any order, and the zones they name."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.reading.schedule import ScheduleError
from bot.reading.when import Wish, read_wish
from bot.reading.zones import CITIES, offset_of, zone_of

FRIDAY_SIX = Wish(4, time(18, 0), "America/New_York")


@pytest.mark.parametrize(
    "words",
    [
        "fri 18:00 New York",
        "New York, Friday, 6pm",
        "18:00 friday america/new_york",
        "FRI 6:00 PM NYC",
        "Friday at 6 p.m. in New York",
        "every friday at 18:00 new york time",
        "Fridays, 1800 (New-York)",
        "fri 18h00 Eastern time",
        "fri 18 EST",
        "周五 18:00 纽约",
        "星期五下午6点纽约",
        "纽约 礼拜五 18\uff1a00",
        "每周五下午六点，纽约时间",
        "周5 傍晚六点整 美东",
        "週五 18\uff1a00 紐約",
        "周五\uff11\uff18\uff1a\uff10\uff10纽约",
    ],
)
def test_many_ways_to_say_friday_at_six(words: str):
    assert read_wish(words) == FRIDAY_SIX


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("tue", Wish(1)),
        ("9:30", Wish(None, time(9, 30))),
        ("sat 10", Wish(5, time(10, 0))),
        ("Paris", Wish(None, None, "Europe/Paris")),
        ("周日 8点半 北京", Wish(6, time(8, 30), "Asia/Shanghai")),
        ("北京时间周五晚上8点", Wish(4, time(20, 0), "Asia/Shanghai")),
        ("礼拜三 二十点一刻", Wish(2, time(20, 15))),
        ("周四十点十五分", Wish(3, time(10, 15))),
        ("周一零点 东京", Wish(0, time(0, 0), "Asia/Tokyo")),
        ("凌晨12点 utc", Wish(None, time(0, 0), "UTC")),
        ("周日中午", Wish(6, time(12, 0))),
        ("friday noon sydney", Wish(4, time(12, 0), "Australia/Sydney")),
        ("midnight tokyo", Wish(None, time(0, 0), "Asia/Tokyo")),
        ("12am utc", Wish(None, time(0, 0), "UTC")),
        ("12 pm", Wish(None, time(12, 0))),
        ("fri 10:00 english", Wish(4, time(10, 0), None, "en")),
        ("中文 周五 10:00", Wish(4, time(10, 0), None, "zh")),
        ("", Wish()),
    ],
)
def test_what_is_not_said_stays_open(words: str, wish: Wish):
    assert read_wish(words) == wish


@pytest.mark.parametrize(
    ("words", "tz"),
    [
        ("Shanghai", "Asia/Shanghai"),
        ("上海", "Asia/Shanghai"),
        ("纽约", "America/New_York"),
        ("Asia/Shanghai", "Asia/Shanghai"),
        ("UTC+8", "Etc/GMT-8"),
        ("utc+08:00", "Etc/GMT-8"),
        ("GMT \N{MINUS SIGN}3", "Etc/GMT+3"),
        ("+5:30", "Asia/Kolkata"),
        ("Etc/GMT-8", "Etc/GMT-8"),
        ("东八区", "Asia/Shanghai"),
        ("臺北", "Asia/Taipei"),
        ("Los_Angeles", "America/Los_Angeles"),
        ("sao paulo", "America/Sao_Paulo"),
        ("CET", "Europe/Berlin"),
        ("Pacific time", "America/Los_Angeles"),
    ],
)
def test_a_zone_by_city_country_short_name_or_offset(words: str, tz: str):
    assert read_wish(words) == Wish(None, None, tz)
    assert read_wish(f"mon 8:00 {words}") == Wish(0, time(8, 0), tz)
    assert read_wish(f"{words} 周一 8点") == Wish(0, time(8, 0), tz)


@pytest.mark.parametrize(
    ("words", "code", "culprit"),
    [
        ("fri 25:00", "bad_words", "25:00"),
        ("fri 18:99", "bad_words", "18:99"),
        ("15pm Fri", "bad_words", "15pm"),
        ("周日晚上12点", "bad_words", "晚上12点"),
        ("fri 18:00 Mars", "bad_words", "Mars"),
        ("周五 18:00 火星", "bad_words", "火星"),
        ("nonsense", "bad_words", "nonsense"),
        ("fri 18:00 general", "bad_words", "general"),
        ("fri 18:00 west", "bad_words", "west"),
        ("fri 9 - 10", "bad_words", "- 10"),
        ("fri 18:00 30 February", "no_such_day", "30 February"),
        ("fri 18:00 ../etc/passwd", "unknown_zone", "../etc/passwd"),
        ("Frankfurt/Main", "unknown_zone", "Frankfurt/Main"),
        ("sat Shangai", "unknown_zone_near", "Shangai"),
        ("sat 10:00 CST", "several_zones", "CST"),
        ("美国", "several_zones", "美国"),
        ("UTC+15", "bad_offset", "UTC+15"),
        ("Mon-Fri 9:00", "weekly_only", "Mon-Fri"),
        ("每天 9:00", "weekly_only", "每天"),
        ("Daily 9:00", "weekly_only", "Daily"),
    ],
)
def test_what_cannot_be_read_is_an_error_not_a_guess(words: str, code: str, culprit: str):
    with pytest.raises(ScheduleError) as caught:
        read_wish(words)
    assert caught.value.code == code
    assert caught.value.values.get("culprit", caught.value.values.get("value")) == culprit


def test_a_mistyped_city_is_named():
    with pytest.raises(ScheduleError) as caught:
        read_wish("fri 18:00 Singapor")
    assert caught.value.values["near"] == "Singapore"


def test_every_city_on_a_button_is_a_zone():
    for zone in CITIES.values():
        assert read_wish(zone).tz == zone


@pytest.mark.parametrize("hours", [*range(-12, 0), *range(1, 15)])
def test_an_offset_is_that_far_from_utc_and_is_written_as_people_write_it(hours: int):
    name = zone_of(f"UTC{hours:+d}")
    here = datetime(2026, 7, 4, tzinfo=UTC).astimezone(ZoneInfo(name))
    assert here.utcoffset() == timedelta(hours=hours)
    assert offset_of(name) == f"UTC{hours:+d}"
