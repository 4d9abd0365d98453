"""Words for a weekly schedule, in either language, in any order."""

from __future__ import annotations

from datetime import time

import pytest

from bot.schedule import ScheduleError
from bot.when import CITIES, Wish, read_wish

FRIDAY_SIX = Wish(4, time(18, 0), "America/New_York")


@pytest.mark.parametrize(
    "words",
    [
        "fri 18:00 New York",
        "New York, Friday, 6pm",
        "18:00 friday america/new_york",
        "FRI 6:00 PM NYC",
        "周五 18:00 纽约",
        "星期五下午6点纽约",
        "纽约 礼拜五 18\uff1a00",
    ],
)
def test_many_ways_to_say_friday_at_six(words: str):
    assert read_wish(words) == FRIDAY_SIX


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("tue", Wish(1)),
        ("9:30", Wish(None, time(9, 30))),
        ("Paris", Wish(None, None, "Europe/Paris")),
        ("周日 8点半 北京", Wish(6, time(8, 30), "Asia/Shanghai")),
        ("12am utc", Wish(None, time(0, 0), "UTC")),
        ("12 pm", Wish(None, time(12, 0))),
        ("", Wish()),
    ],
)
def test_what_is_not_said_stays_open(words: str, wish: Wish):
    assert read_wish(words) == wish


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("fri 25:00", "bad_words"),
        ("fri 18:99", "bad_words"),
        ("fri 18:00 Atlantis", "unknown_zone"),
        ("fri 18:00 ../etc/passwd", "unknown_zone"),
        ("nonsense", "unknown_zone"),
    ],
)
def test_what_cannot_be_read_is_an_error_not_a_guess(words: str, code: str):
    with pytest.raises(ScheduleError) as caught:
        read_wish(words)
    assert caught.value.code == code


def test_every_city_on_a_button_is_a_zone():
    for zone in CITIES.values():
        assert read_wish(zone).tz == zone
