"""/basis and /ctd of a saved position: its numbers, named as such, and what the buttons carry."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.desk.basis import answer
from bot.desk.commands import corrected
from bot.desk.ctd import answer as ctd
from bot.desk.known import PricedBasket
from bot.i18n import LANGS, Lang, say
from bot.render.desk.basis import basis_html
from tests.bot.desk.asking import KNOWN, LISTED, SAVED, TODAY, TRADE, Record, basis_of, wrong
from tools.ctd import Deliverable

SAVING = replace(KNOWN, positions={"Ten": SAVED, "十年": SAVED})


@pytest.mark.parametrize("name", ["ten", "TEN", "十年"])
def test_a_position_s_name_gives_its_basis(name: str):
    reply = answer(name, SAVING)
    plain = TRADE.replace("buffer 500k", "")
    assert reply.trade.basis == basis_of(plain, TODAY).trade.basis
    reasons = {default.reason for default in reply.trade.request.defaults.values()}
    assert reasons == {"position", "next_business_day", "last_delivery_day"}


def test_what_is_typed_beside_the_name_comes_first():
    reply = answer("ten 112-20 repo 4.5", SAVING)
    assert (reply.trade.request.futures.price, reply.trade.request.repo_pct) == (112.625, 4.5)
    assert reply.trade.request.cash.price == 100.9375
    other = answer("ten TYM7 112-00 margin 1.8%", SAVING)
    assert other.trade.request.contract.code == "TYM7"
    assert other.trade.request.margin_usd == 2016.0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_answer_names_the_position_behind_each_input(lang: str):
    html = basis_html(answer("ten", SAVING), lang)  # type: ignore[arg-type]
    assert html.count("Ten") == 7


def test_the_command_carries_the_numbers_themselves():
    reply = answer("ten", SAVING)
    assert basis_of(reply.words, TODAY).trade.basis == reply.trade.basis


def test_words_without_a_position_are_read_as_ever():
    assert answer(TRADE.replace("buffer 500k", ""), SAVING).trade.request.defaults.keys() == {
        "settlement", "delivery",
    }  # fmt: skip


def test_a_slip_beside_a_position_is_mended():
    error = wrong(answer, "ten rpo 3.90", SAVING)
    assert (error.code, error.values["culprit"]) == ("args_unknown_near", "rpo")
    assert corrected("basis", "ten rpo 3.90", error, SAVING) == "ten repo 3.90"
    unknown = wrong(answer, "nine", SAVING)
    assert answer(corrected("basis", "nine", unknown, SAVING), SAVING).trade


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


@pytest.mark.parametrize("held", [TRADE, "ten"])
def test_buffer_and_lots_reach_equity_and_leverage_with_and_without_a_position(held: str):
    trade = answer(held, SAVING).trade
    assert trade.equity_usd == pytest.approx(
        0.02 * trade.bonds_usd + 1850 * trade.basis.contracts + 500_000
    )
    other = answer(f"{held.replace(' buffer 500k', '')} buffer 900k lots 500", SAVING).trade
    assert other.equity_usd == pytest.approx(0.02 * trade.bonds_usd + 1850 * 500 + 900_000)
    assert other.leverage == pytest.approx(trade.bonds_usd / other.equity_usd)


@pytest.mark.parametrize("lang", LANGS)
def test_a_cash_rate_is_said_to_be_of_no_use_here(lang: Lang):
    assert say(lang, "basis.cash_rate_unused") in basis_html(
        answer("ten cashrate 3%", SAVING), lang
    )
    assert say(lang, "basis.cash_rate_unused") not in basis_html(answer("ten", SAVING), lang)


def test_whole_lots_leave_what_they_cannot_hedge_and_the_tail_is_smaller():
    reply = answer(f"{TRADE.replace('face 100m', 'face 50m')}", SAVING)
    held = reply.trade.basis
    assert (reply.trade.sold, reply.whole_lots) == (pytest.approx(447.75), 448)
    assert reply.residual_dv01_usd == pytest.approx(-0.25 * held.futures_dv01_usd)
    assert reply.tailed_lots == pytest.approx(447.75 / (1 + 0.039 * held.days / 360))
    given = answer(f"{TRADE} lots 900.4", SAVING)
    assert given.whole_lots == 900
    for lang in LANGS:
        assert "448" in basis_html(reply, lang)
