"""Bond-market days, and the delivery days of contracts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.holidays import FILE, library_holidays
from tools.calendar import (
    FIRST_DAY,
    LAST_DAY,
    add_business_days,
    business_days_between,
    doubtful_days,
    exceptions,
    first_delivery_day,
    first_intention_day,
    is_business_day,
    last_delivery_day,
    last_trading_day,
    next_business_day,
    previous_business_day,
)
from tools.contracts import ContractMonth
from tools.errors import CalculatorError

days = st.dates(date(1990, 6, 1), date(2100, 6, 1))


def test_quantlib_agrees_on_every_day_from_1998_to_2030() -> None:
    """With our exceptions applied there is no difference left to explain."""
    ql = pytest.importorskip("QuantLib")
    theirs = ql.UnitedStates(ql.UnitedStates.GovernmentBond)
    day, differing = date(1998, 1, 1), []
    while day <= date(2030, 12, 31):
        if theirs.isBusinessDay(ql.Date(day.day, day.month, day.year)) != is_business_day(day):
            differing.append(day)
        day += timedelta(days=1)
    assert differing == []


def test_the_holidays_are_the_library_s() -> None:
    kept = [date.fromisoformat(day) for day in FILE.read_text(encoding="ascii").split()]
    assert kept == library_holidays()


def test_the_library_is_overruled_on_these_eight_days_only() -> None:
    closed = set(library_holidays())
    overruled = {day for day, e in exceptions().items() if e.open is (day in closed)}
    assert overruled == {
        date(1999, 4, 2), date(2004, 6, 11), date(2007, 4, 6), date(2010, 4, 2),
        date(2012, 4, 6), date(2012, 10, 30), date(2015, 4, 3), date(2018, 12, 5),
    }  # fmt: skip
    assert all(e.why and e.source for e in exceptions().values())


@pytest.mark.parametrize("day", [date(2021, 4, 2), date(2023, 4, 7), date(2026, 4, 3)])
def test_recent_good_fridays_with_payrolls_are_marked_doubtful(day: date) -> None:
    assert is_business_day(day)
    assert exceptions()[day].doubtful


@given(days)
def test_the_next_business_day_is_the_nearest_later_one(day: date) -> None:
    later = next_business_day(day)
    assert later > day
    assert is_business_day(later)
    assert business_days_between(day, later) == int(is_business_day(day))


@given(days, st.integers(1, 30))
def test_going_forth_and_back_returns_to_a_business_day(day: date, count: int) -> None:
    start = next_business_day(day)
    assert add_business_days(add_business_days(start, count), -count) == start
    assert previous_business_day(next_business_day(start)) == start


@pytest.mark.parametrize(
    ("contract", "first", "last_trade", "last"),
    [
        (ContractMonth("TY", 2002, 3), date(2002, 3, 1), date(2002, 3, 19), date(2002, 3, 28)),
        (ContractMonth("TU", 2012, 9), date(2012, 9, 4), date(2012, 9, 28), date(2012, 10, 3)),
        (ContractMonth("TY", 2027, 3), date(2027, 3, 1), date(2027, 3, 19), date(2027, 3, 31)),
        (ContractMonth("FV", 2026, 12), date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 6)),
    ],
)
def test_delivery_and_trading_days(
    contract: ContractMonth, first: date, last_trade: date, last: date
) -> None:
    assert first_delivery_day(contract) == first
    assert last_trading_day(contract) == last_trade
    assert last_delivery_day(contract) == last


def test_delivery_may_be_announced_two_business_days_ahead() -> None:
    assert first_intention_day(ContractMonth("TY", 2027, 3)) == date(2027, 2, 25)


def test_a_doubtful_day_within_delivery_is_reported() -> None:
    assert [e.day for e in doubtful_days(ContractMonth("TU", 2026, 3))] == [date(2026, 4, 3)]
    assert doubtful_days(ContractMonth("TY", 2026, 3)) == ()


@pytest.mark.parametrize("day", [FIRST_DAY - timedelta(1), LAST_DAY + timedelta(1)])
def test_a_day_beyond_the_calendar_is_refused(day: date) -> None:
    with pytest.raises(CalculatorError) as caught:
        is_business_day(day)
    assert caught.value.code == "date_range"
