"""Leverage from shares or from a trade: each definition, the loop, four distances, no figure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.desk.commands import corrected, example
from bot.desk.leverage import answer
from bot.desk.request import OwnRates
from tests.bot.desk.asking import KNOWN, SAVED, TRADE, wrong


def by_code(text: str) -> dict[str, float | None]:
    return {m.code: m.value for m in answer(text, KNOWN).measures}


def test_shares_alone_give_each_definition():
    found = by_code("haircut 2% margin 1.8%")
    assert found["trade"] == pytest.approx(1 / 0.038)
    assert found["both_legs"] == pytest.approx(2 / 0.038)
    assert found["repo_loop"] == pytest.approx(50)
    assert found["repo_to_haircut"] == pytest.approx(49)
    assert found["fund"] is None
    assert by_code("haircut 2% fund 14%")["fund"] == pytest.approx(1 / 0.14)


def test_a_future_and_its_margin_in_dollars_need_no_bond():
    reply = answer("TYH7 112-16+ haircut 2% margin 1850", KNOWN)
    assert reply.margin_pct == pytest.approx(100 * 1850 / 112_515.625)
    assert reply.measures[0].value == pytest.approx(100 / (2 + reply.margin_pct))
    again = answer(reply.words, KNOWN)
    assert (again.future, again.measures) == (reply.future, reply.measures)
    inputs = reply.as_json()["inputs"]
    assert (inputs["contract"], inputs["margin_usd"]) == ("TYH7", 1850)  # type: ignore[index]


def test_a_chat_s_own_margin_serves_the_future_that_is_named():
    own = replace(KNOWN, own=OwnRates(haircut_pct=2.0, margin_usd=1850.0))
    reply = answer("TYH7 112-16+", own)
    assert reply.future is not None
    assert reply.defaults["margin_pct"].reason == "own_default"


def test_a_margin_in_percent_needs_no_price_of_the_future():
    reply = answer("TYH7 haircut 2% margin 1.6%", KNOWN)
    assert (reply.future, reply.margin_pct) == (None, 1.6)


@pytest.mark.parametrize(
    ("text", "code", "culprit"),
    [("TYH7 112-16+", "args_no_capital", "TYH7"),
     ("TYH7 haircut 2% margin 1850", "args_missing_futures", "TYH7"),
     ("TYH7 112-325 haircut 2% margin 1850", "price_32nds", "112-325"),
     ("TYH7 112-16 haircut 2% margin 900000", "number_range", "900000"),
     ("haircut 2% face 100m", "args_needs_trade", "100m")],
)  # fmt: skip
def test_what_a_future_alone_lacks_is_named(text: str, code: str, culprit: str):
    error = wrong(answer, text)
    assert (error.code, error.values["culprit"]) == (code, culprit)


@pytest.mark.parametrize(
    "text", ["2% haircut 1.8% margin", "2%折扣率 1.8%保证金", "折扣率为2% 保证金1.8%"]
)
def test_keys_may_stand_behind_their_rates(text: str):
    assert answer(text, KNOWN).measures == answer("haircut 2% margin 1.8%", KNOWN).measures


def test_bare_rates_are_not_given_names_that_nobody_said():
    error = wrong(answer, "2% 1.8%")
    assert error.code == "args_nameless_rate"
    assert corrected("leverage", "2% 1.8%", error, KNOWN) == example("leverage", KNOWN.today)


def test_the_official_fifty_six_is_its_own_definition():
    assert by_code("haircut 1.7588%")["repo_to_haircut"] == pytest.approx(55.9, abs=0.05)


@pytest.mark.parametrize(
    ("text", "missing"),
    [("haircut 0% margin 0%", "capital_zero"), ("haircut 0%", "capital_unknown"),
     ("margin 0%", "capital_unknown")],
)  # fmt: skip
def test_without_capital_there_is_no_figure_and_the_reason(text: str, missing: str):
    reply = answer(text, KNOWN)
    assert reply.measures[0].value is None
    assert reply.missing == missing
    assert reply.loop == ()


def test_a_trade_without_capital_has_neither_leverage_nor_distances():
    bare = TRADE.replace("haircut 2% margin 1850 ", "").replace(" buffer 500k", "")
    reply = answer(bare, KNOWN)
    assert (reply.distances, reply.missing) == (None, "capital_unknown")


def test_a_trade_gives_four_distances_that_stand_apart():
    reply = answer(TRADE, KNOWN)
    far, basis = reply.distances, reply.trade and reply.trade.basis
    assert far is not None
    assert basis
    slope = basis.contracts * basis.futures_dv01_usd
    assert far.liquidity_bp == pytest.approx(500_000 / slope, rel=0.02)
    assert far.solvency_32nds == pytest.approx(32 * far.equity_usd / 1e6)
    assert far.funding_pct == pytest.approx(basis.implied_repo_pct - 3.9)  # type: ignore[operator]
    assert far.haircut_pct == pytest.approx(100 * 500_000 / (basis.dirty * 1e6))
    assert reply.equity_usd == far.equity_usd


def test_the_loop_tends_to_equity_over_the_haircut():
    reply = answer("haircut 2% equity 10m", KNOWN)
    assert [turn.number for turn in reply.loop] == [1, 2, 3, 5, 10, 20, 50]
    assert reply.loop[0].held == 10e6
    assert reply.loop[-1].held == pytest.approx(10e6 * (1 - 0.98**50) / 0.02)


def test_the_chat_s_own_haircut_stands_in():
    reply = answer("margin 1.8%", replace(KNOWN, own=OwnRates(haircut_pct=2.0)))
    assert reply.measures[0].value == pytest.approx(1 / 0.038)
    assert reply.defaults["haircut_pct"].reason == "own_default"


def test_the_words_of_a_reply_ask_the_same_again():
    known = replace(KNOWN, positions={"ten": SAVED})
    for text in (TRADE, "ten 112-20 101-02", "haircut 2% margin 1.8% buffer 0.5% equity 5m fund 9%",
                 f"{TRADE} lots 900 fund 9%"):  # fmt: skip
        reply = answer(text, known)
        assert answer(reply.words, KNOWN).as_json()["result"] == reply.as_json()["result"]


WRONG = [
    ("", "bare_leverage", "/leverage"),
    ("equity 5m", "args_no_capital", "equity"),
    ("haircut 2% margin 1850", "args_needs_share", "1850"),
    ("haircut 2% buffer 5m", "args_needs_share", "5m"),
    ("haircut 200%", "number_range", "200%"),
    ("haircut 2% margin 101%", "number_range", "101%"),
    ("haircut 2% margin -1%", "number_range", "-1%"),
    ("haircut 2% equity 0", "number_range", "0"),
    ("haircut 2% fund 5m", "args_needs_share", "5m"),
    ("haircut two", "args_bad_rate", "two"),
    ("haircut 2% 3%", "args_nameless_rate", "3%"),
    ("112-16+ haircut 2%", "args_missing_contract", "112-16+"),
    (f"{TRADE} buffer 1", "args_key_twice", "buffer"),
    (f"{TRADE} lots 0", "number_range", "0"),
    (TRADE.replace("buffer 500k", "buffer -5m"), "number_range", "-5m"),
]


@pytest.mark.parametrize(("text", "code", "culprit"), WRONG, ids=lambda value: str(value)[-30:])
def test_what_cannot_be_read_names_the_token_as_typed(text: str, code: str, culprit: str):
    error = wrong(answer, text)
    assert (error.code, error.values["culprit"]) == (code, culprit)
