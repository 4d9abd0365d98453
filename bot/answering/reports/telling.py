"""What reports say of a subject: their figures first, each with its sentence, then sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from bot.answering import extracts
from bot.answering.ask import Ask
from bot.answering.compose import Draft
from bot.answering.ledger import Shelf
from bot.answering.reports.asked import Read, page_of, subject_of
from bot.answering.reports.own import Known, Own, OwnReport
from bot.answering.reports.words import citation, cite, figures_line, quoted, shortened
from bot.i18n import say
from knowledge.amounts import span_of
from knowledge.parsing.facts import publisher_in
from knowledge.parsing.vocabulary import Name, named_in
from knowledge.report import Citation, Found, Passage

# How much of the question (0-1, by weight) a passage must cover before it is quoted.
ENOUGH = 0.5
# Figures whose sentences cover less of the question than the best by so much are of something else.
_BESIDE_THE_BEST = 0.12
MOST_LINES, MOST_HEADLINES, MOST_QUOTES = 3, 5, 2
_PASSAGES = 12


def tell(
    draft: Draft, ask: Ask, own: Own, docs: Mapping[str, OwnReport], *, shelf: Shelf, read: Read
) -> bool:
    """Write what reports say of a subject; False where they say nothing."""
    subject = read(subject_of(ask.text), ask.lang)
    known = on_page(ask, figures_of(own, docs))
    covers = _coverage(subject, shelf)
    chosen = _about(known, subject, covers) if subject.text else _headlines(known)
    most = MOST_LINES if subject.text else MOST_HEADLINES
    lines = _together(chosen)
    for together in lines[:most]:
        words, number = figures_line(draft, together)
        draft.add(words, numbers=[number])
    if lines:
        draft.note("own.machine_read")
    if len(lines) > most:
        draft.note("own.more_figures", count=sum(map(len, lines[most:])))
    told = max((covers(f.reading.sentence) for _, f in chosen), default=0.0)
    quotes = _quotes_beside(ask, own, docs, subject=subject, shelf=shelf)
    said = [f.passage for _, f in chosen]
    for passage, quote in quotes[:MOST_QUOTES]:
        if not said or (covers(quote) > told and not _same_table(passage, said)):
            number = cite(draft, docs[passage.doc_id], passage, quote)
            draft.add(quoted(quote, passage, draft.lang), numbers=[number])
    return bool(draft.statements)


def tell_origin(draft: Draft, docs: Mapping[str, OwnReport]) -> None:
    """Write who published each report, and when, as far as it says so."""
    for report in docs.values():
        source = Citation(
            n=0,
            source=report.doc_id,
            publisher=publisher_in(draft.lang, report.publisher) or draft.say("own.publisher"),
            title=report.title,
            date=report.published or None,
            doc=report.doc_id,
        )
        number = draft.cite_source(report.doc_id, source)
        known = publisher_in(draft.lang, report.publisher)
        who = known or draft.say("own.origin_nobody")
        when = report.published or draft.say("own.origin_never")
        words = draft.say("own.origin", title=report.title, publisher=who, published=when)
        draft.add(words, numbers=[number])
        if not report.publisher or not report.published:
            draft.note("own.origin_label", number=report.number)


def figures_of(own: Own, docs: Mapping[str, OwnReport]) -> list[Known]:
    """Return the figures of some reports."""
    return [(docs[f.passage.doc_id], f) for f in own.figures if f.passage.doc_id in docs]


def on_page(ask: Ask, known: list[Known]) -> list[Known]:
    """Return the figures of the page that a question names, all where it names none."""
    page = page_of(ask)
    return [(r, f) for r, f in known if page in {None, f.passage.page}]


# Figures

_Covers = Callable[[str], float]


def _coverage(subject: Ask, shelf: Shelf) -> _Covers:
    """Return what tells how much of the subject a sentence has."""

    def covers(sentence: str) -> float:
        return extracts.coverage(subject, [shelf.lexicon.read(sentence)], shelf)

    return covers


def _about(known: Sequence[Known], subject: Ask, covers: _Covers) -> list[Known]:
    """Return the figures of the measures asked for, those whose sentences fit the question best."""
    about = _of_measures(known, named_in(subject.text))
    covered = [covers(f.reading.sentence) for _, f in about]
    least = max(covered, default=0.0) - _BESIDE_THE_BEST
    fits = [pair for pair, share in zip(about, covered, strict=True) if share >= least]
    return _different(_near_in_time(fits, subject))


def _of_measures(known: Sequence[Known], named: Sequence[Name]) -> list[Known]:
    """Return the figures of named measures; where a share is asked for, the share alone."""
    narrow = {n.en for n in named if n.share}
    groups = {n.group for n in named}
    about = [(r, f) for r, f in known if f.reading.group in groups]
    only = [(r, f) for r, f in about if f.reading.measure_en in narrow]
    left = groups - {f.reading.group for _, f in only}
    return [*only, *((r, f) for r, f in about if f.reading.group in left)]


def _headlines(known: Sequence[Known]) -> list[Known]:
    """Return a figure of each measure, the report's first."""
    first: dict[str, Known] = {}
    for report, figure in known:
        first.setdefault(figure.reading.group, (report, figure))
    return list(first.values())


def _near_in_time(known: Iterable[Known], subject: Ask) -> list[Known]:
    """Return figures with those of the asked time first; sentences before cells of tables."""

    def order(pair: Known) -> tuple[bool, bool]:
        span = span_of(pair[1].reading.as_of)
        fits = not subject.spans or (
            span is not None and any(a <= span[1] and span[0] <= b for a, b in subject.spans)
        )
        return not fits, pair[1].passage.meta.get("kind") == "row"

    return sorted(known, key=order)


def _different(known: Iterable[Known]) -> list[Known]:
    """Return figures without those that say the same once more."""
    seen: dict[tuple[str, float, str], Known] = {}
    for report, figure in known:
        reading = figure.reading
        seen.setdefault((reading.group, reading.value, reading.unit), (report, figure))
    return list(seen.values())


def _together(known: Iterable[Known]) -> list[list[Known]]:
    """Return figures by the sentence and the measure that they share, in the order of the first."""
    found: dict[tuple[str, str, str], list[Known]] = {}
    for report, figure in known:
        reading = figure.reading
        place = (figure.passage.id, reading.sentence, reading.measure_en)
        found.setdefault(place, []).append((report, figure))
    return list(found.values())


# Sentences


def _quotes_beside(
    ask: Ask, own: Own, docs: Mapping[str, OwnReport], *, subject: Ask, shelf: Shelf
) -> list[tuple[Passage, str]]:
    page = page_of(ask)
    found = [
        f
        for f in own.retrieve(subject.text, _PASSAGES, ask.lang)
        if f.passage.doc_id in docs and page in {None, f.passage.page}
    ]
    return quotes(subject, found, shelf, ENOUGH)


def quotes(
    ask: Ask, found: Sequence[Found], shelf: Shelf, enough: float
) -> list[tuple[Passage, str]]:
    """Return the passages that cover a question, each with its telling sentence, best first.

    Of a table the row that answers stands before the whole.
    """
    rows: list[tuple[float, bool, int, Passage, str]] = []
    for place, item in enumerate(found):
        passage = item.passage
        parts = [shelf.lexicon.read(t) for t in (passage.title, passage.section, passage.text)]
        if extracts.coverage(ask, parts, shelf) < enough:
            continue
        split = extracts.body_of(passage) if passage.meta.get("kind") == "text" else []
        pieces = split or [passage.text]
        gains = [extracts.coverage(ask, [shelf.lexicon.read(p)], shelf) for p in pieces]
        best = max(range(len(pieces)), key=gains.__getitem__)
        if gains[best] > 0:
            quote = shortened(pieces[best], passage.lang)
            rows.append((-gains[best], passage.meta.get("kind") == "table", place, passage, quote))
    ordered = sorted(rows, key=lambda row: row[:3])
    return _without_whole_tables([(passage, quote) for *_, passage, quote in ordered])


def _without_whole_tables(found: list[tuple[Passage, str]]) -> list[tuple[Passage, str]]:
    """Return quotes without tables of which a row is quoted."""
    rows = [p for p, _ in found if p.meta.get("kind") == "row"]
    is_whole = [p.meta.get("kind") == "table" and _same_table(p, rows) for p, _ in found]
    return [pair for pair, whole in zip(found, is_whole, strict=True) if not whole]


def _same_table(passage: Passage, said: Iterable[Passage]) -> bool:
    """Tell whether a row or a table belongs to one that was quoted from."""
    if passage.meta.get("kind") == "text":
        return False
    return any(
        p.doc_id == passage.doc_id
        and p.page == passage.page
        and p.section == passage.section
        and p.meta.get("kind") != "text"
        for p in said
    )


def from_report(quote: str, passage: Passage, report: OwnReport, ask: Ask) -> tuple[str, Citation]:
    """Return a quote beside another answer, with its citation."""
    said = quoted(quote, passage, ask.lang)
    text = say(ask.lang, "own.from_report", title=report.title, said=said)
    return text, citation(report, passage, quote, ask.lang)
