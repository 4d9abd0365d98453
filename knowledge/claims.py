"""claims.json -> the ledger: who said what, measured how, as of when, and who differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from knowledge.amounts import Amount, amounts, as_of_span, span_of, value_dates
from knowledge.claimsearch import ClaimSearch, FoundClaim, is_article
from knowledge.errors import KnowledgeError
from knowledge.glossary import Glossary
from knowledge.report import Claim, Lang, Source

CLAIMS_FILE = Path(__file__).parent / "corpus" / "claims.json"

# Groups where one question has several published numbers. In the others the values answer
# different questions (a count of funds, a share, a date) and are never set against each other.
NUMBER_GROUPS = frozenset(
    {"size", "size_growth", "leverage", "haircut", "market_share", "fed_response", "repo_size",
     "market_size", "foreign_holders", "futures_shorts", "cayman_flow", "cayman_rank"}
)  # fmt: skip
# Groups whose members are one measured series (by country, by tenor and date): different values
# there are different rows of a table, not different opinions.
SERIES_GROUPS = frozenset({"foreign_holders", "futures_shorts"})
# Groups where the sources differ in judgement rather than in a number.
VIEW_GROUPS = frozenset({"march2020", "april2025"})
# Groups where each figure has its own definition, so that time apart does not make them agree.
DEFINITION_GROUPS = frozenset({"leverage", "haircut"})
# Figures further apart in time than this are history, not disagreement.
WITHIN_DAYS = 366

Kind = Literal["method", "series", "view", "challenged"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Positions of different sources on one question, best source first.

    `kind`: `method` (different measures), `series` (one measure through time or by country),
    `view` (judgements), `challenged` (a claim that others contradict). `challenged` holds the rows
    under dispute that are no evidence themselves, such as the article's.
    """

    group: str
    kind: Kind
    positions: tuple[Claim, ...]
    challenged: tuple[Claim, ...] = ()


class Ledger(Mapping[str, Claim]):
    """All claims by id, in the order of the file; searchable in either language."""

    def __init__(self, claims: Iterable[Claim], glossary: Glossary | None = None) -> None:
        self._claims: dict[str, Claim] = {}
        self._glossary = glossary or Glossary(())
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

    def search(self, question: str, lang: Lang, limit: int = 10) -> list[FoundClaim]:
        """Return the claims nearest to a question, best first, whatever language they came in."""
        return self._search.search(question, lang, limit)

    def disagreement(self, claims: Iterable[Claim]) -> Disagreement | None:
        """Return the positions to show together where sources differ, None where they agree.

        The first claim that has a counterpart decides: another value in its group within twelve
        months, a judgement that differs, or a related claim that is disputed or contradicted.
        """
        for claim in claims:
            found = self._in_group(claim) or self._challenge(claim)
            if found is not None:
                return found
        return None

    @cached_property
    def _links(self) -> dict[str, frozenset[str]]:
        links: dict[str, set[str]] = {}
        for claim in self._claims.values():
            for other in claim.related:
                links.setdefault(claim.id, set()).add(other)
                links.setdefault(other, set()).add(claim.id)
        return {claim_id: frozenset(others) for claim_id, others in links.items()}

    @cached_property
    def _search(self) -> ClaimSearch:
        return ClaimSearch(tuple(self._claims.values()), self._glossary)

    def _in_group(self, claim: Claim) -> Disagreement | None:
        if is_article(claim):
            return None
        peers = [c for c in self.group(claim.group) if is_evidence(c)]
        if claim.group in VIEW_GROUPS:
            return self._views(claim, peers)
        if claim.group not in NUMBER_GROUPS:
            return None
        rivals = [c for c in peers if _differs(claim, c)]
        if not rivals:
            return None
        positions = tuple(ranked([claim, *rivals]))
        return Disagreement(claim.group, _kind(claim.group, positions), positions)

    def _views(self, claim: Claim, peers: list[Claim]) -> Disagreement | None:
        """Return the judgements of a group; those that others refer to stand before the rest."""
        judgements = [c for c in peers if c.value is None]
        publishers = {c.source.publisher for c in judgements}
        if claim.value is not None or len(publishers) < 2:
            return None
        judgements.sort(key=lambda c: (c.tier, c.id not in self._links))
        return Disagreement(claim.group, "view", tuple(judgements))

    def _challenge(self, claim: Claim) -> Disagreement | None:
        around = self.related(claim)
        doubtful = [c for c in (claim, *around) if c.status in {"disputed", "contradicted"}]
        evidence = ranked(c for c in (claim, *around) if is_evidence(c))
        if not doubtful or not evidence:
            return None
        challenged = tuple(c for c in doubtful if not is_evidence(c))
        return Disagreement(claim.group, "challenged", tuple(evidence), challenged)


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


def _kind(group: str, positions: tuple[Claim, ...]) -> Kind:
    one_measure = len({c.measure for c in positions}) == 1 and positions[0].measure is not None
    return "series" if group in SERIES_GROUPS or one_measure else "method"


def _differs(claim: Claim, other: Claim) -> bool:
    """Return whether another source, or the same series, gives a different value for the time."""
    if claim.id == other.id or is_own_arithmetic(other):
        return False
    if claim.source.key == other.source.key and claim.measure != other.measure:
        return False  # one source's several measures are its decomposition, not a dispute
    a, b = amounts(claim), amounts(other)
    if a == b or not {_dimension(x) for x in a} & {_dimension(x) for x in b}:
        return False
    return claim.group in DEFINITION_GROUPS or _near_in_time(claim, other)


def _dimension(amount: Amount) -> tuple[str, str | None]:
    # Growth is told as a percentage or as a multiple; both answer "how much".
    return ("growth" if amount.unit in {"percent", "times"} else amount.unit, amount.per)


def _near_in_time(claim: Claim, other: Claim) -> bool:
    a, b = as_of_span(claim), as_of_span(other)
    if a is None or b is None:
        return False
    gap = max((b[0] - a[1]).days, (a[0] - b[1]).days, 0)
    return gap <= WITHIN_DAYS


def load_ledger(path: Path = CLAIMS_FILE, glossary: Glossary | None = None) -> Ledger:
    """Read a claims file; a row that lacks a field raises `KnowledgeError` with its id."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return Ledger((_claim(row) for row in rows), glossary)


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
        )
    except (KeyError, TypeError) as error:
        raise KnowledgeError("claim_field", culprit=f"{row.get('id', '?')}: {error}") from error


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
    "Disagreement",
    "FoundClaim",
    "Kind",
    "Ledger",
    "amounts",
    "as_of_span",
    "is_article",
    "is_evidence",
    "is_own_arithmetic",
    "load_ledger",
    "ranked",
    "span_of",
    "value_dates",
]
