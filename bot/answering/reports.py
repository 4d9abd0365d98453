"""A question about the reader's own report -> what it says, with page and quote, beside others.

The report's figures were read by rules, not by a person: they are shown with the sentence that
they come from, and never become evidence for anybody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.answering import extracts
from bot.answering.answer import Answer, Statement
from bot.answering.ask import Ask
from bot.answering.compose import Draft, as_of_text, publisher, value_text
from bot.answering.ledger import Shelf
from bot.i18n import Lang, has, say
from knowledge.amounts import Amount, amounts, as_of_span, span_of
from knowledge.claims import is_evidence, is_own_arithmetic, ranked
from knowledge.figures import figures
from knowledge.parsing.readings import Reading
from knowledge.parsing.vocabulary import groups_in
from knowledge.report import Citation, Claim, Found, Passage

# How much of the question (0-1, by weight) a passage must cover before it is quoted: of a report
# that was asked about, and of one that merely lies there.
ENOUGH, ENOUGH_BESIDE = 0.5, 0.7
MOST_FIGURES, MOST_HEADLINES, MOST_QUOTES, MOST_OTHERS = 3, 5, 2, 2
_PASSAGES = 12
_SHORT_QUESTION = 80
# A long report states a thing more than once; its first words on it mostly have the context.
_QUOTE_CHARS = {"en": 300, "zh": 120}
_NOUN = r"(?:report|paper|pdf|document|file|note|upload|study)"
_OWN = re.compile(
    rf"\b(?:this|my|our|that|these|those|the uploaded|the attached)\s+(?:\w+\s+)?{_NOUN}s?\b"
    rf"|\b{_NOUN}\s+(?:i|we)\s+(?:sent|uploaded)|\b(?:i|we)\s+(?:sent|uploaded)\b"
    r"|(?:这|那|本|该|此|我的|我们的|我发的|上传的)(?:一?[份篇个])?"
    r"(?:报告|研报|文件|文档|论文|材料|pdf|资料)|(?:我|我们)(?:刚)?(?:上传|发)的",
    re.IGNORECASE,
)
_LOOSE = re.compile(
    rf"\bthe\s+{_NOUN}s?\b|\b{_NOUN}\s*(?:no\.?|number|#)?\s*\d{{1,2}}\b|报告|研报|文档|第\s*\d{{1,2}}\s*[份篇]",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    rf"\b{_NOUN}\s*(?:no\.?|number|#)?\s*(?P<en>\d{{1,2}})\b|第\s*(?P<zh>\d{{1,2}})\s*[份篇]",
    re.IGNORECASE,
)
_PAGE = re.compile(r"\b(?:page|p\.)\s*(?P<en>\d{1,4})\b|第\s*(?P<zh>\d{1,4})\s*页", re.IGNORECASE)
# What goes on from the question before: "and the haircut?", "does it agree with the Fed?"
_GOES_ON = re.compile(
    r"^(?:and|what about|how about|also)\b|\b(?:it|its|they|their|there)\b"
    r"|^(?:那么?|还有|另外|再)|它|其中|呢[?\uff1f]?$",
    re.IGNORECASE,
)
_AGREE = re.compile(
    r"\bagree|\bconsistent|\bin line with|\bmatch|\bcontradict|\bdiffer|\bcompare|\bversus\b|\bvs\b"
    r"|\bsame as\b|一致|吻合|相符|矛盾|出入|不同|相比|比较|对比|对得上|差多少|差别",
    re.IGNORECASE,
)
# Words that ask, and say nothing of what is asked about.
_ASKING = re.compile(
    r"\bwhat\s+(?:does|do|did|is|are)\b|\b(?:say|says|said|tell|tells|write|writes|state|states)\b"
    r"|\b(?:about|on|according to|in|of|the|us|me|summari[sz]e|summary|does|do|with|please"
    r"|can|could|you|give|a)\b"
    r"|说了?什么|怎么(?:说|看|写)|提到|关于|里面?|中|对|的|吗|呢|是否|总结|概括|主要|内容"
    r"|一下|请|帮我|给我|了",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class OwnReport:
    """One report that the reader brought, or that everybody may ask (`shared`)."""

    doc_id: str
    number: int
    title: str
    publisher: str
    published: str
    shared: bool = False


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


Read = Callable[[str, Lang], Ask]


def mentions(question: str, own: Own) -> bool:
    """Tell whether a question is about a report of the reader's own."""
    mine = any(not report.shared for report in own.reports)
    return bool(_OWN.search(question) or (mine and _LOOSE.search(question)))


def without_reports(history: Sequence[str], own: Own) -> list[str]:
    """Return the earlier questions that a question to the corpus may follow up."""
    kept, about_report = [], False
    for question in history:
        about_report = mentions(question, own) or (about_report and _goes_on(question))
        if not about_report:
            kept.append(question)
    return kept


def _goes_on(question: str) -> bool:
    return len(question) < _SHORT_QUESTION and bool(_GOES_ON.search(question))


def write(
    draft: Draft, asked: Ask, own: Own, shelf: Shelf, *, history: Sequence[str], read: Read
) -> str | None:
    """Answer a question about an own report and return the route; None where it is about none."""
    ask = _about_report(asked, history, own, read)
    if ask is None or (not _OWN.search(ask.text) and _names_another(ask, own.reports, shelf)):
        return None
    if not own.reports:
        draft.add(draft.say("own.no_report"))
        return "refusal:no_report"
    docs = _meant(ask, own.reports)
    if _AGREE.search(ask.text):
        _compare(draft, ask, _on_page(ask, _figures_of(own, docs)), shelf)
        return "report"
    if not _tell(draft, ask, own, docs, shelf=shelf, read=read):
        draft.add(draft.say("own.none"))
        return "refusal:unknown"
    return "report"


def _about_report(ask: Ask, history: Sequence[str], own: Own, read: Read) -> Ask | None:
    """Return the question as one about a report, what it follows up included; None for others."""
    if mentions(ask.text, own):
        return ask
    if not _goes_on(ask.text):
        return None
    # Back over what goes on itself, to the question that named the report.
    for before in reversed(history):
        if mentions(before, own):
            named = _OWN.search(before) or _LOOSE.search(before)
            about = "" if groups_in(ask.text) else " ".join(_measures_named(before))
            return read(f"{named[0] if named else ''}: {ask.text} {about}", ask.lang)
        if not _goes_on(before):
            return None
    return None


def _measures_named(question: str) -> list[str]:
    """Return the words of a question that name what it asks for."""
    return [word for word in _subject(question).split() if groups_in(word)]


def _names_another(ask: Ask, reports: Sequence[OwnReport], shelf: Shelf) -> bool:
    """Tell whether a question is about the report of a publisher who published none of ours."""
    asked = shelf.lexicon.kind("publisher", ask.concepts)
    ours = frozenset[str]().union(*(shelf.lexicon.read(r.publisher).concepts for r in reports))
    return bool(asked) and not asked & ours and not _AGREE.search(ask.text)


def beside(answer: Answer, ask: Ask, own: Own, shelf: Shelf) -> Answer:
    """Return an answer with what the reader's own reports say to the question, if they do."""
    if not own.reports or answer.route not in (_MENDED if answer.refused else _JOINED):
        return answer
    found = _quotes(ask, own.retrieve(ask.text, _PASSAGES, ask.lang), shelf, ENOUGH_BESIDE)
    if not found:
        return answer
    titles = {r.doc_id: r for r in own.reports}
    passage, quote = found[0]
    report = titles[passage.doc_id]
    before = () if answer.refused else answer.citations
    citation = replace(_citation(report, passage, quote, ask.lang), n=len(before) + 1)
    said = _said(quote, passage, ask.lang)
    text = say(ask.lang, "own.from_report", title=report.title, said=said)
    line = Statement(text, (citation.n,))
    if answer.refused:
        return replace(
            answer, statements=(line,), citations=(citation,), refused=False, route="report",
            nearest=(), notes=(),
        )  # fmt: skip
    return replace(answer, statements=(*answer.statements, line), citations=(*before, citation))


# Refusals that an own report may answer after all, and answers that it may stand beside.
_MENDED = frozenset({"refusal:unknown", "refusal:absent", "refusal:quotation", "refusal:subject"})
_JOINED = frozenset({"ledger", "disagreement", "extract", "series"})


# Which report, what about


def _meant(ask: Ask, reports: Sequence[OwnReport]) -> dict[str, OwnReport]:
    """Return the reports that a question means: by number, by name, else "this one", else all."""
    if match := _NUMBER.search(ask.text):
        number = int(match["en"] or match["zh"])
        numbered = [r for r in reports if r.number == number and not r.shared]
        if numbered:
            return {r.doc_id: r for r in numbered}
    folded = ask.text.casefold()
    named = [r for r in reports if _is_named(r, folded)]
    mine = [r for r in reports if not r.shared]
    latest = mine[-1:] if _OWN.search(ask.text) else []
    return {r.doc_id: r for r in (named or latest or mine or reports)}


def _is_named(report: OwnReport, folded: str) -> bool:
    title = report.title.casefold()
    return len(title) > 5 and title in folded


def _subject(text: str) -> str:
    """Return what a question is about, without the report that it names and the words that ask."""
    for form in (_OWN, _LOOSE, _PAGE, _ASKING):
        text = form.sub(" ", text)
    return " ".join(text.split()).strip(" ?:,.\uff1f\uff0c\uff1a\u3002")


def _figures_of(own: Own, docs: dict[str, OwnReport]) -> list[tuple[OwnReport, OwnFigure]]:
    return [(docs[f.passage.doc_id], f) for f in own.figures if f.passage.doc_id in docs]


# What it says


def _tell(
    draft: Draft, ask: Ask, own: Own, docs: dict[str, OwnReport], *, shelf: Shelf, read: Read
) -> bool:
    """Write what reports say of a subject: figures first, then sentences; False for nothing."""
    subject = read(_subject(ask.text), ask.lang)
    known = _on_page(ask, _figures_of(own, docs))
    if subject.text:
        groups = groups_in(subject.text)
        about = [(r, f) for r, f in known if f.reading.group in groups]
        chosen, most = _different(_near_in_time(about, subject)), MOST_FIGURES
    else:
        chosen, most = _headlines(known), MOST_HEADLINES
    for report, figure in chosen[:most]:
        _write_figure(draft, report, figure)
    if chosen:
        draft.note("own.machine_read")
    if len(chosen) > most:
        draft.note("own.more_figures", count=len(chosen) - most)
    said = {figure.reading.sentence for _, figure in chosen}
    page = _page_of(ask)
    found = [
        f
        for f in own.retrieve(subject.text, _PASSAGES, draft.lang)
        if f.passage.doc_id in docs and page in {None, f.passage.page}
    ]
    for passage, quote in _quotes(subject, found, shelf, ENOUGH)[:MOST_QUOTES]:
        if not any(sentence in quote or quote in sentence for sentence in said):
            cite = _cite(draft, docs[passage.doc_id], passage, quote)
            draft.add(_said(quote, passage, draft.lang), numbers=[cite])
            said.add(quote)
    return bool(said)


def _page_of(ask: Ask) -> int | None:
    match = _PAGE.search(ask.text)
    return int(match["en"] or match["zh"]) if match else None


def _on_page(
    ask: Ask, known: list[tuple[OwnReport, OwnFigure]]
) -> list[tuple[OwnReport, OwnFigure]]:
    """Return the figures of the page that a question names, all where it names none."""
    page = _page_of(ask)
    return [(r, f) for r, f in known if page in {None, f.passage.page}]


def _headlines(known: Sequence[tuple[OwnReport, OwnFigure]]) -> list[tuple[OwnReport, OwnFigure]]:
    """Return a figure of each measure, the report's first."""
    first: dict[str, tuple[OwnReport, OwnFigure]] = {}
    for report, figure in known:
        first.setdefault(figure.reading.group, (report, figure))
    return list(first.values())


def _near_in_time(
    known: Iterable[tuple[OwnReport, OwnFigure]], subject: Ask
) -> list[tuple[OwnReport, OwnFigure]]:
    """Return figures with those of the asked time first; sentences before cells of tables."""

    def order(pair: tuple[OwnReport, OwnFigure]) -> tuple[bool, bool]:
        span = span_of(pair[1].reading.as_of)
        fits = not subject.spans or (
            span is not None and any(a <= span[1] and span[0] <= b for a, b in subject.spans)
        )
        return not fits, pair[1].passage.meta.get("kind") == "row"

    return sorted(known, key=order)


def _different(
    known: Sequence[tuple[OwnReport, OwnFigure]],
) -> list[tuple[OwnReport, OwnFigure]]:
    """Return figures without those that say the same once more."""
    seen: dict[tuple[str, float, str], tuple[OwnReport, OwnFigure]] = {}
    for report, figure in known:
        reading = figure.reading
        seen.setdefault((reading.group, reading.value, reading.unit), (report, figure))
    return list(seen.values())


def _write_figure(draft: Draft, report: OwnReport, figure: OwnFigure) -> None:
    quote = _short(figure.reading.sentence, figure.passage.lang)
    cite = _cite(draft, report, figure.passage, quote, figure.reading.as_of)
    words = figure_words(figure.reading, draft.lang)
    draft.add(_with_quote(words, quote, figure.passage, draft.lang), numbers=[cite])


def _with_quote(words: str, quote: str, passage: Passage, lang: Lang) -> str:
    """Return words with the sentence that bears them, and its page, in brackets."""
    if passage.page is None:
        return say(lang, "own.line", words=words, quote=quote)
    return say(lang, "own.line_page", words=words, page=passage.page, quote=quote)


def figure_words(reading: Reading, lang: Lang) -> str:
    """Return a figure with what it measures, whose it is and when, in the reader's language."""
    measure = reading.measure_zh if lang == "zh" else reading.measure_en
    entity = reading.entity_zh if lang == "zh" else reading.entity_en
    return say(
        lang,
        "own.figure",
        value=amount_words(reading.value, reading.unit, lang),
        measure=measure,
        who=say(lang, "own.who", entity=entity) if entity else "",
        when=say(lang, "own.when", as_of=reading.as_of) if reading.as_of else "",
    )


def amount_words(value: float, unit: str, lang: Lang) -> str:
    """Return a value in base units as the reader writes it.

    >>> amount_words(830e9, "usd", "en")
    '$830 billion'
    """
    if unit == "usd":
        if abs(value) >= 1e12:
            return say(lang, "answer.unit.usd_trillion", value=_plain(value / 1e12, lang))
        if abs(value) >= 1e8:
            scale = 1e8 if lang == "zh" else 1e9
            return say(lang, "answer.unit.usd_billion", value=_plain(value / scale, lang))
        return say(lang, "answer.unit.usd", value=_plain(value, lang))
    key = {"percent": "percent", "times": "times", "bp": "basis_points"}.get(unit)
    if key:
        return say(lang, f"answer.unit.{key}", value=_plain(value, lang))
    return f"{_plain(value, lang)} {unit}".strip()


def _plain(value: float, lang: Lang) -> str:
    # Chinese groups digits by four, if at all.
    text = f"{value:.3f}" if lang == "zh" else f"{value:,.3f}"
    return text.rstrip("0").rstrip(".")


def _quotes(
    ask: Ask, found: Sequence[Found], shelf: Shelf, enough: float
) -> list[tuple[Passage, str]]:
    """Return the passages that cover a question, each with its telling sentence, best first."""
    rows: list[tuple[float, int, Passage, str]] = []
    for place, item in enumerate(found):
        passage = item.passage
        parts = [shelf.lexicon.read(t) for t in (passage.title, passage.section, passage.text)]
        if extracts.coverage(ask, parts, shelf) < enough:
            continue
        split = extracts.sentences(passage.text) if passage.meta.get("kind") == "text" else []
        pieces = split or [passage.text]
        gains = [extracts.coverage(ask, [shelf.lexicon.read(p)], shelf) for p in pieces]
        best = max(range(len(pieces)), key=gains.__getitem__)
        if gains[best] > 0:
            rows.append((-gains[best], place, passage, _short(pieces[best], passage.lang)))
    return [(passage, quote) for _, _, passage, quote in sorted(rows, key=lambda r: r[:2])]


def _short(text: str, lang: Lang) -> str:
    most = _QUOTE_CHARS[lang]
    if len(text) <= most:
        return text
    end = text.rfind(" ", 0, most) if lang == "en" else most
    return text[: end if end > 0 else most].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def _said(quote: str, passage: Passage, lang: Lang) -> str:
    if passage.page is None:
        return say(lang, "own.says_no_page", quote=quote)
    return say(lang, "own.says", page=passage.page, quote=quote)


def _cite(draft: Draft, report: OwnReport, passage: Passage, quote: str, as_of: str = "") -> int:
    citation = _citation(report, passage, quote, draft.lang, as_of)
    return draft.cite_source(f"{passage.id}:{quote}", citation)


def _citation(
    report: OwnReport, passage: Passage, quote: str, lang: Lang, as_of: str = ""
) -> Citation:
    return Citation(
        n=0,
        source=report.doc_id,
        publisher=report.publisher or say(lang, "own.publisher"),
        title=report.title,
        date=report.published or None,
        as_of=as_of or None,
        doc=report.doc_id,
        page=passage.page,
        quote=quote,
    )


# What others say


def _compare(
    draft: Draft, ask: Ask, known: Sequence[tuple[OwnReport, OwnFigure]], shelf: Shelf
) -> None:
    """Set a report's figures beside the ledger's on the same question, or say that none meet."""
    asked = shelf.lexicon.kind("publisher", ask.concepts)
    groups = groups_in(ask.text) or list(dict.fromkeys(f.reading.group for _, f in known))
    written = 0
    for group in groups:
        pair = _pair(group, known, _rivals(group, asked, shelf))
        if pair is None or written == MOST_OTHERS:
            continue
        _write_pair(draft, *pair)
        if has(f"answer.why.{group}"):
            draft.note(f"answer.why.{group}")
        written += 1
    if not written:
        who = draft.say("own.others") if not asked else _named(asked, shelf, draft.lang)
        draft.add(draft.say("own.nothing_to_compare", publisher=who))
    draft.note("own.machine_read")


def _named(asked: frozenset[str], shelf: Shelf, lang: Lang) -> str:
    for card in shelf.cards:
        if asked & card.publishers:
            return publisher(card.claim, lang)
    return say(lang, "own.others")


def _rivals(group: str, asked: frozenset[str], shelf: Shelf) -> list[Claim]:
    """Return what others say on a question in numbers, those of the named publisher alone."""
    cards = [
        card
        for card in shelf.cards
        if card.claim.group == group
        and is_evidence(card.claim)
        and not is_own_arithmetic(card.claim)
        and (not asked or asked & card.publishers)
    ]
    return ranked(card.claim for card in cards)


_Pair = tuple[OwnReport, OwnFigure, Claim, Amount]


def _pair(
    group: str, known: Sequence[tuple[OwnReport, OwnFigure]], rivals: Sequence[Claim]
) -> _Pair | None:
    """Return the report's figure and the claim that are nearest in time, of one unit."""
    best: tuple[tuple[int, int, int], _Pair] | None = None
    for place, (report, figure) in enumerate(known):
        if figure.reading.group != group:
            continue
        for rank, claim in enumerate(rivals):
            amount = _comparable(figure.reading, claim)
            if amount is None:
                continue
            key = (_days_apart(report, figure.reading, claim), rank, place)
            if best is None or key < best[0]:
                best = (key, (report, figure, claim, amount))
    return best[1] if best else None


def _comparable(reading: Reading, claim: Claim) -> Amount | None:
    """Return the claim's amount in the reading's unit, None where it has another.

    The share of trades that have no haircut is no haircut: shares are told apart by their measure.
    """
    if ("share" in (claim.measure or "")) != ("share" in reading.measure_en):
        return None
    return next((a for a in amounts(claim) if a.unit == reading.unit and not a.per), None)


def _days_apart(report: OwnReport, reading: Reading, claim: Claim) -> int:
    ours, theirs = span_of(reading.as_of or report.published), as_of_span(claim)
    if ours is None or theirs is None:
        return 10_000
    return max((theirs[0] - ours[1]).days, (ours[0] - theirs[1]).days, 0)


def _write_pair(
    draft: Draft, report: OwnReport, figure: OwnFigure, claim: Claim, amount: Amount
) -> None:
    """Write both figures and whether they agree, each with its source and date."""
    reading = figure.reading
    quote = _short(reading.sentence, figure.passage.lang)
    cite = _cite(draft, report, figure.passage, quote, reading.as_of)
    own_words = draft.say("own.compare_own", figure=figure_words(reading, draft.lang))
    draft.add(_with_quote(own_words, quote, figure.passage, draft.lang), numbers=[cite])
    draft.add_claim(claim)
    ours = amount_words(reading.value, reading.unit, draft.lang)
    theirs = amount_words(amount.value, amount.unit, draft.lang)
    if amount.is_range:
        theirs = value_text(claim, draft.lang) or theirs
    draft.add(_verdict(draft, reading, claim, amount, (ours, theirs)), [claim], [cite])
    when = reading.as_of or report.published
    if not when:
        draft.note("own.no_date")
    elif _days_apart(report, reading, claim) > 45:
        draft.note("own.other_time", own=when, other=as_of_text(claim, draft.lang))


def _verdict(
    draft: Draft, reading: Reading, claim: Claim, amount: Amount, words: tuple[str, str]
) -> str:
    ours, theirs = words
    slack = _rounding(reading)
    if amount.low - slack <= reading.value <= amount.high + slack:
        return draft.say("own.agree", own=ours, other=theirs)
    gap = reading.value / amount.value - 1 if amount.value else 0.0
    return draft.say(
        "own.differ",
        own=ours,
        other=theirs,
        publisher=publisher(claim, draft.lang),
        percent=f"{abs(gap) * 100:.0f}",
        direction=draft.say("own.higher" if gap > 0 else "own.lower"),
    )


def _rounding(reading: Reading) -> float:
    """Return half a unit of the last digit that the report wrote."""
    figure = next(iter(figures(reading.written)), None)
    decimals = figure.decimals if figure else 0
    return 0.5 * float(10.0**-decimals) * reading.scale
