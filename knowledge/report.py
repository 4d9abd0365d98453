"""The plain values that travel between knowledge and bot: Source, Claim, Passage, Citation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Lang = Literal["en", "zh"]
Status = Literal["verified", "reported-only", "disputed", "contradicted", "from-memory-unverified"]


@dataclass(frozen=True, slots=True)
class Source:
    """Who published what, when, where. `url` only on the publisher's own site."""

    key: str
    title: str
    publisher: str
    author: str | None = None
    date: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement of one source, in both languages.

    `as_of` is the date that the figure speaks of, as precise as known: `2025-09`, `2025-Q3`,
    `2022-01..2024-12`, or several, `2021-12; 2025-12`. `tier`: 1 official, 2 academic or private
    primary, 3 press, 4 aggregator, 5 the article or memory. `review_by` is the day by which the
    row is to be looked at again, where what it says can go out of date.
    """

    id: str
    topic: str
    group: str
    measure: str | None
    statement_en: str
    statement_zh: str
    value: float | str | None
    unit: str | None
    as_of: str
    source: Source
    status: Status
    quote: str | None
    licence: str
    tier: int
    related: tuple[str, ...] = ()
    verdict_en: str | None = None
    verdict_zh: str | None = None
    measure_zh: str | None = None
    review_by: date | None = None

    def statement(self, lang: Lang) -> str:
        """Return the statement in the reader's language."""
        return self.statement_zh if lang == "zh" else self.statement_en

    def measured(self, lang: Lang) -> str | None:
        """Return what was measured, in the reader's language where it is known there."""
        return (self.measure_zh or self.measure) if lang == "zh" else self.measure

    def verdict(self, lang: Lang) -> str | None:
        """Return what is known of an article's row, in the reader's language."""
        return self.verdict_zh if lang == "zh" else self.verdict_en


@dataclass(frozen=True, slots=True)
class Passage:
    """A self-standing piece of a document: what retrieval finds and a citation points to."""

    id: str
    doc_id: str
    lang: Lang
    title: str
    text: str
    publisher: str
    section: str = ""
    claim_ids: tuple[str, ...] = ()
    as_of: str | None = None
    url: str | None = None
    page: int | None = None
    owner: str | None = None
    meta: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its retrieval score (higher is nearer; comparable across languages).

    `coverage` is the share (0 to 1) of the question's words, by rarity, that the passage holds.
    `named` tells that the question names the report's publisher. `likeness` is what the
    passage says against what was asked: the score without what naming adds, words counting less.
    """

    passage: Passage
    score: float
    coverage: float = 0.0
    named: bool = False
    likeness: float = 0.0


@dataclass(frozen=True, slots=True)
class Citation:
    """One numbered source under an answer."""

    n: int
    source: str
    publisher: str
    title: str
    date: str | None = None
    as_of: str | None = None
    url: str | None = None
    claim: str | None = None
    doc: str | None = None
    page: int | None = None
    quote: str | None = None
