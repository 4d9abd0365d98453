"""A maturity by its month is the day on which what a contract takes of that month matures."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tools.basis_inputs import check_deliverable, maturities_in
from tools.contracts import ContractMonth
from tools.errors import CalculatorError


@pytest.mark.parametrize(
    ("root", "year", "month", "days"),
    [
        ("FV", 2031, 11, ["2031-11-30"]),  # five-year notes alone
        ("FV", 2031, 5, ["2031-05-31"]),
        ("TY", 2034, 11, ["2034-11-15"]),  # longer than seven years: ten-year notes alone
        ("TY", 2034, 10, []),
        ("TY", 2033, 10, ["2033-10-31"]),  # no ten-year note matures in October
        ("TY", 2033, 11, ["2033-11-15", "2033-11-30"]),
        ("TN", 2036, 8, ["2036-08-15"]),
        ("US", 2044, 2, ["2044-02-15"]),
        ("UB", 2054, 11, ["2054-11-15"]),
        ("UB", 2054, 12, []),
        (
            "TU",
            2028,
            12,
            ["2028-12-15", "2028-12-31"],
        ),  # notes of three, of two and five years
        ("TWE", 2046, 8, ["2046-08-15"]),
        ("TY", 2030, 11, []),
    ],
)
def test_the_days_of_a_month(root: str, year: int, month: int, days: list[str]) -> None:
    found = maturities_in(ContractMonth(root, 2027, 3), year, month)
    assert [str(day) for day in found] == days


@pytest.mark.parametrize("root", ["TU", "3Y", "FV", "TY", "TN", "US", "TWE", "UB"])
def test_each_day_is_deliverable_and_the_last_or_the_middle_of_its_month(root: str) -> None:
    contract = ContractMonth(root, 2027, 3)
    seen = 0
    for months in range(12, 400):
        at = 2 + months
        for day in maturities_in(contract, 2027 + at // 12, at % 12 + 1):
            check_deliverable(contract, 4.0, day)
            assert day.day == 15 or (day + timedelta(days=1)).day == 1
            seen += 1
    assert seen
    with pytest.raises(CalculatorError):
        check_deliverable(contract, 4.0, date(2028, 1, 31))
