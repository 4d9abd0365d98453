"""A kind of measurement and paths -> its figures, set by set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.measures import contradiction, injection, numeric, refusal, retrieval
from bot.measures.row import Row
from knowledge.embedding import Embedder, load_embedder
from knowledge.errors import KnowledgeError
from knowledge.glossary import load_glossary
from knowledge.vectors import VectorStore

_IS_SET: Mapping[str, Callable[[Path], bool]] = {
    "retrieval": retrieval.is_set,
    "refusal": refusal.is_set,
    "numeric": numeric.is_set,
    "contradiction": contradiction.is_set,
    "injection": injection.is_set,
}
KINDS = tuple(_IS_SET)


def folders(kind: str, paths: Sequence[Path]) -> list[Path]:
    """Return the sets of a kind among paths, each a set or a folder of sets.

    A path without one raises `KnowledgeError` (eval_set).
    """
    fits = _IS_SET[kind]
    found: list[Path] = []
    for path in paths:
        inside = sorted(p for p in path.iterdir() if p.is_dir()) if path.is_dir() else []
        sets = [p for p in (path, *inside) if fits(p)]
        if not sets:
            raise KnowledgeError("eval_set", culprit=str(path), detail=kind)
        found += sets
    return list(dict.fromkeys(found))


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
