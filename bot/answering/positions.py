"""Where sources differ -> at least two positions, each with publisher, date and measure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answering.ask import Ask
from bot.answering.compose import Draft
from bot.answering.ledger import OTHER_DATE, Hit, Shelf, nearness
from bot.answering.lexicon import load_table
from bot.answering.pick import MOST_LINES
from bot.i18n import has
from knowledge.claims import is_evidence
from knowledge.report import Claim


def standing(ask: Ask) -> str | None:
    """Return the standing disagreement that a question raises, None where it raises none."""
    for group, row in load_table()["disagreement"].items():
        asked = any(ask.concepts.issuperset(ideas) for ideas in row["asked"])
        if asked and ask.concepts.isdisjoint(row["unless"]):
            return str(group)
    return None


def positions(group: str, ask: Ask, hits: Sequence[Hit], shelf: Shelf) -> list[Claim]:
    """Return the positions on a question: what was asked for by name or date, then the others."""
    row = load_table()["disagreement"][group]
    known = [shelf.ledger[i] for i in row["positions"] if i in shelf.ledger]
    chosen = [h.claim for h in _asked_for(group, ask, hits, shelf)]
    rest = [c for c in [*known, *shelf.ledger.group(group)] if is_evidence(c) and c not in chosen]
    return [*chosen, *rest][:MOST_LINES]


def _asked_for(group: str, ask: Ask, hits: Sequence[Hit], shelf: Shelf) -> list[Hit]:
    """Return the group's hits that the question singles out by a publisher or a date."""
    publishers = shelf.lexicon.kind("publisher", ask.concepts)
    if not publishers and not ask.spans:
        return []
    singled = [
        h
        for h in hits
        if h.claim.group == group
        and (not publishers or publishers & (h.card.publishers | h.card.named))
        and (not ask.spans or nearness(ask.spans, h.card.spans) > OTHER_DATE)
    ]
    return singled[:3]


def undated(group: str, ask: Ask, shelf: Shelf) -> bool:
    """Tell whether the question wants a date that no claim of the group speaks of."""
    if not ask.spans:
        return False
    cards = [c for c in shelf.cards if c.claim.group == group and is_evidence(c.claim)]
    return all(nearness(ask.spans, card.spans) <= OTHER_DATE for card in cards)


def write(draft: Draft, group: str, chosen: Sequence[Claim]) -> None:
    """Write positions, and why they differ."""
    for claim in chosen:
        draft.add_claim(claim)
    if has(f"answer.why.{group}"):
        draft.note(f"answer.why.{group}")
    else:
        draft.note("answer.why.other")
