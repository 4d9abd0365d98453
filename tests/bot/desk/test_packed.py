"""A request travels inside a button: what comes back asks the same, whatever day it is pressed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.packed import pack, unpack
from bot.desk.request import BasisRequest, read_basis
from tools.errors import CalculatorError

TODAY = date(2026, 11, 24)
LONGEST_DATA = 64


def there_and_back(text: str) -> tuple[BasisRequest, BasisRequest]:
    request = read_basis(text, TODAY)
    packed = pack(request, TODAY)
    assert packed is not None
    assert len(f"bx:{packed}") <= LONGEST_DATA
    words, asked = unpack(packed)
    assert asked == TODAY
    return request, read_basis(words, asked)


def values(request: BasisRequest) -> tuple[object, ...]:
    return (
        request.contract,
        request.futures.price,
        request.cash.price,
        request.coupon_pct,
        request.maturity,
        request.settlement,
        request.delivery,
        request.face_usd,
        request.repo_pct,
        request.haircut_pct,
        request.margin_usd,
        request.conversion_factor,
        set(request.defaults),
    )


@pytest.mark.parametrize(
    "text",
    [
        "TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2%",
        "TYH7 112.165 4.25% 11/34 100.123456",
        "TUZ6 103-216 3.875% 2028-10-31 99-317 repo -0.25 haircut -1% margin 1850.55",
        "UBH27 121-07 4.5% 2054-11-15 98-24+ face 2.5bn settle 2026-12-01 date 2027-03-08",
        "TYH7 112-16+ 4.25% 11/15/34 100-30 cf 0.89551234",
        "TYH7 999.999999 19.9999% 11/15/34 999.999999 repo 99.9999 haircut 99.9999% "
        "margin 123456.78 cf 2.1234",
    ],
)
def test_what_was_given_comes_back(text: str):
    before, after = there_and_back(text)
    assert values(before) == values(after)


@given(
    futures=st.integers(1, 1000 * 128).map(lambda n: n / 128),
    cash=st.integers(1, 1000 * 256).map(lambda n: n / 256),
    coupon=st.integers(0, 80).map(lambda n: n / 8),
    repo=st.integers(-2_000, 10_000).map(lambda n: n / 100),
)
def test_every_price_of_the_market_fits(futures: float, cash: float, coupon: float, repo: float):
    before, after = there_and_back(
        f"TYH7 futures {futures:.8f} coupon {coupon} 11/15/34 cash {cash:.8f} repo {repo:.2f}"
    )
    assert values(before) == values(after)


def test_more_decimals_than_a_button_holds_give_no_button():
    request = read_basis("TYH7 112.1234567891 4.25% 11/15/34 100-30", TODAY)
    assert pack(request, TODAY) is None


@pytest.mark.parametrize("text", ["", "!", "AAAA", "x" * 58, "A6MJpGmI"])
def test_what_is_not_ours_is_an_old_button(text: str):
    with pytest.raises(CalculatorError) as caught:
        unpack(text)
    assert caught.value.code == "button_old"


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", max_size=58))
def test_no_text_from_a_button_is_an_exception(text: str):
    try:
        words = unpack(text)[0]
    except CalculatorError as error:
        words = error.code
    assert words
