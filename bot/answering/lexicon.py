"""Words of a question or a claim -> the ideas they name, the same in English and Chinese."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from bot.answering.words import Token, fold, stem, tokens
from bot.i18n import LANGS, Lang
from knowledge.glossary import Glossary, Term

Form = tuple[str, ...]
LONGEST_FORM = 14
TERM = "term:"
# Glossary rows that name an amount or a very common word say nothing about the subject.
COMMON_TERMS = frozenset(
    "trillion|hundred billion|ten billion|billion|100 million|ten million|million|ten thousand|"
    "basis point|percent|percentage point|fold|point|quarter|peak|estimate|as-of date|measure|"
    "notional|face value|market value|annualised|year over year|calculator|maturity date|basis|"
    "settlement|arbitrage|citation|claim|verified claim|reported only|disputed claim|"
    "contradicted claim|fact-check|investment advice|subscribe|unsubscribe|weekly digest|coupon|"
    "equity|liquidity|Treasury note|Treasury bond|actual/actual|specials".casefold().split("|")
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One idea as a text names it; `start` and `end` count tokens."""

    concept: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A text taken apart: its tokens, the ideas it names, and the words that no idea covers."""

    tokens: tuple[Token, ...]
    mentions: tuple[Mention, ...]
    concepts: frozenset[str]
    rest: tuple[str, ...]
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lexicon:
    """Forms by their tokens, what each idea implies, and the shapes of questions."""

    forms: Mapping[Form, str]
    implies: Mapping[str, tuple[str, ...]]
    kinds: Mapping[str, str]
    groups: Mapping[str, tuple[str, ...]]
    strangers: Mapping[Form, str]
    intents: Mapping[str, Mapping[Lang, re.Pattern[str]]]
    stops: frozenset[Form]
    compounds: tuple[tuple[frozenset[str], str], ...] = ()
    terms: Mapping[str, Term] = field(default_factory=dict)
    glossary: Mapping[Form, tuple[Term, ...]] = field(default_factory=dict)

    def read(self, text: str) -> Reading:
        """Return the ideas that a text names, longest form first, and its other words."""
        parts = tuple(tokens(text))
        words = [t.text for t in parts]
        mentions, strangers, rest, gap = [], [], [], []
        place = 0
        while place < len(words):
            form = self._longest(words, place, self.forms, self.strangers, self.stops)
            if form is None:
                gap.append(parts[place])
                place += 1
                continue
            rest += _content(gap)
            gap = []
            end = place + len(form)
            if form in self.forms:
                mentions.append(Mention(self.forms[form], place, end))
            elif form in self.strangers:
                strangers.append(self.strangers[form])
            place = end
        rest += _content(gap)
        concepts = self._compounded(self.widened(m.concept for m in mentions))
        return Reading(parts, tuple(mentions), concepts, tuple(rest), tuple(strangers))

    def _compounded(self, concepts: frozenset[str]) -> frozenset[str]:
        given = {gives for ideas, gives in self.compounds if ideas <= concepts}
        return concepts | given

    def widened(self, concepts: Iterable[str]) -> frozenset[str]:
        """Return the ideas together with those they imply."""
        found: set[str] = set()
        for concept in concepts:
            implied = self.implies.get(concept, ())
            # A glossary term made of several ideas is those ideas, not one more.
            whole = concept.startswith(TERM) and len(implied) > 1
            found.update(implied if whole else (concept, *implied))
        return frozenset(found)

    def kind(self, name: str, concepts: Iterable[str]) -> frozenset[str]:
        """Return those ideas that are names of one kind: `publisher`, `holder`, `episode`."""
        return frozenset(c for c in concepts if self.kinds.get(c) == name)

    def asks(self, intent: str, folded: str) -> bool:
        """Tell whether folded text has the shape `intent` in either language."""
        return any(pattern.search(folded) for pattern in self.intents[intent].values())

    def term(self, reading: Reading, start: int, end: int, folded: str) -> Term | None:
        """Return the glossary's term that the tokens from `start` to `end` name."""
        parts = reading.tokens[start:end]
        known = self.glossary.get(tuple(t.text for t in parts), ())
        said = folded[parts[0].start : parts[-1].end]
        exact = (t for t in known if said in {name.casefold() for name in (*t.en, *t.zh)})
        return next(exact, known[0] if known else None)

    @staticmethod
    def _longest(words: list[str], place: int, *tables: Iterable[Form]) -> Form | None:
        for size in range(min(LONGEST_FORM, len(words) - place), 0, -1):
            form = tuple(words[place : place + size])
            if any(form in table for table in tables):
                return form
        return None


def _content(gap: list[Token]) -> list[str]:
    """Return what uncovered tokens are about: English stems, and Chinese two by two."""
    found: list[str] = []
    run = ""
    for token in [*gap, None]:
        if token is not None and token.chinese:
            run += token.text
            continue
        found += [run[i : i + 2] for i in range(len(run) - 1)] or ([run] if run else [])
        run = ""
        if token is not None and not token.text[0].isdecimal() and len(token.text) > 1:
            found.append(token.text)
    return found


def form_of(text: str) -> Form:
    """Return the tokens that a surface form is compared by."""
    return tuple(t.text for t in tokens(text))


@cache
def load_table() -> dict[str, Any]:
    """Return the lexicon's file as plain values."""
    path = resources.files("bot.answering") / "lexicon.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def build(glossary: Glossary) -> Lexicon:
    """Return the lexicon's own ideas joined with the glossary's terms (ids `term:<n>`)."""
    table = load_table()
    forms: dict[Form, str] = {}
    for concept, row in table["concept"].items():
        for name in (*row["en"], *row["zh"]):
            forms.setdefault(form_of(name), concept)
    implies = {c: tuple(r["implies"]) for c, r in table["concept"].items() if "implies" in r}
    terms = _add_terms(forms, implies, glossary)
    return Lexicon(
        forms=forms,
        implies=implies,
        kinds={c: r["kind"] for c, r in table["concept"].items() if "kind" in r},
        groups={g: tuple(r["concepts"]) for g, r in table["group"].items()},
        strangers={form_of(n): n for lang in LANGS for n in table["stranger"][lang]},
        intents={
            name: {lang: re.compile(row[lang], re.IGNORECASE) for lang in LANGS}
            for name, row in table["intent"].items()
        },
        stops=frozenset(_stops(table["stop"])),
        compounds=tuple((frozenset(r["all"]), r["gives"]) for r in table["compound"]),
        terms=terms,
        glossary=_by_form(glossary),
    )


def _stops(row: dict[str, str]) -> Iterable[Form]:
    yield from ((stem(word),) for word in row["en"].split())
    yield from (tuple(fold(word)) for word in row["zh"].split())


def _add_terms(
    forms: dict[Form, str], implies: dict[str, tuple[str, ...]], glossary: Glossary
) -> dict[str, Term]:
    """Join each glossary term to the idea that has one of its names, else make it its own idea.

    Return the terms by idea. A term of its own implies the ideas inside its names, which the
    longer name would otherwise hide.
    """
    terms: dict[str, Term] = {}
    known = dict(forms)
    for number, term in enumerate(glossary):
        if term.en[0].casefold() in COMMON_TERMS:
            continue
        keys = [form_of(name) for name in (*term.en, *term.zh)]
        keys = [key for key in keys if key and not (len(key) == 1 and len(key[0]) == 1)]
        concept = next((forms[key] for key in keys if key in forms), f"{TERM}{number}")
        if concept not in known.values():
            implies[concept] = tuple({c for key in keys for c in _inside(key, known)})
        for key in keys:
            forms.setdefault(key, concept)
        terms.setdefault(concept, term)
    return terms


def _by_form(glossary: Glossary) -> dict[Form, tuple[Term, ...]]:
    """Return the terms by the form of each of their names; stems may be shared by several."""
    found: dict[Form, tuple[Term, ...]] = {}
    for term in glossary:
        for form in {form_of(name) for name in (*term.en, *term.zh)}:
            found[form] = (*found.get(form, ()), term)
    return found


def _inside(key: Form, known: Mapping[Form, str]) -> Iterable[str]:
    """Yield the ideas that parts of a longer form name, read as a text is: the longest first."""
    start = 0
    while start < len(key):
        ends = range(len(key), start, -1)
        end = next((e for e in ends if key[start:e] in known and key[start:e] != key), start)
        if end > start:
            yield known[key[start:end]]
        start = max(end, start + 1)
