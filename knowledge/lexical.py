"""Texts -> BM25 scores and the share of a question that each text covers, in two languages.

English words are stemmed, Chinese is cut into character bigrams, and numbers and dates become
tokens of their value: `$830bn` and its Chinese form are one token, in whatever language.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.figures import Figure, When, figures, narrow, whens
from knowledge.glossary import simplified

# How fast repetition saturates, and how much a long text is discounted: what Anserini uses for
# short passages. The textbook's 1.5 and 0.75 found less in tables, whose length says little.
_K1, _B = 0.9, 0.4

_WORD = re.compile(r"[A-Za-z0-9]+(?:[.&'\u2019][A-Za-z0-9]+)*")
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_STOP_WORDS = (
    "a an and are as at be been but by can could did do does for from give had has have how i if "
    "in into is it its me more much many of on or our please should so tell than that the their "
    "them then there these they this to us was we were what when where which who why will with "
    "would you your about between really explain say said says s"
)
_STOP = frozenset(_STOP_WORDS.split())
# Words of asking, not of the subject. Only such that are never part of a term.
_ZH_STOP = re.compile(
    "为什么|是什么|什么是|什么|怎么样|怎么|多少|如何|是否|是不是|有没有|请问|告诉我|哪些|哪个|哪一|"
    "到底|究竟|多大|一下|可以|这个|那个|那篇|这篇|我们|的|了|吗|呢|吧|各|其中"
)
_NOWHERE = np.array([], dtype=np.int32)
_TIME_UNITS = {"years": "y", "months": "m", "weeks": "w", "days": "d"}


def tokens(text: str) -> list[str]:
    """Return the tokens of a text in English, Chinese or both.

    >>> tokens("How big were futures shorts in 2025?")
    ['@2025', 'big', 'futur', 'short']
    """
    folded = simplified(text)
    dates, numbers = whens(folded), figures(folded)
    taken = [w.span for w in dates] + [f.span for f in numbers]
    result = [t for w in dates for t in _date_tokens(w)]
    result += [_number_token(f) for f in numbers]
    result += _words(narrow(folded), taken)
    # A date's and a number's own characters say no more than their value.
    return result + _bigrams(_ZH_STOP.sub(" ", _blanked(folded, taken)))


def english_words(text: str) -> list[str]:
    """Return the stems of the English words of a text, numbers and dates as they are written.

    >>> english_words("the funds' positions")
    ['fund', 'posit']
    """
    return _words(text, [])


def subject(text: str) -> str:
    """Return a text in simplified characters without the Chinese words of asking."""
    return _ZH_STOP.sub(" ", simplified(text))


def _date_tokens(when: When) -> list[str]:
    if when.year is None:
        return [f"@{when.iso}"]
    years = range(when.year, (when.until_year or when.year) + 1)
    result = [f"@{year}" for year in years] if len(years) <= 10 else [f"@{when.iso}"]
    if when.quarter or when.month:
        result.append(f"@{when.year}-{when.month:02d}" if when.month else f"@{when.iso}")
    if when.month and when.day:
        result.append(f"@{when.iso}")
    return result


def _number_token(figure: Figure) -> str:
    return f"#{figure.value:.4g}{_TIME_UNITS.get(figure.unit, '')}"


def _words(text: str, taken: list[tuple[int, int]]) -> list[str]:
    found = []
    for match in _WORD.finditer(text):
        word = match[0].lower().replace("\u2019", "'")
        if word in _STOP or any(a < match.end() and match.start() < b for a, b in taken):
            continue
        found.append(_stem(word))
    return found


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    return word if any(c.isdigit() for c in word) else _stemmer().stemWord(word)


class _Stemmer(Protocol):
    def stemWord(self, word: str, /) -> str: ...  # noqa: N802 - the library's name


@lru_cache(maxsize=1)
def _stemmer() -> _Stemmer:
    import Stemmer

    stemmer: _Stemmer = Stemmer.Stemmer("english")
    return stemmer


def _blanked(text: str, taken: list[tuple[int, int]]) -> str:
    chars = list(text)
    for start, end in taken:
        chars[start:end] = " " * (end - start)
    return "".join(chars)


def _bigrams(text: str) -> list[str]:
    found: list[str] = []
    for match in _HAN_RUN.finditer(text):
        run = match[0]
        found += [a + b for a, b in pairwise(run)] if len(run) > 1 else [run]
    return found


class Lexicon:
    """BM25 over texts that are already cut into tokens; positions are the texts' order."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self.size = len(texts)
        lengths = np.array([len(t) for t in texts], dtype=np.float64)
        mean = float(lengths.mean()) if self.size else 1.0
        self._discount = _K1 * (1 - _B + _B * lengths / max(mean, 1.0))
        postings: dict[str, list[tuple[int, int]]] = {}
        for position, text in enumerate(texts):
            for token, count in Counter(text).items():
                postings.setdefault(token, []).append((position, count))
        self._postings = {t: _columns(rows) for t, rows in postings.items()}

    def places(self, token: str) -> NDArray[np.int32]:
        """Return the positions of the texts that hold a token."""
        return self._postings[token][0] if token in self._postings else _NOWHERE

    def idf(self, token: str) -> float:
        """Return how rare a token is; one that no text has is as rare as can be."""
        return self.rarity(len(self.places(token)))

    def rarity(self, holding: float) -> float:
        """Return how rare something is that so many of the texts hold: BM25's idf."""
        return math.log(1 + (self.size - holding + 0.5) / (holding + 0.5))

    def scores(self, query: Mapping[str, float] | Iterable[str]) -> NDArray[np.float64]:
        """Return the BM25 score of every text for weighted (or plain) query tokens."""
        result = np.zeros(self.size)
        for token, weight in _weighted(query).items():
            if token in self._postings:
                at, count = self._postings[token]
                gain = count * (_K1 + 1) / (count + self._discount[at])
                result[at] += weight * self.idf(token) * gain
        return result

    def share(self, query: Mapping[str, float] | Iterable[str]) -> NDArray[np.float64]:
        """Return the BM25 score of every text as a share (0 to 1) of the most it could be."""
        weighted = _weighted(query)
        most = sum(w * self.idf(t) for t, w in weighted.items()) * (_K1 + 1)
        return self.scores(weighted) / most if most else np.zeros(self.size)

    def coverage(self, query: Mapping[str, float] | Iterable[str]) -> NDArray[np.float64]:
        """Return for every text the share (0 to 1) of the query's idf weight that it holds."""
        weights = {t: w * self.idf(t) for t, w in _weighted(query).items()}
        result = np.zeros(self.size)
        for token, weight in weights.items():
            if token in self._postings:
                result[self._postings[token][0]] += weight
        total = sum(weights.values())
        return result / total if total else result


def _columns(rows: list[tuple[int, int]]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    at, count = zip(*rows, strict=True)
    return np.array(at, dtype=np.int32), np.array(count, dtype=np.float32)


def _weighted(query: Mapping[str, float] | Iterable[str]) -> Mapping[str, float]:
    return query if isinstance(query, Mapping) else dict.fromkeys(query, 1.0)
