"""Pieces of a report -> the figures it states, each with what it measures: read by a machine."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from knowledge.figures import Figure, When, figures, whens
from knowledge.parsing.blocks import Block
from knowledge.parsing.pieces import Piece, row_text

# A measure is named this near to its figure, else it speaks of another one.
_NEAR = {"en": 140, "zh": 70}
_SENTENCE = re.compile(r"(?<=[\u3002\uff01\uff1f\uff1b])|(?<=[.!?;])\s+(?=[A-Z\"\u201c(\d$])|\n+")
_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of a report. `value` is in the base unit of `unit`; `as_of` may be empty.

    `piece` is the number of the piece that says it, `start` and `end` the sentence within it.
    """

    piece: int
    start: int
    end: int
    group: str
    measure_en: str
    measure_zh: str
    entity_en: str
    entity_zh: str
    value: float
    unit: str
    scale: float
    written: str
    as_of: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Name:
    group: str
    en: str
    zh: str
    units: frozenset[str]
    form: re.Pattern[str]


def readings_of(pieces: Sequence[Piece], tables: Iterable[Block]) -> list[Reading]:
    """Return the figures whose measure a report names, sentence by sentence, cell by cell."""
    found: list[Reading] = []
    rows = _by_place(tables)
    for number, piece in enumerate(pieces):
        if piece.kind == "text":
            found += _in_text(number, piece)
        elif piece.kind == "row" and (row := rows.get((piece.page, piece.start))):
            found += _in_row(number, piece, *row)
        if len(found) >= _MOST:
            break
    return found[:_MOST]


_Row = tuple[Block, tuple[str, ...]]


def _by_place(tables: Iterable[Block]) -> dict[tuple[int | None, int], _Row]:
    places: dict[tuple[int | None, int], _Row] = {}
    for block in tables:
        at = block.start + len(" | ".join(block.rows[0])) + 1
        for row in block.rows[1:]:
            places[(block.page, at)] = (block, row)
            at += len(" | ".join(row)) + 1
    return places


def groups_in(text: str) -> list[str]:
    """Return the measures that a question names, the narrower ones first.

    >>> groups_in("What does it say about leverage and haircuts?")
    ['haircut', 'leverage']
    """
    return [name.group for name in _measures() if name.form.search(text)]


# Sentences


def _in_text(number: int, piece: Piece) -> Iterator[Reading]:
    dates: list[When] = []
    for start, end in _spans(piece.text):
        sentence = piece.text[start:end]
        said = figures(sentence)
        here = [w for w in whens(sentence) if w.year is not None]
        for figure in said:
            if figure.unit and (name := _measure(sentence, figure, piece)):
                as_of = _nearest(here, figure) or (dates[-1].iso if dates else "")
                yield _reading((number, start, end), sentence, name, figure, as_of)
        dates = here or dates


def _spans(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for gap in [*_SENTENCE.finditer(text), None]:
        end = gap.start() if gap else len(text)
        start = at + len(text[at:end]) - len(text[at:end].lstrip())
        if text[start:end].strip():
            yield start, start + len(text[start:end].rstrip())
        at = gap.end() if gap else end


def _measure(sentence: str, figure: Figure, piece: Piece) -> _Name | None:
    """Return the measure whose words stand nearest to a figure of a unit that it can have."""
    best: tuple[int, _Name] | None = None
    for name in _measures():
        if figure.unit not in name.units:
            continue
        for match in name.form.finditer(sentence):
            gap = max(match.start() - figure.span[1], figure.span[0] - match.end(), 0)
            if gap <= _NEAR[piece.lang] and (best is None or gap < best[0]):
                best = (gap, name)
    return best[1] if best else None


def _nearest(dates: Sequence[When], figure: Figure) -> str:
    def gap(when: When) -> int:
        return max(when.span[0] - figure.span[1], figure.span[0] - when.span[1], 0)

    return min(dates, key=gap).iso if dates else ""


def _reading(
    place: tuple[int, int, int], sentence: str, name: _Name, figure: Figure, as_of: str
) -> Reading:
    entity = _entity(sentence)
    piece, start, end = place
    return Reading(
        piece=piece,
        start=start,
        end=end,
        group=name.group,
        measure_en=name.en,
        measure_zh=name.zh,
        entity_en=entity[0],
        entity_zh=entity[1],
        value=figure.value,
        unit=figure.unit,
        scale=figure.scale,
        written=figure.text.strip(),
        as_of=as_of,
        sentence=sentence,
    )


def _entity(text: str) -> tuple[str, str]:
    for name in _entities():
        if name.form.search(text):
            return name.en, name.zh
    return "", ""


# Cells


def _in_row(number: int, piece: Piece, block: Block, row: tuple[str, ...]) -> Iterator[Reading]:
    """Yield a row's cells; their unit and measure come from column, row and caption too."""
    head = block.rows[0]
    for name, cell in zip(head[1:], row[1:], strict=False):
        said = figures(cell)
        if len(said) != 1 or len(cell) > 40:
            continue
        figure = _with_unit(said[0], name, block.caption, row[0])
        measure = _cell_measure(figure.unit, name, row[0], block.caption, piece.section)
        if measure is None or not figure.unit:
            continue
        as_of = next((w.iso for t in (name, row[0], block.caption, piece.section)
                      for w in whens(t) if w.year is not None), "")  # fmt: skip
        sentence = row_text((head[0], name), (row[0], cell), block.caption, piece.lang)
        yield _reading((number, 0, len(piece.text)), sentence, measure, figure, as_of)


def _with_unit(figure: Figure, *places: str) -> Figure:
    """Return a bare number with the unit that its column's name, or the caption, gives it."""
    if figure.unit:
        return figure
    for place in places:
        for form, unit, scale in _units():
            if form.search(place):
                value = figure.written * scale
                return Figure(value, unit, figure.text, figure.span, figure.written, scale,
                              figure.decimals)  # fmt: skip
    return figure


def _cell_measure(unit: str, *places: str) -> _Name | None:
    for place in places:
        for name in _measures():
            if unit in name.units and name.form.search(place):
                return name
    return None


# The table of words


def load() -> None:
    """Read the tables of words, while files can still be opened."""
    _measures()
    _entities()
    _units()


@cache
def _words() -> dict[str, list[dict[str, object]]]:
    path = Path(__file__).with_name("measures.toml")
    found: dict[str, list[dict[str, object]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _measures() -> tuple[_Name, ...]:
    return tuple(_name(row) for row in _words()["measure"])


@cache
def _entities() -> tuple[_Name, ...]:
    return tuple(_name(row) for row in _words()["entity"])


@cache
def _units() -> tuple[tuple[re.Pattern[str], str, float], ...]:
    return tuple(
        (re.compile(str(row["form"]), re.IGNORECASE), str(row["unit"]), float(str(row["scale"])))
        for row in _words()["unit"]
    )


def _name(row: dict[str, object]) -> _Name:
    units = row.get("units", ())
    return _Name(
        group=str(row.get("group", "")),
        en=str(row["en_name"]),
        zh=str(row["zh_name"]),
        units=frozenset(units if isinstance(units, list) else ()),
        form=re.compile(f"{row['en']}|{row['zh']}", re.IGNORECASE),
    )
