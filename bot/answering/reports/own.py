"""What a reader's own reports are to an answer: reports, their figures, passages to be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.i18n import Lang
from knowledge.parsing.readings import Reading
from knowledge.report import Found, Passage


@dataclass(frozen=True, slots=True)
class OwnReport:
    """One report that the reader brought, or that everybody may ask (`shared`).

    `unread` of its `pages` hold pictures without text.
    """

    doc_id: str
    number: int
    title: str
    publisher: str
    published: str
    shared: bool = False
    pages: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True)
class OwnFigure:
    """One figure of an own report, and the passage that says it."""

    reading: Reading
    passage: Passage


class Own(Protocol):
    """The reports that one chat may ask, and no others."""

    @property
    def reports(self) -> Sequence[OwnReport]:
        """Return the reports, the newest last."""
        ...

    @property
    def figures(self) -> Sequence[OwnFigure]:
        """Return the figures that were read in them."""
        ...

    def retrieve(self, question: str, limit: int, lang: Lang) -> list[Found]:
        """Return the nearest passages of these reports."""
        ...


Known = tuple[OwnReport, OwnFigure]
