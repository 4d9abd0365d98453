"""The claim ledger made askable: a question -> the claims that speak to it, best first.

A claim is compared by the ideas that it names in either language, so that a question finds the
same claims in English and in Chinese; by the words that no idea covers; and by its dates.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from bot.answering.ask import Ask, Span
from bot.answering.lexicon import Lexicon, Reading, load_table
from bot.answering.words import stem
from knowledge.claims import Ledger, is_article, is_evidence
from knowledge.figures import figures, whens
from knowledge.report import Claim

# How much an idea counts that a claim has only through its group or its measure.
BY_GROUP = 0.75
# How much a word counts beside an idea, and a word that the whole ledger does not know.
BY_WORD = 0.6
UNKNOWN = 2.0
# Two Chinese characters side by side are half of a word as often as a word.
BY_PAIR = 0.5
ONLY_COMMON, COVERED = 0.8, 0.7
FIGURE = "figure:"
TELLS_DAY = 1.15
MONTH, CLOSEST = 32, 1.42
# Of a quarter, what is said of it alone comes before what is said of its whole year.
QUARTER, OF_IT_ALONE = 93, 1.03
EXACT, SAME_YEAR, UNDATED, OTHER_DATE = 1.35, 1.0, 0.9, 0.55
OTHER_NAME = 0.6
NAMES = frozenset({"publisher", "person", "body", "holder"})


@dataclass(frozen=True, slots=True)
class Card:
    """A claim with what it can be found by."""

    claim: Claim
    named: frozenset[str]
    by_group: frozenset[str]
    words: frozenset[str]
    spans: tuple[Span, ...]
    publishers: frozenset[str]

    @property
    def concepts(self) -> frozenset[str]:
        """Return every idea of the card."""
        return self.named | self.by_group


@dataclass(frozen=True, slots=True)
class Hit:
    """A claim found: `score` ranks, `coverage` says what share of the question it covers (0-1)."""

    card: Card
    score: float
    coverage: float

    @property
    def claim(self) -> Claim:
        """Return the claim itself."""
        return self.card.claim


class Shelf:
    """All claims of a ledger as cards, with the weight of each idea and word."""

    def __init__(self, ledger: Ledger, lexicon: Lexicon) -> None:
        self.ledger = ledger
        self.lexicon = lexicon
        self.cards = tuple(_card(claim, lexicon) for claim in ledger.values())
        self._by_id = {card.claim.id: card for card in self.cards}
        self._ideas = Counter(idea for card in self.cards for idea in card.concepts)
        self._common = frozenset(load_table()["common"]["ideas"])
        self._words = Counter(word for card in self.cards for word in card.words)
        # Texts of the corpus are read over and over; a reader's own document is not kept here.
        self.read = lru_cache(maxsize=4096)(lexicon.read)

    def card(self, claim_id: str) -> Card:
        """Return the card of one claim."""
        return self._by_id[claim_id]

    def idea_weight(self, idea: str) -> float:
        """Return how telling an idea is: rarer means heavier; "now" is no subject."""
        return 0.0 if idea == "now" else _rarity(self._ideas[idea], len(self.cards))

    def word_weight(self, word: str) -> float:
        """Return how telling an uncovered word is, heaviest where no claim has it."""
        share = BY_PAIR if not word.isascii() else 1.0
        if not self._words[word]:
            return share * UNKNOWN
        return share * BY_WORD * _rarity(self._words[word], len(self.cards))

    def knows(self, word: str) -> bool:
        """Tell whether any claim uses the word."""
        return word in self._words

    def is_ours(self, ask: Ask, hit: Hit) -> bool:
        """Tell whether what a claim shares with a question is this subject, not any other.

        One idea of the subject will do; of common ideas (a country, growth, a bank) it takes
        three, or two that are most of the question.
        """
        shared = (ask.concepts | figure_ideas(ask.text)) & hit.card.concepts
        words = any(word in hit.card.words for word in ask.reading.rest)
        if not self.is_more_than_a_name(ask, shared, words):
            return False
        if ask.spans and not ask.reading.rest:
            # Nothing foreign in it, and of that time: a country's holdings, "the balance sheet".
            then = hit.coverage >= COVERED and nearness(ask.spans, hit.card.spans) >= EXACT
            if then or self.lexicon.kind("holder", shared):
                return True
        return self.is_subject(shared, hit.coverage)

    def may_be_ours(self, ask: Ask, hit: Hit) -> bool:
        """Tell whether a hit shares two things and no word of the question is foreign here."""
        shared = (ask.concepts | figure_ideas(ask.text)) & hit.card.concepts
        words = any(word in hit.card.words for word in ask.reading.rest)
        known = all(self.knows(word) for word in ask.reading.rest)
        return known and len(shared) + words > 1 and self.is_more_than_a_name(ask, shared, words)

    def is_more_than_a_name(self, ask: Ask, shared: frozenset[str], words: bool) -> bool:
        """Tell whether what a text shares with a question is more than somebody's name.

        Of a name alone it may be asked what it says, not who runs it or how many work there; of
        a country what it holds, which is what is told of countries here.
        """
        if not shared <= self._names or words:
            return True
        known = all(self.knows(word) for word in ask.reading.rest)
        holder = self.lexicon.kind("holder", shared)
        return bool(shared) and known and (bool(holder) or ask.asks("says"))

    @cached_property
    def _names(self) -> frozenset[str]:
        """Return the ideas that are names of a publisher, a person or a body."""
        return frozenset(c for c, kind in self.lexicon.kinds.items() if kind in NAMES)

    def is_subject(self, shared: frozenset[str], coverage: float) -> bool:
        """Tell whether ideas shared with a question make it one of this subject."""
        # One number alone may be anybody's.
        figures_shared = frozenset(idea for idea in shared if idea.startswith(FIGURE))
        if shared - self._common - figures_shared:
            return True
        if _of_money(figures_shared) and shared - figures_shared:
            return True
        return len(shared) > 2 or (len(shared) > 1 and coverage >= ONLY_COMMON)

    def rank(self, ask: Ask, article: bool = False) -> list[Hit]:
        """Return the claims that share an idea or a word with the question, best first.

        `article` asks among the rows that repeat the article instead of the evidence.
        """
        keep = is_article if article else is_evidence
        ideas = ask.concepts | {i for i in figure_ideas(ask.text) if i in self._ideas}
        whole = self._weight(ideas) + sum(map(self.word_weight, ask.reading.rest))
        if not whole:
            return []
        hits = [self._hit(ask, ideas, whole, card) for card in self.cards if keep(card.claim)]
        return sorted((h for h in hits if h.score > 0), key=lambda h: -h.score)

    def _weight(self, ideas: Iterable[str]) -> float:
        return sum(map(self.idea_weight, ideas))

    def _hit(self, ask: Ask, ideas: frozenset[str], whole: float, card: Card) -> Hit:
        found = self._weight(ideas & card.named)
        found += BY_GROUP * self._weight((ideas & card.by_group) - card.named)
        found += sum(self.word_weight(w) for w in ask.reading.rest if w in card.words)
        coverage = found / whole
        return Hit(card, coverage * self._fit(ask, card) if found else 0.0, coverage)

    def _fit(self, ask: Ask, card: Card) -> float:
        fit = nearness(ask.spans, card.spans)
        if self.lexicon.kind("episode", ask.concepts) & card.concepts:
            # Of an episode much is said years later.
            fit = max(fit, SAME_YEAR)
        fit *= self._name_fit("publisher", ask.concepts, _speaking(card))
        fit *= self._name_fit("person", ask.concepts, card.concepts)
        fit *= self._name_fit("holder", ask.concepts, card.named)
        fit *= self._name_fit("episode", ask.concepts, card.concepts)
        fit *= _kind_fit(ask, card.claim)
        # Equal in all else, the nearer source and the newer figure come first.
        return fit * (1 - 0.012 * (card.claim.tier - 1)) * (1 + 0.01 * _newness(card))

    def _name_fit(self, kind: str, asked: frozenset[str], has: frozenset[str]) -> float:
        names = self.lexicon.kind(kind, asked)
        return OTHER_NAME if names and not names & has else 1.0


def _speaking(card: Card) -> frozenset[str]:
    """Return who speaks in a claim or is spoken of; the Fed acts in all that is told of its QT."""
    return card.publishers | card.named | (card.by_group & {"fed"})


def _kind_fit(ask: Ask, claim: Claim) -> float:
    """Return how well a claim's value is of the kind asked for: a number, a count, a share."""
    if ask.asks("when") and not ask.asks("how_much"):
        return TELLS_DAY if _tells_day(claim) else 1.0
    if not ask.asks("how_much"):
        # A bare "Belgium's holdings" wants the figure; a reason or a view has none.
        bare = not ask.asks("why", "what_is", "says", "yes_no", "compare")
        return 0.92 if bare and claim.value is None else 1.0
    if claim.value is None:
        return 0.75
    wanted = (
        ("how_many_funds", "funds"),
        ("how_many_funds", "agencies"),
        ("how_many_times", "times"),
        ("what_share", "percent"),
        ("how_long", "days"),
    )
    units = (claim.unit or "").split("; ")
    return 1.3 if any(ask.asks(kind) and unit in units for kind, unit in wanted) else 1.0


def _tells_day(claim: Claim) -> bool:
    """Tell whether a claim's own sentence names a day or a month, as "when" wants."""
    return claim.unit == "date" or any(w.month for w in whens(claim.statement_en))


def nearness(asked: Sequence[Span], said: Sequence[Span]) -> float:
    """Return how well a claim's dates fit the asked ones: 1.35 inside, 1 same year, 0.55 apart."""
    if not asked:
        return 1.0
    if not said:
        return UNDATED
    return max(_near(a, s) for a in asked for s in said)


def _near(asked: Span, said: Span) -> float:
    if said[0] <= asked[1] and asked[0] <= said[1]:
        within = asked[0] <= said[0] and said[1] <= asked[1]
        inside = within or (said[0] <= asked[0] and asked[1] <= said[1])
        if inside and (asked[1] - asked[0]).days < MONTH and (said[1] - said[0]).days < MONTH:
            return CLOSEST
        if within and (asked[1] - asked[0]).days < QUARTER:
            return EXACT * OF_IT_ALONE
        return EXACT if inside and (said[1] - said[0]).days < 800 else (EXACT + SAME_YEAR) / 2
    if asked[0].year <= said[1].year and said[0].year <= asked[1].year:
        return SAME_YEAR
    return OTHER_DATE


def _of_money(figures_shared: frozenset[str]) -> bool:
    """Tell whether a figure is an amount of money, which tells more than a percentage does."""
    return any(idea.startswith(f"{FIGURE}usd") for idea in figures_shared)


def figure_ideas(text: str) -> frozenset[str]:
    """Return the telling figures of a text as ideas, so that a claim is found by its number."""
    return frozenset(
        f"{FIGURE}{f.unit or 'usd'}:{f.value:.3g}"
        for f in figures(text)
        if (f.unit in {"usd", ""} and f.value >= 1e9) or f.unit in {"percent", "times"}
    )


def _rarity(count: int, total: int) -> float:
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


def _newness(card: Card) -> float:
    """Return 0 for a claim of 2012 or undated, 1 for one of 2026."""
    newest = max((s[1] for s in card.spans), default=None)
    return 0.0 if newest is None else min(1.0, max(0.0, (newest.year - 2012) / 14))


def _card(claim: Claim, lexicon: Lexicon) -> Card:
    readings = [lexicon.read(t) for t in (claim.statement_en, claim.statement_zh)]
    aside = lexicon.read(f"{claim.measure or ''} {claim.topic.replace('_', ' ')}")
    publisher = lexicon.read(f"{claim.source.publisher} {claim.source.author or ''}")
    group = lexicon.widened(lexicon.groups.get(claim.group, ()))
    return Card(
        claim=claim,
        named=frozenset().union(*(r.concepts for r in readings), figure_ideas(claim.statement_en)),
        by_group=group | aside.concepts | lexicon.kind("publisher", publisher.concepts),
        words=frozenset(_words([*readings, aside, publisher])),
        spans=tuple(_spans(claim)),
        publishers=lexicon.kind("publisher", publisher.concepts),
    )


def _words(readings: Iterable[Reading]) -> Iterable[str]:
    """Return every word of the texts, covered by an idea or not: the question may cut otherwise."""
    for reading in readings:
        run = ""
        for token in [*reading.tokens, None]:
            if token is not None and token.chinese:
                run += token.text
                continue
            yield from (run[i : i + 2] for i in range(len(run) - 1))
            run = ""
            if token is not None:
                yield stem(token.text)


def _spans(claim: Claim) -> Iterable[Span]:
    """Return the periods that a claim speaks of: its as-of and the dates in its sentence."""
    ends = _ranges(claim.as_of)
    yield from ends
    for when in whens(claim.statement_en):
        if when.first and when.last:
            yield when.first, when.last


def _ranges(as_of: str) -> list[Span]:
    found: list[Span] = []
    for piece in as_of.split(";"):
        low, dots, high = piece.partition("..")
        days = [d for w in whens(f"{low} ; {high}") for d in (w.first, w.last) if d is not None]
        if days:
            found.append((min(days), max(days) if not dots or high.strip() else date(2100, 1, 1)))
    return found
