"""A weekday, a local time and a zone -> the instants when a digest is due, and each one's period.

A local time that a zone skips in spring is read with the offset from before the jump, as RFC 5545
section 3.3.5 says (02:30 becomes 03:30); one that comes twice in autumn means the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEK = timedelta(days=7)
# A digest that is later than this gives way to the next one, which is then a day away at most.
MAX_LATENESS = timedelta(days=6)


class ScheduleError(ValueError):
    """A schedule that cannot be kept; `code` names the sentence, `values` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Due:
    """One scheduled digest: the instant (UTC) and the ISO week of its local date (`2026-W05`)."""

    at: datetime
    period: str


@dataclass(frozen=True, slots=True)
class Weekly:
    """Once a week: `weekday` 0 is Monday, `local_time` is the wall clock's in the zone `tz`."""

    weekday: int
    local_time: time
    tz: str

    def __post_init__(self) -> None:
        """Refuse what is no schedule at all."""
        if not 0 <= self.weekday <= 6:
            raise ScheduleError("bad_weekday", field="weekday", value=self.weekday)
        if self.local_time.tzinfo is not None:
            raise ScheduleError("bad_time", field="local_time", value=str(self.local_time))
        zone(self.tz)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name, or raise ScheduleError `unknown_zone`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # ValueError: a path instead of a name; OSError: a folder such as "America".
        raise ScheduleError("unknown_zone", field="tz", value=name) from error


def _on(schedule: Weekly, day: date) -> Due:
    """Return the due instant of that local day; its period is the ISO week of the day."""
    local = datetime.combine(day, schedule.local_time, tzinfo=zone(schedule.tz))
    year, week, _ = day.isocalendar()
    return Due(local.astimezone(UTC), f"{year}-W{week:02}")


def _days(schedule: Weekly, start: datetime) -> Iterator[date]:
    """Yield the schedule's local days, from one that surely lies before `start`."""
    day = start.astimezone(zone(schedule.tz)).date() - timedelta(days=8)
    day += timedelta(days=(schedule.weekday - day.weekday()) % 7)
    while True:
        yield day
        day += WEEK


def next_due(schedule: Weekly, after: datetime) -> Due:
    """Return the first due instant strictly after `after` (an aware datetime)."""
    return next(due for day in _days(schedule, after) if (due := _on(schedule, day)).at > after)


def due_between(schedule: Weekly, first: datetime, last: datetime) -> list[Due]:
    """Return what was due from `first` to `last`, both included, oldest first."""
    found: list[Due] = []
    for day in _days(schedule, first):
        due = _on(schedule, day)
        if due.at > last:
            return found
        if due.at >= first:
            found.append(due)
    raise AssertionError("the calendar has no end")


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What to do about a subscription whose time has come."""

    send: Due | None
    skipped: tuple[Due, ...]
    then: Due


def reckon(
    schedule: Weekly, since: datetime, now: datetime, max_lateness: timedelta = MAX_LATENESS
) -> Reckoning:
    """Return which of the periods due since `since` is sent, which are skipped, and what is next.

    After downtime only the newest is sent, and not even that when it is later than `max_lateness`.
    """
    due = due_between(schedule, since, now)
    late = bool(due) and now - due[-1].at > max_lateness
    send = None if late or not due else due[-1]
    skipped = due if late else due[:-1]
    return Reckoning(send, tuple(skipped), next_due(schedule, now))
