"""A kind of measurement and paths -> its figures, set by set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge.embedding import Embedder, load_embedder
from knowledge.errors import KnowledgeError
from knowledge.glossary import load_glossary
from knowledge.vectors import VectorStore
from tests.eval import contradiction, injection, numeric, refusal, retrieval
from tests.eval.row import Row

_IS_SET: Mapping[str, Callable[[Path], bool]] = {
    "retrieval": retrieval.is_set,
    "refusal": refusal.is_set,
    "numeric": numeric.is_set,
    "contradiction": contradiction.is_set,
    "injection": injection.is_set,
}
KINDS = tuple(_IS_SET)


# What a folder holds to be a set of a kind.
_FILES: Mapping[str, str] = {
    "retrieval": "corpus.jsonl, queries.jsonl, qrels.tsv",
    "refusal": "corpus.jsonl, queries.jsonl (answerable) | dev.json (query, docs, answerable)",
    "numeric": "dev.jsonl (kind, supported, source, claim)",
    "contradiction": "dev.json (query, docs, conflict)",
    "injection": "dev.jsonl (text, canary)",
}


def folders(kind: str, paths: Sequence[Path]) -> list[Path]:
    """Return the sets of a kind among paths, each a set, a file of one or a folder of sets.

    A path that is not there raises `KnowledgeError` no_path, one without a set eval_set.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise KnowledgeError("no_path", culprit=str(path))
        sets = _sets(kind, path if path.is_dir() else path.parent)
        if not sets:
            raise KnowledgeError("eval_set", culprit=str(path), kind=kind, files=_FILES[kind])
        found += sets
    return list(dict.fromkeys(found))


def _sets(kind: str, folder: Path) -> list[Path]:
    inside = sorted(p for p in folder.iterdir() if p.is_dir())
    return [p for p in (folder, *inside) if _IS_SET[kind](p)]


@dataclass
class Measures:
    """Makes the measurements; vectors are kept in `cache` between runs."""

    cache: Path
    embedding: str | None = None

    def rows(self, kind: str, folder: Path) -> Iterator[Row]:
        """Yield the figures of one set."""
        glossary = load_glossary()
        if kind == "numeric":
            yield from numeric.rows(folder)
        elif kind == "injection":
            yield from injection.rows(folder, glossary)
        elif kind == "contradiction":
            yield from contradiction.rows(folder)
        else:
            embedder = load_embedder(self.embedding)
            store = self._store(embedder)
            measure = retrieval.rows if kind == "retrieval" else refusal.rows
            yield from measure(folder, glossary, embedder, store)
            if store is not None:
                store.save(self.cache)

    def _store(self, embedder: Embedder | None) -> VectorStore | None:
        return VectorStore.load(self.cache, embedder.model_id) if embedder else None
