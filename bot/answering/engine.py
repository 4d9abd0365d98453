"""A question in either language -> an Answer, by rules over what is known."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Protocol

from bot.answering import (
    beside,
    calculation,
    contract_terms,
    extracts,
    factcheck,
    lookup,
    pick,
    positions,
    refusal,
    reports,
    topics,
)
from bot.answering import lexicon as words
from bot.answering.answer import Answer, chosen
from bot.answering.ask import Ask, parts, read, without_orders
from bot.answering.compose import Draft
from bot.answering.followup import unplaced_figures, whole_question
from bot.answering.ledger import Hit, Shelf
from bot.answering.model import SECONDS, ChatModel, ModelError, NamedModel, choose
from bot.i18n import Lang, language_of, say
from knowledge.claims import Ledger, as_of_span, is_article, is_evidence
from knowledge.figures import not_in_calendar
from knowledge.glossary import Glossary
from knowledge.report import Claim, Found

log = logging.getLogger(__name__)

# How much of a question (0-1, by weight) the best claim must cover before it is an answer.
ENOUGH = 0.45
PASSAGES = 8
MOST_BESIDE_A_TERM = 3
MONTH_DAYS = 32
_BY_CLAIMS = frozenset({"ledger", "series", "disagreement"})


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
    """Answers questions from a library. `today` says what counts as old.

    A model is waited for `model_seconds` at most.
    """

    library: Library
    today: Callable[[], date]
    model: ChatModel | None = None
    model_seconds: float = SECONDS

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
        own: reports.Own | None = None,
    ) -> Answer:
        """Return the answer to a question; `history` holds the earlier questions, oldest first.

        `own` are the reports that the reader may ask besides; no model is shown any of them.
        """
        spoken = lang or language_of(question)
        draft = Draft(spoken, self.today())
        ask = self._read(without_orders(question, self.lexicon), spoken)
        if ask.text != question:
            if not ask.reading.tokens:
                draft.add(draft.say("refusal.order"))
                return self._refused(draft, "order", ask)
            draft.note("answer.order_passed_over")
        if not ask.reading.tokens or ask.asks("greeting"):
            return self._welcome(draft, "answer.welcome")
        if ask.asks("about"):
            return self._welcome(draft, "answer.about")
        if missing := not_in_calendar(question):
            draft.note("answer.no_such_day", dates=", ".join(missing))
        if own is not None:
            route = reports.write(draft, ask, own, self.shelf, history=history, read=self._read)
            if route is not None:
                return draft.answer(route, refused=route.startswith("refusal"))
            history = reports.without_reports(history, own)
        earlier = [self._read(text, ask.lang) for text in history]
        if unplaced := unplaced_figures(ask, earlier, self.lexicon):
            draft.add(draft.say("answer.which_figure", figures=", ".join(unplaced)))
            return draft.answer("calculation")
        asked, ask = ask, self._in_context(draft, ask, history)
        answer = self._settled(draft, ask) or self._known(draft, ask)
        answer = self._by_model(answer, ask) if use_model else answer
        return answer if own is None else reports.beside(answer, asked, own, self.shelf)

    def load_model(self) -> None:
        """Load the model's library, where there is one, before the first question waits for it."""
        if isinstance(self.model, NamedModel):
            try:
                _ = self.model.loaded
            except ModelError as error:  # each answer says so too
                log.warning("the language model cannot be loaded: %s", error.code)

    def sayings(self) -> tuple[Claim, ...]:
        """Return the article's sayings in their order, each to be checked by `check`."""
        return tuple(c for c in self.library.ledger.values() if is_article(c))

    def check(self, saying_id: str, lang: Lang) -> Answer:
        """Return the verdict on one saying of the article, with its sources.

        An id that is none of `sayings` raises KeyError.
        """
        row = next((c for c in self.sayings() if c.id == saying_id), None)
        if row is None:
            raise KeyError(saying_id)
        draft = Draft(lang, self.today())
        factcheck.write(draft, row, self.shelf)
        return draft.answer("factcheck")

    def _by_model(self, answer: Answer, ask: Ask) -> Answer:
        """Return the answer with those of its rows that a model chooses, in its order.

        Refusals, calculations, verdicts and disagreements stay with the rules, and so does an
        answer of one row. Nothing is shown but rows that the answer had without the model.
        """
        rows = [s for s in answer.statements if s.cites]
        if self.model is None or answer.route not in {"ledger", "extract"} or len(rows) < 2:
            return answer
        try:
            places = choose(self.model, ask.text, [s.text for s in rows], self.model_seconds)
        except ModelError as error:
            log.warning("the language model chose nothing: %s %s", error.code, _reason(error))
            note = say(ask.lang, f"answer.model.{error.code}", **error.values)
            return replace(answer, notes=(*answer.notes, note))
        if not places:
            note = say(ask.lang, "answer.model.unchosen")
            return replace(answer, notes=(*answer.notes, note))
        return replace(chosen(answer, [rows[place] for place in places]), route="model")

    def _read(self, text: str, lang: Lang) -> Ask:
        return read(text, lang, self.lexicon, self.today())

    def _in_context(self, draft: Draft, ask: Ask, history: Sequence[str]) -> Ask:
        """Return a follow-up as the whole question that it stands for, and say so."""
        earlier = [self._read(text, ask.lang) for text in history]
        text = whole_question(ask, earlier, self.lexicon)
        if text == ask.text:
            return ask
        draft.note("answer.read_as", question=text)
        return self._read(text, ask.lang)

    def _welcome(self, draft: Draft, key: str) -> Answer:
        """Say hello, or what this is made of, with questions to begin with."""
        dated = [claim for claim in self.library.ledger.values() if is_evidence(claim)]
        spans = [span for claim in dated if (span := as_of_span(claim))]
        newest = max(last for first, last in spans if (last - first).days < MONTH_DAYS)
        draft.add(draft.say(key, claims=len(dated), newest=newest))
        return draft.answer("welcome", nearest=self._examples(draft.lang, ()))

    def _settled(self, draft: Draft, ask: Ask) -> Answer | None:
        """Return what needs no source: a calculation, a refusal by its kind."""
        if calculation.write(draft, ask, self.library.ledger):
            return draft.answer("calculation")
        if contract_terms.write(draft, ask, self.library.ledger):
            return draft.answer("contract")
        why = refusal.reason(ask)
        if why is None:
            return None
        refusal.write(draft, why, self.shelf)
        return self._refused(draft, why, ask)

    def _known(self, draft: Draft, ask: Ask) -> Answer:
        """Answer from what is known, part by part where a question asks several things."""
        routes = [route for part in self._parts(ask) if (route := self._section(draft, part))]
        answered = [r for r in routes if not r.startswith("refusal")]
        if answered:
            return draft.answer(answered[0])
        if routes:
            return self._refused(draft, routes[0].removeprefix("refusal:"), ask)
        draft.add(draft.say("refusal.unknown"))
        return self._refused(draft, "unknown", ask)

    def _parts(self, ask: Ask) -> list[Ask]:
        """Return the questions within a question; what a later one leaves unsaid it inherits."""
        if factcheck.saying(ask, self.shelf.rank(ask, article=True), (), self.shelf) or (
            ask.asks("claim_check") and "article" in ask.concepts
        ):
            return [ask]
        if contrast := self._contrast(ask):
            return contrast
        found: list[Ask] = []
        for text in parts(ask.text):
            part = self._read(text, ask.lang)
            if part.concepts or part.reading.rest:
                found.append(_inheriting(part, found[-1]) if found else part)
        groups = {positions.standing(part, self.lexicon) for part in found} - {None}
        if len(found) < 2 or (groups and groups == {positions.standing(ask, self.lexicon)}):
            return [ask]
        return found

    def _contrast(self, ask: Ask) -> list[Ask]:
        """Return "then or now" as the two questions it is."""
        if not (ask.asks("compare") and ask.spans and "now" in ask.concepts):
            return []
        then = ask.text
        for when in reversed(ask.whens):
            then = then[: when.span[0]] + then[when.span[1] :]
        past = replace(ask, reading=_without(ask.reading, {"now"}))
        present = self._read(then, ask.lang)
        return [past, replace(present, reading=_without(present.reading, {"now"}))]

    def _section(self, draft: Draft, ask: Ask) -> str | None:
        """Write what answers one question, and return how; None where nothing does."""
        before = draft.claims
        found = None if ask.reading.strangers else topics.topic(ask)
        if found is not None:
            topics.write(draft, found, self.library.ledger, self.library.glossary)
            route: str | None = "ledger"
        else:
            route = self._by_rules(draft, ask)
        if route in _BY_CLAIMS:
            beside.caution(draft, ask, self.shelf)
            said = [self.shelf.ledger[i] for i in draft.said if i not in before]
            beside.age(draft, ask, said if route == "disagreement" else said[:1], self.shelf)
        return route

    def _by_rules(self, draft: Draft, ask: Ask) -> str | None:
        hits = self.shelf.rank(ask)
        rows = self.shelf.rank(ask, article=True)
        row = factcheck.saying(ask, rows, hits, self.shelf)
        group = positions.standing(ask, self.lexicon)
        other = group is None or (row is not None and row.group != group)
        if row is not None and ("article" in ask.concepts or (other and not self._compares(ask))):
            factcheck.write(draft, row, self.shelf)
            return "factcheck"
        if absent := self._absent(draft, ask, hits, group):
            return absent
        if lookup.is_only_a_term(ask, self.shelf):
            return self._defined(draft, ask, hits)
        return self._by_ledger(draft, ask, hits, group) or self._otherwise(draft, ask, hits, rows)

    def _compares(self, ask: Ask) -> bool:
        """Tell whether a question sets sources side by side, as no saying of the article does."""
        return ask.asks("compare") and positions.standing(ask, self.lexicon) is not None

    def _by_ledger(
        self, draft: Draft, ask: Ask, hits: Sequence[Hit], group: str | None
    ) -> str | None:
        if self._is_course(ask, hits) and lookup.course(draft, ask, hits, self.shelf):
            return "series"
        if group is not None:
            chosen = positions.positions(group, ask, hits, self.shelf)
            positions.write(draft, group, chosen)
            return "disagreement"
        if hits and hits[0].coverage >= ENOUGH and self.shelf.is_ours(ask, hits[0]):
            return self._lookup(draft, ask, hits)
        return None

    def _otherwise(
        self, draft: Draft, ask: Ask, hits: Sequence[Hit], rows: Sequence[Hit]
    ) -> str | None:
        """Answer by a term's meaning, by the article's check, by passages; None by none."""
        plain = not (ask.reading.rest or ask.spans or ask.figures)
        if plain and ask.asks("what_is") and lookup.meaning(draft, ask, self.shelf):
            return "ledger"
        if row := factcheck.only_the_article(ask, rows, self.shelf):
            factcheck.write(draft, row, self.shelf)
            return "factcheck"
        found = self.library.retriever.retrieve(ask.text, PASSAGES, ask.lang)
        if borne := extracts.borne_out(ask, hits, found, self.shelf):
            return self._lookup(draft, ask, borne)
        chosen = extracts.best(ask, found, self.shelf, 2)
        extracts.write(draft, chosen, self.shelf)
        return "extract" if chosen else None

    def _defined(self, draft: Draft, ask: Ask, hits: Sequence[Hit]) -> str:
        """Write what a term means, and the best of what is said of it."""
        lookup.meaning(draft, ask, self.shelf)
        of_it = lookup.in_words_of_the_term(ask, hits, self.shelf)
        for claim in lookup.claims_for(ask, of_it, self.shelf)[:MOST_BESIDE_A_TERM]:
            draft.add_claim(claim)
        return "ledger"

    def _is_course(self, ask: Ask, hits: Sequence[Hit]) -> bool:
        if not ask.asks("change") or _explains(ask) or not hits:
            return False
        return hits[0].coverage >= ENOUGH and self.shelf.is_ours(ask, hits[0])

    def _lookup(self, draft: Draft, ask: Ask, hits: Sequence[Hit]) -> str:
        before = len(draft.statements)
        asked_meaning = ask.asks("what_is") and not ask.asks("how_much")
        meant = asked_meaning and lookup.meaning(draft, ask, self.shelf)
        if meant:
            # Of a term, what is said of it; not what is measured by it.
            hits = [h for h in hits if h.card.named & ask.concepts] or hits
        chosen = lookup.up_to_date(ask, lookup.claims_for(ask, hits, self.shelf), self.shelf)
        for claim in chosen[: pick.MOST_LINES]:
            draft.add_claim(claim)
        beside.write(draft, ask, chosen, self.shelf)
        explain = ask.asks("why") or (ask.asks("what_is") and not meant)
        if explain and len(draft.statements) - before < pick.MOST_LINES:
            extracts.write(draft, self._extracts(ask, 1), self.shelf)
        return "ledger"

    def _extracts(self, ask: Ask, most: int) -> list[extracts.Extract]:
        found = self.library.retriever.retrieve(ask.text, PASSAGES, ask.lang)
        return extracts.best(ask, found, self.shelf, most)

    def _absent(self, draft: Draft, ask: Ask, hits: Sequence[Hit], group: str | None) -> str | None:
        """Say what is not known (a name, a date) with what comes nearest; None if nothing lacks."""
        if names := lookup.unknown_names(ask, hits):
            draft.add(draft.say("refusal.absent", names=draft.say("answer.comma").join(names)))
        elif lookup.no_such_date(ask, hits, self.shelf, group):
            draft.add(draft.say("refusal.absent_date"))
        else:
            return None
        for hit in pick.best([h for h in hits if h.coverage >= ENOUGH], 3):
            draft.add_claim(hit.claim)
        return "refusal:absent"

    def _refused(self, draft: Draft, why: str, ask: Ask) -> Answer:
        groups = [h.claim.group for h in self.shelf.rank(ask)[:8]]
        nearest = self._examples(ask.lang, groups)
        return draft.answer(f"refusal:{why}", refused=True, nearest=nearest)

    def _examples(self, lang: Lang, groups: Sequence[str]) -> tuple[str, ...]:
        """Return three questions that can be answered, those near the groups first."""
        table = words.load_table()["example"]
        keys = dict.fromkeys([*(table[g] for g in groups if g in table), "size", "leverage", "tic"])
        return tuple(say(lang, f"answer.example.{key}") for key in list(keys)[:3])


def _reason(error: ModelError) -> str:
    """Return what the log may show of a failure: no words of the question or the reply."""
    return str(error.values.get("reason", ""))


def _explains(ask: Ask) -> bool:
    """Tell whether "change" is what something does to something else, not a course of years."""
    return ask.asks("why") and not ask.spans


def _without(reading: words.Reading, ideas: set[str]) -> words.Reading:
    return replace(reading, concepts=reading.concepts - ideas)


def _inheriting(part: Ask, before: Ask) -> Ask:
    """Return a later part with the dates, and where it is short the ideas, of the one before."""
    spans = part.spans or before.spans
    short = len(part.concepts) < 2 or part.asks("pronoun")
    concepts = part.concepts | before.concepts if short else part.concepts
    return replace(part, spans=spans, reading=replace(part.reading, concepts=concepts))
