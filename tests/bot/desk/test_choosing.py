"""Words that lack a bond: those on record to choose from, and a form begun with what there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.desk.choosing import begun, choices
from bot.desk.commands import answer
from bot.desk.known import Known, PricedBasket
from bot.render.desk.choosing import bond_label, choices_asked
from bot.render.trouble import Trouble, trouble_message
from tests.bot.desk.asking import KNOWN, SAVED, TODAY, TRADE, Record
from tools.ctd import Deliverable
from tools.errors import CalculatorError

BASKET = PricedBasket(
    (Deliverable(4.25, date(2034, 11, 15), 100.9375),
     Deliverable(4.0, date(2034, 5, 15), 100.09375),
     Deliverable(4.5, date(2033, 11, 15), 103.671875),
     Deliverable(4.0, date(2034, 2, 15), 101.0)),
    date(2026, 11, 20),
    "Treasury",
)  # fmt: skip
MARKET = replace(KNOWN, market=Record(priced=BASKET))
LACKS = CalculatorError("args_missing_bond", culprit="TYH7")


def words_of(text: str, known: Known = MARKET) -> list[str]:
    found = choices(text, LACKS, known)
    return [choice.words for choice in found.bonds] if found else []


def test_the_cheapest_three_on_record_complete_the_words():
    words = words_of("TYH7 112-16+ repo 3.9")
    assert words == [
        "TYH7 112-16+ repo 3.9 4.5% 2033-11-15 cash 103-21+",
        "TYH7 112-16+ repo 3.9 4.25% 2034-11-15 cash 100-30",
        "TYH7 112-16+ repo 3.9 4% 2034-05-15 cash 100-03",
    ]
    for text in words:
        assert answer("carry", text, MARKET)


def test_without_the_future_s_price_they_stand_as_listed():
    assert words_of("TYH7")[0] == "TYH7 4.25% 2034-11-15 cash 100-30"


@pytest.mark.parametrize(
    ("text", "known"),
    [("TYH7 112-16+", KNOWN), ("112-16+", MARKET), ("TYH7 112-325", MARKET)],
)
def test_nothing_is_offered_where_nothing_is_known(text: str, known: Known):
    assert words_of(text, known) == []


def test_other_errors_are_not_answered_with_bonds():
    assert choices("TYH7", CalculatorError("args_unknown", culprit="x"), MARKET) is None


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_bond_has_a_button_and_the_prices_their_day(lang: str):
    found = choices("TYH7 112-16+", LACKS, MARKET)
    assert found is not None
    labels = [bond_label(choice.bond) for choice in found.bonds]
    assert labels[0] == "4.5 11/33  103-21+"
    asked = choices_asked(found, lang)  # type: ignore[arg-type]
    trouble = Trouble("args_missing_bond", "?", "TYH7", "/carry x", "k:r:1", "wn:carry",
                      tuple((label, f"k:r:{label}") for label in labels), asked)  # fmt: skip
    message = trouble_message(trouble, lang)  # type: ignore[arg-type]
    assert "2026-11-20" in message.html
    assert [row[0].text for row in message.keyboard[:3]] == labels


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("TYH7 112-16+", ("TYH7", "112-16+")),
        ("TYH7 112-16+ repo 3.9 haircut 2%", ("TYH7", "112-16+")),
        (TRADE, ("TYH7", "112-16+", "2034-11-15", "4.25", "100-30", "3.9")),
        (TRADE.replace("repo 3.90", "repo sofr"),
         ("TYH7", "112-16+", "2034-11-15", "4.25", "100-30")),
        ("4.25% 11/15/34 100-30", ()),
        ("banana", ()),
        ("ten TYM7", ("TYM7",)),
    ],
)  # fmt: skip
def test_a_form_begins_with_what_the_words_hold(text: str, answers: tuple[str, ...]):
    assert begun(text, Known(TODAY, positions={"ten": SAVED})) == answers
