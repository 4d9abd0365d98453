"""Contract codes and the dated terms behind them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.contracts import (
    LETTER_OF_MONTH,
    ContractMonth,
    aliases,
    parse_contract,
    parse_contract_or_root,
    parse_root,
    roots,
    spec_of,
)
from tools.errors import CalculatorError


@pytest.mark.parametrize(
    ("text", "settlement", "expected"),
    [
        ("TYH7", date(2026, 11, 24), ("TY", 2027, 3)),
        (" tyh7 ", date(2026, 11, 24), ("TY", 2027, 3)),
        ("TYZ7", date(2017, 10, 10), ("TY", 2017, 12)),
        ("ZNZ26", date(2026, 11, 24), ("TY", 2026, 12)),
        ("ZTM2027", date(2026, 11, 24), ("TU", 2027, 6)),
        ("WNU2", date(2012, 7, 30), ("UB", 2012, 9)),
        ("Z3NH7", date(2026, 11, 24), ("3Y", 2027, 3)),
        ("3YH7", date(2026, 11, 24), ("3Y", 2027, 3)),
        ("UXYH7", date(2026, 11, 24), ("TN", 2027, 3)),
        ("TWEH7", date(2026, 11, 24), ("TWE", 2027, 3)),
        ("TUZ5", date(2026, 1, 2), ("TU", 2025, 12)),
        ("TYH0", date(2029, 12, 3), ("TY", 2030, 3)),
        ("TYZ1", date(2026, 11, 24), ("TY", 2031, 12)),
        ("TYH99", date(2001, 1, 2), ("TY", 1999, 3)),
    ],
)
def test_a_code_means_the_contract_nearest_the_settlement(
    text: str, settlement: date, expected: tuple[str, int, int]
) -> None:
    assert parse_contract(text, settlement) == ContractMonth(*expected)


@given(st.sampled_from(["TU", "3Y", "FV", "TY", "US"]),
       st.integers(1995, 2090), st.sampled_from(sorted(LETTER_OF_MONTH)))  # fmt: skip
def test_a_code_round_trips_near_its_own_delivery(root: str, year: int, month: int) -> None:
    contract = ContractMonth(root, year, month)
    assert parse_contract(contract.code, date(year, month, 1)) == contract
    assert contract.delivery_month == f"{year}-{month:02d}"


@pytest.mark.parametrize(
    "text", ["", "TY", "TYF7", "XXH7", "TYH", "TYH123", "TY H7", "H7", "TYHH7", "TYH7X"]
)
def test_what_is_no_contract_is_named_with_what_is(text: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        parse_contract(text, date(2026, 11, 24))
    assert caught.value.code == "contract_form"
    assert caught.value.values["value"] == text
    assert "TY=ZN" in str(caught.value.values["allowed"])


@pytest.mark.parametrize(
    ("text", "settlement"), [("TNZ4", date(2014, 6, 2)), ("UBH5", date(2005, 1, 3)),
                             ("TWEH1", date(2021, 1, 4)), ("TYH2150", date(2026, 1, 2))]
)  # fmt: skip
def test_a_contract_that_was_never_listed_is_refused(text: str, settlement: date) -> None:
    with pytest.raises(CalculatorError) as caught:
        parse_contract(text, settlement)
    assert caught.value.code == "contract_not_listed"


def test_a_root_and_a_month_name_a_contract() -> None:
    assert parse_contract_or_root("ZF", "2012-12") == ContractMonth("FV", 2012, 12)
    assert parse_contract_or_root("FVZ2", "2012-12") == ContractMonth("FV", 2012, 12)
    with pytest.raises(CalculatorError):
        parse_contract_or_root("FV", "2012-11")


def test_a_root_and_its_exchange_name_are_one() -> None:
    assert {root: aliases(root) for root in roots()} == {
        "TU": ("ZT",), "3Y": ("Z3N",), "FV": ("ZF",), "TY": ("ZN",), "TN": ("UXY",),
        "US": ("ZB",), "TWE": (), "UB": ("WN",),
    }  # fmt: skip
    assert parse_root(" zn ") == "TY"
    with pytest.raises(CalculatorError):
        parse_root("ED")


@pytest.mark.parametrize(
    ("root", "face", "tick", "step"),
    [("TU", 200_000, 0.125, 1), ("3Y", 200_000, 0.125, 1), ("FV", 100_000, 0.25, 1),
     ("TY", 100_000, 0.5, 3), ("TN", 100_000, 0.5, 3), ("US", 100_000, 1.0, 3),
     ("TWE", 100_000, 1.0, 3), ("UB", 100_000, 1.0, 3)],
)  # fmt: skip
def test_terms_of_today(root: str, face: int, tick: float, step: int) -> None:
    spec = spec_of(root, 2027, 3)
    assert (spec.face_usd, spec.tick_32nds, spec.factor_months) == (face, tick, step)
    assert spec.usd_per_point == face / 100


def test_terms_change_with_the_delivery_month() -> None:
    assert spec_of("TU", 2012, 9).tick_32nds == 0.25
    assert spec_of("US", 2010, 12).window.max_months is None
    assert spec_of("US", 2011, 3).window.max_months == 300
    assert spec_of("3Y", 2019, 3).window.original_max_months == 63
    assert spec_of("3Y", 2021, 3).window.original_max_months == 84
    assert spec_of("TWE", 2022, 6).window.max_months == 240
    assert spec_of("TWE", 2022, 9).window.max_months == 239


def test_every_term_states_its_source_and_doubts_are_marked() -> None:
    for root in roots():
        for cell in spec_of(root, 2027, 3).cells.values():
            assert cell.source
            assert date.fromisoformat(cell.as_of)
    assert spec_of("TY", 2027, 3).doubts == ("window",)
    assert spec_of("3Y", 2027, 3).doubts == ("face_usd", "tick_32nds")
    assert spec_of("TWE", 2027, 3).doubts == ("factor_months",)
    assert spec_of("TU", 2027, 3).doubts == ()


def test_the_next_contract_is_a_quarter_later() -> None:
    assert ContractMonth("TY", 2026, 12).next() == ContractMonth("TY", 2027, 3)
    assert ContractMonth("TY", 2027, 3).next() == ContractMonth("TY", 2027, 6)


def test_a_month_beyond_every_row_has_no_terms() -> None:
    from tools.contracts import _in_force

    with pytest.raises(LookupError):
        _in_force([{"to": "2010-12"}], "2011-03")
