"""Ranked claims -> the few to say: relevant, not twice the same, every asked name covered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.answering.ask import Ask, Span
from bot.answering.ledger import EXACT, OTHER_DATE, Card, Hit, Shelf, nearness
from bot.answering.lexicon import load_table
from knowledge.claims import amounts, as_of_span
from knowledge.report import Claim

# A claim this far below the best one says something else.
NEAR_BEST = 0.7
NEAR_REASON = 0.55
# Where the best covers the whole question and one figure or day is wanted, less is beside it.
FULL, NEAR_FULL = 0.95, 0.85
SERIES_NEAR = 0.72
MOST_COVERED = 0.95
MOST_LINES = 6
MONTH_DAYS = 32
MOST_POINTS = 9


def preferred(hits: Sequence[Hit], shape: str) -> list[Hit]:
    """Return hits with those of defining or explaining groups raised, as the shape wants."""
    groups = load_table()["preferred"][shape]
    raised = [
        Hit(h.card, h.score * (1.2 if h.claim.group in groups else 1.0), h.coverage) for h in hits
    ]
    return sorted(raised, key=lambda h: -h.score)


def best(hits: Sequence[Hit], most: int, near: float = NEAR_BEST) -> list[Hit]:
    """Return the hits close to the best one, without those that repeat a chosen figure."""
    chosen: list[Hit] = []
    for hit in hits:
        if len(chosen) == most or hit.score < near * hits[0].score:
            break
        if not any(_repeats(hit.claim, c.claim) for c in chosen):
            chosen.append(hit)
    return chosen


def of_the_month(ask: Ask, hits: Sequence[Hit], shelf: Shelf) -> list[Hit]:
    """Return the hits of the asked month or day where there are any: others answer another one.

    Of an episode all is said later.
    """
    narrow = any((last - first).days < MONTH_DAYS for first, last in ask.spans)
    if not narrow or shelf.lexicon.kind("episode", ask.concepts):
        return list(hits)
    exact = [h for h in hits if nearness(ask.spans, h.card.spans) >= EXACT]
    return exact or list(hits)


def of_each_date(ask: Ask, hits: Sequence[Hit]) -> list[Claim]:
    """Return, where several months or days are asked about, the best claim of each."""
    spans = [s for s in ask.spans if (s[1] - s[0]).days < MONTH_DAYS]
    if len(spans) < 2 or not hits:
        return []
    near = [h for h in hits if h.coverage >= SERIES_NEAR * hits[0].coverage]
    firsts = [next((h for h in near if _is_of(span, h.card)), None) for span in spans]
    found = list(dict.fromkeys(h.claim for h in firsts if h is not None))
    return found if len(found) > 1 else []


def _is_of(span: Span, card: Card) -> bool:
    return nearness([span], card.spans) >= EXACT


def newest_first(ask: Ask, claims: Sequence[Claim]) -> list[Claim]:
    """Return claims on a level that is published again and again with the newest first."""
    groups = load_table()["preferred"]["newest"]
    if ask.spans or not all(c.group in groups for c in claims):
        return list(claims)
    return sorted(claims, key=lambda c: _oldest(c)[0], reverse=True)


def _repeats(claim: Claim, other: Claim) -> bool:
    """Tell whether two claims give the same amounts for the same date and publisher."""
    values = amounts(claim)
    return (
        bool(values)
        and values == amounts(other)
        and claim.as_of == other.as_of
        and claim.source.publisher == other.source.publisher
    )


def covering(ask: Ask, hits: Sequence[Hit], shelf: Shelf, kind: str) -> list[Hit]:
    """Return, for each asked name of a kind (a holder, a publisher), the best hit that names it.

    A hit on several asked names comes first if it fits the dates as well as the others.
    """
    names = shelf.lexicon.kind(kind, ask.concepts)
    if len(names) < 2:
        return []
    left, chosen = set(names), []
    dated = [h for h in hits if not ask.spans or nearness(ask.spans, h.card.spans) > OTHER_DATE]
    # A row of the asked date alone before one that runs over years: vintages must not be mixed.
    dated.sort(key=lambda h: not _only_then(ask.spans, h.card.spans))
    while left:
        found = next((h for h in dated if left & _names(h.card)), None)
        if found is None:
            break
        chosen.append(found)
        left -= _names(found.card)
        dated = [h for h in dated if h is not found]
    return chosen


def _only_then(asked: Sequence[Span], said: Sequence[Span]) -> bool:
    return all(any(a[0] <= s[0] and s[1] <= a[1] for a in asked) for s in said)


def _names(card: Card) -> frozenset[str]:
    return card.named | card.publishers


def series(ask: Ask, hits: Sequence[Hit], shelf: Shelf) -> list[Claim]:
    """Return the claims of the best hit's question in date order, within the asked period."""
    if not hits:
        return []
    holders = shelf.lexicon.kind("holder", ask.concepts)
    groups = {h.claim.group for h in hits[:3] if h.coverage >= SERIES_NEAR * hits[0].coverage}
    same = [
        h
        for h in hits
        if h.claim.group in groups
        and h.coverage >= SERIES_NEAR * hits[0].coverage
        and amounts(h.claim)
        and in_period(ask.spans, h.card.spans)
        and (not holders or holders & h.card.named)
    ]
    same = of_their_measures(same)
    kept = [h.claim for h in best(sorted(same, key=lambda h: -h.score), MOST_POINTS, near=0.0)]
    newest = max((h.claim for h in same), key=_oldest, default=None)
    if newest is not None and newest not in kept:
        # A course of years without its latest point would mislead.
        kept[-1] = newest
    return sorted(kept, key=_oldest)


def of_their_measures(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that measure what those do which cover most of the question."""
    most = max((h.coverage for h in hits), default=0.0)
    measures = {h.claim.measure for h in hits if h.coverage >= MOST_COVERED * most}
    return [h for h in hits if h.claim.measure in measures]


def in_period(asked: Sequence[Span], said: Sequence[Span]) -> bool:
    """Tell whether a claim speaks of an asked period (anything fits where none is asked)."""
    if not asked:
        return True
    return any(s[0] <= a[1] and a[0] <= s[1] for a in asked for s in said)


def _oldest(claim: Claim) -> tuple[date, date, str]:
    span = as_of_span(claim)
    return (span[1], span[0], claim.id) if span else (date.max, date.max, claim.id)
