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
    """Return the pieces of a document in its order."""
    found: list[Piece] = []
    waiting: list[Block] = []
    section = ""
    for block in blocks:
        if block.kind == "text" and _fits(waiting, block):
            waiting.append(block)
            continue
        found += _text(waiting, section)
        waiting = []
        if block.kind == "heading":
            section = block.text[:160]
        elif block.kind == "table":
            found += _table(block, section)
        else:
            waiting = [block]
    return [*found, *_text(waiting, section)]


def _fits(waiting: Sequence[Block], block: Block) -> bool:
    """Tell whether a paragraph belongs to the ones that wait: same page and language, room left."""
    if not waiting:
        return True
    lang = language_of_text(block.text)
    if block.page != waiting[0].page or lang != language_of_text(waiting[0].text):
        return False
    return sum(len(b.text) for b in waiting) + len(block.text) <= CHUNK[lang]


def _text(blocks: Sequence[Block], section: str) -> Iterator[Piece]:
    if not blocks:
        return
    lang = language_of_text(" ".join(b.text for b in blocks))
    first, last = blocks[0], blocks[-1]
    whole = "\n".join(b.text for b in blocks)
    if len(whole) <= CHUNK[lang]:
        yield Piece(
            whole, "text", lang, section, first.page, first.start, last.start + len(last.text)
        )
        return
    for start, text in _cut(whole, lang):
        at = first.start + start
        yield Piece(text, "text", lang, section, first.page, at, at + len(text))


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


def _table(block: Block, section: str) -> Iterator[Piece]:
    """Yield a table as a whole (in parts where it is long) and row by row."""
    lang = language_of_text(block.caption + block.text)
    end = block.start + len(block.text)
    head, *body = block.rows
    for rows in _parts(head, body, CHUNK[lang]):
        lines = [" | ".join(row) for row in (head, *rows)]
        text = "\n".join(filter(None, (block.caption, *lines)))
        yield Piece(text, "table", lang, section, block.page, block.start, end)
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
