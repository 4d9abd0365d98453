"""A question and a passage found for it -> whether the passage is about it at all.

The first of two stages of refusal: is this our subject? Whether the passage then holds the value
that was asked for is the answerer's to see.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from knowledge.chunking import search_text
from knowledge.lexical import tokens
from knowledge.report import Lang, Passage

# The likeness from which a passage is about a question, by the languages of both (question,
# passage). Across languages words add nothing, so all is lower. How they were chosen, and what
# they answer and refuse: docs/decisions/0002-retrieval.md.
THRESHOLDS: Mapping[tuple[Lang, Lang], float] = {
    ("en", "en"): 0.64,
    ("zh", "zh"): 0.42,
    ("en", "zh"): 0.30,
    ("zh", "en"): 0.28,
}
# A day, an amount or a name of the question that the passage lacks: it speaks of something else.
_LACKING = 0.1


def about(question: str, lang: Lang, passage: Passage, likeness: float) -> bool:
    """Return whether a passage is about a question; `likeness` is its score without routing."""
    return confidence(question, lang, passage, likeness) >= 0


def confidence(question: str, lang: Lang, passage: Passage, likeness: float) -> float:
    """Return how far a passage is above (or below) the threshold of its pair of languages."""
    across = lang == "zh" and passage.lang == "en"
    lacking = not _stated(question, names=across) <= _held(search_text(passage))
    return likeness - _LACKING * lacking - THRESHOLDS[lang, passage.lang]


def _stated(question: str, names: bool) -> frozenset[str]:
    """Return the dates, numbers and, on demand, the names of a question, as tokens.

    A Latin word in a Chinese question is a name that an English text would have too; within one
    language words are counted already, and an English name's Chinese form cannot be told.
    """
    return frozenset(t for t in tokens(question) if t[0] in "@#" or (names and t.isascii()))


@lru_cache(maxsize=4096)
def _held(text: str) -> frozenset[str]:
    return frozenset(tokens(text))
