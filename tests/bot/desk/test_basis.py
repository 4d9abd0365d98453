"""/basis and /ctd of a saved position: its numbers, named as such, and what the buttons carry."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.desk.basis import answer, corrected
from bot.desk.calculate import answer_basis
from bot.desk.ctd import answer as ctd
from bot.desk.known import PricedBasket
from bot.desk.packed import unpack
from bot.render.basis import basis_message
from tests.bot.desk.asking import KNOWN, LISTED, SAVED, TODAY, TRADE, Record, wrong
from tools.ctd import Deliverable

SAVING = replace(KNOWN, positions={"Ten": SAVED, "十年": SAVED})


@pytest.mark.parametrize("name", ["ten", "TEN", "十年"])
def test_a_position_s_name_gives_its_basis(name: str):
    reply = answer(name, SAVING)
    plain = TRADE.replace("buffer 500k", "")
    assert reply.result == answer_basis(plain, TODAY).result
    reasons = {default.reason for default in reply.request.defaults.values()}
    assert reasons == {"position", "next_business_day", "last_delivery_day"}


def test_what_is_typed_beside_the_name_comes_first():
    reply = answer("ten 112-20 repo 4.5", SAVING)
    assert (reply.request.futures.price, reply.request.repo_pct) == (112.625, 4.5)
    assert reply.request.cash.price == 100.9375
    other = answer("ten TYM7 112-00 margin 1.8%", SAVING)
    assert other.request.contract.code == "TYM7"
    assert other.request.margin_usd == 2016.0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_answer_names_the_position_behind_each_input(lang: str):
    html = basis_message(answer("ten", SAVING), lang).html  # type: ignore[arg-type]
    assert html.count("Ten") == 6


def test_buttons_and_the_command_carry_the_numbers_themselves():
    reply = answer("ten", SAVING)
    assert reply.packed is not None
    words, asked = unpack(reply.packed)
    assert answer_basis(words, asked).result == reply.result
    assert answer_basis(reply.command.removeprefix("/basis "), TODAY).result == reply.result


def test_words_without_a_position_are_read_as_ever():
    assert answer(TRADE.replace("buffer 500k", ""), SAVING).request.defaults.keys() == {
        "settlement", "delivery",
    }  # fmt: skip


def test_a_slip_beside_a_position_is_mended():
    error = wrong(answer, "ten rpo 3.90", SAVING)
    assert (error.code, error.values["culprit"]) == ("args_unknown_near", "rpo")
    assert corrected("ten rpo 3.90", error, SAVING) == "ten repo 3.90"
    unknown = wrong(answer, "nine", SAVING)
    assert answer(corrected("nine", unknown, SAVING), SAVING).result


def test_ctd_of_a_position_ranks_its_own_bond_where_none_is_on_record():
    reply = ctd("ten", SAVING)
    assert [line.bond.coupon_pct for line in reply.request.lines] == [4.25]
    assert reply.request.defaults["bonds"].reason == "position"
    assert ctd(reply.words, KNOWN).basket == reply.basket


def test_ctd_of_a_position_takes_typed_bonds_or_those_on_record_first():
    typed = ctd("ten vol 100\n4% 5/15/34 100-03", SAVING)
    assert [line.bond.coupon_pct for line in typed.request.lines] == [4.0]
    assert typed.request.repo_pct == 3.9
    recorded = PricedBasket((Deliverable(4.0, date(2034, 2, 15), 99.75),), TODAY, "Treasury")
    on_record = ctd("ten", replace(SAVING, market=Record(priced=recorded)))
    assert on_record.request.defaults["bonds"].reason == "bonds_on_record"


def test_ctd_of_a_position_in_another_contract_needs_its_price():
    assert wrong(ctd, "ten TYM7", SAVING).code == "args_missing_futures"
    rolled = ctd("ten TYM7 112-00", SAVING)
    assert (rolled.request.contract.code, rolled.request.futures.price) == ("TYM7", 112.0)
    assert rolled.request.delivery == date(2027, 6, 30)


def test_a_position_by_cusip_keeps_it():
    market = Record(bonds={LISTED.cusip: LISTED})
    held = "TYH2027 112-165 4% 2034-02-15 98-24+ 91282CJZ5 repo 3.9 settle 2026-11-25"
    known = replace(KNOWN, positions={"old": held}, market=market)
    assert [line.bond.name for line in ctd("old", known).request.lines] == ["91282CJZ5"]


@pytest.mark.parametrize("extra", ["buffer 900k", "lots 5", "cashrate 3%"])
def test_what_the_basis_has_no_use_for_is_refused_with_and_without_a_position(extra: str):
    for words in (TRADE.replace("buffer 500k", ""), "ten"):
        error = wrong(answer, f"{words} {extra}", SAVING)
        assert (error.code, error.values["culprit"]) == ("args_unknown", extra.split(maxsplit=1)[0])
