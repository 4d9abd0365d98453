"""Lines of a page with their cells -> the rows of a table, or two columns of text told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

Cell = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page: its text, where that begins in the page's, its box, cells and words."""

    text: str
    start: int
    left: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    top: float = 0.0
    cells: tuple[Cell, ...] = ()
    words: tuple[Cell, ...] = ()

    @property
    def height(self) -> float:
        """Return how tall the line's letters are, in points."""
        return self.top - self.bottom


def columns_of(run: Sequence[Line]) -> list[tuple[float, float]]:
    """Return the columns (left, right) that the cells of most lines fall into.

    The first line may be wider: it names the columns.
    """
    body = run[1:] if len(run) > 2 else run
    columns: list[tuple[float, float]] = []
    for left, right in sorted((c[1], c[2]) for line in body for c in line.cells):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(columns[-1][1], right))
        else:
            columns.append((left, right))
    return columns


def is_table(run: Sequence[Line]) -> bool:
    """Tell whether lines are a table: cells that line up, short, with numbers among them."""
    if len(run) < 2:
        return False
    columns = columns_of(run)
    if len(columns) < 2 or (len(run) < 3 and len(columns) < 3):
        return False
    cells = [c for line in run for c in line.cells]
    if sum(len(c[0]) for c in cells) / len(cells) > 28:
        return False
    body = [c for line in run[1:] for c in line.cells[1:]]
    numbers = sum(any(ch.isdigit() for ch in c[0]) for c in body)
    return bool(body) and numbers >= 0.4 * len(body)


def to_rows(run: Sequence[Line]) -> list[tuple[str, ...]]:
    """Return the rows of a table, each cell in its column, a missing one empty."""
    columns = columns_of(run)
    rows = []
    for line in run:
        row = [""] * len(columns)
        for text, left, right in _own_cells(line, columns):
            place = _place(columns, left, right)
            row[place] = f"{row[place]} {text}".strip()
        rows.append(tuple(row))
    return rows


def _own_cells(line: Line, columns: Sequence[tuple[float, float]]) -> list[Cell]:
    """Return a line's cells; one that runs over several columns is parted at its widest gaps.

    Names of columns are often set closer than what stands beneath them.
    """
    found: list[Cell] = []
    for cell in line.cells:
        over = sum(left < cell[2] and cell[1] < right for left, right in columns)
        words = [w for w in line.words if cell[1] <= w[1] and w[2] <= cell[2]]
        if over < 2 or len(line.cells) >= len(columns) or len(words) < over:
            found.append(cell)
            continue
        gaps = sorted(range(1, len(words)), key=lambda n: words[n - 1][2] - words[n][1])[: over - 1]
        edges = [0, *sorted(gaps), len(words)]
        runs = [words[a:b] for a, b in pairwise(edges)]
        found += [(" ".join(w[0] for w in run), run[0][1], run[-1][2]) for run in runs]
    return found


def _place(columns: Sequence[tuple[float, float]], left: float, right: float) -> int:
    """Return the column that a cell overlaps most, else the nearest."""

    def gap(place: int) -> float:
        low, high = columns[place]
        return max(left, low) - min(right, high)

    return min(range(len(columns)), key=gap)


def split_columns(run: Sequence[Line]) -> list[Line]:
    """Return lines that run across two columns of text as the left column, then the right."""
    columns = columns_of(run)
    parts: tuple[list[Line], list[Line]] = ([], [])
    for line in run:
        for text, left, right in line.cells:
            side = _place(columns, left, right)
            parts[side].append(replace(line, text=text, left=left, right=right, cells=()))
    return [*parts[0], *parts[1]]
