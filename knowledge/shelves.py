"""The passages of one language -> what they are searched by: words and vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from knowledge.chunking import search_text, sentences
from knowledge.crossing import Meanings, english_share
from knowledge.dictionary import load_dictionary
from knowledge.embedding import Vectors, unit
from knowledge.lexical import Lexicon, subject, tokens
from knowledge.report import Lang, Passage
from knowledge.vectors import Means, VectorStore

Scores = NDArray[np.float64]

# Tuned on public sets, see docs/decisions/0002-retrieval.md: the nearest sentence beside its whole
# passage; how far a shelf's own mean moves the fixed one, and at how many passages half of that is
# reached.
SENTENCE_WEIGHT = 0.75
_OWN_MEAN, _OWN_AT = 0.5, 2


@dataclass(frozen=True)
class ShelfVectors:
    """A shelf's vectors less the mean of their language: of each passage and of each sentence.

    The sentences of passage i are the rows `starts[i]` to `starts[i + 1]`; each has at least one.
    They are kept at half precision, which moves a cosine by less than a thousandth.
    """

    passages: Vectors
    sentences: NDArray[np.float16]
    starts: NDArray[np.intp]

    def cosines(self, places: Sequence[int], query: Vectors) -> Scores:
        """Return how near each place is: its passage as a whole, and its nearest sentence.

        A passage says several things and its vector is none of them; a sentence alone lacks its
        surroundings. Together they find what either misses.
        """
        whole = self.passages[list(places)] @ query
        counts = self.starts[1:] - self.starts[:-1]
        rows = np.concatenate([np.arange(self.starts[i], self.starts[i + 1]) for i in places])
        offsets = np.concatenate([[0], np.cumsum(counts[list(places)])[:-1]])
        near = self.sentences[rows].astype(np.float32) @ query
        best = np.maximum.reduceat(near, offsets)
        return np.asarray((1 - SENTENCE_WEIGHT) * whole + SENTENCE_WEIGHT * best, dtype=np.float64)


def vector_texts(passage: Passage) -> list[str]:
    """Return the texts of a passage that need a vector: itself with its header, its sentences."""
    return [search_text(passage), *sentences(passage.text, passage.lang)]


def shelf_vectors(
    passages: Sequence[Passage], lang: Lang, store: VectorStore, means: Means
) -> ShelfVectors | None:
    """Return the vectors of a shelf's passages, None when one of them is not stored."""
    parts = [sentences(p.text, lang) or [search_text(p)] for p in passages]
    whole = store.matrix([search_text(p) for p in passages])
    single = store.matrix([s for part in parts for s in part])
    if whole is None or single is None:
        return None
    starts = np.cumsum([0, *(len(part) for part in parts)])
    if not passages:
        return ShelfVectors(whole, single.astype(np.float16), starts)
    # What all passages of a shelf have in common tells none of them from another.
    own = _OWN_MEAN * len(passages) / (len(passages) + _OWN_AT)
    return ShelfVectors(
        passages=unit(whole - means.passage_mean(lang, whole, own)),
        sentences=unit(single - means.passage_mean(lang, single, own)).astype(np.float16),
        starts=starts,
    )


@dataclass(frozen=True)
class Shelf:
    """The passages of one language, as they are searched. `vectors` is None without a model."""

    lang: Lang
    passages: Sequence[Passage]
    vectors: ShelfVectors | None = None

    @cached_property
    def lexicon(self) -> Lexicon:
        """Return the words of the passages."""
        return Lexicon([tokens(search_text(p)) for p in self.passages])

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Return each passage's place by its id."""
        return {p.id: i for i, p in enumerate(self.passages)}

    def warm(self) -> None:
        """Build what is built when it is first asked for."""
        _ = self.lexicon, self.positions
        if self.lang == "zh":
            _ = self.meanings

    @cached_property
    def meanings(self) -> Meanings:
        """Return what the words of Chinese passages mean in English."""
        return Meanings([search_text(p) for p in self.passages], load_dictionary())

    def translated(self, question: str) -> Scores:
        """Return the share of a question's words that each passage says in its own language."""
        if self.lang == "zh":
            stems = [t for t in dict.fromkeys(tokens(question)) if t[0] not in "@#"]
            return self.meanings.share(self.lexicon, stems)
        known = load_dictionary()
        words = dict.fromkeys(known.words(subject(question)))
        return english_share(self.lexicon, [known.senses(word) for word in words])
