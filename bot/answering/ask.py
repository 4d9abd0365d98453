"""A question -> what it asks: ideas, names, dates, figures and its shape."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from bot.answering.lexicon import Lexicon, Reading
from bot.answering.words import fold
from bot.i18n import Lang
from knowledge.figures import Figure, When, figures, whens

Span = tuple[date, date]
_DUE = frozenset({"clearing", "form_pf", "slr", "sec"})
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 1, 1)

# Where one sentence asks two things. The lookahead keeps "and" between names together.
_PARTS = re.compile(
    r"[?;\uff1f\uff1b\u3002]+\s*|,?\s+and\s+(?=(?:by\s+)?(?:how|what|why|when|who|which|where|is|are|"
    r"was|were|do|does|did|by|against)\b)|[,\uff0c]\s*(?=其中|为什么|为何|它|又|那|和|与|怎么|如何|多少|占)",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s*|\n+")
_CLAUSES = re.compile(r"[,;:\uff0c\uff1b\uff1a]\s*|\s+(?:and|then|but)\s+", re.IGNORECASE)
_SINCE = re.compile(r"(?:since|after|from)\s+$|^\s*(?:年)?(?:以来|之后|以后|后|起)", re.IGNORECASE)
_BETWEEN = re.compile(r"^\s*(?:and|to|through|until|-|\u2013|到|至|和|与)\s*$", re.IGNORECASE)
_LAST_YEARS = re.compile(
    r"(?:近|过去|最近)(?P<zh>[两二三四五])年|(?:past|last) (?P<en>two|three|four|five) years"
)
_YEARS = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "two": 2, "three": 3, "four": 4, "five": 5}


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, or one part of a question that asks several things."""

    text: str
    lang: Lang
    folded: str
    reading: Reading
    whens: tuple[When, ...]
    spans: tuple[Span, ...]
    figures: tuple[Figure, ...]
    intents: frozenset[str]

    @property
    def concepts(self) -> frozenset[str]:
        """Return the ideas that the question names."""
        return self.reading.concepts

    def asks(self, *intents: str) -> bool:
        """Tell whether the question has any of these shapes."""
        return not self.intents.isdisjoint(intents)


def read(text: str, lang: Lang, lexicon: Lexicon, today: date) -> Ask:
    """Return what a text asks."""
    folded = fold(text)
    dates = tuple(whens(text))
    return Ask(
        text=text,
        lang=lang,
        folded=folded,
        reading=_meant(lexicon.read(text), lexicon.asks("anothers_article", folded)),
        whens=dates,
        spans=tuple(_spans(text, dates, folded, today)),
        figures=tuple(figures(text)),
        intents=frozenset(name for name in lexicon.intents if lexicon.asks(name, folded)),
    )


def _meant(reading: Reading, anothers_article: bool) -> Reading:
    """Return a reading without ideas that its words only seem to name.

    "When" asks for a date of anything; only of a rule does it ask for its deadline. The Fed's
    article is not the one that is fact-checked.
    """
    seeming = set() if _DUE & reading.concepts else {"clearing_deadline"}
    if anothers_article:
        seeming.add("article")
    return replace(reading, concepts=reading.concepts - seeming)


def parts(text: str) -> list[str]:
    """Return the several questions of one text, or the text alone.

    >>> parts("How big is it, and by how much does TIC undercount it?")
    ['How big is it', 'by how much does TIC undercount it']
    """
    found = [p.strip(" ,\uff0c.") for p in _PARTS.split(text) if p and p.strip(" ,\uff0c.")]
    return [p for p in found if len(p) > 3] or [text]


def without_orders(text: str, lexicon: Lexicon) -> str:
    """Return a text without what orders the reader of it about ("ignore your instructions").

    Of such a sentence only a question that follows the order is kept; nothing may be left.
    """
    if not lexicon.asks("order", fold(text)):
        return text
    kept = [_question_after(s, lexicon) for s in _SENTENCES.split(text)]
    return " ".join(filter(None, kept)).strip()


def _question_after(sentence: str, lexicon: Lexicon) -> str:
    if not lexicon.asks("order", fold(sentence)):
        return sentence
    clauses = _CLAUSES.split(sentence)
    while clauses and not (
        lexicon.asks("question", fold(clauses[0])) and not lexicon.asks("order", fold(clauses[0]))
    ):
        clauses.pop(0)
    return "".join(clauses)


def _dated(dates: tuple[When, ...]) -> tuple[When, ...]:
    """Give a month without a year the year of the date before it."""
    found: list[When] = []
    for when in dates:
        year = when.year or (found[-1].year if found else None)
        found.append(replace(when, year=year))
    return tuple(found)


def _spans(text: str, dates: tuple[When, ...], folded: str, today: date) -> list[Span]:
    """Return the periods asked about: `since 2019` is open-ended, `2017 and 2023` one run."""
    spans: list[Span] = []
    skip = False
    dates = _dated(dates)
    for place, when in enumerate(dates):
        if skip or when.first is None or when.last is None:
            skip = False
            continue
        before, after = text[: when.span[0]], text[when.span[1] :]
        follower = dates[place + 1] if place + 1 < len(dates) else None
        if follower and follower.last and _BETWEEN.match(text[when.span[1] : follower.span[0]]):
            spans.append((when.first, follower.last))
            skip = True
        elif _SINCE.search(before) or _SINCE.match(after):
            spans.append((when.first, LAST_DAY))
        else:
            spans.append((when.first, when.last))
    if recent := _LAST_YEARS.search(folded):
        years = _YEARS[recent["zh"] or recent["en"]]
        spans.append((date(today.year - years, 1, 1), LAST_DAY))
    return spans
