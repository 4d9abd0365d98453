"""A folder with passages, questions and judgements -> how well passages are found, by slice.

The folder holds `corpus.jsonl` (`_id title text`, and `lang` where languages are mixed),
`queries.jsonl` (`_id text`, and fields to slice by) and `qrels.tsv` (a header line, then question
id, passage id, score). Beside our retriever stand two rivals on the same data: BM25 alone, and
raw vectors in one pool, as a vector store without further thought ranks them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.chunking import language_of_text, search_text
from knowledge.embedding import Embedder
from knowledge.errors import KnowledgeError
from knowledge.glossary import Glossary
from knowledge.index import Collection, ExactIndex
from knowledge.lexical import Lexicon, tokens
from knowledge.report import Lang, Passage
from knowledge.retriever import KnowledgeRetriever
from knowledge.shelves import Shelf, shelf_vectors, vector_texts
from knowledge.vectors import LANGS, VectorStore, add_means, means_of

SLICES = ("cross", "lang", "type", "answer_from")
DEPTH = 10

Ranking = Callable[[str], list[str]]


@dataclass(frozen=True)
class RetrievalSet:
    """Passages, questions and which passages answer each (`relevant`, by question id)."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Mapping[str, Any], ...]
    relevant: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Score:
    """Measures of one system on one slice, each a mean over its questions (0 to 1)."""

    system: str
    part: str
    questions: int
    recall_1: float
    recall_5: float
    recall_10: float
    ndcg_10: float


def read_set(folder: Path) -> RetrievalSet:
    """Read a retrieval set; a file that is missing or broken raises `KnowledgeError` (eval_set)."""
    try:
        rows = list(_lines(folder / "corpus.jsonl"))
        questions = tuple(_lines(folder / "queries.jsonl"))
        relevant = _judgements(folder / "qrels.tsv")
        return RetrievalSet(folder.name, tuple(map(_passage, rows)), questions, relevant)
    except (OSError, ValueError, KeyError) as error:
        raise KnowledgeError("eval_set", culprit=str(folder), detail=str(error)) from error


def evaluate(
    data: RetrievalSet, glossary: Glossary, embedder: Embedder | None, store: VectorStore | None
) -> list[Score]:
    """Return the scores of our retriever and its rivals, all questions first, then by slice.

    `store` keeps vectors between runs; None embeds everything anew.
    """
    result = _scores("BM25", bm25(data), data)
    kept = store
    if embedder is not None:
        kept = kept or VectorStore(embedder.model_id)
        add_means(kept, embedder)
        kept.add(embedder, [t for p in data.passages for t in vector_texts(p)])
        result += _scores("vectors in one pool", one_pool(data, embedder, kept), data)
    return result + _scores("basisbot", ours(data, glossary, embedder, kept), data)


def ours(
    data: RetrievalSet, glossary: Glossary, embedder: Embedder | None, store: VectorStore | None
) -> Ranking:
    """Return the product's retriever over a set's passages."""
    means = means_of(store) if store else None
    shelves, collections = [], {}
    for lang in LANGS:
        rows = [p for p in data.passages if p.lang == lang]
        if store is None or means is None:
            shelves.append(Shelf(lang, rows))
            continue
        shelves.append(Shelf(lang, rows, shelf_vectors(rows, lang, store, means)))
        raw = store.matrix([search_text(p) for p in rows])
        if raw is not None:
            collections[lang] = Collection(rows, raw)
    found = KnowledgeRetriever(shelves, glossary, embedder, means, ExactIndex(collections))
    return lambda question: [f.passage.id for f in found.retrieve(question, DEPTH)]


def bm25(data: RetrievalSet) -> Ranking:
    """Return BM25 over all passages in one pool."""
    lexicon = Lexicon([tokens(search_text(p)) for p in data.passages])

    def rank(question: str) -> list[str]:
        scores = lexicon.scores(tokens(question))
        order = np.argsort(-scores, kind="stable")[:DEPTH]
        return [data.passages[i].id for i in order if scores[i] > 0]

    return rank


def one_pool(data: RetrievalSet, embedder: Embedder, store: VectorStore) -> Ranking:
    """Return cosine over raw vectors of all passages, whatever their language."""
    matrix = store.matrix([search_text(p) for p in data.passages])
    if matrix is None:
        raise KnowledgeError("eval_set", culprit=data.name, detail="vectors missing")

    def rank(question: str) -> list[str]:
        order = np.argsort(-(matrix @ embedder.query(question)), kind="stable")[:DEPTH]
        return [data.passages[i].id for i in order]

    return rank


def measure(ranked: Sequence[str], relevant: frozenset[str]) -> tuple[float, float, float, float]:
    """Return recall at 1, 5 and 10, and nDCG at 10, of one ranking.

    >>> measure(["b", "a"], frozenset({"a"}))[:2]
    (0.0, 1.0)
    """
    recalls = [len(set(ranked[:k]) & relevant) / len(relevant) for k in (1, 5, 10)]
    gain = sum(1 / math.log2(i + 2) for i, p in enumerate(ranked[:10]) if p in relevant)
    ideal = sum(1 / math.log2(i + 2) for i in range(min(len(relevant), 10)))
    return recalls[0], recalls[1], recalls[2], gain / ideal


def _scores(system: str, rank: Ranking, data: RetrievalSet) -> list[Score]:
    judged = [q for q in data.questions if q["_id"] in data.relevant]
    values = {q["_id"]: measure(rank(q["text"]), data.relevant[q["_id"]]) for q in judged}
    result = []
    for part, members in _parts(judged):
        means = np.mean([values[q["_id"]] for q in members], axis=0)
        result.append(Score(system, part, len(members), *(float(m) for m in means)))
    return result


def _parts(
    questions: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    if questions:
        yield "all", questions
    for name in SLICES:
        values = sorted({str(q[name]) for q in questions if name in q})
        for value in values if len(values) > 1 else ():
            yield f"{name}={value}", [q for q in questions if str(q.get(name)) == value]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _passage(row: Mapping[str, Any]) -> Passage:
    lang: Lang = row.get("lang") or language_of_text(row["text"])
    return Passage(
        id=row["_id"],
        doc_id=row.get("doc") or row["_id"],
        lang=lang,
        title=row.get("title", ""),
        text=row["text"],
        publisher="",
        page=row.get("page"),
    )


def _judgements(path: Path) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        question, passage, score = line.split("\t")
        if float(score) > 0:
            found.setdefault(question, set()).add(passage)
    return {q: frozenset(p) for q, p in found.items()}
