"""A question that is asked in many words -> the claims laid out for it by hand (topics.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from bot.answering.ask import Ask
from bot.answering.compose import Draft
from bot.i18n import LANGS
from knowledge.claims import Ledger
from knowledge.glossary import Glossary
from knowledge.report import Claim


@dataclass(frozen=True, slots=True)
class Topic:
    """One question with what asks it and what answers it; the fields are those of the file."""

    name: str
    claims: tuple[str, ...]
    asked: tuple[frozenset[str], ...] = ()
    said: tuple[re.Pattern[str], ...] = ()
    unless: frozenset[str] = frozenset()
    shape: tuple[str, ...] = ()
    figures: bool = False
    dated: bool = False
    lead: tuple[str, ...] = ()
    note: bool = False
    terms: tuple[str, ...] = ()

    def is_asked_by(self, ask: Ask) -> bool:
        """Tell whether a question is this one."""
        if (ask.spans and not self.dated) or not self.unless.isdisjoint(ask.concepts):
            return False
        if not self.figures and (ask.figures or ask.asks("claim_check")):
            return False
        if self.shape and not ask.asks(*self.shape):
            return False
        if self.said and not any(pattern.search(ask.folded) for pattern in self.said):
            return False
        return not self.asked or any(ideas <= ask.concepts for ideas in self.asked)


@cache
def topics() -> tuple[Topic, ...]:
    """Return all topics, the first that fits a question being its own."""
    text = (resources.files("bot.answering") / "topics.toml").read_text(encoding="utf-8")
    return tuple(
        Topic(
            name=name,
            claims=tuple(row["claims"]),
            asked=tuple(frozenset(ideas) for ideas in row.get("asked", ())),
            said=tuple(re.compile(row[lang]) for lang in LANGS if lang in row),
            unless=frozenset(row.get("unless", ())),
            shape=tuple(row.get("shape", ())),
            figures=row.get("figures", False),
            dated=row.get("dated", False),
            lead=tuple(row.get("lead", ())),
            note=row.get("note", False),
            terms=tuple(row.get("terms", ())),
        )
        for name, row in tomllib.loads(text).items()
    )


def topic(ask: Ask) -> Topic | None:
    """Return the topic that a question asks about, None where it is none of them."""
    if "article" in ask.concepts:
        return None
    return next((t for t in topics() if t.is_asked_by(ask)), None)


def write(draft: Draft, found: Topic, ledger: Ledger, glossary: Glossary) -> None:
    """Write what is laid out: the opening sentence, the terms it uses, then claim by claim."""
    if found.lead:
        draft.add(draft.say(lead_key(found)), _known(ledger, found.lead))
    for term in glossary:
        if term.en[0] in found.terms:
            draft.add_term(term)
    for claim in _known(ledger, found.claims):
        draft.add_claim(claim)
    if found.note:
        draft.note(f"answer.topic_note.{found.name}")


def lead_key(found: Topic) -> str:
    """Return the name of the opening sentence."""
    return f"answer.topic.{found.name}"


def _known(ledger: Ledger, ids: Iterable[str]) -> list[Claim]:
    return [ledger[i] for i in ids if i in ledger]
