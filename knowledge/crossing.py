"""A question and passages of the other language -> the share of its words that each passage says.

Vectors carry what a text is about across languages; names and single words get lost. A Chinese
question's words are looked up and searched in English; for an English one the words of the Chinese
passages are, since a dictionary gives few good Chinese words for an English one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.dictionary import Dictionary, Senses
from knowledge.lexical import Lexicon

Scores = NDArray[np.float64]

# A meaning of several words is said when half of them are.
_SAID = 0.5


def english_share(lexicon: Lexicon, words: Sequence[Senses]) -> Scores:
    """Return for every English text the share, by rarity, of Chinese words that it says.

    A word counts by that of its meanings which the text says most of.
    """
    return _share(lexicon, (_best(lexicon, senses) for senses in words))


def _best(lexicon: Lexicon, senses: Senses) -> Scores:
    best = np.zeros(lexicon.size)
    for sense in senses:
        said = np.zeros(lexicon.size)
        for stem in sense:
            said[lexicon.places(stem)] += 1 / len(sense)
        np.maximum(best, said, out=best)
    return np.where(best < _SAID, 0.0, best)


class Meanings:
    """Chinese texts by what their words mean in English."""

    def __init__(self, texts: Sequence[str], dictionary: Dictionary) -> None:
        self._words: dict[str, NDArray[np.int32]] = _places(texts, dictionary)
        self._by_stem: Mapping[str, list[tuple[str, float]]] = _stems(self._words, dictionary)

    def share(self, lexicon: Lexicon, stems: Iterable[str]) -> Scores:
        """Return for every text the share, by rarity, of English words that it says.

        `lexicon` holds the same texts as they are written: a name in Latin letters is said too.
        """
        return _share(lexicon, (self._said(lexicon, stem) for stem in stems))

    def _said(self, lexicon: Lexicon, stem: str) -> Scores:
        said = np.zeros(lexicon.size)
        for word, weight in self._by_stem.get(stem, ()):
            places = self._words[word]
            said[places] = np.maximum(said[places], weight)
        said[lexicon.places(stem)] = 1.0
        return said


def _share(lexicon: Lexicon, said: Iterable[Scores]) -> Scores:
    result, total = np.zeros(lexicon.size), 0.0
    for one in said:
        rarity = lexicon.rarity(float(one.sum()))
        result += rarity * one
        total += rarity
    return result / total if total else result


def _places(texts: Sequence[str], dictionary: Dictionary) -> dict[str, NDArray[np.int32]]:
    found: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        for word in set(dictionary.words(text)):
            found.setdefault(word, []).append(place)
    return {word: np.array(places, dtype=np.int32) for word, places in found.items()}


def _stems(words: Iterable[str], dictionary: Dictionary) -> dict[str, list[tuple[str, float]]]:
    """Return by English stem the words that mean it, and how much of a meaning it is."""
    found: dict[str, dict[str, float]] = {}
    for word in words:
        for sense in dictionary.senses(word):
            for stem in sense:
                by_word = found.setdefault(stem, {})
                by_word[word] = max(by_word.get(word, 0.0), 1 / len(sense))
    return {stem: list(by_word.items()) for stem, by_word in found.items()}
