"""Rows of cells -> one narrow `<pre>` table whose columns stand straight, Chinese or not."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from bot.render.html import escape

WIDEST = 34


def width(text: str) -> int:
    """Return the columns that a text takes in a monospaced font: a Chinese character takes two.

    >>> width("basis"), width("基差")
    (5, 4)
    """
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def pad(text: str, columns: int, right: bool = False) -> str:
    """Return a text filled with spaces to a number of columns."""
    fill = " " * max(0, columns - width(text))
    return fill + text if right else text + fill


def table(rows: Sequence[Sequence[str]], gap: int = 2, *, left_last: bool = False) -> str:
    """Return rows as `<pre>`: the first column left, the others right, at least `gap` apart.

    Rows may be shorter than the longest; a row of one cell is a heading and widens nothing. With
    `left_last` the last column holds words, which begin in one line.
    """
    count = max(len(row) for row in rows)
    columns = [
        max((width(row[i]) for row in rows if len(row) > max(i, 1)), default=0)
        for i in range(count)
    ]
    lines = [_line(row, columns, gap, left_last=left_last) for row in rows]
    return f"<pre>{escape(chr(10).join(lines))}</pre>"


def _line(row: Sequence[str], columns: Sequence[int], gap: int, *, left_last: bool) -> str:
    if len(row) == 1:
        return row[0]
    first, *rest = row
    words = [" " * gap + rest.pop()] if left_last else []
    cells = [pad(first, columns[0])]
    cells += [
        pad(cell, column + gap, right=True) for cell, column in zip(rest, columns[1:], strict=False)
    ]
    cells += words
    return "".join(cells).rstrip()
