"""A claim's value and as-of texts -> amounts in base units and days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from knowledge.errors import KnowledgeError
from knowledge.figures import whens
from knowledge.report import Claim


@dataclass(frozen=True, slots=True)
class Amount:
    """One value of a claim in its base unit; `low` and `high` differ where it is a range.

    Units: `usd` and `gbp` in whole currency, `percent`, `bp`, `times`, `days`, `usd per tick` ...
    `per` is the period of a rate (`month`, `year`), None for a level.
    """

    low: float
    high: float
    unit: str
    per: str | None = None

    @property
    def value(self) -> float:
        """Return the value, the middle of a range."""
        return (self.low + self.high) / 2

    @property
    def is_range(self) -> bool:
        """Return whether the source gives two ends."""
        return self.low != self.high


_SCALES = {"trillion": 1e12, "billion": 1e9, "million": 1e6}
_NUMBER = r"-?\d+(?:\.\d+)?"
_VALUE = re.compile(rf"^(?P<low>{_NUMBER})(?:\s*-\s*(?P<high>{_NUMBER}))?$")


def amounts(claim: Claim) -> tuple[Amount, ...]:
    """Return a claim's values in base units: `1.25-1.3` is one range, `765.4; 683.5` are two.

    Dates, formulas and claims without a value give none.
    """
    if claim.value is None or claim.unit in {"date", "definition", "formula"}:
        return ()
    texts = [part.strip() for part in str(claim.value).split(";")]
    units = [part.strip() for part in (claim.unit or "").split(";")]
    units += [units[-1]] * (len(texts) - len(units))
    return tuple(_amount(text, unit, claim.id) for text, unit in zip(texts, units, strict=True))


def _amount(text: str, unit: str, claim_id: str) -> Amount:
    match = _VALUE.match(text)
    if match is None:
        raise KnowledgeError("claim_value", culprit=f"{claim_id}: {text}")
    root, scale, per = _unit(unit)
    low = float(match["low"]) * scale
    high = float(match["high"]) * scale if match["high"] else low
    return Amount(low, high, root, per)


def _unit(unit: str) -> tuple[str, float, str | None]:
    """Return `USD trillion per day` as its root, the scale to it, and the period."""
    root, _, per = unit.partition(" per ")
    words = root.split()
    scale = _SCALES.get(words[-1], 1.0) if words else 1.0
    name = words[0].lower() if scale != 1.0 else root
    name = {"basis points": "bp", "USD": "usd", "GBP": "gbp"}.get(name, name)
    return name, scale, per or None


def as_of_span(claim: Claim) -> tuple[date, date] | None:
    """Return the oldest and the newest day that a claim's as-of speaks of, None when undated."""
    return span_of(claim.as_of)


def span_of(as_of: str | None) -> tuple[date, date] | None:
    """Return the days covered by `2025-09`, `2025-Q3`, `2022-01..2024-12`, `2021-12; 2025-12`.

    An open run (`2020..`) counts from its first day to the end of that year.
    """
    spans = [(w.first, w.last) for w in whens((as_of or "").replace("..", " ; "))]
    first = [a for a, _ in spans if a is not None]
    last = [b for _, b in spans if b is not None]
    return (min(first), max(last)) if first and last else None
