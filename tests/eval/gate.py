"""A statement with its citations -> what is wrong with it by its sources' own words.

Deterministic, and the same for whoever wrote the statement. It asks whether the cited sources are
at hand, whether every number, date and quotation stands in them, whether the direction is theirs,
and whether language and links are allowed. It does not judge what a sentence means beyond that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import Literal

from bot.answering.compose import value_text
from bot.answering.lexicon import load_table
from bot.answering.places import Kind, misplaced
from bot.answering.words import fold, tokens
from bot.i18n import LANGS, Lang, language_of
from knowledge.figures import Figure, When, figures, same, whens
from knowledge.report import Claim

Fault = Literal[
    "uncited", "unknown_citation", "number", "date", "swapped", "direction", "negation", "quote",
    "language", "link", "subject",
]  # fmt: skip
MIN_QUOTE = 8
# How far around a figure its company is looked for, in characters.
_AROUND = 42
# Lengths of time stand in names (2-year, 5-year) and say nothing when they change places.
_SPANS = frozenset({"years", "months", "weeks", "days"})
_URL = re.compile(r"(?:https?://|www\.|\bdata:)[^\s)>\]\"']*", re.IGNORECASE)
_MARKUP = re.compile(r"!?\[[^\]]*\]\s*[(\[:]|<\s*(?:img|a|script|iframe|link)\b", re.IGNORECASE)
_QUOTED = re.compile(
    r"[\u201c\"\u300c\u300e]([^\u201c\u201d\"\u300c\u300d\u300e\u300f]+)[\u201d\"\u300d\u300f]"
)
_MARK = re.compile(r"\s?\[\d+\]")
_NUMBERED = re.compile(r"\b(?!FY)[A-Z][A-Za-z]+-?\d[A-Za-z\d]*", re.ASCII)
_ABOUT = re.compile(
    r"(?:\b(?:about|around|roughly|some|nearly|almost|approximately)|约|大约|近|将近)\s?$",
    re.IGNORECASE,
)
# How much of a statement's words a cited source must share before it can be its source at all.
MIN_SHARED = 0.4


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one citation number stands for: its text in every language at hand, dates, address."""

    n: int
    texts: tuple[str, ...]
    as_of: str = ""
    url: str | None = None

    @property
    def dates(self) -> str:
        """Return the as-of with its runs taken apart."""
        return self.as_of.replace("..", " ; ")

    @property
    def text(self) -> str:
        """Return all that the source says, one version a line."""
        return "\n".join((*self.texts, self.dates))


def of_claim(n: int, claim: Claim) -> Evidence:
    """Return a claim as evidence: both statements, who says it, its value and its dates."""
    source = claim.source
    who = " ".join(filter(None, (source.publisher, source.author, source.title, source.date)))
    values = (value_text(claim, lang) or "" for lang in LANGS)
    texts = (claim.statement_en, claim.statement_zh, claim.quote or "", *values, who)
    return Evidence(n, texts, " ; ".join((claim.as_of, source.date or "")), source.url)


def faults(
    text: str, cites: Sequence[int], evidence: Mapping[int, Evidence], lang: Lang | None = None
) -> list[Fault]:
    """Return what is wrong with a statement; empty where it may be shown."""
    if not cites:
        return ["uncited"]
    if any(n not in evidence for n in cites):
        return ["unknown_citation"]
    plain = _MARK.sub("", text)
    sources = [evidence[n] for n in cites]
    word_for_word = any(_normal(plain) in _normal(t) for s in sources for t in s.texts)
    moved = frozenset[Kind]() if word_for_word else _misplaced(plain, sources)
    checks: list[tuple[Fault, bool]] = [
        ("link", _has_link(text, sources)),
        ("language", lang is not None and _foreign(plain, lang)),
        ("quote", _invented_quote(plain, sources)),
        ("number", _unborne(plain, sources) or "scale" in moved),
        ("date", bool(unborne_dates(plain, sources))),
        ("swapped", not word_for_word and ("number" in moved or _swapped(plain, sources))),
        ("direction", not word_for_word and ("direction" in moved or _turned(plain, sources))),
        ("negation", not word_for_word and _negated(plain, sources)),
        ("subject", _elsewhere(plain, sources)),
    ]
    return [fault for fault, wrong in checks if wrong]


# --- numbers and dates ------------------------------------------------------------------------


def _unborne(text: str, sources: Sequence[Evidence]) -> bool:
    """Tell whether a text has a figure, or a name made with digits, that no source has."""
    whole = _normal(" ".join(t for s in sources for t in s.texts)).replace("-", "")
    names = (_normal(m[0]).replace("-", "") for m in _NUMBERED.finditer(text))
    return bool(unborne_figures(text, sources)) or any(name not in whole for name in names)


def unborne_figures(text: str, sources: Iterable[Evidence]) -> list[Figure]:
    """Return the figures of a text that none of its sources states, to their written precision."""
    known = [f for s in sources for t in s.texts for f in figures(t)]
    return [f for f in figures(text) if not any(_agrees(f, k, _hedged(text, f)) for k in known)]


def _hedged(text: str, figure: Figure) -> bool:
    return _ABOUT.search(text[: figure.span[0]]) is not None


def _agrees(figure: Figure, known: Figure, hedged: bool = False) -> bool:
    """Tell whether a source states a figure, which may be rounded further but not made finer.

    A bare number does not pass for an amount, nor nought of one unit for nought of another.
    Behind "about" the noughts at a number's end are no digits: 440 is from 435 to 445.
    """
    if bool(figure.unit) != bool(known.unit) and figure.unit in {"percent", "bp", "times"}:
        return False
    unlike = figure.unit != known.unit and {figure.unit, known.unit} == {"percent", "bp"}
    if unlike and not figure.value:
        return False
    apart = 0.0 if unlike else abs(abs(figure.value) - abs(known.value))
    slack = _round_tolerance(figure) if hedged else figure.tolerance
    rounded = apart <= slack * (1 + 1e-9)
    near = same(figure, known) or (hedged and figure.unit == known.unit)
    return near and rounded and (figure.value < 0) <= (known.value < 0)


def _round_tolerance(figure: Figure) -> float:
    """Return half a unit of the last digit that is not nought, in the base unit."""
    digits = f"{abs(figure.written):.0f}"
    noughts = 0 if figure.decimals else min(len(digits) - len(digits.rstrip("0")), len(digits) - 2)
    return figure.tolerance * 10.0 ** max(noughts, 0)


def unborne_dates(text: str, sources: Iterable[Evidence]) -> list[When]:
    """Return the dates of a text that none of its sources speaks of."""
    known = [w for s in sources for t in (*s.texts, s.dates) for w in whens(t)]
    years = {k.year for k in known}
    return [w for w in whens(text) if not any(_within(w, k, years) for k in known)]


def _within(said: When, known: When, years: Set[int | None]) -> bool:
    """Tell whether a said date is a known one, as precise or less; `years` are all the known.

    A source that gives a day without a year means a year that it names elsewhere.
    """
    if said.year is not None and known.year is None and said.year not in years:
        return False
    if said.first is None or said.last is None or known.first is None or known.last is None:
        return said.month == known.month and said.day in (None, known.day)
    if said.until_year or known.until_year:
        return said.first <= known.last and known.first <= said.last
    return said.first <= known.first and known.last <= said.last


def _misplaced(text: str, sources: Sequence[Evidence]) -> frozenset[Kind]:
    """Return what stands in another's place; a source that has all in place excuses the rest."""
    lang = language_of(text)
    ways = [_pattern(way, lang) for pair in _OPPOSITES for way in pair]

    def agrees(figure: Figure, known: Figure) -> bool:
        return _agrees(figure, known, _hedged(text, figure))

    found = [
        misplaced(text, version, agrees, ways)
        for source in sources
        for version in source.texts
        if language_of(version) == lang and _shared(text, version) >= MIN_SHARED
    ]
    return frozenset.intersection(*found) if found else frozenset()


def _swapped(text: str, sources: Sequence[Evidence]) -> bool:
    """Tell whether two figures of one kind stand in each other's company.

    The words around each figure in the statement are compared with the words around every figure
    of the source; another assignment that fits clearly better means the figures changed places.
    """
    said = [f for f in figures(text) if f.unit not in _SPANS]
    for version in (v for source in sources for v in source.texts):
        if language_of(text) != language_of(version) or _normal(version) in _normal(text):
            continue
        placed = _placed(text, said, figures(version))
        for unit in {f.unit for f, _ in placed}:
            same_kind = [p for p in placed if p[0].unit == unit]
            if len(same_kind) > 1 and _better_otherwise(text, version, same_kind):
                return True
    return False


def _placed(
    text: str, said: Sequence[Figure], known: Sequence[Figure]
) -> list[tuple[Figure, Figure]]:
    """Pair the figures of a statement with those of a source, each of these once.

    Of a figure said twice the mention counts that has more words about it.
    """
    pairs: dict[Figure, Figure] = {}
    for figure in said:
        match = next((k for k in known if _agrees(figure, k)), None)
        if match is None:
            continue
        before = pairs.get(match)
        if before is None or len(_company(text, figure, said)) > len(_company(text, before, said)):
            pairs[match] = figure
    return [(figure, match) for match, figure in pairs.items()]


def _better_otherwise(text: str, version: str, placed: Sequence[tuple[Figure, Figure]]) -> bool:
    here = [_company(text, f, [p[0] for p in placed]) for f, _ in placed]
    there = [_company(version, k, [p[1] for p in placed]) for _, k in placed]
    fits = [[len(a & b) for b in there] for a in here]
    as_said = sum(fits[i][i] for i in range(len(placed)))
    best = max(
        sum(fits[i][p] for i, p in enumerate(order))
        for order in permutations(range(len(placed[:5])))
    )
    return best > as_said + 1


def _company(text: str, figure: Figure, others: Sequence[Figure]) -> frozenset[str]:
    """Return the words and dates nearer to a figure than to its neighbours."""
    low = max(
        [0, figure.span[0] - _AROUND, *(o.span[1] for o in others if o.span[1] <= figure.span[0])]
    )
    high = min(
        [len(text), figure.span[1] + _AROUND]
        + [o.span[0] for o in others if o.span[0] >= figure.span[1]]
    )
    around = f"{text[low : figure.span[0]]} {text[figure.span[1] : high]}"
    return frozenset(t.text for t in tokens(around) if len(t.text) > 2 or t.chinese)


# --- direction --------------------------------------------------------------------------------

_OPPOSITES = (("up", "down"), ("long", "short"))


@cache
def _pattern(name: str, lang: Lang) -> re.Pattern[str]:
    return re.compile(load_table()["polarity"][name][lang], re.IGNORECASE)


def _says(name: str, text: str) -> bool:
    return any(_pattern(name, lang).search(text) for lang in ("en", "zh"))


def _turned(text: str, sources: Sequence[Evidence]) -> bool:
    """Tell whether a statement goes one way where the nearest words of each source go the other."""
    said = fold(text)
    known = [fold(v) for v in (_nearest_version(text, s) for s in sources) if v]
    return bool(known) and all(_opposed(said, version) for version in known)


def _opposed(said: str, known: str) -> bool:
    return any(
        _says(way, said)
        and not _says(opposite, said)
        and _says(opposite, known)
        and not _says(way, known)
        for one, other in _OPPOSITES
        for way, opposite in ((one, other), (other, one))
    )


def _negated(text: str, sources: Sequence[Evidence]) -> bool:
    """Tell whether a statement denies what all its sources say, or says what all deny."""
    said = _says("not", fold(text))
    nearest = [_nearest_version(text, s) for s in sources]
    return all(_says("not", fold(version)) != said for version in nearest if version)


def _nearest_version(text: str, source: Evidence) -> str:
    """Return the version of a source in the statement's language, the sentence nearest to it."""
    lang = language_of(text)
    pieces = [
        piece
        for version in source.texts
        for piece in re.split(r"(?<=[\u3002\uff1b!?])|(?<=[.;])\s", version)
        if piece.strip() and language_of(piece) == lang
    ]
    return max(pieces or [source.texts[0]], key=lambda p: _shared(text, p))


# --- subject, quotation, language, links --------------------------------------------------------


def _shared(text: str, other: str) -> float:
    own, theirs = _content(text), _content(other)
    return len(own & theirs) / len(own) if own else 1.0


def _content(text: str) -> frozenset[str]:
    found = tokens(text)
    words = {t.text for t in found if not t.chinese and len(t.text) > 2}
    runs = "".join(t.text if t.chinese else " " for t in found)
    pairs = {runs[i : i + 2] for i in range(len(runs) - 1) if " " not in runs[i : i + 2]}
    return frozenset(words | pairs)


def _elsewhere(text: str, sources: Sequence[Evidence]) -> bool:
    """Tell whether a statement shares next to nothing with its sources in its own language."""
    whole = " ".join(v for s in sources for v in s.texts)
    return _shared(text, whole) < MIN_SHARED


def _invented_quote(text: str, sources: Sequence[Evidence]) -> bool:
    whole = _normal("\n".join(s.text for s in sources))
    quotes = [q for q in _QUOTED.findall(text) if len(q) >= MIN_QUOTE]
    return any(_normal(q) not in whole for q in quotes)


def _normal(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _foreign(text: str, lang: Lang) -> bool:
    words = [t for t in tokens(text) if t.chinese or len(t.text) > 2]
    return len(words) > 3 and language_of(text) != lang


def _has_link(text: str, sources: Sequence[Evidence]) -> bool:
    if _MARKUP.search(_MARK.sub("", text)):
        return True
    allowed = {s.url.rstrip("/") for s in sources if s.url}
    return any(url.rstrip("/.,;") not in allowed for url in _URL.findall(text))
