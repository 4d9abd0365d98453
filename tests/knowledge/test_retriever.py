"""Passages for a question, across languages, with and without a model."""

from __future__ import annotations

import logging

import pytest

from knowledge.embedding import Embedder
from knowledge.index import Collection, ExactIndex
from knowledge.retriever import KnowledgeRetriever
from knowledge.shelves import Shelf, shelf_vectors, vector_texts
from knowledge.vectors import VectorStore, add_means, means_of
from tests.knowledge.shelf import TERMS, Bag, passage

EN = [
    passage("en/a/1", "The basis trade was $830 billion in September 2025.", doc_id="a"),
    passage("en/a/2", "Hedge funds finance the basis trade in repo.", doc_id="a"),
    passage("en/a/3", "The basis trade has three legs.", doc_id="a"),
    passage("en/b/1", "The conversion factor is set at a six percent yield.", doc_id="b"),
    passage("up-1", "Only this English report speaks of swaptions.", doc_id="up", owner="42"),
]
ZH = [
    passage("zh/a/1", "2025年9月基差交易约8300亿美元。", doc_id="a", lang="zh"),
    passage("zh/a/2", "对冲基金用回购为基差交易融资。", doc_id="a", lang="zh"),
    passage("zh/a/3", "基差交易有三条腿。", doc_id="a", lang="zh"),
    passage("zh/b/1", "转换因子按6%的收益率计算。", doc_id="b", lang="zh"),
]
BOTH = [("en", EN), ("zh", ZH)]


def by_words() -> KnowledgeRetriever:
    return KnowledgeRetriever([Shelf("en", EN), Shelf("zh", ZH)], TERMS)


def by_vectors(bag: Bag | None = None) -> KnowledgeRetriever:
    embedder = Embedder(bag or Bag(), "bag")
    store = VectorStore("bag")
    add_means(store, Embedder(Bag(), "bag"))
    store.add(Embedder(Bag(), "bag"), [t for p in EN + ZH for t in vector_texts(p)])
    means = means_of(store)
    assert means is not None
    shelves = [Shelf(lang, rows, shelf_vectors(rows, lang, store, means)) for lang, rows in BOTH]
    index = ExactIndex(
        {lang: Collection(rows, store.matrix([p.text for p in rows])) for lang, rows in BOTH}
    )
    return KnowledgeRetriever(shelves, TERMS, embedder, means, index)


@pytest.mark.parametrize("retriever", [by_words(), by_vectors()], ids=["words", "vectors"])
@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How is the basis trade financed in repo?", "en/a/2"),
        ("转换因子怎么算?", "zh/b/1"),
        ("轉換因子怎麼算?", "zh/b/1"),
        ("Who said $830bn?", "en/a/1"),
        ("谁说8300亿美元?", "zh/a/1"),
    ],
)
def test_the_nearest_passage_stands_first(
    retriever: KnowledgeRetriever, question: str, found: str
) -> None:
    assert retriever.retrieve(question, 3)[0].passage.id == found


def test_a_passage_in_the_other_language_is_found_by_its_terms() -> None:
    only_english = KnowledgeRetriever([Shelf("en", EN), Shelf("zh", [])], TERMS)
    assert only_english.retrieve("转换因子怎么算?", 1)[0].passage.id == "en/b/1"


def test_a_translated_passage_comes_once_in_the_readers_language() -> None:
    ids = [f.passage.id for f in by_words().retrieve("CF conversion factor", 9, lang="zh")]
    assert "zh/b/1" in ids
    assert "en/b/1" not in ids


def test_a_report_without_translation_comes_as_it_is() -> None:
    found = by_words().retrieve("swaptions", 1, lang="zh")
    assert found[0].passage.id == "up-1"


def test_at_most_two_passages_of_a_document_stand_before_the_others() -> None:
    docs = [f.passage.doc_id for f in by_words().retrieve("basis trade yield", 4)]
    assert docs[:3].count("a") == 2


def test_scores_fall_and_coverage_is_a_share() -> None:
    found = by_vectors().retrieve("repo and the basis trade", 5)
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True) or len(found)
    assert all(0 <= f.coverage <= 1 for f in found)


@pytest.mark.parametrize("question", ["", "   "])
def test_an_empty_question_finds_nothing(question: str) -> None:
    assert by_vectors().retrieve(question, 5) == []
    assert by_vectors().retrieve("basis", 0) == []


class Failing(Bag):
    """Embeddings of a provider that cannot be reached."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        raise ConnectionError("no network")


def test_words_answer_when_the_model_fails(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        found = by_vectors(Failing()).retrieve("conversion factor", 1)
    assert found[0].passage.id == "en/b/1"
