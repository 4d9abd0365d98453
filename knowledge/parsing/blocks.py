"""What every parser returns: a document as blocks in reading order, each with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["text", "heading", "table"]


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
    """Return a table as a block; its text has one row a line."""
    text = "\n".join(" | ".join(cells) for cells in rows)
    return Block(text, "table", page, start, tuple(rows), caption)


def placed(blocks: list[Block]) -> tuple[Block, ...]:
    """Return the blocks of a document without pages, each with its place in the whole text."""
    result, at = [], 0
    for block in blocks:
        result.append(Block(block.text, block.kind, None, at, block.rows, block.caption))
        at += len(block.text) + 2
    return tuple(result)
