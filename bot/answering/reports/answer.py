"""A question about the reader's own reports -> its answer, or what they add to another one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.answering.answer import Answer, Statement
from bot.answering.ask import Ask
from bot.answering.compose import Draft
from bot.answering.ledger import Shelf
from bot.answering.reports.asked import (
    Read,
    about_report,
    asks_agreement,
    asks_origin,
    meant,
    names_another,
    says_this,
)
from bot.answering.reports.comparing import compare
from bot.answering.reports.own import Own, OwnReport
from bot.answering.reports.telling import (
    figures_of,
    from_report,
    on_page,
    quotes,
    tell,
    tell_origin,
)
from bot.i18n import say
from knowledge.disagreement import agreement
from knowledge.figures import figures, whens

# How much of the question (0-1, by weight) a passage must cover of a report that merely lies there.
ENOUGH_BESIDE = 0.7
_PASSAGES = 12
# Refusals that an own report may answer after all, and answers that it may stand beside.
_MENDED = frozenset({"refusal:unknown", "refusal:absent", "refusal:quotation", "refusal:subject"})
_JOINED = frozenset({"ledger", "disagreement", "extract", "series"})


def write(
    draft: Draft, asked: Ask, own: Own, shelf: Shelf, *, history: Sequence[str], read: Read
) -> str | None:
    """Answer a question about an own report and return the route; None where it is about none."""
    ask = about_report(asked, history, own, read)
    if ask is None or (not says_this(ask.text) and names_another(ask, own.reports, shelf)):
        return None
    if not own.reports:
        draft.add(draft.say("own.no_report"))
        return "refusal:no_report"
    docs = meant(ask, own.reports, shelf)
    if asks_origin(ask):
        tell_origin(draft, docs)
    elif asks_agreement(ask):
        compare(draft, ask, on_page(ask, figures_of(own, docs)), shelf)
    elif not tell(draft, ask, own, docs, shelf=shelf, read=read):
        draft.add(draft.say("own.none"))
        _note_unread(draft, docs.values())
        return "refusal:unknown"
    cited = {citation.doc for citation in draft.citations}
    _note_unread(draft, [report for report in docs.values() if report.doc_id in cited])
    return "report"


def _note_unread(draft: Draft, reports: Iterable[OwnReport]) -> None:
    """Say of each report which pages an answer from it could not look at."""
    for report in reports:
        if report.unread:
            draft.note("own.unread", **_unread(report))


def _unread(report: OwnReport) -> dict[str, object]:
    return {"title": report.title, "count": report.unread, "pages": report.pages}


def beside(answer: Answer, ask: Ask, own: Own, shelf: Shelf) -> Answer:
    """Return an answer with what the reader's own reports say to the question, if they do."""
    if not own.reports or answer.route not in (_MENDED if answer.refused else _JOINED):
        return answer
    found = quotes(ask, own.retrieve(ask.text, _PASSAGES, ask.lang), shelf, ENOUGH_BESIDE)
    if not found:
        return answer
    passage, quote = found[0]
    report = next(r for r in own.reports if r.doc_id == passage.doc_id)
    before = () if answer.refused else answer.citations
    unread = (say(answer.lang, "own.unread", **_unread(report)),) if report.unread else ()
    text, source = from_report(quote, passage, report, ask)
    citation = replace(source, n=len(before) + 1)
    line = Statement(text, (citation.n,))
    if answer.refused:
        return replace(
            answer, statements=(line,), citations=(citation,), refused=False, route="report",
            nearest=(), notes=unread,
        )  # fmt: skip
    notes = (*answer.notes, *unread)
    if _gives_another_answer(ask, quote, answer):
        notes = (*notes, say(answer.lang, "own.differs"))
    statements = (*answer.statements, line)
    return replace(answer, statements=statements, citations=(*before, citation), notes=notes)


def _gives_another_answer(ask: Ask, quote: str, answer: Answer) -> bool:
    """Tell whether a report gives another day or amount than the answer that it stands beside."""
    said = " ".join(s.text for s in answer.statements)
    if ask.asks("when"):
        known = all(any(w.day for w in whens(text)) for text in (quote, said))
    else:
        known = ask.asks("how_much") and all(figures(text) for text in (quote, said))
    return known and agreement(ask.text, quote, said) == 0
