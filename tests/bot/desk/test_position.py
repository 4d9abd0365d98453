"""A chat's positions in words, a contract's days, what is on record, examples that work."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.desk.change import changed, choices, inputs_of
from bot.desk.commands import ANSWERS, answer, corrected, example
from bot.desk.dates import answer as dates
from bot.desk.known import Known
from bot.desk.position import read
from bot.desk.record import OnRecord
from bot.desk.request import ListedBond
from bot.desk.trade import TRADE as VOCABULARY
from bot.desk.trade import read_trade
from bot.reading.grammar import split
from tests.bot.desk.asking import KNOWN, SAVED, TODAY, TRADE, Record, wrong
from tools.contracts import ContractMonth
from tools.errors import CalculatorError
from tools.market.bundled import bundled_market
from tools.market.data import Announced, Security

SAVING = replace(KNOWN, positions={"ten": SAVED})


def test_a_position_is_kept_as_words_that_give_it_again():
    ask = read(f"save ten {TRADE}", KNOWN)
    assert (ask.action, ask.name, ask.kept_words) == ("save", "ten", SAVED)
    again = read(f"保存 十年 {ask.kept_words}", KNOWN)
    assert (again.name, again.kept_words) == ("十年", SAVED)


def test_the_default_rates_of_the_day_are_not_kept_with_a_position():
    ask = read("save ten TYH7 112-16+ 4.25% 11/15/34 100-30", KNOWN)
    assert "repo" not in ask.kept_words


def test_a_position_is_dropped_by_its_name_whatever_the_case():
    assert read("drop TEN", SAVING).name == "ten"
    assert (read("", SAVING).action, read("list", SAVING).action) == ("list", "list")


WRONG = [
    ("keep ten", "position_action", "keep"),
    ("save", "position_name_missing", "save"),
    ("save ten", "args_missing_contract", "ten"),
    (f"save 10y {TRADE}", "position_name", "10y"),
    (f"save TYH7 {TRADE}", "position_name", "TYH7"),
    (f"save repo {TRADE}", "position_name", "repo"),
    (f"save mar2020 {TRADE}", "position_name", "mar2020"),
    (f"save shock {TRADE}", "position_name", "shock"),
    (f"save exit {TRADE}", "position_name", "exit"),
    (f"save treasury {TRADE}", "position_name", "treasury"),
    (f"save {'x' * 40} {TRADE}", "position_name", "x" * 40),
    ("drop nine", "position_unknown", "nine"),
]


@pytest.mark.parametrize(("text", "code", "culprit"), WRONG, ids=lambda value: str(value)[:25])
def test_what_cannot_be_kept_names_the_token_as_typed(text: str, code: str, culprit: str):
    error = wrong(read, text, SAVING)
    assert (error.code, error.values["culprit"]) == (code, culprit)


def test_a_contract_s_days_follow_one_another_and_count_down():
    reply = dates("TYH7", KNOWN)
    named = {name: (day, left) for name, day, left in reply.days}
    assert named["first_intention"][0] == date(2027, 2, 25)
    assert named["first_delivery"][0] == date(2027, 3, 1)
    assert named["last_trade"][0] == date(2027, 3, 19)
    assert named["last_delivery"][0] == date(2027, 3, 31)
    past = dates("TYH7", replace(KNOWN, today=date(2027, 3, 5)))
    assert [left for _, _, left in past.days][:2] == [None, None]


@pytest.mark.parametrize(("word", "code"), [("TY", "TYZ6"), ("zn", "TYZ6"), ("5y", "FVZ6"),
                                            ("30年期", "USZ6")])  # fmt: skip
def test_a_root_or_a_tenor_alone_means_the_contract_that_delivers_next(word: str, code: str):
    reply = dates(word, KNOWN)
    assert reply.contract.code == code
    assert reply.notes[0].code == "front_contract"
    assert reply.as_json()["defaulted"] == ["contract"]
    later = dates(word, replace(KNOWN, today=date(2027, 1, 11)))
    assert later.contract.delivery_month == "2027-03"


def test_two_year_notes_deliver_in_the_month_after():
    assert dates("TUZ6", KNOWN).days[-1][1] == date(2027, 1, 6)


def test_announced_auctions_are_named():
    auction = Announced("91282CZZ9", "10-Year", date(2026, 12, 9), date(2026, 12, 15), TODAY)
    reply = dates("TYH7", replace(KNOWN, market=Record(auctions=[auction])))
    assert reply.as_json()["result"]["auctions"][0]["auction"] == "2026-12-09"  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "code", "culprit"),
    [("", "bare_dates", "/dates"), ("TYF7", "contract_form", "TYF7"),
     ("TYH7 112-16", "args_unknown", "112-16"), ("112-16", "args_missing_contract", "112-16"),
     ("TYH7 4.25%", "args_unknown", "4.25%")],
)  # fmt: skip
def test_dates_take_a_contract_alone(text: str, code: str, culprit: str):
    error = wrong(dates, text)
    assert (error.code, error.values["culprit"]) == (code, culprit)


# The market on record


def _market() -> OnRecord:
    bonds = (
        Security("91282CJZ5", 4.0, date(2034, 2, 15), date(2024, 2, 15), date(2024, 2, 15),
                 date(2024, 2, 7)),
        Security("912810TW8", 4.5, date(2034, 2, 15), date(2004, 2, 15), date(2004, 2, 15),
                 date(2004, 2, 7)),
        Security("91282CXX1", 4.25, date(2034, 5, 15), date(2026, 12, 15), date(2026, 12, 15),
                 date(2026, 12, 9)),
    )  # fmt: skip
    held = replace(
        bundled_market(),
        securities=bonds,
        prices={date(2026, 11, 20): {"91282CJZ5": 99.75}, date(2026, 12, 20): {}},
        announced=(
            Announced("91282CYY9", "2-Year", date(2026, 11, 25), date(2026, 12, 1), TODAY),
            Announced("91282CWW0", "7-Year", date(2026, 11, 20), date(2026, 12, 1), TODAY),
        ),
    )
    return OnRecord(lambda: held, TODAY)


def test_the_record_knows_a_bond_from_its_auction_on():
    record = _market()
    found = record.bond("91282CJZ5")
    assert isinstance(found, ListedBond)
    assert (found.coupon_pct, found.maturity) == (4.0, date(2034, 2, 15))
    assert record.bond("91282CXX1") is None  # auctioned in December


def test_the_record_s_basket_has_the_newest_prices_known_that_day():
    basket = _market().basket(ContractMonth("TY", 2027, 3))
    assert basket is not None
    assert basket.day == date(2026, 11, 20)
    assert [bond.name for bond in basket.bonds] == ["91282CJZ5"]
    assert basket.unpriced == 1
    assert _market().basket(ContractMonth("TU", 2027, 3)) is None


def test_the_record_lists_auctions_still_to_come():
    assert [auction.term for auction in _market().next_auctions()] == ["2-Year"]
    assert all(r.published_at <= datetime(2026, 11, 25, 5, tzinfo=UTC) for r in _market().reports())


# Every command


@pytest.mark.parametrize("command", [*ANSWERS, "position"])
def test_an_example_works_every_day_of_four_years(command: str):
    for month in range(48):
        day = date(2026 + month // 12, month % 12 + 1, 3 + month % 25)
        words = example(command, day)
        if command == "position":
            assert read(words, Known(day)).action == "save"
        else:
            assert answer(command, words, Known(day)).as_json()["result"]


@pytest.mark.parametrize("command", ANSWERS)
def test_what_is_offered_in_place_of_wrong_words_works(command: str):
    for text in ("banana", "TYH7 112-325", "TYH7 112-16+ 4.25% 11/15/34 100-308 repo 3.9"):
        error = wrong(ANSWERS[command], text)
        assert answer(command, corrected(command, text, error, KNOWN), KNOWN).command == command


@pytest.mark.parametrize("command", [c for c in ANSWERS if c != "dates"])
def test_every_input_that_a_button_changes_is_changed_and_nothing_else(command: str):
    reply = answer(command, example(command, TODAY), KNOWN)
    inputs = inputs_of(reply)
    assert inputs
    for name, now in inputs.items():
        for value in choices(name, now):
            try:
                after = answer(command, changed(reply.words, name, value), KNOWN)
            except CalculatorError as error:
                assert error.code == "number_range"  # noqa: PT017 - a choice may be out of range
                continue
            moved = {key: pytest.approx(v) for key, v in inputs.items() if v is not None}
            found = inputs_of(after)
            assert found[name] == pytest.approx(value)
            assert {key: found[key] for key in moved if key != name} == {
                key: v for key, v in moved.items() if key != name
            }


def test_a_fixed_day_has_nothing_to_change():
    assert inputs_of(answer("dates", "TYH7", KNOWN)) == {}


def test_a_repo_rate_in_a_mark_is_not_the_position_s():
    reply = answer("pnl", f"{TRADE} to 2026-12-24 112-20 101-02 repo 4.10", KNOWN)
    after = answer("pnl", changed(reply.words, "repo_pct", 4.4), KNOWN)
    assert "repo 4.4" in after.words
    assert "repo 4.1" in after.words


def test_a_name_in_traditional_characters_keeps_them_and_is_found():
    ask = read(f"save 長債 {TRADE}", KNOWN)
    assert ask.name == "長債"
    known = replace(KNOWN, positions={"長債": ask.kept_words})
    for name in ("長債", "长债"):
        assert read(f"drop {name}", known).name == "長債"
        assert read_trade(split(name, VOCABULARY), known).position == "長債"
