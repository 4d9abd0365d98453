"""Prices as the market writes them, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import CalculatorError
from tools.quotes import (
    Quote,
    cusip_check,
    cusip_digit,
    format_cash,
    format_futures,
    normalise,
    parse_cash_price,
    parse_futures_price,
)

grid = st.integers(1, 999 * 256).map(lambda steps: steps / 256)


@given(grid)
def test_a_cash_price_on_the_grid_round_trips(price: float) -> None:
    assert parse_cash_price(format_cash(price)) == Quote(price)


@given(grid, st.sampled_from([None, "TU", "3Y", "FV", "TY", "TN", "US", "TWE", "UB"]))
def test_a_futures_price_on_the_grid_round_trips(price: float, root: str | None) -> None:
    assert parse_futures_price(format_futures(price, root), root).price == price


@given(st.floats(0.001, 999.9), st.sampled_from([None, "TY"]))
def test_any_price_round_trips_to_a_ten_thousandth_of_a_32nd(
    price: float, root: str | None
) -> None:
    for text, parse in (
        (format_futures(price, root), parse_futures_price),
        (format_cash(price), parse_cash_price),
    ):
        assert parse(text).price == pytest.approx(price, abs=0.51e-4 / 32)


@pytest.mark.parametrize(
    ("text", "futures", "cash"),
    [
        ("112-165", 112.515625, 112.51953125),
        ("112'165", 112.515625, 112.51953125),
        ("112-16.5", 112.515625, 112.515625),
        ("112-16+", 112.515625, 112.515625),
        ("112-167", 112.5234375, 112.52734375),
        ("112-162", 112.5078125, 112.5078125),
        ("98-24+", 98.765625, 98.765625),
        ("98-24", 98.75, 98.75),
        ("98-240", 98.75, 98.75),
        ("98.765625", 98.765625, 98.765625),
        ("$98.5", 98.5, 98.5),
        ("112-5.5", 112.171875, 112.171875),
    ],
)
def test_futures_and_cash_read_the_same_digits_by_their_own_rule(
    text: str, futures: float, cash: float
) -> None:
    assert parse_futures_price(text).price == futures
    assert parse_cash_price(text).price == cash


@pytest.mark.parametrize(
    "text",
    [
        "\uff11\uff11\uff12-16+",  # full-width digits
        "112\u221216\uff0b",  # minus sign, full-width plus
        "112\u201316+",  # en dash
        "112\u201916+",  # curly quote
        "112\u203216+",  # prime
        "112-16\u00bd",  # vulgar half
        " 112-16+ ",
        "112\uff0d16\u3000+",
    ],
)
def test_odd_characters_read_as_the_plain_ones(text: str) -> None:
    assert parse_futures_price(text, "TY").price == 112.515625


def test_a_prime_or_comma_becomes_ascii_and_white_space_one_space() -> None:
    assert normalise("\u201c4\u00bd\u201d\uff0c 2\uff05\u200b\n x") == '"4.5", 2% x'


def test_a_decimal_that_looks_like_32nds_is_echoed() -> None:
    quote = parse_futures_price("112.165", "TY")
    assert quote.price == 112.165
    decimal, finer = quote.notes
    assert (decimal.code, finer.code) == ("decimal_price", "finer_than_tick")
    assert decimal.values["in_32nds"] == "112-05.28"
    assert decimal.values["other"] == "112-165"
    assert parse_cash_price("98.24").notes[0].values["in_32nds"] == "98-07.68"


@pytest.mark.parametrize("text", ["98.765625", "98.75", "98.5", "98"])
def test_a_decimal_that_cannot_be_32nds_is_not_remarked(text: str) -> None:
    assert parse_cash_price(text).notes == ()


@pytest.mark.parametrize(
    ("text", "root", "finer"),
    [("112-165", "TY", False), ("112-162", "TY", True), ("115-31", "US", False),
     ("115-31+", "US", True), ("103'216", "TU", False), ("106-122", "FV", False),
     ("106.4", "FV", True), ("112-162", None, False)],
)  # fmt: skip
def test_a_price_finer_than_the_tick_is_accepted_and_remarked(
    text: str, root: str | None, finer: bool
) -> None:
    codes = [note.code for note in parse_futures_price(text, root).notes]
    assert ("finer_than_tick" in codes) is finer


@pytest.mark.parametrize(
    ("text", "root", "code"),
    [
        ("112-325", None, "price_32nds"),
        ("112-32", "TY", "price_32nds"),
        ("112-32.5", "TY", "price_32nds"),
        ("112-99+", "TY", "price_32nds"),
        ("112-164", None, "price_third_digit"),
        ("112-169", "TU", "price_third_digit"),
        ("112-161", "TY", "price_tick_digit"),
        ("112-168", "US", "price_tick_digit"),
        ("-112-16", None, "price_form"),
        ("-112.5", None, "price_range"),
        ("0", None, "price_range"),
        ("0-00", None, "price_range"),
        ("1000.5", None, "price_range"),
        ("112-5", None, "price_form"),
        ("112-1655", None, "price_form"),
        ("112--16", None, "price_form"),
        ("112-16++", None, "price_form"),
        ("1e2", None, "price_form"),
        ("nan", None, "price_form"),
        ("inf", None, "price_form"),
        ("", None, "price_form"),
        ("\u0661\u0661\u0662", None, "price_form"),
        ("112,5", None, "price_form"),
        ("9" * 400, None, "price_form"),
    ],
)
def test_a_futures_price_that_is_none_says_why(text: str, root: str | None, code: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        parse_futures_price(text, root)
    assert (caught.value.code, caught.value.field) == (code, "futures_price")
    assert str(caught.value.values["value"])[:100] == text[:100]


@pytest.mark.parametrize(
    ("text", "code"), [("98-248", "price_cash_digit"), ("98-249", "price_cash_digit"),
                       ("98-32", "price_32nds"), ("abc", "price_form")]
)  # fmt: skip
def test_a_cash_price_that_is_none_says_why(text: str, code: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        parse_cash_price(text)
    assert (caught.value.code, caught.value.field) == (code, "clean_price")


@pytest.mark.parametrize(
    ("price", "futures", "ty", "cash"),
    [
        (112.515625, "112-165", "112-165", "112-16+"),
        (112.5, "112-16", "112-16", "112-16"),
        (103.67578125, "103-216", "103-21.625", "103-215"),
        (99.99999999, "100-00.0", "100-00.0", "100-00.0"),
    ],
)
def test_prices_are_written_in_each_market_s_way(
    price: float, futures: str, ty: str, cash: str
) -> None:
    assert format_futures(price) == futures
    assert format_futures(price, "TY") == ty
    assert format_cash(price) == cash


@pytest.mark.parametrize("cusip", ["91282CJZ5", "912810TW8", "91282CGM7", "91282cjz5"])
def test_a_right_check_digit_passes(cusip: str) -> None:
    assert cusip_check(cusip) == cusip.upper()


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#", min_size=8, max_size=8),
       st.integers(0, 9))  # fmt: skip
def test_only_one_check_digit_fits(first_eight: str, digit: int) -> None:
    if digit == cusip_digit(first_eight):
        assert cusip_check(f"{first_eight}{digit}") == f"{first_eight}{digit}"
        return
    with pytest.raises(CalculatorError) as caught:
        cusip_check(f"{first_eight}{digit}")
    assert caught.value.code == "cusip_check_digit"


@pytest.mark.parametrize("text", ["91282CJZ", "91282CJZ55", "91282CJZX", "", "91282 CJZ5"])
def test_a_cusip_has_nine_characters_and_ends_in_a_digit(text: str) -> None:
    with pytest.raises(CalculatorError) as caught:
        cusip_check(text)
    assert caught.value.code == "cusip_form"


@pytest.mark.parametrize(
    ("isin", "cusip"),
    [
        ("US91282CLW90", "91282CLW9"),
        ("us0378331005", "037833100"),
        ("US5949181045", "594918104"),
        ("US38259P5089", "38259P508"),
    ],
)
def test_an_isin_gives_its_cusip_and_both_digits_are_checked(isin: str, cusip: str) -> None:
    """Published pairs of ISIN and CUSIP."""
    assert cusip_check(isin) == cusip
    wrong = f"{isin[:-1]}{(int(isin[-1]) + 1) % 10}"
    with pytest.raises(CalculatorError) as caught:
        cusip_check(wrong)
    assert caught.value.code == "isin_check_digit"
