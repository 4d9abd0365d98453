"""What each part of the ranking is worth: without it, and with what was weighed and left out.

nDCG@10 on public sets (vectors cached by `tests.bench knowledge`), and on our own questions put to
the other language's briefs alone the share with a wanted claim among the first five passages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from knowledge import retriever, shelves
from knowledge.chunking import search_text
from knowledge.embedding import load_embedder
from knowledge.glossary import load_glossary
from knowledge.lexical import tokens
from knowledge.report import Found, Passage
from knowledge.retriever import KnowledgeRetriever
from knowledge.routing import Reports
from knowledge.vectors import VectorStore
from tests.bench.knowledge_bench import CACHE, SETS
from tests.bench.rows import Row
from tests.bot.gold.test_gold import only
from tests.bot.gold.test_gold import rows as own_questions
from tests.eval.retrieved import (
    RetrievalSet,
    measure,
    prepared,
    read_set,
)
from tests.eval.retrieved import retriever as make

PUBLIC = (
    "mixed_bilingual_xquad_dev",
    "xling_zh2en_xquad_dev",
    "xling_en2zh_xquad_dev",
    "en_fin_tatqa_dev",
    "zh_fin_fincuge_dev",
    "en_fin_financebench_dev",
)
_OWN, _DEEP = "own questions", 30
_BRIEF = ("mixed", "zh>en", "en>zh", "tables", "news", "filings", "own")

Reorder = Callable[[str, Sequence[Found]], Sequence[Found]]


def _no_gain(reports: Reports, _: object) -> NDArray[np.float64]:
    return np.zeros(len(reports.places))


# Each part switched off: module, name, what stands in its place.
_PARTS: Mapping[str, Sequence[tuple[Any, str, Any]]] = {
    "all parts": (),
    "without the dictionary": ((retriever, "_TRANSLATED", 0.0),),
    "without the glossary": ((retriever, "_TERM_WEIGHT", 1e-9), (retriever, "_TERM_VECTOR", 0.0)),
    "without words": ((retriever, "LEXICAL_WEIGHT", 0.0), (retriever, "_TRANSLATED", 0.0)),
    "without the gate": ((retriever, "GATE", {"en": 1e-6, "zh": 1e-6}),),
    "without sentences": ((shelves, "SENTENCE_WEIGHT", 0.0),),
    "with words whole beside accounts": ((retriever, "_BESIDE_ACCOUNTS", 1.0),),
    "without the shelf's own mean": ((shelves, "_OWN_MEAN", 0.0),),
    "without routing": ((Reports, "gains", _no_gain),),
    "with a report's name among its words": ((Reports, "naming", lambda *_: frozenset()),),
    "without lines of accounts": ((shelves, "_ITEM_WEIGHT", 0.0), (shelves, "_STATEMENT", 0.0)),
    "without a limit a document": ((retriever, "_PER_DOCUMENT", 99),),
}


def run() -> list[Row]:
    """Return a row a variant: the mean over all sets, and each set's change."""
    if not SETS.exists() or load_embedder() is None:
        return [Row("ranking", "skipped", "", f"no public sets at {SETS}, or no bundled model")]
    return list(_rows())


def _rows() -> Iterator[Row]:
    whole = _figures()
    for name, parts in _PARTS.items():
        with ExitStack() as stack:
            for module, attribute, value in parts:
                stack.enter_context(mock.patch.object(module, attribute, value))
            yield _row(name, _figures(), whole)
    yield _row("with rank fusion instead of sums", _figures(_fused), whole)
    yield _row("with MMR at 0.7", _figures(_spread_out), whole)
    yield _row("with a logistic reranker, cross-fitted", _reranked(), whole)


def _row(name: str, found: Sequence[float], whole: Sequence[float]) -> Row:
    cells = [
        f"{brief} {value:.3f} ({value - before:+.3f})"
        for brief, value, before in zip(_BRIEF, found, whole, strict=False)
    ]
    return Row(name, f"{np.mean(found[: len(PUBLIC)]):.3f}", "", "  ".join(cells))


# --- sets -----------------------------------------------------------------------------------


@cache
def _set(name: str) -> RetrievalSet:
    return read_set(SETS / name)


@cache
def _store() -> VectorStore:
    embedder = load_embedder()
    assert embedder is not None
    return VectorStore.load(CACHE, embedder.model_id)


def _retriever(name: str) -> KnowledgeRetriever:
    # The one weight that is used when a shelf is filled; all others are read at each question.
    return _filled(name, shelves._OWN_MEAN)


@cache
def _filled(name: str, _own_mean: float) -> KnowledgeRetriever:
    kept, maker = prepared(_set(name).passages, load_embedder(), _store())
    return make(_set(name).passages, load_glossary(), maker, kept)


def _judged(data: RetrievalSet) -> list[Mapping[str, Any]]:
    return [q for q in data.questions if q["_id"] in data.relevant]


def _figures(reorder: Reorder | None = None) -> list[float]:
    """Return nDCG@10 on every public set, then the share of our own questions that are served."""
    return [*(_ndcg(name, reorder) for name in PUBLIC), _own(reorder)]


def _ndcg(name: str, reorder: Reorder | None) -> float:
    data, found = _set(name), _retriever(name)
    values = []
    for question in _judged(data):
        ranked = _ranked(found, question["text"], reorder)
        ids = [f.passage.id for f in ranked]
        values.append(measure(ids, data.relevant[question["_id"]])[3])
    return float(np.mean(values))


def _ranked(found: KnowledgeRetriever, text: str, reorder: Reorder | None) -> Sequence[Found]:
    if reorder is None:
        return found.retrieve(text, 10)
    return reorder(text, found.retrieve(text, _DEEP))[:10]


def _own(reorder: Reorder | None) -> float:
    served = []
    for lang in ("en", "zh"):
        found = only("zh" if lang == "en" else "en")
        for row in own_questions():
            if row["lang"] == lang and row.get("claims"):
                first = _ranked(found, row["question"], reorder)[:5]
                claims = {c for f in first for c in f.passage.claim_ids}
                served.append(bool(claims & set(row["claims"])))
    return float(np.mean(served))


# --- what was weighed and left out ----------------------------------------------------------


def _fused(question: str, found: Sequence[Found]) -> Sequence[Found]:
    """Order by reciprocal ranks (k = 60) of the whole score and of the words alone."""
    by_score = {f.passage.id: n for n, f in enumerate(found)}
    by_words = {f.passage.id: n for n, f in enumerate(sorted(found, key=lambda f: -f.coverage))}
    return sorted(
        found,
        key=lambda f: -(1 / (60 + by_score[f.passage.id]) + 1 / (60 + by_words[f.passage.id])),
    )


def _spread_out(question: str, found: Sequence[Found]) -> Sequence[Found]:
    """Order by maximal marginal relevance, likeness of two passages by the words they share."""
    bags = {f.passage.id: frozenset(tokens(search_text(f.passage))) for f in found}
    best = max((f.score for f in found), default=1.0)
    taken: list[Found] = []
    rest = list(found)
    while rest and len(taken) < 10:
        chosen = max(
            rest,
            key=lambda f: (
                0.7 * f.score / best
                - 0.3 * max((_shared(bags, f.passage, t.passage) for t in taken), default=0.0)
            ),
        )
        taken.append(chosen)
        rest.remove(chosen)
    return taken


def _shared(bags: Mapping[str, frozenset[str]], one: Passage, other: Passage) -> float:
    a, b = bags[one.id], bags[other.id]
    return len(a & b) / max(1, len(a | b))


@dataclass(frozen=True)
class _Case:
    """One question with what was found for it, as features, and which of it answers."""

    group: str
    features: NDArray[np.float64]
    right: NDArray[np.bool_]
    relevant: int


def _reranked() -> list[float]:
    """Return nDCG@10 where each half of the articles is ranked by what the other half taught."""
    cases = {name: list(_cases(name)) for name in PUBLIC}
    every = [case for some in cases.values() for case in some]
    groups = sorted({case.group for case in every})
    halves = [set(groups[::2]), set(groups[1::2])]
    learnt = [_fit([c for c in every if c.group not in half]) for half in halves]
    result = []
    for some in cases.values():
        values = [_gain(c, learnt[0 if c.group in halves[0] else 1]) for c in some]
        result.append(float(np.mean(values)))
    return result


def _cases(name: str) -> Iterator[_Case]:
    data, found = _set(name), _retriever(name)
    for question in _judged(data):
        relevant = data.relevant[question["_id"]]
        listed = found.retrieve(question["text"], _DEEP)
        yield _Case(
            # Articles of XQuAD are in several sets, `xq04p0-en`: halves must not share one.
            group=min(relevant).split("p")[0][:10],
            features=np.array([_features(question["text"], f) for f in listed]),
            right=np.array([f.passage.id in relevant for f in listed]),
            relevant=len(relevant),
        )


def _features(question: str, found: Found) -> list[float]:
    """Return score, likeness, coverage, naming, length, closeness, title and kinds of values."""
    asked, said = tokens(question), tokens(search_text(found.passage))
    places = [n for n, token in enumerate(said) if token in set(asked)]
    close = len(set(asked) & set(said)) / (1 + places[-1] - places[0]) if places else 0.0
    title = set(tokens(found.passage.title))
    return [
        found.score,
        found.likeness,
        found.coverage,
        float(found.named),
        float(np.log1p(len(said))),
        close,
        len(title & set(asked)) / max(1, len(asked)),
        float(any(t[0] == "#" for t in said)),
        float(any(t[0] == "@" for t in said)),
    ]


def _fit(cases: Sequence[_Case]) -> NDArray[np.float64]:
    """Return logistic weights (ridge 1) that lift what answers above what stood beside it."""
    pairs = np.concatenate([_pairs(c) for c in cases])
    scale = pairs.std(axis=0) + 1e-9
    rows = pairs / scale
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(np.clip(rows @ weights, -30, 30)))
        curve = rows.T @ (rows * (chance * (1 - chance))[:, None]) + np.eye(len(weights))
        weights = weights + 0.5 * np.linalg.solve(curve, rows.T @ chance - weights)
    return np.asarray(weights / scale)


def _pairs(case: _Case) -> NDArray[np.float64]:
    """Return the features of each that answers less those of each that does not."""
    if not len(case.features):
        return np.zeros((0, 9))
    right, wrong = case.features[case.right], case.features[~case.right]
    return np.asarray((right[:, None] - wrong[None]).reshape(-1, case.features.shape[1]))


def _gain(case: _Case, weights: NDArray[np.float64]) -> float:
    if not len(case.features):
        return 0.0
    order = np.argsort(-(case.features @ weights), kind="stable")[:10]
    gains = case.right[order] / np.log2(np.arange(2, len(order) + 2))
    ideal = (1 / np.log2(np.arange(2, min(case.relevant, 10) + 2))).sum()
    return float(gains.sum() / ideal)
