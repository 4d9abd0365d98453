"""BM25 and coverage over tokens in two languages."""

from __future__ import annotations

import bm25s
import numpy as np
import pytest

from knowledge.lexical import Lexicon, tokens

TEXTS = [
    "Hedge funds held Treasuries worth $830 billion in September 2025.",
    "美联储估计2025年9月基差交易约8300亿美元。",
    "The cheapest to deliver bond has the highest implied repo rate.",
    "开曼群岛注册的对冲基金持有美国国债。",
]


def test_an_amount_is_one_token_in_both_languages() -> None:
    assert set(tokens("$830bn")) == set(tokens("8300亿美元")) == {"#8.3e+11"}


def test_a_date_is_one_token_in_both_languages() -> None:
    assert set(tokens("31 December 2026")) == set(tokens("2026年12月31日"))


def test_words_are_stemmed_and_chinese_is_cut_into_pairs() -> None:
    assert tokens("funds unwinding") == tokens("fund unwind")
    assert tokens("隐含回购") == ["隐含", "含回", "回购"]


def test_contract_codes_are_kept_whole() -> None:
    assert tokens("ZN and TYH6") == ["zn", "tyh6"]


def test_words_of_asking_are_no_tokens() -> None:
    assert tokens("What is the 基差是什么?") == ["基差"]


def test_scores_equal_those_of_a_reference_library() -> None:
    """bm25s with Lucene's formula; ours keeps the factor k1 + 1 that it drops."""
    texts = [tokens(t) for t in TEXTS]
    reference = bm25s.BM25(method="lucene", k1=0.9, b=0.4)
    reference.index(texts, show_progress=False)
    query = tokens("hedge funds' basis trade in September 2025, 对冲基金")
    ours = Lexicon(texts).scores(dict.fromkeys(query, 1.0))
    theirs = reference.get_scores(list(dict.fromkeys(query)))
    np.testing.assert_allclose(ours, theirs * 1.9, rtol=1e-5)


def test_coverage_is_the_share_of_the_question_that_a_text_holds() -> None:
    lexicon = Lexicon([tokens(t) for t in TEXTS])
    full = lexicon.coverage(tokens("implied repo rate"))
    assert full[2] == pytest.approx(1.0)
    assert 0 < lexicon.coverage(tokens("implied repo weather"))[2] < 1
    assert lexicon.coverage(tokens("weather")).max() == 0


def test_an_empty_shelf_scores_nothing() -> None:
    assert Lexicon([]).scores(["basis"]).size == 0
