"""Blocks -> pieces of some 350 tokens, each with its place: text within a section, tables, rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge.chunking import CHUNK, language_of_text, sentences
from knowledge.parsing.blocks import Block
from knowledge.report import Lang

PieceKind = Literal["text", "table", "row"]
_ROWS_A_TABLE = 200
_SECTION_CHARS, _MOST_HEADS = 160, 6
# A blank line, by which a heading is told from the sentence below it.
_BELOW_A_HEAD = "\n\n"
_GAP: dict[Lang, str] = {"en": " ", "zh": ""}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a report that is found and quoted. `start` and `end` count within its page."""

    text: str
    kind: PieceKind
    lang: Lang
    section: str
    page: int | None
    start: int
    end: int


def pieces_of(blocks: Iterable[Block]) -> list[Piece]:
    """Return the pieces of a document in its order: each letter of each block stands in one.

    A heading names the section of what follows and begins its first piece.
    """
    found: list[Piece] = []
    waiting: list[Block] = []
    section = ""
    for block in blocks:
        if block.kind == "table":
            heads, text = _heads_above(waiting, block)
            found += [*_text(text, section), *_table(block, section, heads)]
            waiting = []
            continue
        if not _fits(waiting, block):
            found += _text(waiting, section)
            waiting = []
        if block.kind == "heading":
            section = block.text[:_SECTION_CHARS]
        waiting.append(block)
    return [*found, *_text(waiting, section)]


def _heads_above(waiting: Sequence[Block], table: Block) -> tuple[list[Block], list[Block]]:
    """Return the headings that a table stands under, and what waits before it as text.

    One that is its caption too is said with it.
    """
    if not _are_heads(waiting) or any(head.page != table.page for head in waiting):
        return [], list(waiting)
    return [head for head in waiting if head.text != table.caption], []


def _are_heads(blocks: Iterable[Block]) -> bool:
    return all(block.kind == "heading" for block in blocks)


def _fits(waiting: Sequence[Block], block: Block) -> bool:
    """Tell whether a block belongs to the ones that wait: same page and language, room left.

    Headings wait for what they stand over, however long it is.
    """
    if not waiting:
        return True
    if block.page != waiting[0].page:
        return False
    if _are_heads(waiting):
        return len(waiting) < _MOST_HEADS or block.kind != "heading"
    lang = language_of_text(block.text)
    text = next(b.text for b in waiting if b.kind == "text")
    if block.kind == "heading" or lang != language_of_text(text):
        return False
    return sum(len(b.text) for b in waiting) + len(block.text) <= CHUNK[lang]


def _text(blocks: Sequence[Block], section: str) -> Iterator[Piece]:
    if not blocks:
        return
    lang = language_of_text(" ".join(b.text for b in blocks))
    first, last = blocks[0], blocks[-1]
    whole = _joined(blocks)
    if len(whole) <= CHUNK[lang]:
        yield Piece(
            whole, "text", lang, section, first.page, first.start, last.start + len(last.text)
        )
        return
    heads = [block for block in blocks if block.kind == "heading"]
    body = [block for block in blocks if block.kind != "heading"] or heads
    yield from _cut_pieces(heads if body is not heads else [], body, lang, section)


def _joined(blocks: Sequence[Block]) -> str:
    """Return blocks as one text, a blank line below a heading."""
    gaps = [_BELOW_A_HEAD if block.kind == "heading" else "\n" for block in blocks[:-1]]
    return "".join(block.text + gap for block, gap in zip(blocks, [*gaps, ""], strict=True))


def _cut_pieces(
    heads: Sequence[Block], body: Sequence[Block], lang: Lang, section: str
) -> Iterator[Piece]:
    """Yield what is too long for one piece in several, the first with the headings above it."""
    page, above = body[0].page, "".join(head.text + _BELOW_A_HEAD for head in heads)
    for start, text in _cut(_joined(body), lang):
        at = body[0].start + start
        begins = heads[0].start if above else at
        yield Piece(above + text, "text", lang, section, page, begins, at + len(text))
        above = ""


def _cut(text: str, lang: Lang) -> Iterator[tuple[int, str]]:
    """Yield a long text in runs of whole sentences, each with where it begins."""
    run, start, at = "", 0, 0
    for sentence in _short(sentences(text, lang), CHUNK[lang]):
        if run and len(run) + len(sentence) > CHUNK[lang]:
            yield start, run
            run, start = "", at
        run = f"{run}{_GAP[lang]}{sentence}" if run else sentence
        at += len(sentence) + len(_GAP[lang])
    if run:
        yield start, run


def _short(found: Iterable[str], most: int) -> Iterator[str]:
    """Yield sentences; one without an end in sight is cut where it is too long."""
    for sentence in found:
        for at in range(0, len(sentence), most):
            yield sentence[at : at + most]


def _table(block: Block, section: str, heads: Sequence[Block] = ()) -> Iterator[Piece]:
    """Yield a table as a whole (in parts where it is long) and row by row.

    The headings that it stands under begin the first part.
    """
    lang = language_of_text(block.caption + block.text)
    end = block.start + len(block.text)
    head, *body = block.rows
    above = [heading.text for heading in heads]
    for rows in _parts(head, body, CHUNK[lang]):
        lines = [" | ".join(row) for row in (head, *rows)]
        text = "\n".join(filter(None, (*above, block.caption, *lines)))
        yield Piece(text, "table", lang, section, block.page, block.start, end)
        above = []
    at = block.start + len(" | ".join(head)) + 1
    for row in body[:_ROWS_A_TABLE]:
        length = len(" | ".join(row))
        if text := row_text(head, row, block.caption, lang):
            yield Piece(text, "row", lang, section, block.page, at, at + length)
        at += length + 1


def _parts(
    head: tuple[str, ...], body: Sequence[tuple[str, ...]], most: int
) -> Iterator[list[tuple[str, ...]]]:
    rows: list[tuple[str, ...]] = []
    length = fixed = sum(map(len, head))
    for row in body:
        if rows and length + sum(map(len, row)) > most:
            yield rows
            rows, length = [], fixed
        rows.append(row)
        length += sum(map(len, row)) + 3 * len(row)
    yield rows


def row_text(head: Sequence[str], row: Sequence[str], caption: str, lang: Lang) -> str:
    """Return one row as a sentence of its own: caption, what the row is, each column's value."""
    colon, comma, gap = ("\uff1a", "\uff1b", "\uff0c") if lang == "zh" else (": ", "; ", ", ")
    label = row[0].strip()
    cells = [
        f"{name}{colon}{value}" if name else value
        for name, value in zip(head[1:], row[1:], strict=False)
        if value.strip()
    ]
    if not cells:
        return ""
    front = f"{head[0]}{colon}{label}" if head[0] and label else label
    said = gap.join(filter(None, (caption, front)))
    return f"{said}{comma}{comma.join(cells)}" if said else comma.join(cells)
