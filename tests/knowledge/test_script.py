"""Simplified characters, by two of OpenCC's tables, as its own converter gives them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc_purepy import OpenCC

from knowledge.claims import load_ledger
from knowledge.script import Simplifier, simplifier

THEIRS = OpenCC("t2s")


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("槓桿與淨基差", "杠杆与净基差"),
        ("美國國債期貨", "美国国债期货"),
        ("一目瞭然, 明瞭", "一目了然, 明了"),
        ("basis 基差 2026", "basis 基差 2026"),
        ("", ""),
    ],
)
def test_traditional_text_is_simplified(traditional: str, simplified: str) -> None:
    assert simplifier()(traditional) == simplified


def test_a_phrase_overrules_its_characters() -> None:
    of = Simplifier({"乾坤": "乾坤"}, {"乾": "干"})
    assert of("乾坤乾") == "乾坤干"


@given(st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF), max_size=40))
def test_any_text_comes_out_as_from_the_library_and_as_long(text: str) -> None:
    ours = simplifier()(text)
    assert ours == (THEIRS.convert(text) if text else "")
    assert len(ours) == len(text)


def test_the_ledger_in_traditional_characters_comes_out_as_from_the_library() -> None:
    to_traditional = OpenCC("s2t")
    for claim in load_ledger().values():
        text = to_traditional.convert(claim.statement_zh)
        assert simplifier()(text) == THEIRS.convert(text)
