"""A PDF -> its blocks, page by page: paragraphs in reading order, headings, tables by their gaps.

PDFium gives the characters in reading order with their boxes. A line whose words stand far apart
is a row of cells; rows below one another whose cells line up are a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
_OTHER_SIZE, _MARK_CHARS = 0.25, 8
# What is longer is no heading, however large; a title page may set one over more lines.
_HEADING_CHARS, _HEADING_LINES, _TITLE_SIZE = 150, 2, 1.5
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
# A running head has a line or two, each in up to two parts, and a gap to the text.
_MOST_AT_EDGE, _EDGE_GAP = 4, 0.5
_AROUND_NUMBER = " |/-\u2013\u00b7"
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
    size = _text_size(line for page in pages for line in page.lines)
    blocks = rejoined([block for page in pages for block in _blocks(page, running, size)])
    notes = (f"pages_without_text:{len(blank)}",) if blank else ()
    return Parsed(
        tuple(blocks),
        pages=count,
        title=meta.get("Title", "").strip(),
        author=meta.get("Author", "").strip(),
        running=tuple(dict.fromkeys(line.text for _, line in running.values())),
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


# Words, how high they stand (in steps of 6 points), a number in them less that of their page.
_EdgeKey = tuple[str, int, int | None]
_First = tuple[int, Line]


def _running(pages: Sequence[_Page]) -> dict[_EdgeKey, _First]:
    """Return what recurs at the edge of pages, by what makes it the same; of each the first."""
    counts: Counter[_EdgeKey] = Counter()
    first: dict[_EdgeKey, _First] = {}
    for page in pages:
        keys = {
            key: (page.number, line)
            for line in _edges(page)
            for key in _edge_keys(line, page.number)
        }
        counts.update(keys.keys())
        first = keys | first
    often = max(3, len(pages) // 4)
    return {key: first[key] for key, n in counts.items() if n >= often and len(key[0]) < 120}


def _edges(page: _Page) -> list[Line]:
    """Return what is read first and last of a page and stands apart at its head or foot."""
    outer = [line for n, line in enumerate(page.lines) if n < 2 or n >= len(page.lines) - 2]
    apart = _apart(page.lines)
    return [line for line in outer if line.start in apart or not line.height]


def _apart(lines: Sequence[Line]) -> set[int]:
    """Return where the lines begin that a gap parts from all others above or below them.

    A note that recurs below a table, or a caption above it, stands close to it and is none.
    """
    down = sorted((line for line in lines if line.height), key=lambda line: -line.top)
    up = sorted(down, key=lambda line: line.bottom)
    least = _EDGE_GAP * _text_size(lines)
    head = _before_gap(down, least, lambda edge, line: min(b.bottom for b in edge) - line.top)
    foot = _before_gap(up, least, lambda edge, line: line.bottom - max(b.top for b in edge))
    return {line.start for line in (*head, *foot)}


def _before_gap(
    lines: Sequence[Line], least: float, gap: Callable[[Sequence[Line], Line], float]
) -> Sequence[Line]:
    """Return the few lines that stand before the first gap, none where there is none so soon."""
    for n, line in enumerate(lines[: _MOST_AT_EDGE + 1]):
        if n and gap(lines[:n], line) > least:
            return lines[:n]
    return []


def _edge_keys(line: Line, page: int) -> Iterable[_EdgeKey]:
    """Yield what a line must share with others to recur: all its words, or all but its number.

    The number must grow with the pages: `Total 125` at the foot of one page and `Total 130` at
    that of another are two lines.
    """
    text, height = line.text.casefold(), round(line.bottom / 6)
    yield text, height, None
    if (number := re.search(r"\d+", text)) and not _pattern(text):
        yield "", height, int(number[0]) - page
    for match in _PAGE_NUMBER.finditer(text):
        rest = (text[: match.start()] + text[match.end() :]).strip(_AROUND_NUMBER)
        if number := re.search(r"\d+", match[0]):
            yield rest, height, int(number[0]) - page


def _pattern(text: str) -> str:
    """Return a line without the page number that it begins or ends with."""
    return _PAGE_NUMBER.sub("", text).strip(_AROUND_NUMBER)


def _is_running(line: Line, page: int, running: Container[_EdgeKey]) -> bool:
    """Tell whether a line at the edge of a page recurs there, or is that page's number alone."""
    keys = list(_edge_keys(line, page))
    return any(key in running or (not key[0] and key[2] == 0) for key in keys)


# Lines -> blocks


def _blocks(page: _Page, running: Mapping[_EdgeKey, _First], size: float) -> list[Block]:
    """Return a page's blocks; what recurs on pages is said on its first, behind the rest."""
    edges = {line.start for line in _edges(page) if _is_running(line, page.number, running)}
    firsts = {first for key, first in running.items() if key[0]}
    once = [line for line in page.lines if (page.number, line) in firsts]
    blocks: list[Block] = []
    text: list[Line] = []
    for group in _grouped([line for line in page.lines if line.start not in edges]):
        if isinstance(group, Line):
            text.append(group)
            continue
        names = names_above(text, group)
        text = text[: len(text) - len(names)]
        caption = text.pop() if text and CAPTION.match(text[-1].text) else None
        blocks += _paragraphs(text, page.number, size)
        text = []
        start = (caption or (names or group)[0]).start
        words = caption.text if caption else ""
        blocks.append(table(to_rows(group, names), page.number, start, words))
    blocks += _paragraphs(text, page.number, size)
    return [*blocks, *(Block(line.text, "text", page.number, line.start) for line in once)]


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


def _text_size(lines: Iterable[Line]) -> float:
    """Return how tall the letters of most text are, in points: the median by characters.

    A page of charts has more lines of labels than of text, but not more letters.
    """
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.height] += len(line.text)
    half, seen = sizes.total() / 2, 0
    for height in sorted(sizes):
        seen += sizes[height]
        if seen >= half:
            return height
    return 0.0


def _paragraphs(lines: Sequence[Line], page: int, size: float) -> list[Block]:
    """Return lines as paragraphs and headings; `size` is that of the document's text."""
    if not lines:
        return []
    heads = _headings(lines, size)
    pitch = _text_size(lines)
    width = max(line.right - line.left for line in lines)
    blocks: list[Block] = []
    paragraph: list[Line] = []
    for line in lines:
        parted = paragraph and (line.start in heads) != (paragraph[-1].start in heads)
        if parted or (paragraph and _begins(line, paragraph, pitch, width)):
            blocks.append(_block(paragraph, page, heads))
            paragraph = []
        paragraph.append(line)
    blocks.append(_block(paragraph, page, heads))
    return blocks


def _begins(line: Line, paragraph: Sequence[Line], size: float, width: float) -> bool:
    """Tell whether a line begins a new paragraph; `size` is that of its page's text."""
    before = paragraph[-1]
    if _BULLET.match(line.text):
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


def _headings(lines: Sequence[Line], size: float) -> set[int]:
    """Return where the lines begin that are headings: large, short and without a full stop.

    Large lines below one another are one heading, or a paragraph in large type.
    """
    heads = {line.start for line in lines if _is_numbered(line, size)}
    run: list[Line] = []
    for line in (*lines, None):
        if line is not None and _stands_out(line, size) and _goes_on(run, line):
            run.append(line)
            continue
        if _is_heading(run, size):
            heads |= {part.start for part in run}
        run = [line] if line is not None and _stands_out(line, size) else []
    return heads


def _stands_out(line: Line, size: float) -> bool:
    return line.height > _HEADING_SIZE * size and len(line.text) > 1


def _goes_on(run: Sequence[Line], line: Line) -> bool:
    """Tell whether a large line stands right below others of its size."""
    if not run:
        return True
    tall = max(line.height, run[-1].height)
    gap = run[-1].bottom - line.top
    return abs(line.height - run[-1].height) < _OTHER_SIZE * tall and -tall < gap < tall


def _is_heading(run: Sequence[Line], size: float) -> bool:
    words = " ".join(line.text for line in run)
    if (
        not run
        or len(words) > _HEADING_CHARS
        or (_STOP.search(words) and words[-1] not in "?\uff1f")
    ):
        return False
    return len(run) <= _HEADING_LINES or min(line.height for line in run) > _TITLE_SIZE * size


def _is_numbered(line: Line, size: float) -> bool:
    short = 1 < len(line.text) < 60 and not _STOP.search(line.text)
    return short and bool(_NUMBERED.match(line.text)) and line.height >= size


def _block(lines: Sequence[Line], page: int, heads: Container[int]) -> Block:
    kind: BlockKind = "heading" if lines[0].start in heads else "text"
    return Block(unbroken([line.text for line in lines]), kind, page, lines[0].start)
