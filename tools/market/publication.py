"""A series and an as-of date -> the moment when the public could know the figure (UTC).

Without this a past digest would know the future: Friday's SOFR is published on Monday, and in a
shutdown the CFTC's reports come weeks late. Exceptions are dated data with their sources in
cftc_calendar.toml.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

NEW_YORK = ZoneInfo("America/New_York")
ION = "ion_2023"

# What a series' name begins with, the longest first -> (business days from as-of to publication,
# New York time). A policy rate is announced on the afternoon before the day it takes effect.
_RULES = {
    "sofr": (1, time(8)),
    "tgcr": (1, time(8)),
    "bgcr": (1, time(8)),
    "effr": (1, time(9)),
    "obfr": (1, time(9)),
    "rrp": (0, time(13, 15)),
    "srf_takeup": (0, time(13, 45)),
    "iorb": (-1, time(16, 30)),
    "srf": (-1, time(16, 30)),
    "ust": (0, time(18)),
    "pd": (6, time(16, 15)),
    # OFR: the preliminary figures of a day, and FICC's; no hour is documented.
    "repo": (2, time(9)),
    "ficc": (2, time(9)),
}
# Monthly holdings come about the 18th of the second month after; Form PF about five months after
# its quarter. Both vary: what was fetched earlier was public earlier, and the cache says so.
_TIC_DAY, _FORM_PF_DAYS = 18, 155


def end_of(day: date) -> datetime:
    """Return the last moment of a day in New York."""
    return datetime.combine(day, time.max, NEW_YORK)


def _bundled(name: str) -> dict[str, dict[str, object]]:
    path = resources.files("tools.market") / name
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def late_reports(without: str | None = None) -> dict[date, date]:
    """Return report date -> publication date of the CFTC reports that came late."""
    tables = _bundled("cftc_calendar.toml")
    late: dict[date, date] = {}
    for name, table in tables.items():
        if name != without:
            days = table["published"]
            assert isinstance(days, dict)  # noqa: S101  # our own file
            late |= {date.fromisoformat(report): day for report, day in days.items()}
    return late


@cache
def _holidays(good_friday: bool) -> NDArray[np.datetime64]:
    """Return federal holidays, for the bond market with Good Friday, 2006 to 2039."""
    import pandas as pd
    from pandas.tseries.holiday import GoodFriday, USFederalHolidayCalendar

    span = ("2006-01-01", "2039-12-31")
    days = USFederalHolidayCalendar().holidays(*span).to_numpy()
    if good_friday:
        days = np.union1d(days, pd.DatetimeIndex(GoodFriday.dates(*span)).to_numpy())
    return days.astype("datetime64[D]")


def bond_holidays() -> NDArray[np.datetime64]:
    """Return the holidays of the bond market: federal ones and Good Friday."""
    return _holidays(good_friday=True)


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, NEW_YORK).astimezone(UTC)


def tff_published(as_of: date) -> datetime:
    """Return when a report of the Traders in Financial Futures came out.

    Friday 15:30 New York; a federal holiday after the report date moves it to the next business
    day after that Friday. Late reports stand in cftc_calendar.toml.
    """
    if late := late_reports().get(as_of):
        return _moment(late, time(15, 30))
    friday = as_of + timedelta(days=4 - as_of.weekday())
    days = np.arange(np.datetime64(as_of) + 1, np.datetime64(friday) + 1)
    if np.isin(days, _holidays(good_friday=False)).any():
        friday = _next_business_day(friday)
    return _moment(friday, time(15, 30))


def _next_business_day(day: date) -> date:
    holidays = _holidays(good_friday=False)
    moved = np.busday_offset(np.datetime64(day), 1, roll="backward", holidays=holidays)
    return date.fromisoformat(str(moved))


def _stamps(days: NDArray[np.datetime64], at: time) -> pd.DatetimeIndex:
    import pandas as pd

    clock = pd.Timedelta(hours=at.hour, minutes=at.minute)
    return (pd.DatetimeIndex(days) + clock).tz_localize(str(NEW_YORK)).tz_convert("UTC")


def published(series: str, days: NDArray[np.datetime64]) -> pd.DatetimeIndex:
    """Return when the figures of these as-of dates came out, by the publisher's usual rule."""
    days = days.astype("datetime64[D]")
    if series.startswith("tic"):
        return _stamps(_months_on(days, 2) + (_TIC_DAY - 1), time(16))
    if series.startswith("hf"):
        return _stamps(days + _FORM_PF_DAYS, time(16))
    steps, at = _rule(series)
    if steps:
        days = np.busday_offset(
            days,
            steps,
            roll="backward" if steps > 0 else "forward",
            holidays=_holidays(good_friday=True),
        )
    return _stamps(days, at)


def _rule(series: str) -> tuple[int, time]:
    prefix = max((name for name in _RULES if series.startswith(name)), key=len)
    return _RULES[prefix]


def _months_on(days: NDArray[np.datetime64], months: int) -> NDArray[np.datetime64]:
    """Return the first day of the month that lies `months` after each day's."""
    return (days.astype("datetime64[M]") + months).astype("datetime64[D]")


def newest_published(series: str, moment: datetime) -> date:
    """Return the newest business day whose figure was out at a moment."""
    day = np.datetime64(moment.astimezone(NEW_YORK).date())
    days = np.arange(day - 14, day + 1)
    days = days[np.is_busday(days, holidays=_holidays(good_friday=True))]
    known = [
        day for day, stamp in zip(days, published(series, days), strict=True) if stamp <= moment
    ]
    return date.fromisoformat(str(known[-1]))


def reference_published(series: str, days: NDArray[np.datetime64]) -> pd.DatetimeIndex:
    """Return the reference back-test's moments: SOFR the next calendar day, the rest as usual."""
    if series == "sofr":
        return _stamps(days.astype("datetime64[D]") + 1, time(8))
    return published(series, days)


def reference_tff_published(as_of: date) -> datetime:
    """Return the reference back-test's moment for a report: three days on, shutdowns apart.

    It ignores holidays and the ION delay of February 2023; docs/methods/score.md says how much
    that moves.
    """
    late = late_reports(without=ION).get(as_of)
    return _moment(late or as_of + timedelta(days=3), time(15, 30))
