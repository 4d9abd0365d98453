"""A trade from what was typed, from a saved position, and from the chat's own defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.desk.carry import answer as carry
from bot.desk.known import Known
from bot.desk.request import OwnRates, RateOnRecord
from bot.desk.trade import Trade, read_trade, trade_words
from bot.reading.words import words
from tests.bot.desk.asking import KNOWN, LISTED, SAVED, TODAY, TRADE, Record, basis_of, wrong

WITH_SAVED = replace(KNOWN, positions={"ten": SAVED, "Zwei": SAVED})


def read(text: str, known: Known = WITH_SAVED, at_entry: bool = False) -> Trade:
    return read_trade(words(text), known, at_entry=at_entry)


def test_a_trade_has_the_basis_that_the_basis_command_finds():
    expected = basis_of(TRADE.replace(" buffer 500k", ""), TODAY).trade.basis
    assert read(TRADE).basis == expected
    assert read(TRADE).buffer_usd == 500_000


def test_the_words_of_a_trade_read_as_the_same_trade():
    for text in (TRADE, f"{TRADE} lots 900 cashrate 4% cf 0.9 settle 2026-12-01 date 2027-03-10"):
        trade = read(text)
        again = read(" ".join(trade_words(trade)))
        assert again.basis == trade.basis
        assert (again.buffer_usd, again.sold) == (trade.buffer_usd, trade.sold)


def test_a_margin_in_percent_is_of_the_future_s_value_and_a_buffer_of_the_bonds():
    trade = read("TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.9 margin 1.8% buffer 1% face 10m")
    assert trade.request.margin_usd == pytest.approx(0.018 * 112_515.625)
    assert trade.buffer_usd == pytest.approx(0.01 * trade.basis.dirty * 1e5)


def test_a_saved_position_gives_what_was_not_typed_and_is_named():
    trade = read("ten repo 4.10")
    assert trade.request.repo_pct == 4.10
    assert trade.request.face_usd == 1e8
    assert trade.position == "ten"
    assert trade.defaults["face_usd"].values == {"name": "ten"}
    assert "repo_pct" not in trade.defaults
    assert "contract" not in trade.typed


def test_prices_after_a_position_s_name_are_futures_then_cash():
    trade = read("TEN 112-20 101-02")
    assert (trade.request.futures.price, trade.request.cash.price) == (112.625, 101.0625)


def test_a_position_settles_next_unless_its_entry_is_asked_for():
    known = replace(WITH_SAVED, today=date(2026, 12, 10))
    assert read("ten", known).basis.settlement == date(2026, 12, 11)
    assert read("ten", known, at_entry=True).basis.settlement == date(2026, 11, 25)


def test_another_contract_leaves_the_old_contract_s_price_behind():
    error = wrong(read, "ten TYM7", WITH_SAVED)
    assert (error.code, error.values["culprit"]) == ("args_missing_futures", "TYM7")
    assert read("ten TYM7 112-08").request.contract.month == 6


def test_the_chat_s_own_rates_stand_in_and_are_named():
    known = replace(KNOWN, own=OwnRates(4.3, 1.5, 2000.0), on_record=RateOnRecord(4.0, TODAY, "x"))
    trade = read("TYH7 112-16+ 4.25% 11/15/34 100-30", known)
    assert (trade.request.repo_pct, trade.request.haircut_pct, trade.request.margin_usd) == (
        4.3, 1.5, 2000.0,
    )  # fmt: skip
    assert {trade.defaults[n].reason for n in ("repo_pct", "haircut_pct", "margin_usd")} == {
        "own_default"
    }


def test_a_cusip_on_record_brings_coupon_and_maturity():
    known = replace(KNOWN, market=Record({LISTED.cusip: LISTED}))
    trade = read("TYH7 112-16+ 91282CJZ5 99-24 repo 3.9", known)
    assert (trade.request.coupon_pct, trade.request.maturity) == (4.0, date(2034, 2, 15))
    assert trade.defaults["coupon_pct"].reason == "listed_bond"


def test_a_cusip_not_on_record_asks_for_both():
    error = wrong(carry, "TYH7 112-16+ 91282CJZ5 99-24 repo 3.9")
    assert (error.code, error.values["culprit"]) == ("args_cusip_unknown", "91282CJZ5")


def test_carry_adds_up_and_vanishes_at_its_break_even():
    reply = carry(TRADE, KNOWN)
    leg = reply.to_delivery
    assert leg.carry == pytest.approx(reply.trade.basis.carry)
    assert leg.forward == pytest.approx(reply.trade.basis.forward)
    assert [day.days for day in reply.legs] == sorted(day.days for day in reply.legs)
    nil = carry(TRADE.replace("3.90", f"{reply.break_even_repo_pct:.8f}"), KNOWN)
    assert nil.to_delivery.carry == pytest.approx(0, abs=1e-8)


def test_carry_on_the_delivery_day_is_nil():
    reply = carry(f"{TRADE} settle 2027-03-31", KNOWN)
    assert reply.break_even_repo_pct is None
    assert reply.to_delivery.carry == 0


def test_carry_needs_a_rate():
    error = wrong(carry, TRADE.replace("repo 3.90", ""))
    assert (error.code, error.values["culprit"]) == ("repo_needed", "TYH7")
