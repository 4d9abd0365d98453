"""A question in either language -> the passages nearest to it, whatever language they are in.

Signals are added. Vectors less the mean of their language, of passages and of their sentences, so
that English and Chinese compare. BM25 as a share of the most that a text could score, so that
nothing has to be normalised question by question; words set the question's own language before the
other only where some text covers enough of the question, else the answer is probably there. For the
other language a dictionary's words, and the glossary's as words and as a second vector. Among
reports the one that the question names comes first, and of its pages those with the lines that the
question is answered from.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from knowledge.chunking import language_of_text
from knowledge.embedding import Embedder, Vectors
from knowledge.glossary import Glossary
from knowledge.index import VectorIndex
from knowledge.lexical import tokens
from knowledge.report import Found, Lang, Passage
from knowledge.routing import NAMED, Reports, Route, reports, route
from knowledge.shelves import Scores, Shelf
from knowledge.vectors import Means

log = logging.getLogger(__name__)

# Tuned on public sets, see docs/decisions/0002-retrieval.md: what the lexical share counts beside a
# cosine, the coverage of a question at which words are trusted, and how soft that gate is (a share
# of it).
LEXICAL_WEIGHT = 1.25
GATE: Mapping[Lang, float] = {"en": 0.45, "zh": 0.25}
_SOFT = 0.6
# What a token of the glossary counts beside one of the question, and its vector beside the
# question's.
_TERM_WEIGHT = 0.5
_TERM_VECTOR = 0.3
# What the dictionary's words of the other language count, and which part of what words count in
# ranking they count as evidence that a passage is about the question at all.
_TRANSLATED = 0.3
_EVIDENCE = 0.64
_CANDIDATES = 60
# Of a report that is named every passage is weighed, up to so many.
_NAMED_CANDIDATES = 500
_PER_DOCUMENT = 2


@dataclass(frozen=True)
class Query:
    """A question made ready: its words, the glossary's words for the other language, vectors."""

    text: str
    lang: Lang
    words: Mapping[str, float]
    foreign: Mapping[str, float]
    route: Route
    vector: Vectors | None = None
    term_vector: Vectors | None = None


class KnowledgeRetriever:
    """Finds passages for a question over shelves of both languages."""

    def __init__(
        self,
        shelves: Sequence[Shelf],
        glossary: Glossary,
        embedder: Embedder | None = None,
        means: Means | None = None,
        index: VectorIndex | None = None,
    ) -> None:
        self._shelves = shelves
        self._glossary = glossary
        self._embedder = embedder if means is not None else None
        self._means = means
        self.index = index

    def retrieve(self, question: str, limit: int = 8, lang: Lang | None = None) -> list[Found]:
        """Return at most `limit` passages, nearest first, at most two of one document.

        `lang` is the reader's language, by default the question's own. Where a passage exists in
        both languages, the reader's is returned.
        """
        if limit <= 0 or not question.strip():
            return []
        query = self._query(question)
        pairs = zip(self._shelves, self._reports, strict=True)
        found = [f for shelf, of in pairs for f in self._search(shelf, of, query)]
        found.sort(key=lambda f: (-f.score, f.passage.id))
        return _spread(self._translated(found, lang or query.lang), limit)

    def warm(self) -> None:
        """Build what the first question would wait for."""
        _ = self._reports, self._twins, self._glossary.find("")
        for shelf in self._shelves:
            shelf.warm()

    def _query(self, question: str) -> Query:
        lang = language_of_text(question)
        expansion = self._glossary.expand(question, lang)
        words = dict.fromkeys(tokens(question), 1.0)
        foreign = dict(words)
        for token in tokens(expansion.query):
            foreign.setdefault(token, _TERM_WEIGHT)
        vectors = self._vectors(question, expansion.query)
        asked = route(question, self._glossary)
        return Query(question, lang, words, foreign, asked, *vectors)

    def _vectors(self, question: str, terms: str) -> tuple[Vectors | None, Vectors | None]:
        """Return the vectors of a question and of its terms; none where the model fails."""
        if self._embedder is None:
            return None, None
        try:
            vector = self._embedder.query(question)
            return vector, self._embedder.query(terms) if terms else None
        except Exception:  # a provider's library raises what it likes; words still answer
            log.exception("No vector for a question; searching by words alone.")
            return None, None

    @cached_property
    def _reports(self) -> Sequence[Reports]:
        return [reports(shelf.passages, self._glossary) for shelf in self._shelves]

    def _search(self, shelf: Shelf, of: Reports, query: Query) -> list[Found]:
        if not shelf.passages:
            return []
        at_home = shelf.lang == query.lang
        asked = _without(query.words if at_home else query.foreign, of.naming(query.route))
        share, coverage = shelf.lexicon.share(asked), shelf.lexicon.coverage(asked)
        said = LEXICAL_WEIGHT * share
        across = _TRANSLATED * shelf.translated(query.text) if not at_home else 0 * share
        routed = of.gains(query.route)
        extra = across + routed
        places = self._candidates(shelf, query, said + extra, routed)
        near = self._cosines(shelf, query, places)
        scores = near + said[places] + extra[places]
        if at_home and places:
            # Distrusted words stand back behind the other language, all by the same step.
            scores -= (1 - self._trust(coverage, query)) * said[places[int(scores.argmax())]]
        return [
            Found(
                shelf.passages[i],
                score=float(score),
                coverage=float(coverage[i]),
                named=bool(routed[i] >= NAMED),
                likeness=float(cosine + _EVIDENCE * said[i] + across[i]),
            )
            for i, cosine, score in zip(places, near, scores, strict=True)
        ]

    def _trust(self, coverage: Scores, query: Query) -> float:
        """Return 0 to 1: whether the words of the question are on its own language's shelf."""
        if query.vector is None or len([s for s in self._shelves if s.passages]) < 2:
            return 1.0
        gate = GATE[query.lang]
        return float(np.clip((coverage.max() - gate) / (_SOFT * gate) + 0.5, 0.0, 1.0))

    def _candidates(
        self, shelf: Shelf, query: Query, by_words: Scores, routed: Scores
    ) -> list[int]:
        """Return the places worth scoring: nearest by raw vector, best by words, those named."""
        if len(shelf.passages) <= _CANDIDATES:
            return list(range(len(shelf.passages)))
        best = np.argsort(-by_words, kind="stable")[:_CANDIDATES]
        places = {int(i) for i in best if by_words[i] > 0}
        places.update(int(i) for i in np.flatnonzero(routed >= NAMED)[:_NAMED_CANDIDATES])
        for vector in (query.vector, query.term_vector):
            if vector is not None and self.index is not None:
                ids = self.index.nearest(shelf.lang, vector, _CANDIDATES)
                places.update(shelf.positions[i] for i in ids if i in shelf.positions)
        return sorted(places)

    def _cosines(self, shelf: Shelf, query: Query, places: Sequence[int]) -> Scores:
        if query.vector is None or shelf.vectors is None or self._means is None:
            return np.zeros(len(places))
        cosines = shelf.vectors.cosines(places, self._means.centred_query(query.lang, query.vector))
        if query.term_vector is not None and shelf.lang != query.lang:
            terms = self._means.centred_query(shelf.lang, query.term_vector)
            cosines *= 1 - _TERM_VECTOR
            cosines += _TERM_VECTOR * shelf.vectors.cosines(places, terms)
        return cosines

    def _translated(self, found: Iterable[Found], lang: Lang) -> list[Found]:
        """Return each passage once, in the reader's language where the corpus has it."""
        seen: set[str] = set()
        result = []
        for item in found:
            passage = self._twins.get((lang, twin_key(item.passage)), item.passage)
            if passage.id not in seen:
                seen.add(passage.id)
                result.append(replace(item, passage=passage))
        return result

    @cached_property
    def _twins(self) -> Mapping[tuple[Lang, str], Passage]:
        return {(s.lang, twin_key(p)): p for s in self._shelves for p in s.passages if _has_twin(p)}


def _without(words: Mapping[str, float], some: frozenset[str]) -> Mapping[str, float]:
    return {t: w for t, w in words.items() if t not in some} if some else words


def twin_key(passage: Passage) -> str:
    """Return what a passage and its translation share: the id without its language."""
    return passage.id.partition("/")[2] if _has_twin(passage) else passage.id


def _has_twin(passage: Passage) -> bool:
    return passage.owner is None and passage.id.startswith(f"{passage.lang}/")


def _spread(found: Sequence[Found], limit: int) -> list[Found]:
    """Return the best, at most two of one document; more of it only where nothing else is left.

    A document that is asked for by name may fill the list.
    """
    counts: dict[str, int] = {}
    first: list[Found] = []
    rest: list[Found] = []
    for item in found:
        doc = item.passage.doc_id
        counts[doc] = counts.get(doc, 0) + 1
        (first if counts[doc] <= _PER_DOCUMENT or item.named else rest).append(item)
    return (first + rest)[:limit]
