"""A sentence -> which figure in it plays which part, as `haircut 2%` or `2% margin` say.

A label and a figure belong together when little stands between them, and no comma or "and". Each
figure plays one part; the nearest pairs are settled first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from bot.answering.lexicon import load_table
from bot.answering.words import fold
from knowledge.figures import Figure, figures

# What parts two statements: a pair across it is taken only if nothing nearer is left.
_APART = re.compile(
    r"[,;\uff0c\uff1b\u3001\u3002]|\band\b|\bwith\b|\bon\b|\bthe\b.*\bis\b|和|与|且"
)
_APART_COST = 40
_FARTHEST = 60
_MONEY_FROM = 1e4


@dataclass(frozen=True, slots=True)
class Stated:
    """The parts of a calculation that a sentence states, and the figures that play no part."""

    parts: Mapping[str, float]
    others: tuple[Figure, ...]
    text: str
    places: Mapping[str, Figure] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """Tell whether all of these parts are stated."""
        return all(name in self.parts for name in names)

    def money(self) -> list[float]:
        """Return the amounts of money that play no part of their own, in their order."""
        return [f.value for f in self.others if _fits(f, "money")]

    def percents(self) -> list[float]:
        """Return the percentages that play no part of their own, in their order."""
        return [f.value for f in self.others if f.unit == "percent"]


def read(text: str) -> Stated:
    """Return the parts that a sentence states."""
    folded = fold(text)
    found = figures(folded)
    pairs = sorted(_pairs(folded, found))
    parts: dict[str, float] = {}
    places: dict[str, Figure] = {}
    used: set[int] = set()
    for _, place, name in pairs:
        if name not in parts and place not in used:
            parts[name], places[name] = found[place].value, found[place]
            used.add(place)
    for name, row in _roles().items():
        if name not in parts and "none" in row and re.search(row["none"], folded):
            parts[name] = 0.0
    others = tuple(f for place, f in enumerate(found) if place not in used)
    return Stated(parts, others, folded, places)


# A figure by which another one is to change, rather than the one that it becomes.
_BY = re.compile(
    r"(?:[加减涨跌升降]|(?:增加|减少|上调|下调|上升|下降|提高|降低|上涨|下跌)了?|\bby|\bplus|\bminus"
    r"|\banother|\b(?:up|down|higher|lower))\s*$"
)
# A part that becomes so many times what it was.
_COUNTED = dict(zip("两二三四五", "22345", strict=True))
_TIMES = re.compile(
    r"(?P<twice>\b(?:double[sd]?|doubling|twice)\b|翻(?:了)?(?:一?倍|一?番)|加倍|[加增高涨升大]了?一倍)"
    r"|(?P<thrice>\btripl\w+|\bthree times\b)"
    r"|(?P<half>\bhal(?:f|ves?|ved|ving)\b|减半|腰斩|[减少降低小]了?一半|一半)"
    r"|(?P<times>\d+(?:\.\d+)?|[两二三四五])\s?(?:x\b|times\b|倍)"
)
_WEEK = 7
_FROM = re.compile(r"(?:从|由|\bfrom\s)\s*[$]?[\d.,]+\s?(?:%|percent|bps?|days?|个?基点|天)?")


def restated(before: str, anew: str) -> tuple[str, tuple[Figure, ...]]:
    """Return a sentence with the figures that another one states anew, and those without a place.

    A figure takes the place of the figure of its own part, else of the only one of its unit. One
    in another unit of the same kind is turned into the old one's. Without a place are those of
    which there are several, changes by an amount, and months where days were counted.
    """
    old = read(before)
    anew = _FROM.sub("", fold(anew))
    if said := _TIMES.search(anew):
        meant = _multiplied(anew, said, old)
        if len(meant) > 1:
            return old.text, meant
        for figure in meant:
            product = f"{figure.written * _times(said):.10g}"
            number = re.sub(r"[\d.,]+", product, figure.text, count=1)
            old = read(old.text[: figure.span[0]] + number + old.text[figure.span[1] :])
            anew = anew.replace(said[0], "")
    units = {f.unit for f in (*old.places.values(), *old.others)}
    new = read(_in_units(anew, units))
    if open_ones := tuple(f for f in figures(new.text) if _is_open(new.text, f, units)):
        return old.text, open_ones
    swaps = {old.places[n].span: f for n, f in new.places.items() if n in old.places}
    unplaced = []
    for figure in (*new.others, *(f for n, f in new.places.items() if n not in old.places)):
        same = [f.span for f in (*old.places.values(), *old.others) if f.unit == figure.unit]
        free = [span for span in same if span not in swaps]
        if figure in new.places.values() and figure.unit != "days":
            continue
        if len(free) == 1:
            swaps[free[0]] = figure
        elif free:
            unplaced.append(figure)
    text = old.text
    for span, figure in sorted(swaps.items(), reverse=True):
        text = text[: span[0]] + figure.text + text[span[1] :]
    return text, tuple(unplaced)


def _place(old: Stated, name: str) -> Figure | None:
    """Return the figure of a part: its own, else the only one that could be it."""
    fitting = [figure for figure in old.others if _fits(figure, _roles()[name]["kind"])]
    return old.places.get(name) or (fitting[0] if len(fitting) == 1 else None)


def _times(said: re.Match[str]) -> float:
    """Return by how much: 2 for doubling, a half for halving, else the number said."""
    [kind] = [kind for kind, words in said.groupdict().items() if words]
    if kind == "times":
        return float(_COUNTED.get(said["times"], said["times"]))
    return {"twice": 2.0, "thrice": 3.0, "half": 0.5}[kind]


def multiplies(text: str) -> bool:
    """Tell whether a text says that something doubles, halves or becomes so many times as much."""
    return bool(_TIMES.search(fold(text)))


def _multiplied(text: str, said: re.Match[str], old: Stated) -> tuple[Figure, ...]:
    """Return the figure that a text multiplies: of the part it names, else the only one.

    Several come back where it is open which; none where the text says so of something else.
    """
    named = [name for name, role in _roles().items() if re.search(role["label"], text)]
    if not old.places or (said["times"] and not named):
        return ()
    places = {name: figure for name in named if (figure := _place(old, name))}
    return tuple((places or old.places).values())


def _in_units(text: str, units: Set[str]) -> str:
    """Return a text with basis points as percent and weeks as days, where those are asked for."""
    for figure in reversed(figures(text)):
        if figure.unit == "bp" and "bp" not in units and "percent" in units:
            anew = f"{figure.value / 100:g}%"
        elif figure.unit == "weeks" and "weeks" not in units and "days" in units:
            anew = f"{figure.value * _WEEK:g}天" if re.search(r"[周星]", figure.text) else (
                f"{figure.value * _WEEK:g} days")  # fmt: skip
        else:
            continue
        text = text[: figure.span[0]] + anew + text[figure.span[1] :]
    return text


def _is_open(text: str, figure: Figure, units: Set[str]) -> bool:
    months = figure.unit == "months" and "months" not in units and "days" in units
    return months or (figure.unit in units and bool(_BY.search(text[: figure.span[0]])))


def _pairs(text: str, found: Sequence[Figure]) -> Iterable[tuple[float, int, str]]:
    for name, row in _roles().items():
        for label in re.finditer(row["label"], text):
            for place, figure in enumerate(found):
                if _fits(figure, row["kind"]):
                    cost = _distance(text, label.span(), figure.span)
                    if cost <= _FARTHEST:
                        yield cost, place, name


def _distance(text: str, label: tuple[int, int], figure: tuple[int, int]) -> float:
    """Return how far apart a label and a figure are, a little less where the label comes first."""
    if figure[0] <= label[0] and label[1] <= figure[1]:
        return 0.0
    behind = figure[0] >= label[1]
    between = text[label[1] : figure[0]] if behind else text[figure[1] : label[0]]
    if not behind and figure[1] > label[0]:
        return 0.0 if figure[0] < label[0] else _FARTHEST + 1.0
    cost = len(between) + (0.0 if behind else 0.5)
    cost += _APART_COST * len(_APART.findall(between))
    # A figure that stands between the two is nearer to both.
    return cost + (_APART_COST if re.search(r"\d", between) else 0)


def _fits(figure: Figure, kind: str) -> bool:
    if kind == "percent":
        return figure.unit == "percent"
    if kind == "money":
        return figure.unit == "usd" or (figure.unit == "" and figure.value >= _MONEY_FROM)
    if kind == "price":
        return figure.unit == "" and 0 <= figure.value < 1000
    return figure.unit == kind


def _roles() -> Mapping[str, Any]:
    roles: Mapping[str, Any] = load_table()["role"]
    return roles
