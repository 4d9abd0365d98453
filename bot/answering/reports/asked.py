"""A question and the reader's reports -> whether it is about them, which one, and about what."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.answering.ask import Ask
from bot.answering.ledger import Shelf
from bot.answering.reports.own import Own, OwnReport
from bot.i18n import Lang
from knowledge.parsing.vocabulary import groups_in

_SHORT_QUESTION = 80
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
# What is asked of the report itself: who wrote it, when, and under which title.
_ORIGIN = re.compile(
    r"\bwho\b.{0,20}\b(?:wrote|written|publish\w*|author\w*|made|issued|from)\b"
    r"|\b(?:author|publisher)\b|\bwhen\b.{0,30}\b(?:publish\w*|written|dated|issued)\b"
    r"|\bhow many pages\b|谁(?:写|发布|发表|出|做)的?"
    r"|哪(?:家|个)(?:机构|券商|银行|公司)(?:写|发布|发表|出)"
    r"|(?:什么时候|何时|哪天)(?:写|发布|发表|出)|作者|发布(?:机构|日期|时间)|多少页|几页",
    re.IGNORECASE,
)

Read = Callable[[str, Lang], Ask]


def mentions(question: str, own: Own) -> bool:
    """Tell whether a question is about a report of the reader's own."""
    mine = any(not report.shared for report in own.reports)
    return bool(_OWN.search(question) or (mine and _LOOSE.search(question)))


def says_this(question: str) -> bool:
    """Tell whether a question says `this report`, or `the one I sent`."""
    return bool(_OWN.search(question))


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


def about_report(ask: Ask, history: Sequence[str], own: Own, read: Read) -> Ask | None:
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
    return [word for word in subject_of(question).split() if groups_in(word)]


def names_another(ask: Ask, reports: Sequence[OwnReport], shelf: Shelf) -> bool:
    """Tell whether a question is about the report of a publisher who published none of ours."""
    asked = shelf.lexicon.kind("publisher", ask.concepts)
    ours = frozenset[str]().union(*(shelf.lexicon.read(r.publisher).concepts for r in reports))
    return bool(asked) and not asked & ours and not asks_agreement(ask)


def meant(ask: Ask, reports: Sequence[OwnReport], shelf: Shelf) -> dict[str, OwnReport]:
    """Return the reports that a question means: by number, by name, else "this one", else all."""
    if match := _NUMBER.search(ask.text):
        number = int(match["en"] or match["zh"])
        numbered = [r for r in reports if r.number == number and not r.shared]
        if numbered:
            return {r.doc_id: r for r in numbered}
    named = [r for r in reports if _is_named(r, ask, shelf)]
    mine = [r for r in reports if not r.shared]
    latest = mine[-1:] if _OWN.search(ask.text) else []
    return {r.doc_id: r for r in (named or latest or mine or reports)}


def _is_named(report: OwnReport, ask: Ask, shelf: Shelf) -> bool:
    """Tell whether a question names a report by its title, or by who published it."""
    title = report.title.casefold()
    if len(title) > 5 and title in ask.text.casefold():
        return True
    named = shelf.lexicon.kind("publisher", ask.concepts)
    by = shelf.lexicon.read(report.publisher).concepts
    return not asks_agreement(ask) and bool(named & by)


def subject_of(text: str) -> str:
    """Return what a question is about, without the report that it names and the words that ask."""
    for form in (_OWN, _LOOSE, _PAGE, _ASKING):
        text = form.sub(" ", text)
    return " ".join(text.split()).strip(" ?:,.\uff1f\uff0c\uff1a\u3002")


def page_of(ask: Ask) -> int | None:
    """Return the page that a question names, None where it names none."""
    match = _PAGE.search(ask.text)
    return int(match["en"] or match["zh"]) if match else None


def asks_origin(ask: Ask) -> bool:
    """Tell whether a question asks who wrote a report, or when."""
    return bool(_ORIGIN.search(ask.text))


def asks_agreement(ask: Ask) -> bool:
    """Tell whether a question asks how a report stands to what others say."""
    return bool(_AGREE.search(ask.text))
