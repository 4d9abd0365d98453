"""A question in either language -> an Answer, by rules over what is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol

from bot.answering import factcheck, lookup, pick, positions, refusal
from bot.answering import lexicon as words
from bot.answering.answer import Answer
from bot.answering.ask import Ask, parts, read
from bot.answering.compose import Draft
from bot.answering.ledger import OTHER_DATE, Hit, Shelf, nearness
from bot.i18n import Lang, language_of, say
from knowledge.claims import Ledger
from knowledge.glossary import Glossary
from knowledge.report import Found

# How much of a question (0-1, by weight) the best claim must cover before it is an answer.
ENOUGH = 0.42


class Retriever(Protocol):
    """Whatever finds passages for a question."""

    def retrieve(self, question: str, limit: int = 8, lang: Lang | None = None) -> list[Found]:
        """Return the nearest passages, best first."""
        ...


class Library(Protocol):
    """What is known: claims, terms, passages."""

    @property
    def ledger(self) -> Ledger:
        """Return the claims."""
        ...

    @property
    def glossary(self) -> Glossary:
        """Return the terms of both languages."""
        ...

    @property
    def retriever(self) -> Retriever:
        """Return what finds passages."""
        ...


@dataclass(frozen=True)
class Answerer:
    """Answers questions from a library. `today` says what counts as old."""

    library: Library
    today: Callable[[], date]

    @cached_property
    def lexicon(self) -> words.Lexicon:
        """Return the ideas of both languages, the glossary's terms among them."""
        return words.build(self.library.glossary)

    @cached_property
    def shelf(self) -> Shelf:
        """Return the ledger as it is searched."""
        return Shelf(self.library.ledger, self.lexicon)

    def answer(
        self,
        question: str,
        lang: Lang | None = None,
        history: Sequence[str] = (),
        use_model: bool = False,
    ) -> Answer:
        """Return the answer to a question; `history` holds the earlier questions, oldest first."""
        spoken = lang or language_of(question)
        draft = Draft(spoken, self.today())
        ask = self._read(question, spoken)
        if not ask.folded or ask.asks("greeting"):
            return self._welcome(draft)
        if why := refusal.reason(ask):
            refusal.write(draft, why, self.shelf)
            return draft.answer(f"refusal:{why}", refused=True, nearest=self._nearest(ask))
        return self._known(draft, ask)

    def _read(self, text: str, lang: Lang) -> Ask:
        return read(text, lang, self.lexicon, self.today())

    def _welcome(self, draft: Draft) -> Answer:
        draft.add(draft.say("answer.welcome"))
        return draft.answer("welcome", nearest=self._examples(draft.lang))

    def _known(self, draft: Draft, ask: Ask) -> Answer:
        """Answer from the ledger by the first way that fits, else refuse."""
        hits = self.shelf.rank(ask)
        row = factcheck.saying(ask, self.shelf.rank(ask, article=True), hits, self.shelf)
        group = positions.standing(ask)
        if row is not None and (group is None or "article" in ask.concepts or row.group != group):
            factcheck.write(draft, row, self.shelf)
            return draft.answer("factcheck")
        if group is not None and not (ask.asks("change") and self._course(draft, ask, hits)):
            return self._positions(draft, group, ask, hits)
        if draft.statements:
            return draft.answer("series")
        if not hits or hits[0].coverage < ENOUGH:
            return self._refuse(draft, ask, "unknown")
        return self._lookup(draft, ask, hits)

    def _course(self, draft: Draft, ask: Ask, hits: Sequence[Hit]) -> bool:
        return lookup.course(draft, ask, hits)

    def _positions(self, draft: Draft, group: str, ask: Ask, hits: Sequence[Hit]) -> Answer:
        if positions.undated(group, ask, self.shelf):
            return self._absent(draft, ask, hits)
        positions.write(draft, group, positions.positions(group, ask, hits, self.shelf))
        return draft.answer("disagreement")

    def _lookup(self, draft: Draft, ask: Ask, hits: Sequence[Hit]) -> Answer:
        if ask.asks("change") and lookup.course(draft, ask, hits):
            return draft.answer("series")
        if ask.asks("what_is") and not ask.asks("how_much"):
            lookup.meaning(draft, ask, self.shelf)
        pools = [lookup.claims_for(part, ranked, self.shelf) for part, ranked in self._parts(ask)]
        chosen = pick.interleaved(pools)
        for claim in chosen:
            draft.add_claim(claim)
        lookup.counterpart(draft, chosen, self.shelf)
        return draft.answer("ledger")

    def _parts(self, ask: Ask) -> list[tuple[Ask, list[Hit]]]:
        """Return each part of a question that has ideas of its own, with its hits."""
        texts = parts(ask.text)
        if len(texts) == 1:
            return [(ask, self.shelf.rank(ask))]
        found = []
        for text in texts:
            part = self._read(text, ask.lang)
            if part.concepts or part.reading.rest:
                found.append((part, self.shelf.rank(part)))
        return found

    def _absent(self, draft: Draft, ask: Ask, hits: Sequence[Hit]) -> Answer:
        """Say that nothing is known for the asked date, and what comes nearest."""
        draft.add(draft.say("refusal.absent_date"))
        for hit in pick.best(hits, 3):
            draft.add_claim(hit.claim)
        return draft.answer("refusal:absent", refused=True, nearest=self._nearest(ask))

    def _refuse(self, draft: Draft, ask: Ask, why: str) -> Answer:
        draft.add(draft.say(f"refusal.{why}"))
        return draft.answer(f"refusal:{why}", refused=True, nearest=self._nearest(ask))

    def _examples(self, lang: Lang) -> tuple[str, ...]:
        return tuple(say(lang, f"answer.example.{n}") for n in ("size", "leverage", "cayman"))

    def _nearest(self, ask: Ask) -> tuple[str, ...]:
        return self._examples(ask.lang)


__all__ = ["OTHER_DATE", "Answerer", "Library", "Retriever", "nearness"]
