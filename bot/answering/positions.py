"""Where sources differ -> at least two positions, each with publisher, date and measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.answering.ask import Ask
from bot.answering.compose import Draft
from bot.answering.ledger import OTHER_DATE, Hit, Shelf, nearness
from bot.answering.lexicon import Lexicon, load_table
from bot.answering.pick import MOST_LINES
from bot.i18n import has
from knowledge.claims import as_of_span, is_evidence
from knowledge.report import Claim

STANDS_OUT = 1.2
_SPEAKERS = frozenset({"publisher", "person"})


def standing(ask: Ask, lexicon: Lexicon) -> str | None:
    """Return the standing disagreement that a question raises, None where it raises none."""
    for group, row in load_table()["disagreement"].items():
        asked = any(ask.concepts.issuperset(ideas) for ideas in row["asked"])
        if (asked or _compared(ask, row, lexicon)) and ask.concepts.isdisjoint(row["unless"]):
            return str(group)
    return None


def _compared(ask: Ask, row: Mapping[str, Any], lexicon: Lexicon) -> bool:
    """Tell whether a question sets two publishers against each other on a disagreement."""
    if row.get("episode") in ask.concepts:
        named = lexicon.kind("publisher", ask.concepts)
        return len(named if ask.asks("compare", "says") else named - {"fed"}) > 1
    named = ask.concepts.intersection(row.get("parties", ()))
    return len(named) > 1 and ask.asks("compare", "why")


def positions(group: str, ask: Ask, hits: Sequence[Hit], shelf: Shelf) -> list[Claim]:
    """Return the positions on a question: what was asked for by name or date, then the others."""
    row = load_table()["disagreement"][group]
    laid_out = [shelf.ledger[i] for i in row["positions"] if i in shelf.ledger]
    found = [h.claim for h in hits if h.claim.group == group]
    known = list(dict.fromkeys([*laid_out, *found, *shelf.ledger.group(group)]))
    known = [c for c in known if is_evidence(c)]
    if shelf.lexicon.kind("person", ask.concepts):
        # One person said several things: what the question is about comes first.
        covered = {h.claim.id: h.coverage for h in hits}
        known.sort(key=lambda c: -covered.get(c.id, 0.0))
    chosen = [*_of_the_named(ask, known, shelf), *_of_the_date(ask, known, shelf)]
    return list(dict.fromkeys([*chosen, *_standing_out(hits, known), *known]))[:MOST_LINES]


def _standing_out(hits: Sequence[Hit], known: Sequence[Claim]) -> list[Claim]:
    """Return the position that the question is plainly about, if one stands out and is sound."""
    found = [h for h in hits if h.claim in known]
    if len(found) < 2 or found[0].score < STANDS_OUT * found[1].score:
        return []
    return [] if found[0].claim.status in {"disputed", "contradicted"} else [found[0].claim]


def _of_the_named(ask: Ask, known: Sequence[Claim], shelf: Shelf) -> list[Claim]:
    """Return a figure of each party that the question names, then what compares them."""
    parties = [m.concept for m in ask.reading.mentions]
    parties = [p for p in dict.fromkeys(parties) if shelf.lexicon.kinds.get(p) in _SPEAKERS]
    by_date = sorted(known, key=lambda c: _fit(ask, c, shelf), reverse=True)
    firsts = (next((c for c in by_date if _speaks_for(p, c, shelf)), None) for p in parties)
    chosen = [c for c in firsts if c is not None]
    if len(parties) > 1:
        chosen += [c for c in by_date if all(p in shelf.card(c.id).named for p in parties)]
    elif parties:
        chosen += [c for c in by_date if _speaks_for(parties[0], c, shelf)][:3]
    return chosen


def _fit(ask: Ask, claim: Claim, shelf: Shelf) -> tuple[float, float]:
    """Return how well a claim fits the asked dates: by any date it names, then by its own."""
    own = as_of_span(claim)
    return (
        nearness(ask.spans, shelf.card(claim.id).spans),
        nearness(ask.spans, [own] if own else []),
    )


def _speaks_for(party: str, claim: Claim, shelf: Shelf) -> bool:
    """Tell whether a claim is the party's own figure: it says it, or alone is said to say it."""
    card = shelf.card(claim.id)
    if shelf.lexicon.kinds.get(party) == "person":
        return party in card.named
    named = shelf.lexicon.kind("publisher", card.named)
    return party in named if named else party in card.publishers


def _of_the_date(ask: Ask, known: Sequence[Claim], shelf: Shelf) -> list[Claim]:
    """Return the positions of the asked date, those laid out first; the others come after.

    What is said of an episode is often said years later: there the date asks for nothing.
    """
    if not ask.spans or shelf.lexicon.kind("episode", ask.concepts):
        return []
    return [c for c in known if nearness(ask.spans, shelf.card(c.id).spans) > OTHER_DATE]


def write(draft: Draft, group: str, chosen: Sequence[Claim]) -> None:
    """Write positions, and why they differ."""
    for claim in chosen:
        draft.add_claim(claim)
    if has(f"answer.why.{group}"):
        draft.note(f"answer.why.{group}")
    else:
        draft.note("answer.why.other")
