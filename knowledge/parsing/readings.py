"""Pieces of a report -> the figures it states, each with what it measures: read by a machine."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from knowledge.figures import Figure, figures
from knowledge.parsing.blocks import PLAIN_NUMBER, Block
from knowledge.parsing.dating import dates_of, stated_time
from knowledge.parsing.pieces import Piece, row_text
from knowledge.parsing.vocabulary import Name, folded, measures, others, owners, units

# A measure is named this near to its figure, else it speaks of another one.
_NEAR = {"en": 140, "zh": 70}
# An owner named behind a figure counts as so much farther away.
_BEHIND = 40
# `U.S. Treasuries` is one sentence.
_SENTENCE = re.compile(
    r"(?<=[\u3002\uff01\uff1f\uff1b])"
    r"|(?<=[.!?;])(?<![A-Z]\.[A-Z]\.)\s+(?=[A-Z\"\u201c(\d$])"
    r"|\n+"
)
# `70% of bilateral repo` is a part of it; `2% of notional` is a haircut or a margin.
_PART_BEHIND = re.compile(
    r"^\s*of\s+(?!(?:the\s+)?(?:notional|face|par|market value|value|its)\b)"
    r"|^的(?!折扣|保证金|收益|利率|水平|首)"
)
_PART_BEFORE = re.compile(
    r"占(?:比|到|据)?[^\uff0c\u3002\uff1b,;]{0,20}$|\bshare of [\w\s]{0,30}$"
    r"|(?<!本金)(?<!面值)(?<!市值)(?<!年)的(?:大?约|近|逾|超过?|将近)?$"
)
# The coupon in a bond's name, percents of other things, and the amount that another is told for.
_COUPON = re.compile(
    r"^\s*(?:(?:of\s+)?[A-Z][a-z]+\s+20\d\d\s+|\d{1,2}/\d{2,4}\s+)?(?:notes?|bonds?|coupon)\b"
    r"|^\s*(?:returns?|growth|inflation|unemployment)\b|^\s*(?:票息|息票|国债|的(?:股本)?回报)",
)
_FOR_EACH = re.compile(r"\b(?:every|each|per)\s+$|每$", re.IGNORECASE)
_CHANGE = re.compile(
    r"\bchange|\bchg\b|\bdelta\b|\b[wmqy]/[wmqy]\b|\b[wmy]o[wmy]\b|变动|变化|增减|环比|同比|涨跌",
    re.IGNORECASE,
)
# Accountants write what is less than nothing in brackets.
_IN_BRACKETS = re.compile(r"[(\uff08]\s*[$]?[\d.,]+%?\s*[)\uff09]")
# A pause behind which another thing is spoken of; not the one within a number.
_WALL = re.compile(
    r"[;\uff1b\uff0c\u3002]|,(?!\d{3})|\b(?:while|whereas|but)\b|[\u800c\u4f46](?!\u6210)"
)
_IS = re.compile(r"\b(?:is|was|are|were|has|have|had)\b|[\u4e3a\u662f]", re.IGNORECASE)
# Words that lead from one figure of a measure to the next of it.
_CONNECTING = re.compile(
    r"\b(?:at the margin|and|or|"
    r"to|from|up|down|against|versus|vs|compared|with|while|than|a|an|the|year|years|"
    r"earlier|ago|before|about|roughly|around|nearly|some|more|less|over|above|below|only|just|"
    r"in|at|on|by|of|end|since|as|year-end|early|late|respectively|held|holds?|had|has|was|is|were|"
    r"per|contracts?|top|bottom|upper|lower|median|average|decile|quartile|percentile|Q[1-4]|"
    rf"{'|'.join(calendar.month_name[1:])})\b"
    r"|[\u5e74\u6708\u65e5\u672b\u521d\u5e95\u81f3\u5230\u4ece\u7531\u8f83\u7684\u4e3a\u662f\u7ea6\u4e86\u5728\u800c\u548c\u4e0e\u53ca\u6216]"
    r"|[\u9ad8\u4f4e]\u4e8e|\u8d85\u8fc7|\u5927\u7ea6|\u8fd1|\u4e00\u5e74\u524d|[\u4e0a\u53bb]\u5e74(?:\u540c\u671f)?|\u540c\u671f|\u4ee5\u53ca|\u5206\u522b|\u6301\u6709|\u540d\u4e49\u672c\u91d1"
    r"|[\u6700]?[\u9ad8\u4f4e]?(?:\u5341\u5206\u4f4d|\u56db\u5206\u4f4d|\u4e2d\u4f4d\u6570|\u5747\u503c)|[\u5347\u964d\u589e\u51cf\u4e0a\u4e0b][\u8c03\u884c\u52a0\u5c11]?\u81f3",
    re.IGNORECASE,
)
_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of a report. `value` is in the base unit of `unit`; `as_of` may be empty.

    `piece` is the number of the piece that says it, `start` and `end` the sentence within it.
    """

    piece: int
    start: int
    end: int
    group: str
    measure_en: str
    measure_zh: str
    entity_en: str
    entity_zh: str
    value: float
    unit: str
    scale: float
    written: str
    as_of: str
    sentence: str


def readings_of(
    pieces: Sequence[Piece], tables: Iterable[Block], published: str = ""
) -> list[Reading]:
    """Return the figures whose measure a report names, sentence by sentence, cell by cell.

    `published` (an ISO day or month) gives months their year.
    """
    found: list[Reading] = []
    rows = _by_place(tables)
    for number, piece in enumerate(pieces):
        if piece.kind == "text":
            found += _in_text(number, piece, published)
        elif piece.kind == "row" and (row := rows.get((piece.page, piece.start))):
            found += _in_row(number, piece, *row)
        if len(found) >= _MOST:
            break
    return found[:_MOST]


_Row = tuple[Block, tuple[str, ...]]


def _by_place(tables: Iterable[Block]) -> dict[tuple[int | None, int], _Row]:
    places: dict[tuple[int | None, int], _Row] = {}
    for block in tables:
        at = block.start + len(" | ".join(block.rows[0])) + 1
        for row in block.rows[1:]:
            places[(block.page, at)] = (block, row)
            at += len(" | ".join(row)) + 1
    return places


# Sentences


@dataclass(frozen=True, slots=True)
class _Told:
    """A measure that a sentence has told a figure of, and where that figure ends."""

    name: Name
    end: int


def _in_text(number: int, piece: Piece, published: str) -> Iterator[Reading]:
    """Yield what sentences state; one without a date has the date of the one before it."""
    before = ""
    for start, end in _spans(piece.text):
        if "\n" in piece.text[max(0, start - 2) : start]:
            before = ""
        sentence = piece.text[start:end]
        plain = folded(sentence)
        dates = dates_of(plain, published)
        told: _Told | None = None
        for figure in figures(plain):
            name = _measure(plain, figure, _NEAR[piece.lang], told)
            if name is not None:
                told = _Told(name, figure.span[1])
                yield _reading(
                    (number, start, end),
                    sentence,
                    figure,
                    name=name,
                    owner=_owner(plain, figure),
                    as_of=dates.of(figure, before),
                )
        before = dates.own[-1].iso if dates.own else dates.carried(before)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for gap in [*_SENTENCE.finditer(text), None]:
        end = gap.start() if gap else len(text)
        start = at + len(text[at:end]) - len(text[at:end].lstrip())
        if text[start:end].strip():
            yield start, start + len(text[start:end].rstrip())
        at = gap.end() if gap else end


def _measure(sentence: str, figure: Figure, near: int, before: _Told | None) -> Name | None:
    """Return the measure that a figure's own noun phrase names, None where that is not sure.

    It stands before the figure within its clause, or right behind it, and nothing that is measured
    otherwise stands nearer. Behind a comma a figure may go on with what the one before measured.
    """
    if not figure.unit or _is_named_with(sentence, figure):
        return None
    is_part = _is_part(sentence, figure)
    strangers = [m.span() for m in others().finditer(sentence)]
    best: tuple[int, Name | None] | None = None
    for span, name in [*_named(sentence, strangers), *((span, None) for span in strangers)]:
        fits = name is None or _can_be(name, figure, is_part)
        gap = _distance(sentence, span, figure, near, name) if fits else None
        if gap is not None and (best is None or gap < best[0]):
            best = (gap, name)
    if best is not None:
        return best[1]
    return before.name if before and _goes_on(sentence, figure, is_part, before) else None


def _named(
    sentence: str, strangers: Sequence[tuple[int, int]], around: str = ""
) -> Iterator[tuple[tuple[int, int], Name]]:
    """Yield where measures are named; a word of a stranger's name (`dividend yield`) names none."""
    for name in measures():
        if name.about and not name.about.search(around or sentence):
            continue
        for match in name.form.finditer(sentence):
            if not any(a <= match.start() and match.end() <= b for a, b in strangers):
                yield match.span(), name


def _can_be(name: Name, figure: Figure, is_part: bool) -> bool:
    return figure.unit in name.units and (figure.unit != "percent" or name.share == is_part)


def _distance(
    sentence: str, span: tuple[int, int], figure: Figure, near: int, name: Name | None
) -> int | None:
    """Return how far a name stands from a figure, None where it belongs to another one."""
    start, end = figure.span
    if span[0] < end and start < span[1]:
        return 0
    is_before = span[1] <= start
    between = sentence[span[1] : start] if is_before else sentence[end : span[0]]
    if _WALL.search(between):
        return None
    is_share = name is not None and name.share
    # Behind it only what is counted (`2% haircut`, `$25 of margin`), or what a part is a part of.
    far = not is_before and not is_share
    if len(between) > (near // 4 if far else near) or (far and _IS.search(between)):
        return None
    return len(between)


def _goes_on(sentence: str, figure: Figure, is_part: bool, before: _Told) -> bool:
    """Tell whether a figure is one more of the measure told before it: nothing new stands between.

    >>> text = "Leverage was 20 times, against 12 times in 2019."
    >>> [r.value for r in readings_of([Piece(text, "text", "en", "", None, 0, len(text))], [])]
    [20.0, 12.0]
    """
    fits = _can_be(before.name, figure, is_part)
    between = sentence[before.end : figure.span[0]]
    for name in (before.name, *owners()):
        between = name.form.sub(" ", between)
    return fits and not re.search(r"[^\W\d_]|[;\uff1b]", _CONNECTING.sub(" ", between))


def _is_named_with(sentence: str, figure: Figure) -> bool:
    """Tell whether a figure belongs to a name, or is what another one is counted by."""
    start, end = figure.span
    is_coupon = figure.unit == "percent" and _COUPON.match(sentence[end:])
    return bool(is_coupon or _FOR_EACH.search(sentence[:start]))


def _is_part(sentence: str, figure: Figure) -> bool:
    start, end = figure.span
    return bool(_PART_BEHIND.match(sentence[end:]) or _PART_BEFORE.search(sentence[:start]))


def _gap(span: tuple[int, int], figure: Figure) -> int:
    return max(span[0] - figure.span[1], figure.span[0] - span[1], 0)


def _owner(sentence: str, figure: Figure) -> Name | None:
    """Return whose figure it is: the owner named nearest to it, rather before than behind."""
    best: tuple[int, Name] | None = None
    for name in owners():
        for match in name.form.finditer(sentence):
            behind = _BEHIND if match.start() > figure.span[0] else 0
            gap = _gap(match.span(), figure) + behind
            if best is None or gap < best[0]:
                best = (gap, name)
    return best[1] if best else None


def _reading(
    place: tuple[int, int, int],
    sentence: str,
    figure: Figure,
    *,
    name: Name,
    owner: Name | None,
    as_of: str,
) -> Reading:
    piece, start, end = place
    return Reading(
        piece=piece,
        start=start,
        end=end,
        group=name.group,
        measure_en=name.en,
        measure_zh=name.zh,
        entity_en=owner.en if owner else "",
        entity_zh=owner.zh if owner else "",
        value=float(f"{figure.value:.12g}"),
        unit=figure.unit,
        scale=figure.scale,
        written=sentence[slice(*figure.span)].strip(),
        as_of=as_of,
        sentence=sentence,
    )


# Cells


def _in_row(number: int, piece: Piece, block: Block, row: tuple[str, ...]) -> Iterator[Reading]:
    """Yield a row's cells; what they are is said by their column, row and caption."""
    head = block.rows[0]
    around = [folded(text) for text in (row[0], block.caption, piece.section)]
    for column, cell in zip(head[1:], row[1:], strict=False):
        places = [folded(column), *around]
        figure = _cell_figure(folded(cell), places)
        # Where a section is of several tables, its heading measures none of them.
        name = _cell_measure(figure.unit, places[:3]) if figure else None
        if figure is None or name is None or _CHANGE.search(places[0]):
            continue
        sentence = row_text((head[0], column), (row[0], cell), block.caption, piece.lang)
        as_of = next((iso for t in places if (iso := stated_time(t))), "")
        place = (number, 0, len(piece.text))
        owner = next((o for t in places for o in owners() if o.form.search(t)), None)
        made = _reading(place, sentence, figure, name=name, owner=owner, as_of=as_of)
        yield replace(made, written=figure.text.strip())


def _cell_figure(cell: str, places: Sequence[str]) -> Figure | None:
    """Return the one figure of a cell, with the unit that its column, row or caption gives it."""
    said = figures(cell)
    if len(said) != 1 or len(cell) > 40:
        return None
    figure = said[0]
    if _IN_BRACKETS.fullmatch(cell.strip()):
        figure = replace(figure, value=-figure.value, written=-figure.written)
    if figure.unit:
        return figure
    for place in places[:3]:
        for form, unit, scale in units():
            if form.search(place):
                return replace(figure, value=figure.written * scale, unit=unit, scale=scale)
    return None


def _cell_measure(unit: str, places: Sequence[str]) -> Name | None:
    """Return the measure that a cell's column names, else its row, else the caption.

    A column that is headed by a number has lost its name; one that measures something else, or a
    caption that names more than it, leaves the measure open.
    """
    if PLAIN_NUMBER.fullmatch(places[0].strip()):
        return None
    whole = " ".join(places)
    for place in places:
        strangers = [m.span() for m in others().finditer(place)]
        names = [n for _, n in _named(place, strangers, whole) if unit in n.units]
        if strangers and (not names or place is places[-1]):
            return None
        if names:
            return names[0]
    return None
