"""A PDF -> its blocks, page by page: paragraphs in reading order, headings, tables by their gaps.

PDFium gives the characters in reading order with their boxes. A line whose words stand far apart
is a row of cells; rows below one another whose cells line up are a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from knowledge.errors import KnowledgeError
from knowledge.parsing.blocks import CAPTION, Block, BlockKind, Parsed, table
from knowledge.parsing.grid import (
    Cell,
    Line,
    columns_of,
    is_table,
    names_above,
    split_columns,
    to_rows,
)
from knowledge.parsing.wrapping import SOFT, rejoined, unbroken

if TYPE_CHECKING:
    import pypdfium2

# A gap of so many letter heights parts two cells; justified text stays below it.
_CELL_GAP = 1.1
# A title stands out by its size, and from the text by this much of a line.
_HEADING_SIZE, _PARAGRAPH_GAP = 1.12, 0.75
_HEADING_CHARS, _OTHER_SIZE, _MARK_CHARS = 120, 0.25, 8
# A page that says less than this and shows a picture was scanned.
_FEW_CHARS = 25
_BULLET = re.compile(r"^(?:[\u2022\u25aa\u25cf\u2013\u2014\u00b7*-]|\(?\d{1,2}[.)])\s+")
_NUMBERED = re.compile(
    r"^(?:\d{1,2}(?:\.\d{1,2})*\.?\s+\S|第[一二三四五六七八九十\d]+[章节部]|[一二三四五六七八九十]+、)"
)
_STOP = re.compile(r"[.!?\u3002\uff01\uff1f:\uff1a;\uff1b][\"\u201d)\uff09]?$")
_PAGE_NUMBER = re.compile(
    r"^\d{1,4}(?=\s|$)|(?:\s|^)(?:page|p\.)?\s*\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?$"
    r"|第?\s*\d{1,4}\s*页(?:\s*[,\uff0c/]?\s*共\s*\d{1,4}\s*页)?$"
)
_PICTURE = 3  # PDFium's number for an image among a page's objects


@dataclass(frozen=True, slots=True)
class _Page:
    number: int
    lines: tuple[Line, ...]
    chars: int
    pictures: bool


def parse_pdf(data: bytes, most_pages: int, most_chars: int) -> Parsed:
    """Return a PDF's blocks; raise KnowledgeError where it cannot be read or says nothing."""
    document = _opened(data)
    try:
        if len(document) > most_pages:
            raise KnowledgeError("report_too_many_pages", value=len(document), highest=most_pages)
        pages = _pages(document, most_chars)
        meta = document.get_metadata_dict()
        count = len(document)
    finally:
        document.close()
    if not any(page.chars for page in pages):
        scanned = any(page.pictures for page in pages)
        raise KnowledgeError("report_scanned" if scanned else "report_no_text")
    blank = [p for p in pages if p.chars < _FEW_CHARS and p.pictures]
    if len(blank) > 0.8 * len(pages):
        raise KnowledgeError("report_scanned")
    running = _running(pages)
    blocks = rejoined([block for page in pages for block in _blocks(page, running)])
    notes = (f"pages_without_text:{len(blank)}",) if blank else ()
    return Parsed(
        tuple(blocks),
        pages=count,
        title=meta.get("Title", "").strip(),
        author=meta.get("Author", "").strip(),
        running=tuple(running.values()),
        notes=notes,
    )


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    import pypdfium2

    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        words = str(error).lower()
        locked = "password" in words or "security" in words
        raise KnowledgeError("report_encrypted" if locked else "report_damaged") from error


def _pages(document: pypdfium2.PdfDocument, most_chars: int) -> list[_Page]:
    import pypdfium2

    pages, chars = [], 0
    for number in range(1, len(document) + 1):
        try:
            page = document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise KnowledgeError("report_damaged") from error
        pages.append(_page(page, number))
        page.close()
        chars += pages[-1].chars
        if chars > most_chars:
            raise KnowledgeError("report_too_long", highest=most_chars)
    return pages


def _page(page: pypdfium2.PdfPage, number: int) -> _Page:
    text_page = page.get_textpage()
    text = text_page.get_text_range()
    lines = tuple(_lines(text, text_page))
    text_page.close()
    chars = sum(len(line.text.replace(" ", "")) for line in lines)
    pictures = chars < _FEW_CHARS and any(
        True for _ in page.get_objects(filter=[_PICTURE], max_depth=4)
    )
    return _Page(number, lines, chars, pictures)


def _lines(text: str, text_page: pypdfium2.PdfTextPage) -> Iterable[Line]:
    """Yield the lines of a page with their boxes and cells."""
    # PDFium counts UTF-16 units; beyond the basic plane its numbers and ours part ways.
    boxed = len(text) == text_page.count_chars()
    at = 0
    for raw in text.split("\n"):
        start, at = at, at + len(raw) + 1
        line = raw.rstrip("\r")
        plain = _clean(line)
        if not plain:
            continue
        marks = _boxes(text_page, line, start) if boxed else []
        yield _line(plain, line, start, marks)


def _clean(text: str) -> str:
    # PDFium writes a hyphen that ends a line as U+FFFE or U+0002.
    text = re.sub("[\ufffe\x02]$", SOFT, text).replace("\ufffe", "-").replace("\x02", "-")
    return " ".join(re.sub(r"[\x00-\x1f\u00a0\u3000]", " ", text).split())


_Mark = tuple[int, float, float, float, float]


def _boxes(text_page: pypdfium2.PdfTextPage, line: str, start: int) -> list[_Mark]:
    marks: list[_Mark] = []
    for offset, char in enumerate(line):
        if char.isspace() or not char.isprintable():
            continue
        left, bottom, right, top = text_page.get_charbox(start + offset)
        if right > left:
            marks.append((offset, left, bottom, right, top))
    return marks


def _line(plain: str, line: str, start: int, marks: Sequence[_Mark]) -> Line:
    if not marks:
        return Line(plain, start)
    height = max(m[4] for m in marks) - min(m[2] for m in marks)
    return Line(
        plain,
        start,
        left=min(m[1] for m in marks),
        right=max(m[3] for m in marks),
        bottom=min(m[2] for m in marks),
        top=max(m[4] for m in marks),
        cells=tuple(_parts(line, marks, lambda a, b: b[1] - a[3] > _CELL_GAP * height)),
        words=tuple(_parts(line, marks, lambda a, b: b[0] > a[0] + 1)),
    )


def _parts(
    line: str, marks: Sequence[_Mark], parted: Callable[[_Mark, _Mark], bool]
) -> Iterable[Cell]:
    """Yield the runs of characters of a line that are parted from the next, with their edges."""
    first = marks[0]
    for before, after in zip(marks, [*marks[1:], None], strict=True):
        if after is None or parted(before, after):
            yield _clean(line[first[0] : before[0] + 1]), first[1], before[3]
            first = after or first


# Lines that recur at the head or foot of pages


def _running(pages: Sequence[_Page]) -> dict[str, str]:
    """Return the lines that stand at the edge of several pages, numbers apart, by their pattern."""
    if len(pages) < 3:
        return {}
    counts: Counter[str] = Counter()
    sample: dict[str, str] = {}
    for page in pages:
        edges = {_pattern(line.text): line.text for line in (*page.lines[:2], *page.lines[-2:])}
        counts.update(edges.keys())
        sample |= edges
    often = max(3, len(pages) // 4)
    return {p: sample[p] for p, n in counts.items() if n >= often and len(p) < 120}


def _pattern(text: str) -> str:
    """Return a line without the page number that it begins or ends with."""
    return _PAGE_NUMBER.sub("", text.casefold()).strip(" |/-\u2013\u00b7")


def _is_running(line: Line, edges: Container[str]) -> bool:
    """Tell whether a line at the edge of a page recurs there, or is a page number alone."""
    pattern = _pattern(line.text)
    return pattern in edges or (not pattern and len(line.cells) < 2)


# Lines -> blocks


def _blocks(page: _Page, running: Iterable[str]) -> list[Block]:
    edges = set(running)
    inside = [
        line
        for place, line in enumerate(page.lines)
        if 2 <= place < len(page.lines) - 2 or not _is_running(line, edges)
    ]
    blocks: list[Block] = []
    text: list[Line] = []
    for group in _grouped(inside):
        if isinstance(group, Line):
            text.append(group)
            continue
        names = names_above(text, group)
        text = text[: len(text) - len(names)]
        caption = text.pop() if text and CAPTION.match(text[-1].text) else None
        blocks += _paragraphs(text, page.number)
        text = []
        start = (caption or (names or group)[0]).start
        words = caption.text if caption else ""
        blocks.append(table(to_rows(group, names), page.number, start, words))
    return blocks + _paragraphs(text, page.number)


def _grouped(lines: Sequence[Line]) -> Iterable[Line | list[Line]]:
    """Yield lines of text one by one and the rows of each table together."""
    place = 0
    while place < len(lines):
        run = _run(lines, place)
        if is_table(run):
            yield run
            place += len(run)
        elif run and len(columns_of(run)) == 2 and len(run) > 3:
            yield from split_columns(run)
            place += len(run)
        else:
            yield lines[place]
            place += 1


def _run(lines: Sequence[Line], place: int) -> list[Line]:
    """Return the lines from a place on that consist of several cells, one below the other."""
    run: list[Line] = []
    for line in lines[place:]:
        if len(line.cells) < 2 or (run and line.top > run[-1].top + 1):
            break
        run.append(line)
    return run


def _paragraphs(lines: Sequence[Line], page: int) -> list[Block]:
    if not lines:
        return []
    size = median(line.height for line in lines)
    width = max(line.right - line.left for line in lines)
    blocks: list[Block] = []
    paragraph: list[Line] = []
    for line in lines:
        if paragraph and _begins(line, paragraph, size, width):
            blocks.append(_block(paragraph, page, size))
            paragraph = []
        paragraph.append(line)
    blocks.append(_block(paragraph, page, size))
    return blocks


def _begins(line: Line, paragraph: Sequence[Line], size: float, width: float) -> bool:
    """Tell whether a line begins a new paragraph."""
    before = paragraph[-1]
    if _is_heading(line, size) != _is_heading(before, size) or _BULLET.match(line.text):
        return True
    if _is_note(line, size) and not _is_note(before, size):
        return True
    if line.top > before.top + size:  # the next column, or out of order
        return bool(_STOP.search(before.text))
    # A line of a few low letters, or of a lone stop, is as tall as any other.
    if before.bottom - max(line.top, line.bottom + size) > _PARAGRAPH_GAP * max(size, 1.0):
        return True
    ends = bool(_STOP.search(before.text))
    short = before.right - before.left < 0.8 * (max(p.right - p.left for p in paragraph) or width)
    return ends and (short or line.left > before.left + size)


def _is_note(line: Line, size: float) -> bool:
    """Tell whether a line is set much smaller than the text: a source, the foot of a page."""
    return line.height < (1 - _OTHER_SIZE) * size and len(line.text) > _MARK_CHARS


def _is_heading(line: Line, size: float) -> bool:
    if len(line.text) > _HEADING_CHARS or len(line.text) < 2:
        return False
    stops = _STOP.search(line.text)
    if line.height > _HEADING_SIZE * size and (line.text[-1] in "?\uff1f" or not stops):
        return True
    short = len(line.text) < 60 and not stops
    return short and bool(_NUMBERED.match(line.text)) and line.height >= size


def _block(lines: Sequence[Line], page: int, size: float) -> Block:
    heading = all(_is_heading(line, size) for line in lines)
    kind: BlockKind = "heading" if heading else "text"
    return Block(unbroken([line.text for line in lines]), kind, page, lines[0].start)
