"""The corpus's claims and terms with a retriever that holds the passages it is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache

from bot.answering.engine import Answerer
from bot.answering.model import ChatModel
from bot.i18n import Lang
from knowledge.claims import Ledger, load_ledger
from knowledge.glossary import Glossary, load_glossary
from knowledge.report import Citation, Found, Passage
from tests.eval.gate import Evidence, of_claim

TODAY = date(2026, 11, 22)


@dataclass
class Held:
    """A retriever that finds the passages it holds, whatever is asked."""

    passages: tuple[Passage, ...] = ()

    def retrieve(self, question: str, limit: int = 8, lang: Lang | None = None) -> list[Found]:
        return [Found(p, 1.0, likeness=1.0) for p in self.passages[:limit]]


@dataclass
class Room:
    """A library of the real ledger and glossary."""

    ledger: Ledger
    glossary: Glossary
    retriever: Held = field(default_factory=Held)


@cache
def room() -> Room:
    return Room(load_ledger(), load_glossary())


@cache
def answerer() -> Answerer:
    return Answerer(room(), lambda: TODAY)


def evidence_of(citation: Citation) -> Evidence | None:
    """Return what a citation stands for, to judge a sentence by; None for the glossary."""
    if citation.claim is not None:
        return of_claim(citation.n, room().ledger[citation.claim])
    if citation.quote is not None:
        texts = (citation.quote, citation.title, citation.publisher)
        return Evidence(citation.n, texts, citation.as_of or "", citation.url)
    return None


def with_model(model: ChatModel) -> Answerer:
    return Answerer(room(), lambda: TODAY, model)


def with_passages(*passages: Passage) -> Answerer:
    held = Room(room().ledger, room().glossary, Held(passages))
    return Answerer(held, lambda: TODAY)
