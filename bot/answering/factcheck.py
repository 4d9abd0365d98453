"""A saying of the article -> the verdict, both numbers and the sources that bear it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answering.ask import Ask
from bot.answering.compose import Draft, verdict_parts
from bot.answering.ledger import Hit, Shelf, figure_ideas
from knowledge.claims import is_evidence
from knowledge.report import Claim

# How much of what the article says must be in the question before it is taken for that saying.
SAME_SAYING = 0.55
ABOUT_ARTICLE = 0.5
ALONE = 0.6
MOST_SOURCES = 5
# The label says it already.
_PLAIN = re.compile(r"^(?:No|Not so|Wrong|Right|不成立|不对|正确)[:,\uff1a\uff0c]\s*")
_ASIDE = frozenset({"article", "treasury", "hedge_fund", "basis_trade", "futures", "fed"})


def saying(ask: Ask, rows: Sequence[Hit], evidence: Sequence[Hit], shelf: Shelf) -> Claim | None:
    """Return the article's row that a question asks about, None where it asks something else."""
    if not rows:
        return None
    top = max(rows[:3], key=lambda h: h.score + 0.4 * overlap(ask, h, shelf))
    if "article" in ask.concepts:
        return top.claim if top.score >= ABOUT_ARTICLE else None
    if not ask.asks("yes_no", "claim_check") or ask.asks("how_much", "what_is"):
        return None
    same = overlap(ask, top, shelf)
    close = ask.asks("claim_check") or not evidence or top.score >= 0.85 * evidence[0].score
    return top.claim if close and same >= SAME_SAYING and top.score >= ABOUT_ARTICLE else None


def only_the_article(ask: Ask, rows: Sequence[Hit], shelf: Shelf) -> Claim | None:
    """Return the row on a matter of which only the article speaks, where one asks whether."""
    if not rows or not ask.asks("yes_no", "claim_check") or ask.asks("how_much"):
        return None
    top = rows[0]
    of_treasuries = "treasury" in ask.concepts and len(ask.concepts & top.card.concepts) > 1
    return (
        top.claim if top.coverage >= ALONE and (of_treasuries or shelf.is_ours(ask, top)) else None
    )


def overlap(ask: Ask, hit: Hit, shelf: Shelf) -> float:
    """Return the share (0-1) of a row's own ideas that the question names."""
    own = hit.card.named - _ASIDE
    whole = sum(map(shelf.idea_weight, own))
    asked = ask.concepts | figure_ideas(ask.text)
    return sum(map(shelf.idea_weight, own & asked)) / whole if whole else 0.0


def write(draft: Draft, row: Claim, shelf: Shelf) -> None:
    """Write the verdict on one row and the claims that it rests on."""
    verdict, ids = verdict_parts(row.verdict(draft.lang) or "")
    verdict = _PLAIN.sub("", verdict)
    bearing = [shelf.ledger[i] for i in ids if i in shelf.ledger]
    related = [shelf.ledger[i] for i in row.related if i in shelf.ledger]
    sources = [c for c in dict.fromkeys([*bearing, *related]) if is_evidence(c)]
    label = draft.say(f"answer.verdict.{row.status.replace('-', '_')}")
    draft.add(draft.say("answer.verdict.line", label=label, verdict=verdict), bearing or [row])
    for claim in sources[:MOST_SOURCES]:
        draft.add_claim(claim)
    draft.note("answer.verdict.about", saying=row.statement(draft.lang))
