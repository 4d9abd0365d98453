"""The words that a reply gives ask the same again, to the last bit, whatever was typed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk.commands import answer
from tests.bot.desk.asking import KNOWN
from tools.errors import CalculatorError

MORE = {
    "basis": "", "carry": "", "leverage": " rolling {share}% fund {share}%",
    "pnl": " to 2027-01-12 112-20 101-02 repo {repo}",
    "stress": " rolling {share}% shock 3 yield {shift}bp basis {shift} repo {repo}",
}  # fmt: skip


def numbers(lowest: float, highest: float, places: int) -> st.SearchStrategy[str]:
    ends = (Decimal(str(end)) for end in (lowest, highest))
    return st.decimals(*ends, places=places).map("{:f}".format)


@st.composite
def trades(draw: st.DrawFn) -> str:
    """Return a trade, some of its inputs with all the digits that a float has."""
    futures = draw(st.sampled_from(("112-16+", "112.515625", "112.51", "112-167")))
    cash = draw(st.sampled_from(("100-30", "100.9375", "100-302")) | numbers(99, 103, 7))
    coupon = draw(st.sampled_from(("4.25", "4 1/4", "4.125", "3.7501")))
    words = [f"TYH7 futures {futures} coupon {coupon}% 2034-11-15 cash {cash}"]
    words.append(f"repo {draw(numbers(0.5, 9, 9))}")
    optional = {
        "haircut": numbers(0, 10, 9).map("{}%".format),
        "margin": numbers(100, 9_000, 4) | st.just("1.65%"),
        "buffer": numbers(0, 1e7, 6) | st.just("0.37%"),
        "lots": numbers(1, 9_000, 5),
        "cashrate": numbers(0, 6, 9),
        "face": numbers(1e5, 1e9, 4) | st.just("2.5bn"),
        "cf": numbers(0.85, 0.95, 8),
        "settle": st.just("2026-12-15"),
        "date": st.just("2027-03-17"),
    }
    for key, values in optional.items():
        if draw(st.booleans()):
            words.append(f"{key} {draw(values)}")
    return " ".join(words)


@pytest.mark.parametrize("command", MORE)
@settings(max_examples=120, deadline=None)
@given(trade=trades(), share=st.integers(0, 100), shift=st.integers(-90, 90), repo=numbers(1, 9, 7))
def test_the_same_again_is_the_same_to_the_last_bit(
    command: str, trade: str, share: int, shift: int, repo: str
):
    words = trade + MORE[command].format(share=share, shift=shift, repo=repo)
    try:
        reply = answer(command, words, KNOWN)
    except CalculatorError as error:
        assert error.code in {"number_range", "settlement_after_delivery"}, (words, error)  # noqa: PT017
        return
    again = answer(command, reply.words, KNOWN)
    assert again.as_json()["result"] == reply.as_json()["result"]
    assert sorted(again.words.split()) == sorted(reply.words.split())
