"""Lines of a page with their cells -> the rows of a table, or two columns of text told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from knowledge.parsing.blocks import PLAIN_NUMBER

Cell = tuple[str, float, float]
_Column = tuple[float, float]
# So many rows high may the names of columns stand above the first.
_NAMES_ABOVE = 3.5


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


def columns_of(run: Sequence[Line]) -> list[_Column]:
    """Return the columns (left, right) that the cells of most lines fall into.

    The first line may be wider: it names the columns.
    """
    body = run[1:] if len(run) > 2 else run
    columns: list[_Column] = []
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


def to_rows(run: Sequence[Line], above: Sequence[Line] = ()) -> list[tuple[str, ...]]:
    """Return the rows of a table, each cell in its column, a missing one empty.

    `above` are lines that name the columns; a name over several columns goes before each of theirs.
    """
    columns = columns_of(run)
    if above:
        return [_row(above, columns), *(_row([line], columns) for line in run)]
    if len(run) > 2 and _spans_columns(run[0], columns) and not _is_body(run[1]):
        names = zip(_over(run[0], columns), _row([run[1]], columns), strict=True)
        head = tuple(", ".join(filter(None, pair)) for pair in names)
        return [head, *(_row([line], columns) for line in run[2:])]
    return [_row([line], columns) for line in run]


def _row(lines: Sequence[Line], columns: Sequence[_Column]) -> tuple[str, ...]:
    row = [""] * len(columns)
    for line in lines:
        for text, left, right in _own_cells(line, columns):
            place = _place(columns, left, right)
            row[place] = f"{row[place]} {text}".strip()
    return tuple(row)


def names_above(lines: Sequence[Line], run: Sequence[Line]) -> list[Line]:
    """Return the last of the lines above a table that name its columns, each broken as it may be.

    A page gives such names column by column, before the first row of numbers.
    """
    if not run or not _is_body(run[0]):
        return []
    columns, top, height = columns_of(run), run[0].top, run[0].height
    pitch = max(height, run[0].bottom - run[1].bottom)
    found: list[Line] = []
    for line in reversed(lines):
        is_near = top - height < line.bottom < top + _NAMES_ABOVE * pitch
        is_narrow = line.right - line.left < 0.5 * (columns[-1][1] - columns[0][0])
        if not (is_near and is_narrow and columns[0][0] - height < line.right):
            break
        found.insert(0, line)
    named = {_place(columns, line.left, line.right) for line in found}
    return found if len(named) >= max(2, len(columns) - 1) else []


def _is_body(line: Line) -> bool:
    """Tell whether a line holds numbers behind its first cell, so that it names no columns."""
    behind = [cell[0] for cell in line.cells[1:]]
    return bool(behind) and 2 * sum(bool(PLAIN_NUMBER.fullmatch(text)) for text in behind) >= len(
        behind
    )


def _spans_columns(line: Line, columns: Sequence[_Column]) -> bool:
    return any(len(_covered(cell, columns)) > 1 for cell in line.cells)


def _covered(cell: Cell, columns: Sequence[_Column]) -> list[int]:
    return [n for n, (left, right) in enumerate(columns) if left < cell[2] and cell[1] < right]


def _over(line: Line, columns: Sequence[_Column]) -> list[str]:
    """Return for each column the name that stands over it and its neighbours.

    A name is set in the middle of its columns and is seldom as wide as they are: each column
    without one of its own takes the nearest.
    """
    middles = [(cell[1] + cell[2]) / 2 for cell in line.cells]
    names = []
    for number, (left, right) in enumerate(columns):
        nearest = min(range(len(middles)), key=lambda n: abs(middles[n] - (left + right) / 2))
        is_label = number == 0 and right < middles[0]
        names.append("" if is_label else line.cells[nearest][0])
    return names


def _own_cells(line: Line, columns: Sequence[_Column]) -> list[Cell]:
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


def _place(columns: Sequence[_Column], left: float, right: float) -> int:
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
