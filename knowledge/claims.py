"""claims.json -> the ledger: who said what, measured how, as of when, and who differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from knowledge.amounts import Amount, amounts, as_of_span, span_of
from knowledge.errors import KnowledgeError
from knowledge.report import Claim, Source

CLAIMS_FILE = Path(__file__).parent / "corpus" / "claims.json"


class Ledger(Mapping[str, Claim]):
    """All claims by id, in the order of the file."""

    def __init__(self, claims: Iterable[Claim]) -> None:
        self._claims: dict[str, Claim] = {}
        for claim in claims:
            if claim.id in self._claims:
                raise KnowledgeError("claim_twice", culprit=claim.id)
            self._claims[claim.id] = claim

    def __getitem__(self, claim_id: str) -> Claim:
        return self._claims[claim_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def group(self, name: str) -> tuple[Claim, ...]:
        """Return the claims that speak to one question, evidence first."""
        return tuple(ranked(c for c in self._claims.values() if c.group == name))

    def related(self, claim: Claim) -> tuple[Claim, ...]:
        """Return what a claim points to and what points to it, evidence first."""
        ids = self._links.get(claim.id, frozenset())
        return tuple(ranked(self._claims[i] for i in sorted(ids) if i in self._claims))

    @cached_property
    def _links(self) -> dict[str, frozenset[str]]:
        links: dict[str, set[str]] = {}
        for claim in self._claims.values():
            for other in claim.related:
                links.setdefault(claim.id, set()).add(other)
                links.setdefault(other, set()).add(claim.id)
        return {claim_id: frozenset(others) for claim_id, others in links.items()}


def is_article(claim: Claim) -> bool:
    """Return whether the row only repeats what the fact-checked article says."""
    return claim.source.key == "ARTICLE"


def is_evidence(claim: Claim) -> bool:
    """Return whether a row may support an answer: not the article's, not from memory."""
    return not is_article(claim) and claim.status != "from-memory-unverified"


def is_own_arithmetic(claim: Claim) -> bool:
    """Return whether a row is this project's computation from other rows, not a source's view."""
    return claim.source.publisher == "basisbot"


def ranked(claims: Iterable[Claim]) -> list[Claim]:
    """Return claims with evidence first, then by tier, then the newest as-of first."""

    def order(claim: Claim) -> tuple[bool, int, float]:
        span = as_of_span(claim)
        return (not is_evidence(claim), claim.tier, -span[1].toordinal() if span else 0)

    return sorted(claims, key=order)


def load_ledger(path: Path = CLAIMS_FILE) -> Ledger:
    """Read a claims file; a row that lacks a field raises `KnowledgeError` with its id."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return Ledger(_claim(row) for row in rows)


def _claim(row: dict[str, Any]) -> Claim:
    try:
        return Claim(
            id=row["id"],
            topic=row["topic"],
            group=row["group"],
            measure=row["measure"],
            statement_en=row["statement_en"],
            statement_zh=row["statement_zh"],
            value=row["value"],
            unit=row["unit"],
            as_of=row["as_of"] or "",
            source=_source(row["source"]),
            status=row["status"],
            quote=row["quote"],
            licence=row["licence"],
            tier=row["tier"],
            related=tuple(row["related"]),
            verdict_en=row.get("verdict_en"),
            verdict_zh=row.get("verdict_zh"),
            measure_zh=row.get("measure_zh"),
            review_by=_day(row.get("review_by")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise KnowledgeError("claim_field", culprit=f"{row.get('id', '?')}: {error}") from error


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _source(row: dict[str, Any]) -> Source:
    return Source(
        key=row["key"],
        title=row["title"],
        publisher=row["publisher"],
        author=row.get("author"),
        date=row.get("date"),
        url=row.get("url"),
    )


__all__ = [
    "CLAIMS_FILE",
    "Amount",
    "Ledger",
    "amounts",
    "as_of_span",
    "is_article",
    "is_evidence",
    "is_own_arithmetic",
    "load_ledger",
    "ranked",
    "span_of",
]
