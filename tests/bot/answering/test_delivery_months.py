"""A contract named by its month in words is the contract of that month, by the calendar."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answering.compose import day_text
from bot.i18n import Lang
from tests.bot.answering.shelf import TODAY, answerer
from tools import calendar
from tools.contracts import ContractMonth, parse_contract_or_root
from tools.errors import CalculatorError

MONTHS = {3: "March", 6: "June", 9: "September", 12: "December"}


@st.composite
def asked(draw: st.DrawFn) -> tuple[str, Lang, ContractMonth]:
    """Return a question, its language, its contract; not US, which is a country's name too."""
    root, month = (
        draw(st.sampled_from(("TU", "FV", "TY", "TN", "UB"))),
        draw(st.sampled_from(sorted(MONTHS))),
    )
    year = draw(st.sampled_from((None, 2027, 2028)))
    lang: Lang = draw(st.sampled_from(("en", "zh")))
    contract = ContractMonth(root, year or TODAY.year, month)
    if year is None and calendar.last_delivery_day(contract) < TODAY:
        contract = ContractMonth(root, TODAY.year + 1, month)
    if lang == "zh":
        named = (
            f"{month}月"
            if year is None
            else draw(st.sampled_from((f"{year}年{month}月", f"{year % 100}年{month}月")))
        )
        return f"{root} {named}合约的最后交易日是哪天？", lang, contract
    name = (
        MONTHS[month]
        if year is None
        else draw(st.sampled_from((f"{MONTHS[month]} {year}", f"{MONTHS[month][:3]} {year % 100}")))
    )
    return f"last trading day of {root} {name}?", lang, contract


@settings(max_examples=60, deadline=None)
@given(asked())
def test_a_month_in_words_names_the_next_contract_of_that_month(
    case: tuple[str, Lang, ContractMonth],
):
    question, lang, contract = case
    answer = answerer().answer(question, lang)
    assert answer.route == "contract"
    assert contract.code in answer.statements[0].text
    assert day_text(calendar.last_trading_day(contract), lang) in answer.statements[0].text
    assert not answer.notes


def test_the_last_delivery_day_of_the_next_march_contract():
    answer = answerer().answer("FV 3月合约最后交割日")
    assert "2027年4月5日" in answer.statements[0].text


@pytest.mark.parametrize(
    "question", ["When is the last trading day of TY?", "TY最后交易日是哪天？"]
)
def test_without_a_month_the_nearest_contract_is_said_to_be_that(question: str):
    answer = answerer().answer(question)
    assert any("TYZ6" in note for note in answer.notes)


@pytest.mark.parametrize(
    "question", ["last trading day of the April TY contract", "TY 4月合约的最后交易日"]
)
def test_a_month_without_a_contract_is_said_to_have_none(question: str):
    assert any("TYZ6" in note and "4" in note for note in answerer().answer(question).notes)


def listed(root: str, year: int, month: int) -> bool:
    try:
        parse_contract_or_root(root, f"{year}-{month:02d}")
    except CalculatorError:
        return False
    return True


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(("TU", "3Y", "FV", "TY", "TN", "UB", "TWE")),
    st.sampled_from((0, 1, 1900, 1976, 1999, 2008, 2010, 2016, 2022, 2099, 2101, 9999)),
    st.integers(1, 12),
    st.sampled_from(
        (
            "{root} {year}年{month}月合约最后交易日",
            "{root} {year}年{month}月合约的跳动点",
            "last trading day of {root} {year}-{month:02d}",
        )
    ),
)
def test_a_month_that_was_never_listed_is_answered_and_said(
    root: str, year: int, month: int, form: str
):
    answer = answerer().answer(form.format(root=root, year=year, month=month))
    if answer.route == "contract" and month in MONTHS and year > 1900:
        said = any(f"{year}-{month:02d}" in note for note in answer.notes)
        assert said is not listed(root, year, month)


@pytest.mark.parametrize(
    ("question", "taken"),
    [
        ("TN March 2010 last trading day", "TNZ6"),
        ("UB 2008年3月合约最后交易日", "UBZ6"),
        ("TWE March 2020 tick", "TWEZ6"),
    ],
)
def test_a_contract_before_its_listing_is_told_of_the_next(question: str, taken: str):
    answer = answerer().answer(question)
    assert answer.route == "contract"
    assert any(taken in note for note in answer.notes)
