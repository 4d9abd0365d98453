"""What is typed after the bot's name in any chat -> what can be sent: figures, days, terms, claims.

Words that hold a contract or a price are calculated; all others are looked up while they are typed,
so the last one may be half a word; what looks like a question is answered besides. Nothing is
remembered, no private report is read and no model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

from bot.answering.answer import Answer
from bot.answering.words import fold
from bot.assistant import Assistant
from bot.desk.basis import BasisReply, answer
from bot.desk.commands import example
from bot.desk.dates import DatesReply
from bot.desk.dates import answer as days_of
from bot.i18n import language_of
from knowledge.claims import is_evidence, is_own_arithmetic, ranked
from tools.contracts import ContractMonth, parse_contract
from tools.errors import CalculatorError

if TYPE_CHECKING:
    from knowledge.glossary import Term
    from knowledge.report import Claim

MOST = 20  # more nobody scrolls through; Telegram takes 50
MOST_TERMS = 6
ALIKE = 0.8  # how alike two words are (0-1) that differ by a slip of the finger
LEAST_FOR_SLIPS = 5
A_QUESTION, A_QUESTION_IN_CHINESE = 3, 5  # words; characters
ENOUGH = 0.6  # the share of the words (0-1) that a hit must have
SOME_PAIRS = 0.5  # of a run of Chinese: its pairs of characters cut words anywhere

_PIECE = re.compile(r"[\u3400-\u9fff]+|[a-z0-9$%.'&-]+")
_WORD = re.compile(r"[a-z0-9$%.'&-]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_PRICE = re.compile(r"\d{2,3}(?:[-'^]\d{2,3}\+?|\.\d+)|\d{2,3}-\d{2}\.\d+", re.ASCII)
_COMMAND = re.compile(r"^\s*/?(?:basis|基差)(?:@\w+)?\s+(?=\S*\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Words that cannot be calculated: why, and a command that works."""

    error: CalculatorError
    works: str
    is_example: bool


@dataclass(frozen=True, slots=True)
class Example:
    """A calculation that works, offered where nothing is typed or nothing is found."""

    reply: BasisReply
    query: str
    found_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A term or a claim with what it is found by, folded: its names, its whole text, its words."""

    value: Term | Claim
    names: tuple[str, ...]
    text: str
    words: frozenset[str]

    @classmethod
    def of(cls, value: Term | Claim, names: Iterable[str], rest: str) -> Entry:
        """Return the entry for names and all else that it says."""
        folded = tuple(fold(name) for name in names)
        text = " ".join((*folded, fold(rest)))
        return cls(value, folded, text, frozenset(_WORD.findall(text)))


Offer = BasisReply | DatesReply | Wrong | Example | Answer | Entry


@dataclass(frozen=True)
class Inline:
    """Finds what to offer; the first call loads the ledger, so call it in a thread."""

    assistant: Assistant

    def offers(self, query: str) -> list[Offer]:
        """Return what may be sent for a query, best first; never nothing."""
        words = _COMMAND.sub("", query).strip()
        if not words:
            return [self._example(), *self._first_terms()]
        contract = self._contract(words)
        if contract is not None or _PRICE.search(words):
            return self._calculated(words, contract)
        found: list[Offer] = [*self._answered(words), *self._looked_up(words)]
        return found or [self._example(found_nothing=True)]

    # Figures

    def is_calculation(self, words: str) -> bool:
        """Tell whether words are a contract, alone or with prices, rather than a question on it."""
        first, *rest = words.split()[:80] or [""]
        contract = self._contract(first) is not None
        return contract and (not rest or bool(_PRICE.search(" ".join(rest))))

    def _contract(self, words: str) -> ContractMonth | None:
        for word in words.split()[:8]:
            try:
                return parse_contract(word, self.assistant.today())
            except CalculatorError:
                continue
        return None

    def _calculated(self, words: str, contract: ContractMonth | None) -> list[Offer]:
        days = [] if contract is None else [self._days(contract)]
        if contract is not None and len(words.split()) == 1:
            return [*days, self._example()]
        try:
            return [self._basis(words), *days]
        except CalculatorError as error:
            known = self.assistant.known()
            works = self.assistant.mend_desk("basis", words, error, known)
            return [Wrong(error, works, works == example("basis", known.today)), *days]

    def _days(self, contract: ContractMonth) -> DatesReply:
        words = f"{contract.code[:-1]}{contract.year}"
        return days_of(words, self.assistant.known())

    def _example(self, *, found_nothing: bool = False) -> Example:
        query = example("basis", self.assistant.today())
        return Example(self._basis(query), query, found_nothing)

    def _basis(self, words: str) -> BasisReply:
        return answer(words, self.assistant.known())

    # Words

    def _first_terms(self) -> list[Entry]:
        return list(self._terms[:MOST_TERMS])

    def _answered(self, words: str) -> Iterator[Answer]:
        """Yield the answer to what looks like a question, in its own language."""
        pieces = _PIECE.findall(fold(words))
        if len(pieces) >= A_QUESTION or len(_HAN.findall(words)) >= A_QUESTION_IN_CHINESE:
            answer = self.assistant.answer(words, language_of(words))
            if not answer.refused:
                yield answer

    def _looked_up(self, words: str) -> Iterator[Entry]:
        pieces = _PIECE.findall(fold(words))
        if not pieces:
            return
        terms = _best(pieces, self._terms)[:MOST_TERMS]
        yield from terms
        yield from _best(pieces, self._claims)[: MOST - len(terms)]

    @cached_property
    def _terms(self) -> tuple[Entry, ...]:
        return tuple(
            Entry.of(term, (*term.en, *term.zh), f"{term.definition_en} {term.definition_zh}")
            for term in self.assistant.library.glossary
        )

    @cached_property
    def _claims(self) -> tuple[Entry, ...]:
        evidence = ranked(c for c in self.assistant.library.ledger.values() if is_evidence(c))
        # What we computed ourselves from others' figures comes after them.
        evidence.sort(key=is_own_arithmetic)
        return tuple(Entry.of(claim, (), _text_of(claim)) for claim in evidence)


def _text_of(claim: Claim) -> str:
    source = claim.source
    parts = (claim.statement_en, claim.statement_zh, source.publisher, source.author, claim.measure)
    return " ".join(part for part in (*parts, claim.topic.replace("_", " ")) if part)


def _best(pieces: Sequence[str], entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that have most of the pieces, best first; equal ones as they stand."""
    scored = [(score(pieces, entry), entry) for entry in entries]
    found = [(points, entry) for points, entry in scored if points >= ENOUGH]
    return [entry for points, entry in sorted(found, key=lambda pair: -pair[0])]


def score(pieces: Sequence[str], entry: Entry) -> float:
    """Return what share of the pieces an entry has; more than 1 where a name begins like them."""
    typed = " ".join(pieces)
    named = max((_named(typed, name) for name in entry.names), default=0.0)
    if named:
        return named
    return sum(_has(piece, entry.text, entry.words) for piece in pieces) / len(pieces)


def _named(typed: str, name: str) -> float:
    """Return 3 for the name itself, 2 where it begins so, 1.5 where it is nearly it, else 0."""
    if typed == name:
        return 3.0
    if len(typed) > 1 and name.startswith(typed):
        return 2.0
    if len(typed) >= LEAST_FOR_SLIPS and not _HAN.search(typed):
        # By their lengths alone most names are too far away; the second look is quick, too.
        if 2 * min(len(typed), len(name)) < ALIKE * (len(typed) + len(name)):
            return 0.0
        alike = SequenceMatcher(None, typed, name)
        return 1.5 if alike.quick_ratio() >= ALIKE and alike.ratio() >= ALIKE else 0.0
    return 0.0


def _has(piece: str, whole: str, words: frozenset[str]) -> float:
    """Return how far (0-1) a text has a piece: a word that begins so, or a run of Chinese."""
    if not _HAN.match(piece):
        return 1.0 if any(word.startswith(piece) for word in words) else 0.0
    if piece in whole:
        return 1.0
    pairs = [piece[i : i + 2] for i in range(len(piece) - 1)]
    share = sum(pair in whole for pair in pairs) / len(pairs) if pairs else 0.0
    return share if share >= SOME_PAIRS else 0.0
