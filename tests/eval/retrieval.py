"""Sets of passages and questions -> how well each system finds the right passages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from knowledge.embedding import Embedder
from knowledge.glossary import Glossary
from knowledge.vectors import VectorStore
from tests.eval.retrieved import Score, evaluate, read_set
from tests.eval.row import Row


def is_set(folder: Path) -> bool:
    """Tell whether a folder holds passages, questions and judgements."""
    return all((folder / name).is_file() for name in ("corpus.jsonl", "queries.jsonl", "qrels.tsv"))


def rows(
    folder: Path, glossary: Glossary, embedder: Embedder | None, store: VectorStore | None
) -> Iterator[Row]:
    """Yield recall and nDCG of our retriever and its rivals, whole and by slice."""
    for score in evaluate(read_set(folder), glossary, embedder, store):
        yield from _rows(folder.name, score)


def _rows(name: str, score: Score) -> Iterator[Row]:
    figures = {
        "R@1": score.recall_1,
        "R@5": score.recall_5,
        "R@10": score.recall_10,
        "nDCG@10": score.ndcg_10,
    }
    for measure, found in figures.items():
        yield Row(name, score.system, score.part, measure, found)
