"""What answering returns and every face renders: statements with numbered citations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.i18n import Lang
from knowledge.report import Citation


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence (or row) of an answer and the numbers of the citations that bear it."""

    text: str
    cites: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Return the sentence followed by its marks, as in `... $830 billion. [1][2]`."""
        marks = "".join(f"[{n}]" for n in self.cites)
        return f"{self.text} {marks}".rstrip()


# The documents of citations that are a reader's own reports are named so.
REPORT = "report-"


@dataclass(frozen=True, slots=True)
class Table:
    """The values of one measure by date: as-of date, value, number of the citation."""

    measure: str
    rows: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in one language: what is said, what bears it, and how it was found.

    `route` names the way: ledger, disagreement, factcheck, series, extract, report,
    calculation, contract, model, refusal:<reason>. `nearest` are questions that can be answered,
    offered on a refusal.
    `table` sets the course of one measure in a column.
    `notes` are remarks without a claim of their own (staleness, language of a quote, a default).
    """

    lang: Lang
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...] = ()
    refused: bool = False
    route: str = "ledger"
    notes: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    table: Table | None = None

    @property
    def text(self) -> str:
        """Return the answer as plain text, one statement a line, notes last."""
        return "\n".join([*(str(s) for s in self.statements), *self.notes])


def chosen(answer: Answer, rows: Sequence[Statement]) -> Answer:
    """Return an answer with some of its rows in this order, its sources numbered anew.

    Statements without a source frame the rows and stay: before them what stood before them.
    """
    first = next((n for n, s in enumerate(answer.statements) if s.cites), 0)
    around = [s for s in answer.statements if not s.cites]
    numbers = {n: place for place, n in enumerate(_in_use(rows), start=1)}
    anew = [replace(s, cites=tuple(numbers[n] for n in s.cites)) for s in rows]
    by_number = {c.n: c for c in answer.citations}
    return replace(
        answer,
        statements=(*around[:first], *anew, *around[first:]),
        citations=tuple(replace(by_number[n], n=place) for n, place in numbers.items()),
    )


def _in_use(rows: Iterable[Statement]) -> Iterable[int]:
    return dict.fromkeys(n for row in rows for n in row.cites)


def quotes_reports(answer: Answer) -> bool:
    """Tell whether an answer rests on a reader's own report."""
    return any(c.doc is not None and c.doc.startswith(REPORT) for c in answer.citations)
