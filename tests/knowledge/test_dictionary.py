"""Chinese words and what they mean in English."""

from __future__ import annotations

import pytest

from knowledge import dictionary
from knowledge.dictionary import Dictionary, load_dictionary

SMALL = Dictionary(
    [
        ("国债", "treasury bond/government debt"),
        ("国债期货", "treasury futures"),
        ("期货", "futures; CL:份"),
        ("图灵", "Alan Turing (1912-1954), English mathematician/abbr. for 图灵机"),
        ("长", "long"),
        ("行动", "action/variant of 行為"),
        ("行动", "operation"),
    ]
)


def test_the_longest_word_at_each_place_is_taken() -> None:
    assert SMALL.words("他卖出国债期货, 买入国债") == ["国债期货", "国债"]
    assert SMALL.words("賣出國債期貨") == ["国债期货"]


@pytest.mark.parametrize("text", ["", "Treasury futures", "长", "x"])
def test_a_text_without_known_words_has_none(text: str) -> None:
    assert SMALL.words(text) == []


def test_meanings_are_stems_without_remarks_and_pointers() -> None:
    assert SMALL.senses("期货") == (frozenset({"futur"}),)
    assert SMALL.senses("图灵") == (frozenset({"alan", "ture"}),)
    assert SMALL.senses("国债") == (frozenset({"treasuri", "bond"}), frozenset({"govern", "debt"}))


def test_entries_of_one_word_are_put_together() -> None:
    assert SMALL.senses("行动") == (frozenset({"action"}), frozenset({"oper"}))


def test_an_unknown_word_has_no_meaning() -> None:
    assert SMALL.senses("回购") == ()
    assert Dictionary(()).senses("国债") == ()
    assert Dictionary(()).words("国债") == []


def test_the_package_knows_general_chinese() -> None:
    known = load_dictionary()
    assert len(known) > 100_000
    assert known.words("肯尼亚的总统访问了法国") == ["肯尼亚", "总统", "访问", "法国"]
    assert frozenset({"kenya"}) in known.senses("肯尼亚")


def test_without_the_package_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary, "_PACKAGE", "no-such-package")
    assert len(load_dictionary.__wrapped__()) == 0
