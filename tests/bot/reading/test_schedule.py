"""One digest a week at the wall clock's time, whatever the zone does to its clock."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading.schedule import (
    ScheduleError,
    Weekly,
    due_between,
    next_due,
    reckon,
    zone,
)

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
SATURDAY = 5
ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Sydney",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "America/Santiago",
    "Pacific/Kiritimati",
    "Australia/Lord_Howe",
    "Asia/Beirut",
]
schedules = st.builds(
    Weekly,
    st.integers(0, 6),
    st.times(min_value=time(0, 0), max_value=time(23, 59)).map(lambda t: t.replace(microsecond=0)),
    st.sampled_from(ZONES),
)
moments = st.integers(0, 15 * 365 * 24 * 60).map(
    lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# New York springs forward on 2026-03-08 at 02:00 and falls back on 2026-11-01 at 02:00; Berlin on
# 2026-03-29 and 2026-10-25; Sydney the other way, back on 2026-04-05, forward on 2026-10-04.
# Shanghai never does. The ISO year is not always the calendar's.
CLOCK_CHANGES = """\
zone             schedule   after (UTC)        due (UTC)          wall   period
America/New_York Sat 10:00  2026-03-06 00:00   2026-03-07 15:00   10:00  2026-W10
America/New_York Sat 10:00  2026-03-08 00:00   2026-03-14 14:00   10:00  2026-W11
America/New_York Sun 02:30  2026-03-07 00:00   2026-03-08 07:30   03:30  2026-W10
America/New_York Sun 01:59  2026-03-07 00:00   2026-03-08 06:59   01:59  2026-W10
America/New_York Sun 03:00  2026-03-07 00:00   2026-03-08 07:00   03:00  2026-W10
America/New_York Sun 01:30  2026-10-31 00:00   2026-11-01 05:30   01:30  2026-W44
America/New_York Sun 01:30  2026-11-01 05:30   2026-11-08 06:30   01:30  2026-W45
America/New_York Sat 10:00  2026-11-01 00:00   2026-11-07 15:00   10:00  2026-W45
Europe/Berlin    Sun 02:30  2026-03-28 00:00   2026-03-29 01:30   03:30  2026-W13
Europe/Berlin    Sun 02:30  2026-10-24 00:00   2026-10-25 00:30   02:30  2026-W43
Europe/Berlin    Sun 02:30  2026-10-25 00:30   2026-11-01 01:30   02:30  2026-W44
Europe/Berlin    Mon 08:00  2026-03-23 12:00   2026-03-30 06:00   08:00  2026-W14
Australia/Sydney Sun 02:30  2026-04-04 00:00   2026-04-04 15:30   02:30  2026-W14
Australia/Sydney Sun 02:30  2026-04-04 15:30   2026-04-11 16:30   02:30  2026-W15
Australia/Sydney Sun 02:30  2026-10-03 00:00   2026-10-03 16:30   03:30  2026-W40
Australia/Sydney Mon 09:00  2026-10-03 00:00   2026-10-04 22:00   09:00  2026-W41
Asia/Shanghai    Mon 08:00  2026-07-18 00:00   2026-07-20 00:00   08:00  2026-W30
Asia/Shanghai    Sun 08:00  2026-12-28 00:00   2027-01-03 00:00   08:00  2026-W53
"""


@pytest.mark.parametrize("row", CLOCK_CHANGES.splitlines()[1:])
def test_the_wall_clock_rules_through_clock_changes(row: str) -> None:
    tz, day, at, after_day, after, due_day, due, wall, period = row.split()
    schedule = Weekly(DAYS.index(day), time.fromisoformat(at), tz)
    found = next_due(schedule, utc(f"{after_day} {after}"))
    assert found.at == utc(f"{due_day} {due}")
    assert found.at.astimezone(zone(tz)).strftime("%H:%M") == wall
    assert found.period == period


@given(schedules, moments)
def test_each_week_is_due_once_and_in_order(schedule: Weekly, start: datetime) -> None:
    year = due_between(schedule, start, start + timedelta(days=371))
    periods = [due.period for due in year]
    assert 52 <= len(periods) <= 54
    assert len(set(periods)) == len(periods)
    assert sorted(due.at for due in year) == [due.at for due in year]
    assert all(d.at.astimezone(zone(schedule.tz)).weekday() == schedule.weekday for d in year)


@given(schedules, moments)
def test_next_due_is_later_and_within_a_week_and_a_clock_change(
    schedule: Weekly, after: datetime
) -> None:
    due = next_due(schedule, after)
    assert after < due.at <= after + timedelta(days=7, hours=2)
    assert next_due(schedule, due.at - timedelta(microseconds=1)) == due


@given(schedules, moments)
def test_walking_by_next_due_finds_what_lies_between(schedule: Weekly, start: datetime) -> None:
    end = start + timedelta(days=60)
    walked, at = [], start - timedelta(microseconds=1)
    while (due := next_due(schedule, at)).at <= end:
        walked.append(due)
        at = due.at
    assert walked == due_between(schedule, start, end)


def test_three_weeks_down_sends_the_newest_and_skips_the_rest() -> None:
    schedule = Weekly(SATURDAY, time(10), "America/New_York")
    back = reckon(schedule, utc("2026-07-04 14:00"), utc("2026-07-26 09:00"))
    assert [due.period for due in back.skipped] == ["2026-W27", "2026-W28", "2026-W29"]
    assert back.send is not None
    assert back.send.period == "2026-W30"
    assert back.then.period == "2026-W31"


def test_a_digest_gives_way_to_the_one_of_tomorrow() -> None:
    schedule = Weekly(SATURDAY, time(10), "America/New_York")
    late = reckon(schedule, utc("2026-07-04 14:00"), utc("2026-07-10 20:00"))
    assert late.send is None
    assert [due.period for due in late.skipped] == ["2026-W27"]
    assert late.then.at == utc("2026-07-11 14:00")


def test_on_time_nothing_is_skipped() -> None:
    schedule = Weekly(SATURDAY, time(10), "America/New_York")
    due = next_due(schedule, utc("2026-07-01 00:00"))
    on_time = reckon(schedule, due.at, due.at)
    assert (on_time.send, on_time.skipped) == (due, ())
    assert on_time.then.at == due.at + timedelta(days=7)


def test_nothing_is_due_before_its_time() -> None:
    schedule = Weekly(SATURDAY, time(10), "America/New_York")
    early = reckon(schedule, utc("2026-07-11 14:00"), utc("2026-07-11 13:59"))
    assert (early.send, early.skipped) == (None, ())


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "America", "/etc", "x\0y"])
def test_an_unknown_zone_is_named_as_typed(name: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Weekly(SATURDAY, time(10), name)
    assert caught.value.code == "unknown_zone"
    assert caught.value.values["value"] == name


def test_a_weekday_is_one_of_seven_and_a_local_time_has_no_zone() -> None:
    with pytest.raises(ScheduleError):
        Weekly(7, time(10), "UTC")
    with pytest.raises(ScheduleError):
        Weekly(1, time(10, tzinfo=UTC), "UTC")
