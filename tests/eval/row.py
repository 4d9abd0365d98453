"""One measured figure, and many of them as a table or as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.i18n import Lang, say
from tests.eval.scoring import Measured


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of one system (ours or a rival) on one part of a set, between 0 and 1."""

    set: str
    system: str
    part: str
    measure: str
    found: Measured

    def as_json(self) -> dict[str, Any]:
        """Return the figure with its interval; what cannot be measured is null."""
        found = self.found
        return {
            "set": self.set,
            "system": self.system,
            "part": self.part,
            "measure": self.measure,
            "value": _number(found.value),
            "low": _number(found.low),
            "high": _number(found.high),
            "cases": found.cases,
        }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def table(rows: Iterable[Row], lang: Lang) -> str:
    """Return the figures as lines that a person reads: a block a set, a line a system and part."""
    blocks = [
        "\n".join([name, *_lines(list(some))]) for name, some in groupby(rows, lambda r: r.set)
    ]
    return "\n\n".join([*blocks, say(lang, "eval.interval")])


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    width = max(len(f"{r.system} {r.part}") for r in rows) + 4
    for (system, part), some in groupby(rows, lambda r: (r.system, r.part)):
        cells = list(some)
        figures = "  ".join(f"{c.measure} {_cell(c.found)}" for c in cells)
        yield f"  {f'{system} {part}':<{width}}{cells[0].found.cases:>5}  {figures}"


def _cell(found: Measured) -> str:
    if math.isnan(found.value):
        return "-"
    return f"{found.value:.3f} [{found.low:.3f} {found.high:.3f}]"
