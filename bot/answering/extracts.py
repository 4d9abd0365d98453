"""Passages found for a question -> the sentences in them that answer it, with their citations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.answering.ask import Ask
from bot.answering.compose import Draft
from bot.answering.ledger import Hit, Shelf
from bot.answering.lexicon import Reading
from knowledge.confidence import confidence
from knowledge.figures import figures, same
from knowledge.report import Citation, Claim, Found, Passage

MOST_CHARS = {"en": 420, "zh": 160}
# How much of the question (0-1) a passage must cover before its sentences are an answer.
ENOUGH = 0.5
# How far below the threshold of likeness a passage may lie that shares the question's words.
_SLACK = 0.15
# A passage so like the question is about it even where it shares fewer words.
_LIKE, _SOME = 0.1, 0.3
# How many passages and claims must agree where neither alone is an answer.
_NEAREST, _FIRST_HITS = 3, 6
_END = re.compile(
    # `U.S. Treasuries` is no end of a sentence.
    r"(?<=[\u3002\uff01\uff1f])\s*|\n{2,}"
    r"|(?<=[.!?])(?<![A-Z]\.[A-Z]\.)\s+(?=[\"\u201c(]?[A-Z0-9$\u3400-\u9fff])"
)
# A passage of a report has the first so many characters of its heading as its section.
_SECTION_CHARS = 160
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)
_QUESTION = re.compile(r"[?\uff1f][\"\u201d\u300d]?$")


@dataclass(frozen=True, slots=True)
class Extract:
    """Neighbouring sentences of one passage.

    `coverage` is the share of the question in them; `rank` orders by that and by likeness.
    """

    passage: Passage
    text: str
    coverage: float
    rank: float


def best(ask: Ask, found: Sequence[Found], shelf: Shelf, most: int) -> list[Extract]:
    """Return the best extract of each document that covers enough of the question."""
    chosen: dict[str, Extract] = {}
    for extract in filter(None, (_extract(ask, f, shelf) for f in found)):
        known = chosen.get(extract.passage.doc_id)
        if known is None or extract.rank > known.rank:
            chosen[extract.passage.doc_id] = extract
    return sorted(chosen.values(), key=lambda e: -e.rank)[:most]


def borne_out(ask: Ask, hits: Sequence[Hit], found: Sequence[Found], shelf: Shelf) -> list[Hit]:
    """Return the hits that the passages nearest to the question rest on too.

    Where a question names nothing that is our subject alone, the ledger's words and the passages'
    likeness, which know nothing of each other, must agree.
    """
    near = [
        f
        for f in found[:_NEAREST]
        if f.passage.owner is None and confidence(ask.text, ask.lang, f.passage, f.likeness) >= 0
    ]
    bearing = {i for f in near for i in f.passage.claim_ids}
    return [
        h
        for h in hits[:_FIRST_HITS]
        if h.coverage >= ENOUGH and h.claim.id in bearing and shelf.may_be_ours(ask, h)
    ]


def sentences(text: str) -> list[str]:
    """Return the sentences of a text that may be quoted: no question, and no web address.

    A chat makes a link of any address, and only a source's own may be one.
    """
    found = (s.strip() for s in _END.split(text))
    return [s for s in found if s and not _QUESTION.search(s) and not _ADDRESS.search(s)]


def body_of(passage: Passage) -> list[str]:
    """Return a passage's sentences that may be quoted; its heading only where it has no other."""
    found = sentences(passage.text)
    return [s for s in found if s[:_SECTION_CHARS] != passage.section] or found


def _extract(ask: Ask, found: Found, shelf: Shelf) -> Extract | None:
    passage = found.passage
    read = shelf.read if passage.owner is None else shelf.lexicon.read
    whole = [read(text) for text in (passage.title, passage.section, passage.text)]
    covered = coverage(ask, whole, shelf)
    near = confidence(ask.text, ask.lang, passage, found.likeness)
    enough = covered >= ENOUGH and near >= -_SLACK
    if not (enough or (near >= _LIKE and covered >= _SOME)) or not _is_ours(
        ask, passage, whole, shelf
    ):
        return None
    pieces = body_of(passage)
    if not pieces:
        return None
    gains = [coverage(ask, [read(piece)], shelf) for piece in pieces]
    start = max(range(len(pieces)), key=gains.__getitem__)
    text = _window(pieces, gains, start, MOST_CHARS[passage.lang])
    if ask.asks("how_much") and not figures(text):
        return None
    share = coverage(ask, [whole[0], read(text)], shelf)
    return Extract(passage, text, share, share + near)


def _is_ours(ask: Ask, passage: Passage, whole: Sequence[Reading], shelf: Shelf) -> bool:
    """Tell whether what a passage shares with a question is our subject, not any other.

    A reader's own document may be about anything; the corpus is about one subject.
    """
    if passage.owner is not None:
        return True
    shared = _shared(ask, whole)
    said = {t.text for r in whole for t in r.tokens}
    words = any(word in said for word in ask.reading.rest)
    return shelf.is_more_than_a_name(ask, shared, words) and shelf.is_subject(shared, 0.0)


def _shared(ask: Ask, readings: Iterable[Reading]) -> frozenset[str]:
    return ask.concepts & frozenset().union(*(r.concepts for r in readings))


def _window(pieces: Sequence[str], gains: Sequence[float], start: int, most: int) -> str:
    """Grow a window around the best sentence, towards the better neighbour, up to a length.

    A neighbour that shares nothing with the question says something else, or orders a model about.
    """
    low, high = start, start + 1
    while True:
        sides = [(gains[i], i) for i in (low - 1, high) if 0 <= i < len(pieces)]
        room = most - _length(pieces, low, high)
        sides = [(gain, i) for gain, i in sides if gain > 0 and len(pieces[i]) <= room]
        if not sides:
            break
        _, place = max(sides, key=lambda s: (s[0], s[1]))
        low, high = min(low, place), max(high, place + 1)
    glue = "" if "\u3400" <= pieces[start][0] <= "\u9fff" else " "
    return glue.join(pieces[low:high])


def _length(pieces: Sequence[str], low: int, high: int) -> int:
    return sum(len(p) for p in pieces[low:high])


def coverage(ask: Ask, readings: Sequence[Reading], shelf: Shelf) -> float:
    """Return the share (0-1, by weight) of a question's ideas and words that texts contain."""
    asked = ask.reading
    whole = sum(map(shelf.idea_weight, asked.concepts))
    whole += sum(map(shelf.word_weight, asked.rest))
    said = {t.text for r in readings for t in r.tokens}
    runs = "".join(t.text if t.chinese else " " for r in readings for t in r.tokens)
    got = sum(map(shelf.idea_weight, _shared(ask, readings)))
    got += sum(shelf.word_weight(w) for w in asked.rest if w in said or w in runs)
    return got / whole if whole else 0.0


def write(draft: Draft, extracts: Iterable[Extract], shelf: Shelf) -> None:
    """Write extracts, each citing its document and the claims that its sentences state.

    One that rests on nothing but claims that were said already would say them again.
    """
    for extract in extracts:
        bearing = _borne_by(extract, shelf)
        if bearing and draft.claims.issuperset(c.id for c in bearing):
            continue
        number = draft.cite_source(extract.passage.id, citation(extract))
        draft.add(extract.text, bearing, [number])
        if extract.passage.lang != draft.lang:
            draft.note("answer.other_language")


def citation(extract: Extract) -> Citation:
    """Return the citation of an extract's document."""
    passage = extract.passage
    return Citation(
        n=0,
        source=passage.doc_id,
        publisher=passage.publisher,
        title=passage.title,
        date=passage.meta.get("published") or passage.meta.get("reviewed_on"),
        as_of=passage.as_of,
        url=passage.url,
        doc=passage.doc_id,
        page=passage.page,
        quote=extract.text,
    )


def _borne_by(extract: Extract, shelf: Shelf) -> list[Claim]:
    """Return the passage's claims that the extract itself states: their figure or most ideas."""
    said = figures(extract.text)
    ideas = shelf.lexicon.read(extract.text).concepts
    known = [shelf.card(i) for i in extract.passage.claim_ids if i in shelf.ledger]
    return [
        card.claim
        for card in known
        if any(
            same(a, b) for a in said for b in figures(card.claim.statement(extract.passage.lang))
        )
        or (card.named and len(card.named & ideas) >= 0.6 * len(card.named))
    ]
