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

    A first row of a single cell above wider ones is the caption.
    """
    if not caption and len(rows) > 2 and _cells(rows[0]) == 1 and _cells(rows[1]) > 1:
        caption, rows = "".join(rows[0]), rows[1:]
    text = "\n".join(" | ".join(cells) for cells in rows)
    return Block(text, "table", page, start, tuple(rows), caption)


def _cells(row: tuple[str, ...]) -> int:
    return sum(bool(cell) for cell in row)


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
