"""A question about a figure, a term, a course of years or a reason -> the claims that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bot.answering import pick
from bot.answering.ask import Ask, Span
from bot.answering.compose import Draft
from bot.answering.ledger import NAMES, OTHER_DATE, UNDATED, Card, Hit, Shelf, nearness
from bot.answering.lexicon import LONGEST_FORM, Lexicon
from bot.answering.words import fold, tokens
from knowledge.claims import is_evidence, is_own_arithmetic, span_of
from knowledge.disagreement import newer
from knowledge.glossary import Term
from knowledge.report import Claim

PER_PART = 4
# A claim with this share of the best one's coverage speaks of the same thing.
ON_TOPIC = 0.65
QUARTER_DAYS, MOST_DAYS = 93, 400
# A term with one of these asks for more than its meaning.
_NOT_MEANING = ("how_much", "why", "change", "live", "compare", "when", "yes_no")


def course(draft: Draft, ask: Ask, hits: Sequence[Hit], shelf: Shelf) -> bool:
    """Write one measure through time, in date order; False where there is no such series."""
    points = pick.series(ask, hits, shelf)
    if len(points) < 2:
        return False
    for claim in points:
        draft.add_claim(claim)
    if len({c.measure for c in points}) > 1:
        draft.note("answer.measures_differ")
    return True


def meaning(draft: Draft, ask: Ask, shelf: Shelf) -> bool:
    """Write the definition of the term that is asked for; False where the glossary has none.

    A question for the difference of two terms gets both.
    """
    term = asked_term(ask, shelf)
    if term is None:
        return False
    terms = [t for _, t in _terms(ask, shelf)][:2] if ask.asks("difference") else [term]
    for one in dict.fromkeys(terms):
        draft.add_term(one)
    return True


def asked_term(ask: Ask, shelf: Shelf) -> Term | None:
    """Return the term that a "what is" question asks for: the rarest idea it names first."""
    found = _terms(ask, shelf)
    if not found:
        return _only_common_term(ask, shelf.lexicon)
    # What is asked for stands first; in a longer sentence the telling idea counts.
    if len(found) > 2:
        return max(found, key=lambda pair: shelf.idea_weight(pair[0]))[1]
    return found[0][1] if found else None


def _terms(ask: Ask, shelf: Shelf) -> list[tuple[str, Term]]:
    """Return the glossary's terms in a question, each with its idea, in the words of the question.

    The words decide, for several terms may be one idea (the delivery options are many).
    """
    reading, lexicon = ask.reading, shelf.lexicon
    return [
        (m.concept, term)
        for m in reading.mentions
        if (
            term := lexicon.term(reading, m.start, m.end, ask.folded)
            or lexicon.terms.get(m.concept)
        )
        # Of a publisher named beside something else its figure is asked, not what it is.
        and (len(reading.mentions) == 1 or lexicon.kinds.get(m.concept) not in NAMES)
    ]


def _only_common_term(ask: Ask, lexicon: Lexicon) -> Term | None:
    """Return a term too common to be an idea (coupon, equity) if the question is nothing else."""
    if ask.reading.mentions or not ask.reading.rest:
        return None
    parts = ask.reading.tokens
    count = len(parts)
    spans = [(i, j) for i in range(count) for j in range(i + 1, min(i + LONGEST_FORM, count) + 1)]
    for start, end in sorted(spans, key=lambda s: s[0] - s[1]):
        if (term := lexicon.term(ask.reading, start, end, ask.folded)) is None:
            continue
        around = ask.folded[: parts[start].start] + " " + ask.folded[parts[end - 1].end :]
        left = lexicon.read(around)
        return None if left.mentions or left.rest else term
    return None


def is_only_a_term(ask: Ask, shelf: Shelf) -> bool:
    """Tell whether a question is nothing but a term, with or without words that ask for it."""
    if ask.spans or ask.figures or ask.asks(*_NOT_MEANING):
        return False
    alone = len(ask.reading.mentions) == 1 and not ask.reading.rest
    return bool(alone and _terms(ask, shelf)) or _only_common_term(ask, shelf.lexicon) is not None


def in_words_of_the_term(ask: Ask, hits: Sequence[Hit], shelf: Shelf) -> list[Hit]:
    """Return the hits whose own sentence has the asked term, not merely an idea inside it."""
    term = asked_term(ask, shelf)
    names = [_plain(name) for name in (*term.en, *term.zh)] if term else []
    return [
        h
        for h in hits
        if any(n in _plain(f"{h.claim.statement_en} {h.claim.statement_zh}") for n in names)
    ]


def _plain(text: str) -> str:
    return fold(text).replace("-", " ")


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
    if by_date := pick.of_each_date(ask, shaped):
        return by_date
    near = pick.NEAR_REASON if ask.asks("why") else pick.NEAR_BEST
    if shaped[0].coverage >= pick.FULL and ask.asks("how_much", "when"):
        near = pick.NEAR_FULL
    chosen = pick.of_the_month(ask, pick.best(shaped, PER_PART, near), shelf)
    return pick.newest_first(ask, [h.claim for h in chosen])


def up_to_date(ask: Ask, claims: Sequence[Claim], shelf: Shelf) -> list[Claim]:
    """Return claims with the newest point of the first one's series before it, where now is asked.

    Who asks for a date or for what one publisher says gets the claims as they are.
    """
    named = shelf.lexicon.kind("publisher", ask.concepts)
    if not claims or ask.spans or named or not ask.asks("current"):
        return list(claims)
    later = newer(claims[0], shelf.ledger)
    return list(claims) if later is None else list(dict.fromkeys([later, *claims]))


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
    if shelf.lexicon.kind("episode", ask.concepts) or (group and ask.asks("compare")):
        return False
    if group is not None:
        return not any(_of_that_time(ask, c, MOST_DAYS) for c in _cards_of(group, shelf))
    most = max((h.coverage for h in hits), default=0.0)
    on_topic = [h.card for h in hits if h.coverage >= ON_TOPIC * most]
    return bool(on_topic) and not any(_of_that_time(ask, card) for card in on_topic)


def _cards_of(group: str, shelf: Shelf) -> list[Card]:
    return [c for c in shelf.cards if c.claim.group == group and is_evidence(c.claim)]


def _of_that_time(ask: Ask, card: Card, longest: int = 10_000) -> bool:
    """Tell whether a claim speaks of, or was published in, a period that is asked about.

    Of a month or a quarter nothing else will do; of a day, what is said of its month. What is
    said of more than `longest` days at once is no figure of one of their months.
    """
    if nearness(ask.spans, card.spans) in {OTHER_DATE, UNDATED}:
        return _published_then(ask.spans, card)
    narrow = [s for s in ask.spans if (s[1] - s[0]).days < QUARTER_DAYS]
    if len(narrow) < len(ask.spans):
        return True
    spans = [s for s in card.spans if (s[1] - s[0]).days < longest]
    return _meets(narrow, spans) or _published_then(narrow, card)


def _meets(asked: Sequence[Span], said: Sequence[Span]) -> bool:
    months = [(a.replace(day=1), b) for a, b in asked]
    return any(a <= s[1] and s[0].replace(day=1) <= b for a, b in months for s in said)


def _published_then(asked: Sequence[Span], card: Card) -> bool:
    published = span_of(card.claim.source.date)
    if published is None or is_own_arithmetic(card.claim):
        return False
    return (published[1] - published[0]).days < QUARTER_DAYS and _meets(asked, [published])
