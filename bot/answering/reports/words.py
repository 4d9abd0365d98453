"""Figures and sentences of a report -> the words of an answer, with page, quote and citation."""

from __future__ import annotations

from collections.abc import Sequence

from bot.answering.compose import Draft
from bot.answering.reports.own import Known, OwnReport
from bot.i18n import Lang, say
from knowledge.parsing.facts import publisher_in
from knowledge.parsing.readings import Reading
from knowledge.report import Citation, Passage

# A long report states a thing more than once; its first words on it mostly have the context.
_QUOTE_CHARS = {"en": 300, "zh": 120}


def figures_line(draft: Draft, together: Sequence[Known]) -> tuple[str, int]:
    """Return the figures of one sentence in words, with that sentence, and its citation's number.

    What is said of all of them is said once, with the last.
    """
    report, last = together[-1]
    parts = [_alone(f.reading, last.reading, draft.lang) for _, f in together[:-1]]
    words = say(draft.lang, "own.also").join([*parts, figure_words(last.reading, draft.lang)])
    quote = shortened(last.reading.sentence, last.passage.lang)
    number = cite(draft, report, last.passage, quote, last.reading.as_of)
    return with_quote(words, quote, last.passage, draft.lang), number


def _alone(reading: Reading, last: Reading, lang: Lang) -> str:
    """Return a figure that stands before another, with its date where that has another one."""
    amount = amount_words(reading.value, reading.unit, lang)
    if reading.as_of == last.as_of or not reading.as_of:
        return amount
    return amount + say(lang, "own.when", as_of=reading.as_of)


def with_quote(words: str, quote: str, passage: Passage, lang: Lang) -> str:
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

    >>> amount_words(830e9, "usd", "en"), amount_words(1.8, "32nds", "zh")
    ('$830 billion', '1.8/32')
    """
    if unit == "usd":
        return _dollars(value, lang)
    plain = _plain(value, lang)
    key = {"percent": "percent", "times": "times", "bp": "basis_points"}.get(unit)
    if key:
        return say(lang, f"answer.unit.{key}", value=plain)
    if unit == "32nds":
        return f"{plain}/32"
    if unit == "contracts":
        return say(lang, "own.contracts", value=plain)
    return f"{plain} {unit}".strip()


def _dollars(value: float, lang: Lang) -> str:
    if abs(value) >= 1e12:
        return say(lang, "answer.unit.usd_trillion", value=_plain(value / 1e12, lang))
    if abs(value) >= 1e8:
        scale = 1e8 if lang == "zh" else 1e9
        return say(lang, "answer.unit.usd_billion", value=_plain(value / scale, lang))
    return say(lang, "answer.unit.usd", value=_plain(value, lang))


def _plain(value: float, lang: Lang) -> str:
    # Chinese groups digits by four, if at all.
    text = f"{value:.3f}" if lang == "zh" else f"{value:,.3f}"
    return text.rstrip("0").rstrip(".")


def shortened(text: str, lang: Lang) -> str:
    """Return a quote, cut at a word where it is too long for a message."""
    most = _QUOTE_CHARS[lang]
    if len(text) <= most:
        return text
    end = text.rfind(" ", 0, most) if lang == "en" else most
    return text[: end if end > 0 else most].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def quoted(quote: str, passage: Passage, lang: Lang) -> str:
    """Return a quote with its page."""
    if passage.page is None:
        return say(lang, "own.says_no_page", quote=quote)
    return say(lang, "own.says", page=passage.page, quote=quote)


def cite(draft: Draft, report: OwnReport, passage: Passage, quote: str, as_of: str = "") -> int:
    """Return the number of a quote's citation, giving it the next one at first use."""
    made = citation(report, passage, quote, draft.lang, as_of)
    return draft.cite_source(f"{passage.id}:{quote}", made)


def citation(
    report: OwnReport, passage: Passage, quote: str, lang: Lang, as_of: str = ""
) -> Citation:
    """Return the citation of a report's passage, yet without a number."""
    return Citation(
        n=0,
        source=report.doc_id,
        publisher=publisher_in(lang, report.publisher) or say(lang, "own.publisher"),
        title=report.title,
        date=report.published or None,
        as_of=as_of or None,
        doc=report.doc_id,
        page=passage.page,
        quote=quote,
    )
