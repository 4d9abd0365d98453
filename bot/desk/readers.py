"""One word -> an amount with its unit: dollars or a share, 32nds, basis points, a move."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.reading.amounts import read_dollars, read_rate, read_share

_TIMES = re.compile(r"[x\u00d7*](\d{1,6}\.?\d{0,6})|(\d{1,6}\.?\d{0,6})[x\u00d7]", re.I | re.ASCII)
_COUNT = re.compile(r"(\d{1,4})(?:d|天|日)?", re.ASCII | re.I)


def read_count(word: str) -> float | None:
    """Return a number of contracts."""
    return read_dollars(word) if word[:1].isdigit() else None


def read_days(word: str) -> float | None:
    """Return a number of days: `8`, `8d`, `8天`."""
    found = _COUNT.fullmatch(word)
    return float(found[1]) if found else None


def read_ticks(word: str) -> float | None:
    """Return 32nds of a point: `0.5`, `0.5/32`, `-8/32`."""
    number, _, below = word.partition("/")
    if below not in {"", "32"} or not number[-1:].isdigit():
        return None
    return read_rate(number)


def read_bp(word: str) -> float | None:
    """Return basis points: `64`, `+64bp`, `-0.5%`."""
    rate = read_rate(word)
    return rate if rate is None or word[-1:].isdigit() else 100 * rate


@dataclass(frozen=True, slots=True)
class Move:
    """A level (`5.25`, `4%`), a change (`+300bp`) or a multiple (`x1.5`) of what holds today."""

    amount: float
    kind: Literal["level", "change", "times"] = "level"

    def of(self, now: float) -> float:
        """Return the new level."""
        if self.kind == "times":
            return now * self.amount
        return now + self.amount if self.kind == "change" else self.amount


def move(read: Callable[[str], float | None]) -> Callable[[str], Move | None]:
    """Return a reader of moves, of amounts that `read` reads."""

    def reader(word: str) -> Move | None:
        if (times := read_times(word)) is not None:
            return Move(times, "times")
        found = read(word)
        if found is None:
            return None
        return Move(found, "change" if word[:1] in "+-" else "level")

    return reader


def read_margin(word: str) -> float | None:
    """Return dollars with a sign: `2775`, `+900`."""
    return read_dollars(word.removeprefix("+")) if word.count("+") < 2 else None


def read_times(word: str) -> float | None:
    """Return a multiple: `x1.5`, `1.5x`."""
    found = _TIMES.fullmatch(word)
    return float(found[1] or found[2]) if found else None


def read_growth(word: str) -> float | None:
    """Return a multiple, also as growth: `x1.5` and `+50%` are both 1.5."""
    share = read_share(word)
    return read_times(word) if share is None else 1 + share.percent / 100
