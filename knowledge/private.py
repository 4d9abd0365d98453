"""Owners' own reports -> what is found in them: each owner's apart, asked for by owner only.

This is the one way to passages that belong to somebody. It refuses a question without an owner,
and a passage that names another one; it never mixes two owners' words, not even in the statistics
by which words are weighed. What it holds is a copy, thrown away at any change and for room.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.embedding import Embedder, Vectors, unit
from knowledge.errors import KnowledgeError
from knowledge.glossary import Glossary
from knowledge.index import Collection, ExactIndex
from knowledge.report import Found, Lang, Passage
from knowledge.retriever import KnowledgeRetriever
from knowledge.shelves import Shelf, ShelfVectors
from knowledge.vectors import LANGS, Means

# Passages held in memory for all owners together: about 2 kB each with its vector.
ROOM = 100_000


@dataclass(frozen=True)
class Holding:
    """What one owner has: passages, and vectors by passage id for those that have one already."""

    version: str
    passages: Sequence[Passage]
    vectors: Mapping[str, Vectors]


class PrivateShelves:
    """The reports of many owners in memory, searched one owner at a time; safe between threads."""

    def __init__(
        self,
        glossary: Glossary,
        embedder: Embedder | None = None,
        means: Means | None = None,
        room: int = ROOM,
    ) -> None:
        self._glossary = glossary
        self._embedder = embedder
        self._means = means
        self._room = room
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[Holding, list[KnowledgeRetriever]]] = OrderedDict()

    def put(self, owner: int, holding: Holding) -> None:
        """Hold what an owner has, in place of what was held; raise where it is another's."""
        mine = str(_owned(owner))
        for passage in holding.passages:
            if passage.owner != mine:
                raise KnowledgeError("owner_differs", culprit=passage.id)
        made = self._retrievers(holding)
        with self._lock:
            self._kept.pop(owner, None)
            self._kept[owner] = (holding, made)
            self._make_room()

    def version(self, owner: int) -> str | None:
        """Return the version held for an owner, None where nothing is held."""
        with self._lock:
            kept = self._kept.get(_owned(owner))
        return kept[0].version if kept else None

    def passages(self, owner: int) -> Sequence[Passage]:
        """Return the passages of an owner, in the order of their reports."""
        with self._lock:
            kept = self._kept.get(_owned(owner))
        return kept[0].passages if kept else ()

    def retrieve(
        self, owner: int, question: str, limit: int = 8, lang: Lang | None = None
    ) -> list[Found]:
        """Return at most `limit` passages of this owner, nearest first."""
        with self._lock:
            kept = self._kept.get(_owned(owner))
            if kept is not None:
                self._kept.move_to_end(owner)
        found = [f for r in (kept[1] if kept else ()) for f in r.retrieve(question, limit, lang)]
        found.sort(key=lambda f: (-f.score, f.passage.id))
        return found[:limit]

    def forget(self, owner: int) -> None:
        """Let go of all that is held for an owner."""
        with self._lock:
            self._kept.pop(_owned(owner), None)

    def _make_room(self) -> None:
        """Let go of those who asked longest ago, never of the last."""
        held = sum(len(holding.passages) for holding, _ in self._kept.values())
        while held > self._room and len(self._kept) > 1:
            _, (gone, _) = self._kept.popitem(last=False)
            held -= len(gone.passages)

    def _retrievers(self, holding: Holding) -> list[KnowledgeRetriever]:
        """Return one retriever over what has vectors and one over what is found by words yet."""
        dense: list[Passage] = []
        plain: list[Passage] = []
        usable = self._embedder is not None and self._means is not None
        for passage in holding.passages:
            (dense if usable and passage.id in holding.vectors else plain).append(passage)
        made = []
        if plain:
            shelves = [Shelf(lang, rows) for lang, rows in _by_language(plain)]
            made.append(KnowledgeRetriever(shelves, self._glossary))
        if dense and self._means is not None:
            shelves, collections = [], {}
            for lang, rows in _by_language(dense):
                vectors = np.array([holding.vectors[p.id] for p in rows], dtype=np.float32)
                shelves.append(Shelf(lang, rows, _whole_only(vectors, lang, self._means)))
                collections[lang] = Collection(rows, vectors)
            index = ExactIndex(collections)
            made.append(
                KnowledgeRetriever(shelves, self._glossary, self._embedder, self._means, index)
            )
        return made


def merged(found: Iterable[Sequence[Found]], limit: int) -> list[Found]:
    """Return the best of several searches, nearest first."""
    every = sorted((f for one in found for f in one), key=lambda f: (-f.score, f.passage.id))
    return every[:limit]


def _owned(owner: int) -> int:
    if isinstance(owner, bool) or not isinstance(owner, int):
        raise KnowledgeError("owner_missing", culprit=repr(owner))
    return owner


def _by_language(passages: Sequence[Passage]) -> list[tuple[Lang, list[Passage]]]:
    rows = [(lang, [p for p in passages if p.lang == lang]) for lang in LANGS]
    return [(lang, some) for lang, some in rows if some]


def _whole_only(vectors: Vectors, lang: Lang, means: Means) -> ShelfVectors:
    """Return vectors of passages alone: their sentences too would double the time of an upload."""
    centred = unit(vectors - means.passage[lang])
    return ShelfVectors(centred, centred.astype(np.float16), np.arange(len(vectors) + 1))
