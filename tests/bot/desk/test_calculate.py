"""/basis from words to figures, and words that work offered for words that do not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.desk.commands import corrected
from bot.desk.known import Known
from bot.desk.mending import example, mended
from bot.desk.request import RateOnRecord
from bot.i18n import LANGS
from bot.render.trouble import sentence
from tests.bot.desk.asking import basis_of, with_repo
from tests.bot.desk.test_request import FULL, WRONG
from tests.bot.reading.malformed import MALFORMED
from tools.errors import CalculatorError

TODAY = date(2026, 11, 24)


def wrong(text: str) -> CalculatorError:
    with pytest.raises(CalculatorError) as caught:
        basis_of(text, TODAY)
    return caught.value


def test_the_first_example_gives_the_desk_numbers():
    result = basis_of(FULL, TODAY).trade.basis
    assert result.net_basis_32nds == pytest.approx(2.5, abs=0.2)
    assert result.implied_repo_pct == pytest.approx(3.67, abs=0.01)
    assert result.leverage == 50


def test_the_example_works_on_every_day_of_three_years():
    day = TODAY
    while day < date(2029, 12, 31):
        reply = basis_of(example(day), day)
        assert abs(reply.trade.basis.net_basis_32nds or 99) < 40
        day += timedelta(days=17)


@pytest.mark.parametrize(
    ("text", "code", "culprit"),
    [
        (f"{FULL} settle 2027-04-01", "settlement_after_delivery", "2027-04-01"),
        (FULL.replace("TYH7", "TYH6"), "settlement_after_delivery", "TYH6"),
        (FULL.replace("11/15/34", "11/15/24"), "bond_matured", "11/15/24"),
        (FULL.replace("11/15/34", "11/15/54"), "bond_ineligible", "11/15/54"),
        (FULL.replace("2%", "200%"), "number_range", "200%"),
        (f"{FULL} margin 5m", "number_range", "5m"),
        (f"{FULL} face 0", "number_range", "0"),
        (f"{FULL} date 2027-06-30", "delivery_outside_window", "2027-06-30"),
        (f"{FULL} cf 9.5", "number_range", "9.5"),
        (FULL.replace("112-16+", "0"), "price_range", "0"),
        (f"{FULL} settle 1900-01-01", "date_range", "1900-01-01"),
    ],
)
def test_what_cannot_be_calculated_names_the_token_as_typed(text: str, code: str, culprit: str):
    error = wrong(text)
    assert (error.code, error.values["culprit"]) == (code, culprit)


def test_a_repo_rate_on_record_gives_a_net_basis():
    words = FULL.replace("repo 3.90 ", "")
    assert basis_of(words, TODAY).trade.basis.net_basis is None
    on_record = RateOnRecord(3.9, date(2026, 11, 23), "NY Fed SOFR")
    given, recorded = basis_of(FULL, TODAY), basis_of(words, TODAY, lambda: on_record)
    assert recorded.trade.basis.net_basis == given.trade.basis.net_basis


def test_the_command_of_a_reply_asks_the_same_again():
    for words in (FULL, f"{FULL} margin 1850 face 100m settle 2026-12-01 date 2027-03-10 cf .9"):
        reply = basis_of(words, TODAY)
        again = basis_of(reply.words, TODAY)
        assert again.trade.basis == reply.trade.basis


def test_another_repo_rate_replaces_the_first():
    assert basis_of(with_repo(FULL, 4.15), TODAY).trade.request.repo_pct == 4.15
    bare = FULL.replace("repo 3.90 ", "")
    assert basis_of(with_repo(bare, 4.0), TODAY).trade.request.repo_pct == 4.0


@pytest.mark.parametrize("text", [text for text, _, _ in WRONG] + MALFORMED)
def test_every_error_has_a_sentence_in_both_languages_and_words_that_work(text: str):
    """Two hundred malformed inputs: none an exception, each with an example."""
    error = wrong(text)
    works = corrected("basis", text, error, Known(TODAY))
    sentences = [sentence(error, lang) for lang in LANGS]
    assert basis_of(works, TODAY)
    assert all(sentences)
    assert sentences[0] != sentences[1]
    assert error.values["culprit"]


@pytest.mark.parametrize(
    ("text", "works"),
    [
        (f"{FULL} repo 3.90", FULL),
        (FULL.replace("repo", "rpo"), FULL),
        (FULL.replace("11/15/34", "15/11/2034"), FULL.replace("11/15/34", "11/15/2034")),
        (FULL.replace("TYH7", "10y"), FULL.replace("TYH7", "TYZ6")),
        (FULL.replace("11/15/34", "15.11.2034"), FULL.replace("11/15/34", "11/15/2034")),
        (f"{FULL} settle 12/24", f"{FULL} settle 12/24/2026"),
        (f"{FULL} 结算日 1月5日", f"{FULL} 结算日 1/5/2027"),
        ("TYH7 112-16+", "TYH7 112-16+ 4.25% 2033-11-15 cash 102-07+"),
        ("TYH7", "TYH7 futures 112-165 4.25% 2033-11-15 cash 102-07+"),
        ("TYH7 112-16+ 4.25% 11/15/34", "TYH7 112-16+ 4.25% 11/15/34 cash 100-30"),
        ("TYH7 4.25% 11/15/34 100-30", "TYH7 4.25% 11/15/34 100-30 futures 112-16"),
        ("TYH7 112-16+ 11/15/34 100-30", "TYH7 112-16+ 11/15/34 100-30 coupon 4.25%"),
        ("TYH7 112-16+ 4% 100-30", "TYH7 112-16+ 4% 100-30 maturity 2033-11-15"),
        ("112-16+ 4.25% 11/15/34 100-30", "TYZ6 112-16+ 4.25% 11/15/34 100-30"),
        ("4.25% 11/15/34 100-30", "4.25% 11/15/34 100-30 TYZ6 futures 112-28"),
    ],
)
def test_the_example_is_the_persons_own_words_mended(text: str, works: str):
    assert corrected("basis", text, wrong(text), Known(TODAY)) == works


@pytest.mark.parametrize(
    "text",
    [
        FULL.replace("112-16+", "112-325"),  # no price that was meant is known
        FULL.replace("TYH7", "TYF7"),
        FULL.replace("TYH7", "TYU6"),  # another contract is another trade
        FULL.replace("haircut 2%", "haircut 120%"),
        FULL.replace("repo 3.90", "3.90%"),  # a repo rate, or a margin in percent
        FULL.replace("11/15/34", "5/11/34 11/15/34"),
        f"{FULL} repo 4",  # which of the two?
        f"{FULL} cushion 500k",  # not a face of 500k
        f"{FULL} cushion 2m",
        f"{FULL} short",  # left out, it would be the other side
        f"{FULL} act/365",
        f"{FULL} 90",
        FULL.replace("4.25% 11/15/34", "912828Z94"),  # the terms of that bond are not to be guessed
    ],
)
def test_what_cannot_be_put_right_is_not_offered(text: str):
    """An example is shown, and it is none of the person's words made into another trade."""
    error = wrong(text)
    assert mended(text, error, TODAY, lambda words: basis_of(words, TODAY)) is None
    assert corrected("basis", text, error, Known(TODAY)) == example(TODAY)


@pytest.mark.parametrize(
    "words",
    [
        "margin $1,850/contract",
        "margin 1850/lot",
        "margin=$1,850/ct",
        "保证金1,850美元/手",
        "保证金$1,850/手",
    ],
)
def test_a_margin_may_name_the_contract_it_is_for(words: str):
    assert basis_of(f"{FULL} {words}", TODAY).trade.request.margin_usd == 1850
