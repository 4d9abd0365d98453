"""A day or a contract -> bond-market business days, delivery and trading days.

The calendar is SIFMA's for US Treasuries as kept by `pandas_market_calendars`: its holidays lie in
`holidays.txt`, written by `make holidays` and held against the library by the tests, so that a
calculation loads neither it nor pandas. The dated exceptions in `calendar.toml` come on top.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Literal

import numpy as np

from tools.contracts import ContractMonth
from tools.coupons import to_date
from tools.errors import CalculatorError

FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class ExceptionalDay:
    """A day on which the library's calendar is overruled or doubtful."""

    day: date
    open: bool
    why: str
    source: str
    doubtful: bool


@cache
def exceptions() -> dict[date, ExceptionalDay]:
    """Return the exceptional days by date."""
    path = resources.files("tools") / "calendar.toml"
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["day"]
    return {
        row["date"]: ExceptionalDay(
            row["date"], row["open"], row["why"], row["source"], row.get("doubtful", False)
        )
        for row in rows
    }


@cache
def _busdays() -> np.busdaycalendar:
    days = (resources.files("tools") / "holidays.txt").read_text(encoding="ascii").split()
    closed = {date.fromisoformat(day) for day in days}
    for day, exception in exceptions().items():
        (closed.discard if exception.open else closed.add)(day)
    return np.busdaycalendar(holidays=np.array(sorted(closed), dtype="datetime64[D]"))


def _check(day: date) -> np.datetime64:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CalculatorError(
            "date_range",
            value=day.isoformat(),
            first=FIRST_DAY.isoformat(),
            last=LAST_DAY.isoformat(),
        )
    return np.datetime64(day, "D")


def is_business_day(day: date) -> bool:
    """Tell whether the bond market is open."""
    return bool(np.is_busday(_check(day), busdaycal=_busdays()))


def add_business_days(day: date, count: int) -> date:
    """Return the day `count` business days later (earlier where negative).

    A day that is none counts from the business day before it (after it, where negative), so
    that plus one is always the next business day.
    """
    roll: Literal["backward", "forward"] = "backward" if count > 0 else "forward"
    moved = np.busday_offset(_check(day), count, roll=roll, busdaycal=_busdays())
    return to_date(int(moved.astype(np.int64)))


def next_business_day(day: date) -> date:
    """Return the first business day after a day."""
    return add_business_days(day, 1)


def previous_business_day(day: date) -> date:
    """Return the last business day before a day."""
    return add_business_days(day, -1)


def business_days_between(first: date, last: date) -> int:
    """Return how many business days lie in [first, last)."""
    return int(np.busday_count(_check(first), _check(last), busdaycal=_busdays()))


def first_business_day(year: int, month: int) -> date:
    """Return the first business day of a month."""
    return add_business_days(date(year, month, 1), 0)


def last_business_day(year: int, month: int) -> date:
    """Return the last business day of a month."""
    after = date(year + month // 12, month % 12 + 1, 1)
    return add_business_days(after, -1)


def first_delivery_day(contract: ContractMonth) -> date:
    """Return the first business day of the delivery month."""
    return first_business_day(contract.year, contract.month)


@cache
def last_delivery_day(contract: ContractMonth) -> date:
    """Return the last delivery day: the month's last business day, or the third after it."""
    month_end = last_business_day(contract.year, contract.month)
    if contract.spec.last_delivery == "month_end":
        return month_end
    return add_business_days(month_end, 3)


def last_trading_day(contract: ContractMonth) -> date:
    """Return the last day of trading.

    TU, 3Y and FV trade to the last business day of the month; the others stop on the seventh
    business day before it (CME contract specifications).
    """
    month_end = last_business_day(contract.year, contract.month)
    if contract.spec.last_delivery == "third_day_after_month_end":
        return month_end
    return add_business_days(month_end, -7)


def first_intention_day(contract: ContractMonth) -> date:
    """Return the first day a short may announce delivery: two business days before the first.

    The three-day delivery sequence of the exchange: intention, notice, delivery.
    """
    return add_business_days(first_delivery_day(contract), -2)


def doubtful_days(contract: ContractMonth) -> tuple[ExceptionalDay, ...]:
    """Return the doubtful days that could move this contract's delivery days."""
    first = date(contract.year, contract.month, 1)
    last = last_delivery_day(contract) + timedelta(days=1)
    return tuple(e for day, e in exceptions().items() if e.doubtful and first <= day <= last)
