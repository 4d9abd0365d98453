"""Contracts, keys, prices and securities as desks and screens write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.desk.request import BasisRequest
from bot.reading.folding import fold
from bot.reading.grammar import is_contract
from bot.reading.words import read_answer, words
from tests.bot.desk.asking import read_basis
from tools.errors import CalculatorError
from tools.quotes import cusip_check, isin_digit

TODAY = date(2026, 11, 24)
TRADE = "TYH7 112-16+ 4.25% 11/15/34 100-30"
FULL = f"{TRADE} repo 3.90 haircut 2%"


def read(text: str) -> BasisRequest:
    return read_basis(text, TODAY)


def wrong(text: str) -> tuple[str, object]:
    with pytest.raises(CalculatorError) as caught:
        read(text)
    return caught.value.code, caught.value.values["culprit"]


@pytest.mark.parametrize(
    "typed",
    [
        "TY Mar 27", "TY Mar 2027", "TYMar27", "TYMAR2027", "ZN Mar 2027", "TY Mar-27",
        "ZN March 27", "TY H7", "ZN H27", "TY H2027", "/ZNH7", "TYH7.CBT", "ZNH7.CBOT",
        "CBOT:ZNH2027", "TYH7 Comdty", "TY 2027年3月", "TY27年3月", "10年期国债期货TYH7",
        "10年期國債期貨 TYH7", "10-year note future TYH7", "10-year note futures TYH7", "10y TYH7",
    ],
)  # fmt: skip
def test_a_contract_in_other_words(typed: str):
    request = read(FULL.replace("TYH7", typed))
    assert (request.contract.code, request.contract.year) == ("TYH7", 2027)
    assert request.maturity == date(2034, 11, 15)
    assert request.futures.price == 112.515625


def test_a_contract_is_quoted_as_it_was_typed():
    assert read(FULL.replace("TYH7", "TY Mar 27")).typed["contract"] == "TY Mar 27"
    assert wrong(FULL.replace("TYH7", "TY Mar 1950")) == ("contract_not_listed", "TY Mar 1950")


@pytest.mark.parametrize("typed", ["5y TYH7", "10y 112-16+ TYH7", "10年期 USH7"])
def test_a_tenor_of_another_contract_or_apart_from_it_is_not_passed(typed: str):
    assert wrong(f"{typed} 4.25% 11/15/34 100-30")[0] == "args_tenor"


@pytest.mark.parametrize("typed", ["TY 4 Nov 34", "TY Nov 34", "TY Mar", "TY", "TY Mar 15 2034"])
def test_what_delivers_in_no_such_month_is_no_contract(typed: str):
    assert not any(is_contract(word.read) and word.read != "TY" for word in words(typed))


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("repo rate 4.1", "repo_pct", 4.1),
        ("Repo Rate: 4.1%", "repo_pct", 4.1),
        ("term repo 4.1", "repo_pct", 4.1),
        ("financing 4.1", "repo_pct", 4.1),
        ("financing rate 4.1", "repo_pct", 4.1),
        ("funding rate 4.1", "repo_pct", 4.1),
        ("GC 4.1", "repo_pct", 4.1),
        ("gc repo 4.1", "repo_pct", 4.1),
        ("repo 4,10", "repo_pct", 4.1),
        ("回购 利率 4.1", "repo_pct", 4.1),
        ("回購利率4.1", "repo_pct", 4.1),
        ("附買回 4.1", "repo_pct", 4.1),
        ("initial margin 1,850", "margin_usd", 1850),
        ("futures margin $1,850/contract", "margin_usd", 1850),
        ("初始保證金 1850", "margin_usd", 1850),
        ("settlement date 12/2/26", "settlement", date(2026, 12, 2)),
        ("settle date Dec 2", "settlement", date(2026, 12, 2)),
        ("結算日 12/2/26", "settlement", date(2026, 12, 2)),
        ("结算日下周三", "settlement", date(2026, 12, 2)),
        ("delivery date 2027-03-15", "delivery", date(2027, 3, 15)),
        ("交割日期 2027年3月15日", "delivery", date(2027, 3, 15)),
        ("conversion factor 0.8955", "conversion_factor", 0.8955),
        ("轉換因子 0.8955", "conversion_factor", 0.8955),
        ("face value 50mm", "face_usd", 5e7),
        ("notional amount 50mm", "face_usd", 5e7),
        ("面額 5千萬", "face_usd", 5e7),
    ],
)
def test_keys_of_two_words_and_of_either_script(typed: str, name: str, value: object):
    request = read(f"{TRADE} {typed}")
    assert getattr(request, name) == value
    assert request.typed[name]


def test_prices_have_their_side_in_words():
    said = "TYH7 futures price 112-16+ 4.25% 11/15/34 cash price 100-30"
    turned = "cash price 100-30 4.25% 11/15/34 TYH7 future price 112-16+"
    for text in (said, turned):
        assert (read(text).futures.price, read(text).cash.price) == (112.515625, 100.9375)


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("112'16'5", 112.515625),
        ("112\u201916\u20195", 112.515625),
        ("112 16.5/32", 112.515625),
        ("112 33/64", 112.515625),
        ("112 1/64", 112.015625),
        ("112-1650", 112.515625),
        ("112-1625", 112.5078125),
        ("112-0375", 112 + 3.75 / 32),
    ],
)
def test_prices_as_screens_write_them(typed: str, price: float):
    assert read(FULL.replace("112-16+", typed)).futures.price == price
    assert read(FULL.replace("112-16+", f"futures {typed}")).futures.price == price


def test_the_two_year_is_quoted_in_eighths():
    words_of = "TUH7 103'03'3 3.875% 2028-12-31 100-06"
    assert read(words_of).futures.price == 103 + 3.375 / 32


@pytest.mark.parametrize("typed", ["112 65/64", "112-1612", "112'16'4", "112 33/128"])
def test_what_is_no_price_is_refused(typed: str):
    assert wrong(FULL.replace("112-16+", typed))[0]


def test_the_sides_of_the_trade_are_said_and_another_trade_is_not_taken_for_it():
    said = read("long 50mm 4.25% 11/15/34 100-30 short TYH7 112-16+ repo 3.9")
    assert (said.face_usd, said.contract.code, said.repo_pct) == (5e7, "TYH7", 3.9)
    bought = read("做多 4.25% 11/15/34 100-30 做空 TYH7 112-16+ 回购利率 3.9")
    assert bought.repo_pct == 3.9
    other = "short 50mm 4.25% 11/15/34 100-30 long TYH7 112-16+ repo 3.9"
    assert wrong(other) == ("args_unknown", "short")
    assert wrong(FULL.replace("TYH7", "long TYH7")) == ("args_unknown", "long")


def test_an_isin_names_its_cusip():
    request = read(f"{FULL} US91282CLW90")
    assert (request.cusip, request.typed["cusip"]) == ("91282CLW9", "US91282CLW90")
    assert wrong(f"{FULL} US91282CLW91") == ("isin_check_digit", "US91282CLW91")
    right = f"US91282CLW8{isin_digit('US91282CLW8')}"
    with pytest.raises(CalculatorError, match="cusip_check_digit"):
        cusip_check(right)


@pytest.mark.parametrize("typed", ["850/contract", "act/365", "100-30-31"])
def test_what_is_no_date_is_not_called_one(typed: str):
    assert wrong(f"{FULL} {typed}") == ("args_unknown", typed)


def test_a_text_in_the_other_script_reads_the_same_and_is_quoted_as_typed():
    traditional = (
        "合約TYH7 期貨112-16+ 票面利率4.25% 到期2034年11月15日 現券100-30 回購利率3.9% 折扣率2% "
        "結算日2026-12-01 面值1億 保證金1850 轉換因子0.8955"
    )
    request = read(traditional)
    assert replace(request, typed={}) == replace(read(fold(traditional).text), typed={})
    assert request.typed["face_usd"] == "1億"
    assert wrong(f"{FULL} 轉換") == ("args_unknown", "轉換")


def test_an_answer_to_a_form_is_read_as_the_command_reads_it():
    assert read_answer("TY Mar 27") == "TYH2027"
    assert read_answer("112 33/64") == "112-16.5"
    assert read_answer("\uff11.5\u3000億") == "1.5亿"
    assert read_answer("two words") == "two words"
