"""A trade through marks given in words: its parts add up, its words ask the same again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.pnl import answer
from tests.bot.desk.asking import KNOWN, SAVED, TRADE, wrong
from tools.pnl import outlook

MARKS = "to 2026-12-24 112-20 101-02 to 2027-01-15 112-00 100-18 repo 4.10"


def test_the_parts_add_to_the_total_to_the_cent():
    found = answer(f"{TRADE} {MARKS}", KNOWN).found
    assert found is not None
    assert round(sum(found.parts.values()), 2) == found.total
    assert found.parts["financing_surprise"] < 0


@given(st.floats(80, 140), st.floats(80, 140), st.integers(1, 120))
def test_the_parts_of_any_move_add_up(futures: float, cash: float, days: int):
    day = date.fromordinal(date(2026, 11, 25).toordinal() + days)
    found = answer(f"{TRADE} to {day} {futures:.6f} {cash:.6f}", KNOWN).found
    assert found is not None
    assert round(sum(found.parts.values()), 2) == found.total


@pytest.mark.parametrize(
    "text",
    [
        f"{TRADE} {MARKS}",
        f"{TRADE} settle 2026-11-25 then 12/24/26 112-20 101-02 then 15 Jan 2027 112-00 100-18"
        " repo 410bp",
        f"{TRADE}\nto 112-20 101-02 2026-12-24\nto cash 100-18 futures 112-00 day 2027-01-15"
        " repo 4.1%",
        f"{TRADE} exit 112-20 101-02 12/24/26 close 2027-01-15 112-00 bond 100-18 4.1% repo",
        f"{TRADE} 到 2026年12月24日 112-20 101-02 至 2027年1月15日 期货112-00 现券100-18 回购4.1",
    ],
)
def test_one_path_many_ways_of_writing_it(text: str):
    expected = answer(f"{TRADE} {MARKS}", KNOWN)
    assert answer(text, KNOWN).marks == expected.marks


def test_the_words_of_a_reply_ask_the_same_again():
    for text in (
        TRADE,
        f"{TRADE} {MARKS}",
        f"{TRADE} lots 900 to 2027-02-24 112-20 101-02 roll TYM7 112-04 cost 0.5"
        " to 2027-03-15 112-00 101-00",
    ):
        reply = answer(text, KNOWN)
        again = answer(reply.words, KNOWN)
        assert (again.found, again.outlook) == (reply.found, reply.outlook)


def test_a_saved_position_starts_on_the_day_it_was_entered():
    known = replace(KNOWN, today=date(2026, 12, 20), positions={"ten": SAVED})
    reply = answer("ten to 2026-12-24 112-20 101-02", known)
    assert reply.found is not None
    assert reply.found.days == 29
    typed = answer(f"{TRADE} to 2026-12-24 112-20 101-02", KNOWN)
    assert reply.found == typed.found


def test_without_marks_there_is_the_outlook_alone():
    reply = answer(TRADE, KNOWN)
    assert reply.found is None
    assert reply.outlook == outlook(reply.trade.basis, 500_000)
    same_day = answer(f"{TRADE} settle 2027-03-31", KNOWN)
    assert same_day.outlook is None


WRONG = [
    ("", "bare_pnl", "/pnl"),
    ("to 2026-12-24 112-20 101-02", "args_missing_contract", "to"),
    (f"{TRADE} to", "args_key_value", "to"),
    (f"{TRADE} to 112-20 101-02", "args_missing_day", "to"),
    (f"{TRADE} to 2026-12-24 112-20", "args_missing_cash", "2026-12-24"),
    (f"{TRADE} to 2026-12-24", "args_missing_futures", "2026-12-24"),
    (f"{TRADE} to 2026-12-24 112-20 101-02 99-00", "args_extra_price", "99-00"),
    (f"{TRADE} to 2026-12-24 112-325 101-02", "price_32nds", "112-325"),
    (f"{TRADE} to 2026-11-20 112-20 101-02", "dates_order", "2026-11-20"),
    (f"{TRADE} to 11/25/26 112-20 101-02", "dates_order", "11/25/26"),
    (f"{TRADE} to 2027-04-20 112-20 101-02", "settlement_after_delivery", "2027-04-20"),
    (f"{TRADE} to 1900-01-01 112-20 101-02", "date_range", "1900-01-01"),
    (f"{TRADE} to 2026-12-24 112-20 101-02 repo lots", "args_bad_rate", "lots"),
    (f"{TRADE} to 2026-12-24 112-20 101-02 banana", "args_unknown", "banana"),
    (f"{TRADE} roll TYM7 112-04", "args_bad_roll", "roll"),
    (f"{TRADE} to 2026-12-24 112-20 101-02 roll TYM7", "args_bad_roll", "roll"),
    (f"{TRADE} to 2026-12-24 112-20 101-02 roll TYX7 112-04", "contract_form", "TYX7"),
    (f"{TRADE} cost 3", "args_unknown", "cost"),
    (f"{TRADE} lots -5", "args_bad_count", "-5"),
    (TRADE.replace("repo 3.90 ", ""), "repo_needed", "TYH7"),
    (f"{TRADE} {'to 2026-12-24 112-20 101-02 ' * 61}", "args_too_many", "to"),
]


@pytest.mark.parametrize(("text", "code", "culprit"), WRONG, ids=lambda value: str(value)[-30:])
def test_what_cannot_be_read_names_the_token_as_typed(text: str, code: str, culprit: str):
    error = wrong(answer, text)
    assert (error.code, error.values["culprit"]) == (code, culprit)
