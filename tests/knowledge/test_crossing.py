"""Questions and passages of two languages, brought together by a dictionary."""

from __future__ import annotations

import numpy as np

from knowledge.crossing import Meanings, english_share
from knowledge.dictionary import Dictionary
from knowledge.lexical import Lexicon, tokens
from knowledge.retriever import KnowledgeRetriever
from knowledge.shelves import Shelf
from tests.knowledge.shelf import TERMS, passage

KNOWN = Dictionary(
    [
        ("肯尼亚", "Kenya"),
        ("总统", "president (of a country)"),
        ("联合国", "United Nations"),
        ("访问", "to visit/to interview"),
    ]
)
ENGLISH = ["The president visited Kenya.", "The United States had a president.", "Rivers rise."]
CHINESE = ["总统访问肯尼亚", "联合国的总统", "河流 Kenya"]


def lexicon(texts: list[str]) -> Lexicon:
    return Lexicon([tokens(t) for t in texts])


def test_a_chinese_question_is_found_by_what_its_words_mean() -> None:
    words = [KNOWN.senses(w) for w in KNOWN.words("肯尼亚总统访问")]
    share = english_share(lexicon(ENGLISH), words)
    assert share[0] == 1.0
    assert 0 < share[1] < 0.5
    assert share[2] == 0.0


def test_half_of_a_meaning_is_enough_and_less_is_not() -> None:
    half = english_share(lexicon(ENGLISH), [KNOWN.senses("联合国")])
    assert half.tolist() == [0.0, 0.5, 0.0]
    third = english_share(lexicon(ENGLISH), [(frozenset({"unit", "kingdom", "isl"}),)])
    assert not third.any()


def test_rare_words_count_more() -> None:
    share = english_share(lexicon(ENGLISH), [KNOWN.senses("总统"), KNOWN.senses("肯尼亚")])
    assert share[1] < 0.5


def test_an_english_question_is_found_by_what_chinese_words_mean() -> None:
    share = Meanings(CHINESE, KNOWN).share(lexicon(CHINESE), ["visit", "kenya"])
    assert share[0] == 1.0
    assert share[1] == 0.0


def test_a_name_in_latin_letters_is_said_too() -> None:
    share = Meanings(CHINESE, KNOWN).share(lexicon(CHINESE), ["kenya"])
    assert share.tolist() == [1.0, 0.0, 1.0]


def test_nothing_asked_or_nothing_there_is_no_share() -> None:
    assert not english_share(lexicon(ENGLISH), []).any()
    assert Meanings([], KNOWN).share(lexicon([]), ["kenya"]).shape == (0,)
    assert np.isfinite(english_share(lexicon([]), [KNOWN.senses("总统")])).all()


def test_passages_of_the_other_language_are_told_apart_by_their_words() -> None:
    english = [passage("a", "Kenya elected a president."), passage("b", "Spain built a railway.")]
    by_words = KnowledgeRetriever([Shelf("en", english), Shelf("zh", [])], TERMS)
    assert by_words.retrieve("西班牙的铁路", 1)[0].passage.id == "b"
    chinese = [passage("a", "肯尼亚选出总统", lang="zh"), passage("b", "西班牙修建铁路", lang="zh")]
    by_words = KnowledgeRetriever([Shelf("en", []), Shelf("zh", chinese)], TERMS)
    assert by_words.retrieve("When was Kenya's election?", 1)[0].passage.id == "a"
