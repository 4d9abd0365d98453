"""Terms found in running text and what they add to a question."""

from __future__ import annotations

import pytest

from knowledge.glossary import simplified
from tests.knowledge.shelf import TERMS


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("How big is the basis trade?", ["Treasury basis trade"]),
        ("basis trades and hedge-fund demand", ["Treasury basis trade", "hedge fund"]),
        ("大摩说基差交易有多大", ["Morgan Stanley", "Treasury basis trade"]),
        ("開曼對沖基金", ["hedge fund"]),
        ("the CF of the CTD", ["conversion factor", "cheapest to deliver"]),
        ("cf. the note", []),
        ("a basisbot answer", []),
        ("the short\u2019s delivery options", ["short's delivery options"]),
    ],
)
def test_terms_are_found_by_their_longest_name(text: str, names: list[str]) -> None:
    assert [m.term.en[0] for m in TERMS.find(text)] == names


def test_a_question_is_expanded_into_the_other_language() -> None:
    expansion = TERMS.expand("大摩的基差交易", "zh")
    assert expansion.translated == ("Morgan Stanley", "Treasury basis trade")
    assert "美债基差交易" in expansion.aliases
    assert TERMS.expand("the Fed and QT", "en").query == "美联储 缩表"


def test_a_question_without_terms_is_left_alone() -> None:
    assert TERMS.expand("What is the weather?", "en").query == ""


def test_a_term_is_looked_up_by_any_name() -> None:
    term = TERMS.lookup("ctd券")
    assert term is not None
    assert TERMS.lookup("Hedge Funds") is not None
    assert TERMS.lookup("轉換因子") is not None
    assert TERMS.lookup("swaption") is None


def test_traditional_characters_are_folded() -> None:
    assert simplified("槓桿與淨基差") == "杠杆与净基差"
    assert simplified("net basis") == "net basis"
    assert simplified("缩表何时結束") == simplified("缩表何时结束") == "缩表何时结束"
