"""A question and a shelf of reports -> how much each passage's report is the one asked about.

A report is known by who publishes it and of which year it is; who asks how things are now means the
newest. None of this shuts anything out: a question that names nobody on the shelf is answered from
all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from knowledge.figures import whens
from knowledge.glossary import Glossary, simplified
from knowledge.lexical import tokens
from knowledge.report import Passage

# A cosine or a lexical share reaches one at most: a named publisher stands above any likeness,
# its right year decides between its reports, the next year's report still shows last year's figure.
NAMED, YEAR, NEAR_YEAR = 1.0, 0.3, 0.1
# The corpus's own briefs are asked for by their subject, never by who wrote them.
_OWN = "basisbot"
# A question of today gains the newest report as much as its right year would, one that came out a
# quarter before half of it: what reports say is renewed about that often.
_NOW = re.compile(
    r"\b(?:now|nowadays|today|currently|latest|newest|most recent|at present)\b|"
    "现在|目前|当前|如今|眼下|今天|最新|最近|近期|本周",
    re.IGNORECASE,
)
_HALF_LIFE_DAYS = 91
_WORD = re.compile(r"[A-Za-z0-9]+")
_NAME_IN_TITLE = re.compile(r"^(?P<name>.{2,60}?)[\s|,-]*\b(?:FY\s?)?(?:19|20)\d\d")
_LONGEST_NAME = 6


@dataclass(frozen=True, slots=True)
class Address:
    """Whose a report is (its name in small letters, without spaces), of which year, from when."""

    name: str = ""
    words: tuple[str, ...] = ()
    terms: frozenset[str] = frozenset()
    year: int | None = None
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """What a question says of the report that it means."""

    text: str
    words: tuple[str, ...]
    terms: frozenset[str]
    years: frozenset[int]
    now: bool = False

    def names(self, address: Address) -> bool:
        """Return whether the question names a report's publisher, by name, short name or term."""
        if not address.name:
            return False
        if self.terms & address.terms:
            return True
        if not address.words:
            return address.name in self.text
        return any(_is_name(word, address) for word in self.words) or any(
            run == address.name for run in _runs(self.words)
        )

    def saying(self, address: Address) -> tuple[str, ...]:
        """Return the words of the question, and of the name, that name a report's publisher."""
        said = (w for w in self.words if w.lower() in address.words or _is_name(w, address))
        return (*said, *(address.words or (address.name,)))

    def bonus(self, address: Address, newest: date | None = None) -> float:
        """Return what a report gains by being the one that is asked about.

        `newest` is the day of the newest report there is.
        """
        if not address.name:
            return 0.0
        timing = self._timing(address.year) if self.years else self._recency(address, newest)
        return NAMED * self.names(address) + timing

    def _timing(self, year: int | None) -> float:
        if year is None:
            return 0.0
        latest = max(self.years)
        if year == latest:
            return YEAR
        return NEAR_YEAR if year in self.years or year == latest + 1 else 0.0

    def _recency(self, address: Address, newest: date | None) -> float:
        if not self.now or newest is None or address.published is None:
            return 0.0
        return YEAR * float(0.5 ** ((newest - address.published).days / _HALF_LIFE_DAYS))


def route(question: str, glossary: Glossary) -> Route:
    """Return what a question says of the report that it means."""
    dates = whens(question)
    years = {y for w in dates for y in (w.year, w.until_year) if y is not None}
    text = simplified(question)
    return Route(
        text=text,
        words=tuple(_WORD.findall(text)),
        terms=_terms(question, glossary),
        years=frozenset(years),
        now=bool(_NOW.search(text)),
    )


@dataclass(frozen=True)
class Reports:
    """The reports of a shelf by their addresses, and to which of them each passage belongs."""

    addresses: tuple[Address, ...]
    places: NDArray[np.intp]

    def gains(self, asked: Route) -> NDArray[np.float64]:
        """Return what each passage gains by being of the report asked about."""
        newest = max((a.published for a in self.addresses if a.published), default=None)
        bonus = np.array([asked.bonus(a, newest) for a in self.addresses], dtype=np.float64)
        return bonus[self.places]

    def naming(self, asked: Route) -> frozenset[str]:
        """Return the words of a question that only say whose report is meant, as tokens.

        They stand on its cover and its every first page, so there they tell nothing.
        """
        named = [a for a in self.addresses if asked.names(a)]
        return frozenset(t for a in named for word in asked.saying(a) for t in tokens(word))


def reports(passages: Sequence[Passage], glossary: Glossary) -> Reports:
    """Return the reports that passages are of."""
    known: dict[tuple[str, str, str], int] = {}
    keys = [(p.publisher, p.title, p.meta.get("published", "")) for p in passages]
    places = [known.setdefault(key, len(known)) for key in keys]
    found = tuple(_address(*key, glossary) for key in known)
    return Reports(found, np.array(places, dtype=np.intp))


def _address(publisher: str, title: str, published: str, glossary: Glossary) -> Address:
    if publisher == _OWN:
        return Address()
    name = publisher or _named_in(title)
    if not name:
        return Address()
    years = [w.year for text in (title, published) for w in whens(text) if w.year is not None]
    days = [day for text in (published, title) for w in whens(text) if (day := w.first)]
    words = tuple(w.lower() for w in _WORD.findall(name) if w.lower() != "the")
    compact = "".join(words) or simplified(name).strip()
    return Address(
        name=compact,
        words=words,
        terms=_terms(name, glossary),
        year=years[0] if years else None,
        published=days[0] if days else None,
    )


def _named_in(title: str) -> str:
    """Return what stands before the year of a title such as `ACME 2022 10K`."""
    match = _NAME_IN_TITLE.match(title)
    return match["name"] if match else ""


def _terms(text: str, glossary: Glossary) -> frozenset[str]:
    return frozenset(m.term.en[0] for m in glossary.find(text))


def _runs(words: Sequence[str]) -> Iterable[str]:
    """Yield neighbouring words as one: a name may be written with spaces or without."""
    lower = [w.lower() for w in words]
    for start in range(len(lower)):
        for end in range(start + 1, min(len(lower), start + _LONGEST_NAME) + 1):
            yield "".join(lower[start:end])


def _is_name(word: str, address: Address) -> bool:
    """Return whether a capitalised word begins a name or is short for it, as JnJ and AMEX are."""
    if len(word) < 3 or not word[0].isupper():
        return False
    short = word.lower()
    return address.name.startswith(short) or _initials(short, address) or _clipped(short, address)


def _initials(short: str, address: Address) -> bool:
    letters = [w[0] for w in address.words]
    return len(letters) > 1 and short in {"".join(letters), "n".join(letters)}


def _clipped(short: str, address: Address) -> bool:
    """Return whether a short name is the beginnings of two words of the name put together."""
    return any(
        address.name.startswith(short[:cut]) and address.name.find(short[cut:], cut + 1) > 0
        for cut in range(2, len(short) - 1)
    )
