"""The /basis grammar: what each way of typing means, and what is said of what cannot be read."""

from __future__ import annotations

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.request import BasisRequest, OwnRates, RateOnRecord
from tests.bot.desk.asking import read_basis
from tools.errors import CalculatorError

TODAY = date(2026, 11, 24)
FULL = "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2%"


def read(text: str) -> BasisRequest:
    return read_basis(text, TODAY)


def wrong(text: str) -> CalculatorError:
    with pytest.raises(CalculatorError) as caught:
        read(text)
    return caught.value


def core(request: BasisRequest) -> tuple[object, ...]:
    """Return what a request says, without where it was said."""
    return (
        request.contract,
        request.futures.price,
        request.cash.price,
        request.coupon_pct,
        request.maturity,
        request.repo_pct,
        request.haircut_pct,
    )


def test_every_input_keeps_the_token_that_gave_it():
    request = read(FULL)
    assert request.typed == {
        "contract": "TYH7",
        "futures_price": "112-16+",
        "coupon_pct": "4.25%",
        "maturity": "11/15/34",
        "clean_price": "100-30",
        "repo_pct": "3.90",
        "haircut_pct": "2%",
    }
    assert (request.contract.year, request.contract.month) == (2027, 3)
    assert request.futures.price == 112.515625
    assert request.cash.price == 100.9375


def test_what_was_not_given_is_defaulted_with_its_reason():
    request = read(FULL)
    assert {name: default.reason for name, default in request.defaults.items()} == {
        "settlement": "next_business_day",
        "delivery": "last_delivery_day",
        "margin_usd": "left_out",
        "face_usd": "one_million",
    }
    assert request.settlement == date(2026, 11, 25)
    assert request.delivery == date(2027, 3, 31)
    assert request.face_usd == 1_000_000


def test_settlement_skips_thanksgiving_and_the_week_end():
    assert read_basis(FULL, date(2026, 11, 25)).settlement == date(2026, 11, 27)
    assert read_basis(FULL, date(2026, 11, 28)).settlement == date(2026, 11, 30)


def test_the_newest_repo_rate_on_record_stands_in_for_a_missing_one():
    words = FULL.replace("repo 3.90 ", "")
    on_record = RateOnRecord(3.97, date(2026, 11, 23), "NY Fed SOFR")
    request = read_basis(words, TODAY, lambda: on_record)
    assert request.repo_pct == 3.97
    assert request.defaults["repo_pct"].values["day"] == date(2026, 11, 23)
    assert read_basis(FULL, TODAY, lambda: on_record).repo_pct == 3.90


def test_without_a_rate_on_record_repo_stays_unknown():
    request = read(FULL.replace("repo 3.90 ", ""))
    assert request.repo_pct is None
    assert request.defaults["repo_pct"].reason == "repo_unknown"


def test_neither_haircut_nor_margin_leaves_both_unknown():
    request = read(FULL.replace(" haircut 2%", ""))
    assert (request.haircut_pct, request.margin_usd) == (None, None)
    assert request.defaults["haircut_pct"].reason == "funding_unknown"


PIECES = ("TYH7 112-16+", "4.25% 11/15/34 100-30", "repo 3.90", "haircut 2%")


@pytest.mark.parametrize("order", list(itertools.permutations(PIECES)))
def test_order_does_not_matter(order: tuple[str, ...]):
    assert core(read(" ".join(order))) == core(read(FULL))


@pytest.mark.parametrize(
    "text",
    [
        "TYH7 4.25% 11/15/34 112-16+ 100-30 repo 3.90 haircut 2%",
        "4.25% 11/15/34 TYH7 112-16+ 100-30 repo 3.90 haircut 2%",
        "4.25% 100-30 TYH7 112-16+ 11/15/34 repo 3.90 haircut 2%",
        "100-30 TYH7 4.25% 11/15/34 futures 112-16+ repo 3.90 haircut 2%",
        "znh7 112'165 4.25 2034-11-15 100'30 repo=3.9% haircut=2",
        "TYH27 112-16.5 4 1/4 15 Nov 2034 100.9375 repo 390bp haircut 200bp",
        "tyh7\n112.515625\n4-1/4%\nNov 15, 2034\n$100.9375\nRepo: 3.90\nHaircut: 2 %",
        "@basisbot TYH7 112-16+, 4.25%, 11/15/2034, 100-30, repo = 390 bp, haircut = 2%",
        "TYH7 112\u201116+ 4¼ 15-Nov-34 100\u201330 repo3.9 haircut2%",
        "TYH7 112-16½ 4.25% 20341115 100-30 r 3.9 hc 2%",
        "合约TYH7 期货112-16+ 票息4.25% 到期2034年11月15日 现券100-30 回购利率3.9% 折扣率2%",
        "TYH7\uff0c112\uff0d16\uff0b\uff0c\uff14.25\uff05\uff0c2034年11月15日\uff0c100-30"
        "\uff0c回购\uff1a3.90\uff0c折扣率\uff12%",
        "\uff34\uff39\uff28\uff17\u3000112\u201916+ 4.25% 2034/11/15 100-30 回购 390基点 折扣 2%",
        "100-30 4.25% 11/15/34 TYH7 112-16+ repo 3.9 haircut 2",
        "T 4.25s of Nov 15 2034 @ 100-30 vs TYH7 @112-165, repo 3.9, haircut 2",
        "TYH7 112:165 4 1/4 11/15/34 100:30 3.9% repo 2% haircut",
        "TYH7 112-16 1/2 4.25% 11/15/34 100 30/32 repo 3.9 h/c 2",
        "TYH7 futures price 112-16+ bond 4.25% 11/15/34 cash price 100-30 repo 3.9 haircut 2",
        "TYH7 Comdty 112-16+ T 4.25 11-15-34 Govt 100-30 repo 3.9% p.a. haircut 2",
        "TYH7 10y 112-16+ 4.25% 11/15/34 100-30 repo 3.9 haircut 2",
        "TYH7期货112-16+票息4.25%到期2034年11月15日现券100-30回购3.9%折扣率2%",
        "TYH7 112-16+ 4.25% 2034年11月15日到期 100-30 回购利率为3.9% 2%折扣率",
        "TYH7 112-16+ 4.25% 11/15/34 100-30 3.9%回购 折扣率是2%",
        "TYH7 112-16+ 4.25% 11/15/34 100-30 融资利率3.9 折扣2",
        "Contract TYH7 FUTURES 112-16+ COUPON 4.25 MAT 11/15/34 CASH 100-30 REPO 3.9 HAIRCUT 2",
    ],
)
def test_one_bond_many_ways_of_typing_it(text: str):
    assert core(read(text)) == core(read(FULL))


@pytest.mark.parametrize(
    ("typed", "face"),
    [
        ("face 100m", 1e8),
        ("face=$100mm", 1e8),
        ("100mn", 1e8),
        ("face 2.5bn", 2.5e9),
        ("face 1,000,000", 1e6),
        ("face $1,000,000.00", 1e6),
        ("面值1亿", 1e8),
        ("面值 1亿美元", 1e8),
        ("面值\uff1a500万", 5e6),
        ("face 1 bn", 1e9),
        ("notional 250k", 2.5e5),
        ("$100mm face", 1e8),
        ("1亿面值", 1e8),
        ("面值 1 亿 美元", 1e8),
        ("面值一亿", 1e8),
        ("面值两千万美元", 2e7),
        ("面值十五亿", 1.5e9),
    ],
)
def test_faces(typed: str, face: float):
    assert read(f"{FULL} {typed}").face_usd == face


@pytest.mark.parametrize("typed", ["margin 1850", "margin $1,850", "保证金1,850", "margin=1.85k"])
def test_margins(typed: str):
    assert read(f"{FULL} {typed}").margin_usd == 1850


def test_a_margin_in_percent_is_a_share_of_the_future_s_value_to_the_cent():
    assert read(f"{FULL} margin 1.8%").margin_usd == round(0.018 * 112_515.625, 2)


def test_sofr_names_the_rate_on_record():
    words = FULL.replace("repo 3.90", "repo SOFR")
    on_record = RateOnRecord(3.97, date(2026, 11, 23), "NY Fed SOFR")
    for text in (words, words.replace("repo SOFR", "sofr")):
        request = read_basis(text, TODAY, lambda: on_record, OwnRates(repo_pct=5.0))
        assert request.repo_pct == 3.97
        assert request.defaults["repo_pct"].reason == "repo_on_record"
        assert "repo_pct" not in request.typed


@pytest.mark.parametrize(
    "typed", ["11/34", "11/2034", "Nov-34", "Nov 2034", "NOV34", "2034-11", "2034年11月"]
)
def test_a_month_alone_means_its_15th_and_says_so(typed: str):
    request = read(f"TYH7 112-16+ 4.25 {typed} 100-30")
    assert request.maturity == date(2034, 11, 15)
    assert request.defaults["maturity"].reason == "month_alone"
    assert request.typed["maturity"] == typed


def test_four_november_is_a_coupon_and_a_month_the_fifteenth_is_a_day():
    request = read("TYH7 112-16+ 4 Nov 34 100-30")
    assert (request.coupon_pct, request.maturity) == (4.0, date(2034, 11, 15))
    request = read("TYH7 112-16+ 4 15 Nov 34 100-30")
    assert (request.coupon_pct, request.maturity) == (4.0, date(2034, 11, 15))


def test_a_one_digit_year_is_the_one_nearest_the_settlement():
    request = read("TYZ7 125-08 2.25 2/15/25 99-16 settle 2017-10-10")
    assert request.contract.delivery_month == "2017-12"


def test_the_third_digit_is_read_by_the_side_it_stands_on():
    request = read("TYH7 112-167 4.25% 11/15/34 100-167")
    assert request.futures.price == 112.5234375
    assert request.cash.price == 100.52734375


def test_a_cusip_beside_coupon_and_maturity_is_kept():
    request = read("TYH7 112-165 91282cjz5 4% 2/15/34 98-24+ cf 0.8774")
    assert request.cusip == "91282CJZ5"
    assert request.conversion_factor == 0.8774


def test_a_bare_number_gives_way_to_a_marked_coupon():
    request = read("TYH7 19 4.25% 11/15/34 100-30")
    assert (request.futures.price, request.coupon_pct) == (19.0, 4.25)


WRONG = [
    ("", "args_bare", "/basis"),
    ("   \n", "args_bare", "/basis"),
    ("TYH7", "args_missing_bond", "TYH7"),
    ("TYH7 112-16+", "args_missing_bond", "TYH7"),
    ("TYH7 4.25% 11/34", "args_missing_futures", "TYH7"),
    ("TYH7 112-16+ 4.25% 11/34", "args_missing_cash", "11/34"),
    ("TYH7 112-16+ 4.25% 100-30", "args_missing_maturity", "4.25%"),
    ("TYH7 112-16+ 11/15/34 100-30", "args_missing_coupon", "11/15/34"),
    ("112-16+ 4.25% 11/34 100-30", "args_missing_contract", "112-16+"),
    ("TYH7 112-165 91282CJZ5 98-24+ repo 4.30", "args_cusip_unknown", "91282CJZ5"),
    ("TYH7 112-165 91282CJZ6 98-24+", "cusip_check_digit", "91282CJZ6"),
    (f"{FULL} repo 4", "args_key_twice", "repo"),
    (f"{FULL} 回购4", "args_key_twice", "回购"),
    (f"{FULL} margin", "args_key_value", "margin"),
    (f"{FULL.replace('repo 3.90', 'repo sofr')}", "args_no_sofr", "sofr"),
    (FULL.replace("TYH7", "10y"), "args_tenor", "10y"),
    (FULL.replace("TYH7", "10年期"), "args_tenor", "10年期"),
    (FULL.replace("TYH7", "十年期"), "args_tenor", "十年期"),
    (f"{FULL} settle 12/24", "args_no_year", "12/24"),
    (f"{FULL} 结算日12月24日", "args_no_year", "12月24日"),
    (FULL.replace("11/15/34", "15.11.2034"), "args_bad_date", "15.11.2034"),
    ("TYH7 112-16+ 4.25% 11/34 100-30 repo haircut 2%", "args_key_value", "repo"),
    (f"{FULL} banana", "args_unknown", "banana"),
    (f"{FULL} haircutt 2", "args_unknown_near", "haircutt"),
    (f"{FULL} 你好", "args_unknown", "你好"),
    (f"{FULL} USH7", "args_two_contracts", "USH7"),
    (f"{FULL} 3.9%", "args_nameless_rate", "3.9%"),
    (f"{FULL} 12/15/34", "args_two_dates", "12/15/34"),
    (f"{FULL} 101-02", "args_extra_price", "101-02"),
    ("112-16+ 100-30 TYH7 4.25% 11/34", "args_price_unclear", "112-16+"),
    ("112-16+ TYH7 4.25% 11/34 100-30", "args_price_unclear", "112-16+"),
    ("112-16+ face 100m TYH7 4.25% 11/34 100-30", "args_price_unclear", "112-16+"),
    ("4.25% 11/15/34 TYH7 settle 2026-12-01 112-16+", "args_missing_cash", "11/15/34"),
    ("TYH7 4.25% 11/15/34 face 100m 100-30", "args_missing_futures", "TYH7"),
    (FULL.replace("3.90", "abc"), "args_bad_rate", "abc"),
    (FULL.replace("3.90", "nan"), "args_bad_rate", "nan"),
    (FULL.replace("3.90", "1e308"), "args_bad_rate", "1e308"),
    (f"{FULL} margin lots", "args_key_value", "margin"),
    (f"{FULL} face 100q", "args_bad_dollars", "100q"),
    (f"{FULL} settle someday", "args_bad_date", "someday"),
    (f"{FULL} settle 2026-13-01", "args_bad_date", "2026-13-01"),
    (f"{FULL} settle 2026-02-30", "args_bad_date", "2026-02-30"),
    ("TYH7 112-16+ 4.25% 15/11/2034 100-30", "args_bad_date", "15/11/2034"),
    (f"{FULL} cf 1.2.3", "args_bad_factor", "1.2.3"),
    (FULL.replace("112-16+", "112-325"), "price_32nds", "112-325"),
    (FULL.replace("112-16+", "112-164"), "price_third_digit", "112-164"),
    (FULL.replace("112-16+", "112-161"), "price_tick_digit", "112-161"),
    (FULL.replace("100-30", "100-308"), "price_cash_digit", "100-308"),
    (FULL.replace("112-16+", "-112.5"), "price_range", "-112.5"),
    (FULL.replace("TYH7", "TYF7"), "contract_form", "TYF7"),
    (FULL.replace("TYH7", "XXH7"), "contract_form", "XXH7"),
    (FULL.replace("TYH7", "TY"), "contract_form", "TY"),
]


@pytest.mark.parametrize(("text", "code", "culprit"), WRONG)
def test_what_cannot_be_read_names_the_token_as_typed(text: str, code: str, culprit: str):
    error = wrong(text)
    assert (error.code, error.values["culprit"]) == (code, culprit)


def test_a_price_in_two_words_is_kept_as_typed():
    request = read(FULL.replace("112-16+", "112-16\n 1/2"))
    assert request.typed["futures_price"] == "112-16\n 1/2"
    assert wrong(FULL.replace("112-16+", "112 33/32")).values["culprit"] == "112 33/32"


def test_the_culprit_is_as_typed_not_as_normalised():
    assert wrong(FULL.replace("112-16+", "112\uff0d325")).values["culprit"] == "112\uff0d325"


def test_ten_thousand_words_are_refused_at_once():
    assert wrong("112-16 " * 10_000).code == "args_too_many"


@given(st.text(max_size=200))
def test_no_text_is_an_exception(text: str):
    culprit = "none"
    try:
        read(text)
    except CalculatorError as error:
        culprit = str(error.values["culprit"])
    assert culprit


@pytest.mark.parametrize(
    ("words", "maturity"),
    [
        ("FVH7 109-10 4.125% Nov 31 100-08 repo 3.9", date(2031, 11, 30)),
        ("FVH7 109-10 4.125% 2031年11月 100-08 repo 3.9", date(2031, 11, 30)),
        ("TYH7 112-16 4.125% Oct 33 100-08 repo 3.9", date(2033, 10, 31)),
        ("TYH7 112-16+ 4.25% 11/34 100-30", date(2034, 11, 15)),
    ],
)
def test_a_month_alone_is_the_day_on_which_what_can_be_delivered_matures(
    words: str, maturity: date
):
    request = read(words)
    assert request.maturity == maturity
    assert request.defaults["maturity"].reason == "month_alone"


@pytest.mark.parametrize(
    ("words", "culprit"),
    [("TYH7 112-16 4.5% Nov 33 100-08", "Nov 33"), ("TUH7 103-21 4% 12/28 100-01", "12/28")],
)
def test_a_month_that_may_be_two_days_is_asked_about(words: str, culprit: str):
    error = wrong(words)
    assert (error.code, error.values["culprit"]) == ("args_two_maturities", culprit)
    assert error.values["first"] != error.values["last"]
