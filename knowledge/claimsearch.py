"""A question in either language -> the claims that speak to it, with why they were found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from knowledge.amounts import span_of
from knowledge.figures import whens
from knowledge.glossary import Glossary
from knowledge.lexical import Lexicon, tokens
from knowledge.report import Claim, Lang

# What a token counts that the glossary adds, beside one that the question says itself.
_EXPANSION_WEIGHT = 0.35
# A claim of the asked time gains, one of another time loses, a weaker source a little; the
# article's rows speak only where the question asks about the article.
_DATE_GAIN, _DATE_LOSS = 1.25, 0.8
_ARTICLE_LOSS = 0.45
_TIER_LOSS = 0.03

_ABOUT_ARTICLE = re.compile(
    r"\barticle\b|\bpost\b|fact.?check|文章|那篇|这篇|原文|核查|该文|网传|说法|谣", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """A claim with its score (higher is nearer) and the share of the question that it covers."""

    claim: Claim
    score: float
    coverage: float
    dated: bool = False


def is_article(claim: Claim) -> bool:
    """Return whether the row only repeats what the fact-checked article says."""
    return claim.source.key == "ARTICLE"


class ClaimSearch:
    """BM25 over both languages of every claim, weighed by the dates and sources asked for."""

    def __init__(self, claims: Sequence[Claim], glossary: Glossary) -> None:
        self._claims = claims
        self._glossary = glossary
        self._lexicon = Lexicon([tokens(_text(c)) for c in claims])
        self._spans = [span_of(c.as_of) for c in claims]
        self._weights = np.array([1 - _TIER_LOSS * (c.tier - 1) for c in claims])
        self._article = np.array([is_article(c) for c in claims])

    def search(self, question: str, lang: Lang, limit: int) -> list[FoundClaim]:
        """Return the claims nearest to the question, best first; none when no word is known."""
        asked = tokens(question)
        coverage = self._lexicon.coverage(asked)
        dated = self._dated(question)
        scores = self._lexicon.scores(self._query(question, lang, asked)) * self._weights
        scores *= self._timing(dated)
        if not _ABOUT_ARTICLE.search(question):
            scores[self._article] *= _ARTICLE_LOSS
        order = np.argsort(-scores, kind="stable")[:limit]
        return [
            FoundClaim(self._claims[i], float(scores[i]), float(coverage[i]), bool(dated[i] > 0))
            for i in order
            if scores[i] > 0
        ]

    def _query(self, question: str, lang: Lang, asked: list[str]) -> dict[str, float]:
        expansion = self._glossary.expand(question, lang)
        query = dict.fromkeys(asked, 1.0)
        for name in (*expansion.translated, *expansion.aliases):
            for token in tokens(name):
                query.setdefault(token, _EXPANSION_WEIGHT)
        return query

    def _dated(self, question: str) -> NDArray[np.int8]:
        """Return 1 for claims of the asked time, -1 for those of another, 0 where none is asked."""
        asked = [(w.first, w.last) for w in whens(question) if w.first and w.last]
        result = np.zeros(len(self._claims), dtype=np.int8)
        if not asked:
            return result
        for i, span in enumerate(self._spans):
            if span is not None:
                result[i] = 1 if any(_overlap(span, a, b) for a, b in asked) else -1
        return result

    def _timing(self, dated: NDArray[np.int8]) -> NDArray[np.float64]:
        return np.where(dated > 0, _DATE_GAIN, np.where(dated < 0, _DATE_LOSS, 1.0))


def _overlap(span: tuple[date, date], first: date | None, last: date | None) -> bool:
    return first is not None and last is not None and span[0] <= last and first <= span[1]


def _text(claim: Claim) -> str:
    """Return all that a claim can be found by, both languages in one text."""
    parts = [
        claim.statement_en,
        claim.statement_zh,
        claim.measure or "",
        claim.source.publisher,
        claim.source.title,
        claim.source.author or "",
        claim.as_of.replace("..", " to "),
        claim.group.replace("_", " "),
    ]
    return "\n".join(parts)
