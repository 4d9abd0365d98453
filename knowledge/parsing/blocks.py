"""What every parser returns: a document as blocks in reading order, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

BlockKind = Literal["text", "heading", "table"]
CAPTION = re.compile(
    r"^(?:table|exhibit|figure|chart|box)\s*\d|^(?:表|图表?)\s*[\d一二三四五六七八九]",
    re.IGNORECASE,
)
# What stands in a table's cell for a figure, or for one that is not known.
PLAIN_NUMBER = re.compile(
    r"[(+\-\u2212\u2013]?[$\u20ac\u00a3]?[\d.,]+\s*(?:%|bps?|x)?[)]?|n/?a|[-\u2013\u2014]+",
    re.IGNORECASE,
)
_CAPTION_CHARS = 160


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading or a table.

    `start` counts characters within its page, or within the whole text where there are no pages.
    `rows` are a table's, the first its column names; `caption` is the line above it.
    """

    text: str
    kind: BlockKind = "text"
    page: int | None = None
    start: int = 0
    rows: tuple[tuple[str, ...], ...] = ()
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document as parsed.

    `publisher` is what a page declares as such; `running` holds the lines that recur on its pages.
    """

    blocks: tuple[Block, ...]
    pages: int = 0
    title: str = ""
    author: str = ""
    publisher: str = ""
    date: str = ""
    running: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def table(
    rows: list[tuple[str, ...]], page: int | None = None, start: int = 0, caption: str = ""
) -> Block:
    """Return a table as a block; its text has one row a line.

    A first row of a single cell above wider ones is the caption; a first row that names several
    columns at once goes before each of their names.
    """
    if not caption and len(rows) > 2 and _cells(rows[0]) == 1 and _cells(rows[1]) > 1:
        caption, rows = "".join(rows[0]), rows[1:]
    if len(rows) > 2 and (names := _spread(rows[0], rows[1])):
        head = tuple(", ".join(filter(None, pair)) for pair in zip(names, rows[1], strict=True))
        rows = [head, *rows[2:]]
    text = "\n".join(" | ".join(cells) for cells in rows)
    return Block(text, "table", page, start, tuple(rows), caption)


def _cells(row: tuple[str, ...]) -> int:
    return sum(bool(cell) for cell in row)


def _spread(over: tuple[str, ...], names: tuple[str, ...]) -> list[str]:
    """Return for each column the name that a first row sets over it; [] where it sets none.

    A name counts for its own column and the blank ones behind it; a page may say nothing of the
    blanks, and then each name counts for as many columns as the others.
    """
    if any(PLAIN_NUMBER.fullmatch(name) for name in names[1:]) or _cells(names) < len(names) - 1:
        return []
    if len(over) == len(names) and 1 < _cells(over) < len(over):
        found = list(over)
        for place in range(2, len(found)):
            found[place] = found[place] or found[place - 1]
        return found
    several, rest = divmod(len(names) - 1, max(len(over) - 1, 1))
    if len(over) < 3 or rest or several < 2:
        return []
    return [over[0], *(name for name in over[1:] for _ in range(several))]


def captioned(blocks: Iterable[Block]) -> list[Block]:
    """Return blocks with each table's caption: the short line above it, which is no sentence."""
    found: list[Block] = []
    for block in blocks:
        above = found[-1] if found else None
        if block.kind == "table" and not block.caption and above and _is_caption(above):
            if above.kind == "text":
                found.pop()
            found.append(replace(block, caption=above.text))
        else:
            found.append(block)
    return found


def _is_caption(above: Block) -> bool:
    is_sentence = above.text.endswith((".", "\u3002")) and not CAPTION.match(above.text)
    return above.kind != "table" and len(above.text) < _CAPTION_CHARS and not is_sentence


def placed(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return the blocks of a document without pages, each with its place in the whole text."""
    result, at = [], 0
    for block in blocks:
        result.append(replace(block, page=None, start=at))
        at += len(block.text) + 2
    return tuple(result)
