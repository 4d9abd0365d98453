"""A folder with passages, questions and judgements -> how well passages are found, by slice.

The folder holds `corpus.jsonl` (`_id title text`, and `lang` where languages are mixed),
`queries.jsonl` (`_id text`, and fields to slice by) and `qrels.tsv` (a header line, then question
id, passage id, score). Beside our retriever stand rivals on the same data: BM25 alone, and the
same model's vectors in LangChain's Chroma store, as they come without further thought.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings

from knowledge.chunking import content_hash, language_of_text, search_text
from knowledge.embedding import Embedder, Vectors
from knowledge.glossary import Glossary
from knowledge.index import Collection, ExactIndex
from knowledge.lexical import Lexicon, tokens
from knowledge.report import Lang, Passage
from knowledge.retriever import KnowledgeRetriever
from knowledge.shelves import Shelf, shelf_vectors, vector_texts
from knowledge.vectors import LANGS, VectorStore, add_means, means_of
from tests.eval.scoring import Measured, mean
from tests.eval.setfiles import judgements_of, rows_of

SLICES = ("cross", "lang", "type", "answer_from")
DEPTH = 10
_ROWS = 1000

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
    recall_1: Measured
    recall_5: Measured
    recall_10: Measured
    ndcg_10: Measured

    @property
    def questions(self) -> int:
        """Return how many questions the slice has."""
        return self.recall_1.cases


def read_set(folder: Path, *fields: str, judged: bool = True) -> RetrievalSet:
    """Read a retrieval set, its questions with all of the `fields`, with or without judgements.

    What cannot be read raises `KnowledgeError`, see `tests.eval.setfiles`. A passage that says
    nothing is left out, and one that comes twice counts once.
    """
    passages: dict[str, Passage] = {}
    for row in rows_of(folder / "corpus.jsonl", "_id", "text"):
        if row["text"].strip():
            passages.setdefault(str(row["_id"]), _passage(row))
    asked = rows_of(folder / "queries.jsonl", "_id", "text", *fields)
    questions = tuple({**row, "_id": str(row["_id"])} for row in asked)
    relevant = judgements_of(folder / "qrels.tsv") if judged else {}
    return RetrievalSet(folder.name, tuple(passages.values()), questions, relevant)


def evaluate(
    data: RetrievalSet,
    glossary: Glossary,
    embedder: Embedder | None,
    store: VectorStore | None,
    rivals: bool = True,
) -> list[Score]:
    """Return the scores of our retriever and its rivals, all questions first, then by slice.

    `store` keeps vectors between runs; None embeds everything anew.
    """
    kept, maker = prepared(data.passages, embedder, store)
    result = _scores("basisbot", ours(data, glossary, maker, kept), data)
    if rivals:
        result += _scores("BM25", bm25(data), data)
    if rivals and maker is not None:
        with chroma(data, maker) as rank:
            result += _scores("LangChain + Chroma", rank, data)
    return result


def prepared(
    passages: Sequence[Passage], embedder: Embedder | None, store: VectorStore | None
) -> tuple[VectorStore | None, Remembering | None]:
    """Return a store with all vectors of the passages, and an embedder that reuses what it has."""
    if embedder is None:
        return None, None
    kept = store if store is not None else VectorStore(embedder.model_id)
    add_means(kept, embedder)
    kept.add(embedder, [t for p in passages for t in vector_texts(p)])
    return kept, Remembering(embedder, kept)


class Remembering(Embedder):
    """An embedder that asks the model for each text once and keeps its vector in a store."""

    def __init__(self, embedder: Embedder, store: VectorStore) -> None:
        super().__init__(embedder.embeddings, embedder.model_id)
        self._embedder = embedder
        self._store = store

    def query(self, text: str) -> Vectors:
        """Return the vector of a question, shape (dimensions,)."""
        key = f"query:{content_hash(text)}"
        if key not in self._store.rows:
            self._store.rows[key] = self._embedder.query(text)
        return self._store.rows[key]

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of passages, shape (texts, dimensions)."""
        self._store.add(self._embedder, texts)
        return np.array([self._store.rows[content_hash(t)] for t in texts], dtype=np.float32)


def ours(
    data: RetrievalSet, glossary: Glossary, embedder: Embedder | None, store: VectorStore | None
) -> Ranking:
    """Return the product's retriever over a set's passages."""
    found = retriever(data.passages, glossary, embedder, store)
    return lambda question: [f.passage.id for f in found.retrieve(question, DEPTH)]


def retriever(
    passages: Sequence[Passage],
    glossary: Glossary,
    embedder: Embedder | None,
    store: VectorStore | None,
) -> KnowledgeRetriever:
    """Return the product's retriever over passages whose vectors a store has."""
    means = means_of(store) if store else None
    shelves, collections = [], {}
    for lang in LANGS:
        rows = [p for p in passages if p.lang == lang]
        if store is None or means is None:
            shelves.append(Shelf(lang, rows))
            continue
        shelves.append(Shelf(lang, rows, shelf_vectors(rows, lang, store, means)))
        raw = store.matrix([search_text(p) for p in rows])
        if raw is not None:
            collections[lang] = Collection(rows, raw)
    return KnowledgeRetriever(shelves, glossary, embedder, means, ExactIndex(collections))


def bm25(data: RetrievalSet) -> Ranking:
    """Return BM25 over all passages in one pool."""
    lexicon = Lexicon([tokens(search_text(p)) for p in data.passages])

    def rank(question: str) -> list[str]:
        scores = lexicon.scores(tokens(question))
        order = np.argsort(-scores, kind="stable")[:DEPTH]
        return [data.passages[i].id for i in order if scores[i] > 0]

    return rank


@contextmanager
def chroma(data: RetrievalSet, embedder: Embedder) -> Iterator[Ranking]:
    """Give LangChain's Chroma store over all passages in one pool, cut as its examples cut them."""
    from chromadb import EphemeralClient
    from chromadb.config import Settings
    from langchain_chroma import Chroma
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    pieces = [(p.id, piece) for p in data.passages for piece in splitter.split_text(search_text(p))]
    client = EphemeralClient(settings=Settings(anonymized_telemetry=False))
    name = f"rival-{secrets.token_hex(8)}"
    store = Chroma(client=client, collection_name=name, embedding_function=_Plain(embedder))
    for start in range(0, len(pieces), _ROWS):
        part = pieces[start : start + _ROWS]
        store.add_texts([text for _, text in part], [{"passage": i} for i, _ in part])

    def rank(question: str) -> list[str]:
        found = store.similarity_search(question, k=5 * DEPTH)
        return list(dict.fromkeys(str(d.metadata["passage"]) for d in found))[:DEPTH]

    try:
        yield rank
    finally:
        client.delete_collection(name)


class _Plain(Embeddings):
    """Our embedder as LangChain calls one."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of passages."""
        return [[float(x) for x in row] for row in self._embedder.passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        return [float(x) for x in self._embedder.query(text)]


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
        columns = zip(*(values[q["_id"]] for q in members), strict=True)
        result.append(Score(system, part, *(mean(column) for column in columns)))
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


def _passage(row: Mapping[str, Any]) -> Passage:
    lang: Lang = row["lang"] if row.get("lang") in LANGS else language_of_text(row["text"])
    return Passage(
        id=str(row["_id"]),
        doc_id=str(row.get("doc") or row["_id"]),
        lang=lang,
        title=str(row.get("title") or ""),
        text=row["text"],
        publisher="",
        page=row.get("page"),
    )
