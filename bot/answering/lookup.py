"""A question about a figure, a term, a course of years or a reason -> the claims that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bot.answering import pick, positions
from bot.answering.ask import Ask
from bot.answering.compose import Draft
from bot.answering.ledger import OTHER_DATE, Hit, Shelf, nearness
from bot.answering.words import tokens
from knowledge.glossary import Term
from knowledge.report import Citation, Claim

PER_PART = 4
# A claim with this share of the best one's coverage speaks of the same thing.
ON_TOPIC = 0.65


def course(draft: Draft, ask: Ask, hits: Sequence[Hit]) -> bool:
    """Write one measure through time, in date order; False where there is no such series."""
    points = pick.series(ask, hits)
    if len(points) < 2:
        return False
    for claim in points:
        draft.add_claim(claim)
    if len({c.measure for c in points}) > 1:
        draft.note("answer.measures_differ")
    return True


def meaning(draft: Draft, ask: Ask, shelf: Shelf) -> bool:
    """Write the definition of the term that is asked for; False where the glossary has none."""
    term = asked_term(ask, shelf)
    if term is None:
        return False
    name = term.names(draft.lang)[0]
    title = f"{term.en[0]} / {term.zh[0]}"
    source = Citation(
        n=0, source="glossary", publisher=draft.say("answer.glossary"), title=title, doc="glossary"
    )
    number = draft.cite_source(f"term:{term.en[0]}", source)
    text = draft.say("answer.term", term=name, definition=term.definition(draft.lang))
    draft.add(text, numbers=[number])
    return True


def asked_term(ask: Ask, shelf: Shelf) -> Term | None:
    """Return the term that a "what is" question asks for: the rarest idea it names first."""
    terms = shelf.lexicon.terms
    named = [m.concept for m in ask.reading.mentions if m.concept in terms]
    if not named:
        return None
    # What is asked for stands first; in a longer sentence the telling idea counts.
    first = named[0] if len(named) <= 2 else max(named, key=shelf.idea_weight)
    return terms[first]


def claims_for(ask: Ask, hits: Sequence[Hit], shelf: Shelf) -> list[Claim]:
    """Return the claims that answer one part of a question, best first."""
    if not hits:
        return []
    shaped: Sequence[Hit] = hits
    for shape in ("what_is", "why"):
        if ask.asks(shape):
            shaped = pick.preferred(shaped, shape)
            break
    by_name = [
        h.claim for kind in ("holder", "publisher") for h in pick.covering(ask, shaped, shelf, kind)
    ]
    if by_name:
        return list(dict.fromkeys(by_name))
    near = pick.NEAR_REASON if ask.asks("why") else pick.NEAR_BEST
    chosen = pick.of_the_month(ask, pick.best(shaped, PER_PART, near), shelf)
    return pick.newest_first(ask, [h.claim for h in chosen])


def counterpart(draft: Draft, chosen: Sequence[Claim], shelf: Shelf) -> None:
    """Add, for the first chosen claim, a claim that corrects or disputes it."""
    if not chosen or len(draft.statements) >= pick.MOST_LINES:
        return
    for other in shelf.ledger.related(chosen[0]):
        doubtful = {"disputed", "contradicted"} & {other.status, chosen[0].status}
        if doubtful and other.tier < 5 and other.id not in draft.claims:
            draft.add_claim(other)
            return


def unknown_names(ask: Ask, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Return the well-known names asked about that no claim near the question mentions."""
    known = [h.card.words for h in hits[:12]]
    return tuple(
        name
        for name in ask.reading.strangers
        if not any(all(w in words for w in _name_words(name)) for words in known)
    )


def _name_words(name: str) -> list[str]:
    found = [t.text for t in tokens(name)]
    if all(len(w) == 1 and not w.isascii() for w in found):
        return [a + b for a, b in pairwise(found)]
    return found


def no_such_date(ask: Ask, hits: Sequence[Hit], shelf: Shelf, group: str | None) -> bool:
    """Tell whether a figure is wanted for a date that no claim on the question speaks of."""
    if not ask.spans or not (ask.asks("how_much") or group in {"size", "leverage", "haircut"}):
        return False
    if group is not None:
        return positions.undated(group, ask, shelf)
    most = max((h.coverage for h in hits), default=0.0)
    on_topic = [h for h in hits if h.coverage >= ON_TOPIC * most]
    return bool(on_topic) and all(nearness(ask.spans, h.card.spans) == OTHER_DATE for h in on_topic)
