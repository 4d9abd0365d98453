"""A contract code and a date -> the contract's terms in force for that delivery month.

The terms are dated data in `contracts.toml`; each cell carries its source and, where it could
not be settled, its doubt.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal

from tools.errors import CalculatorError

MONTH_OF_LETTER = {"H": 3, "M": 6, "U": 9, "Z": 12}
LETTER_OF_MONTH = {month: letter for letter, month in MONTH_OF_LETTER.items()}
FIRST_YEAR, LAST_YEAR = 1990, 2099
EXAMPLE = "TYH7"

_CODE = re.compile(r"([A-Z0-9]{2,3})([A-Z])([0-9]{1,2}|[0-9]{4})")

LastDelivery = Literal["month_end", "third_day_after_month_end"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One term of a contract: its value, where it was read, when, and what is not settled."""

    value: Any
    source: str
    as_of: str
    doubt: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """The remaining terms that may be delivered, in months (`max_months` None: no upper bound).

    The lower bound counts from the first day of the delivery month; the upper one too, unless
    `max_from_last_day`. `max_open` means strictly below the bound.
    """

    min_months: int
    max_months: int | None
    max_open: bool
    max_from_last_day: bool
    original_max_months: int | None
    doubt_above_months: int | None
    source: str
    as_of: str
    doubt: str | None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A bond within the window that the exchange left out of the basket."""

    coupon_pct: float
    maturity: date
    source: str


@dataclass(frozen=True, slots=True)
class ContractSpec:
    """A contract's terms for one delivery month.

    `face_usd` is the face of the bonds delivered; `tick_32nds` the outright tick in 32nds of a
    point; `factor_months` the step to which the remaining term is rounded down for the factor.
    `doubts` names the cells that are not settled.
    """

    root: str
    name: str
    face_usd: int
    tick_32nds: float
    factor_months: int
    last_delivery: LastDelivery
    window: Window
    excluded: tuple[Exclusion, ...]
    cells: Mapping[str, Cell]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Return the names of the terms whose value is in doubt."""
        return tuple(name for name, cell in self.cells.items() if cell.doubt)

    @property
    def usd_per_point(self) -> float:
        """Return the dollars that one point of futures price is worth, per contract."""
        return self.face_usd / 100


@dataclass(frozen=True, slots=True, order=True)
class ContractMonth:
    """One contract: canonical root, year and month of delivery."""

    root: str
    year: int
    month: int

    @property
    def code(self) -> str:
        """Return the code with a one-digit year, e.g. `TYH7`."""
        return f"{self.root}{LETTER_OF_MONTH[self.month]}{self.year % 10}"

    @property
    def delivery_month(self) -> str:
        """Return the delivery month as `YYYY-MM`."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def spec(self) -> ContractSpec:
        """Return the terms in force for this delivery month."""
        return spec_of(self.root, self.year, self.month)

    def next(self) -> ContractMonth:
        """Return the contract of the following quarter."""
        year, month = (self.year + 1, 3) if self.month == 12 else (self.year, self.month + 3)
        return ContractMonth(self.root, year, month)


@cache
def _table() -> dict[str, Any]:
    path = resources.files("tools") / "contracts.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def roots() -> tuple[str, ...]:
    """Return the canonical roots, shortest bonds first."""
    return tuple(_table())


@cache
def _root_of() -> dict[str, str]:
    names = {root: root for root in roots()}
    for root, terms in _table().items():
        names.update(dict.fromkeys(terms["aliases"], root))
    return names


def aliases(root: str) -> tuple[str, ...]:
    """Return the other names of a canonical root, e.g. `("ZN",)` for TY."""
    return tuple(_table()[root]["aliases"])


def parse_root(text: str) -> str:
    """Return the canonical root of a contract name: `ZN` -> `TY`, `z3n` -> `3Y`."""
    root = _root_of().get(text.strip().upper())
    if root is None:
        raise CalculatorError(
            "contract_form", field="contract", value=text, allowed=_names(), example=EXAMPLE
        )
    return root


def parse_contract(text: str, settlement: date) -> ContractMonth:
    """Return the contract that a code such as `TYH7`, `znz26` or `TYH2027` means on a day.

    A one-digit year is the contract year nearest the settlement date, a two-digit year the
    nearest century's; at equal distance the later one.
    """
    match = _CODE.fullmatch(text.strip().upper())
    if match is None or match[1] not in _root_of() or match[2] not in MONTH_OF_LETTER:
        raise CalculatorError(
            "contract_form", field="contract", value=text, allowed=_names(), example=EXAMPLE
        )
    year = _nearest_year(match[3], settlement.year)
    contract = ContractMonth(_root_of()[match[1]], year, MONTH_OF_LETTER[match[2]])
    _check_listed(contract, text)
    return contract


def parse_contract_or_root(text: str, delivery_month: str) -> ContractMonth:
    """Return the contract of a root or code delivering in a month given as `YYYY-MM`."""
    year, month = (int(part) for part in delivery_month.split("-"))
    if text.strip().upper() not in _root_of():
        return parse_contract(text, date(year, month, 1))
    contract = ContractMonth(parse_root(text), year, month)
    if month not in LETTER_OF_MONTH:
        raise CalculatorError(
            "contract_form",
            field="delivery_month",
            value=delivery_month,
            allowed="03, 06, 09, 12",
            example="2027-03",
        )
    _check_listed(contract, text)
    return contract


def _nearest_year(digits: str, around: int) -> int:
    cycle: int = 10 ** len(digits)
    base = around - around % cycle + int(digits)
    candidates = (base - cycle, base, base + cycle)
    return min(candidates, key=lambda year: (abs(year - around), -year))


def _names() -> str:
    return ", ".join(
        f"{root}={'/'.join(aliases(root))}" if aliases(root) else root for root in roots()
    )


def _check_listed(contract: ContractMonth, text: str) -> None:
    listed = _table()[contract.root].get("listed_from", f"{FIRST_YEAR}-03")
    if not listed <= contract.delivery_month <= f"{LAST_YEAR}-12":
        raise CalculatorError(
            "contract_not_listed",
            field="contract",
            value=text,
            root=contract.root,
            delivery_month=contract.delivery_month,
            listed_from=listed,
            example=EXAMPLE,
        )


def _in_force(rows: Sequence[Mapping[str, Any]], month: str) -> Mapping[str, Any]:
    """Return the row of a month; in a gap between rows the later row's terms apply."""
    for row in rows:
        if month <= row.get("to", "9999-12"):
            return row
    raise LookupError(month)


@cache
def spec_of(root: str, year: int, month: int) -> ContractSpec:
    """Return a canonical root's terms for a delivery month."""
    terms = _table()[root]
    key = f"{year:04d}-{month:02d}"
    cells = {
        name: _cell(_in_force(terms[name], key))
        for name in ("face_usd", "tick_32nds", "factor_months", "last_delivery")
    }
    window = _window(_in_force(terms["window"], key))
    return ContractSpec(
        root=root,
        name=terms["name"],
        face_usd=cells["face_usd"].value,
        tick_32nds=float(cells["tick_32nds"].value),
        factor_months=cells["factor_months"].value,
        last_delivery=cells["last_delivery"].value,
        window=window,
        excluded=_excluded(terms.get("excluded", ()), key),
        cells={**cells, "window": Cell(window, window.source, window.as_of, window.doubt)},
    )


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(row["value"], row["source"], row["as_of"], row.get("doubt"))


def _window(row: Mapping[str, Any]) -> Window:
    return Window(
        min_months=row["min_months"],
        max_months=row.get("max_months"),
        max_open=row.get("max_open", False),
        max_from_last_day=row.get("max_from") == "last_day",
        original_max_months=row.get("original_max_months"),
        doubt_above_months=row.get("doubt_above_months"),
        source=row["source"],
        as_of=row["as_of"],
        doubt=row.get("doubt"),
    )


def _excluded(rows: Sequence[Mapping[str, Any]], month: str) -> tuple[Exclusion, ...]:
    return tuple(
        Exclusion(row["coupon_pct"], date.fromisoformat(row["maturity"]), row["source"])
        for row in rows
        if row["from"] <= month <= row["to"]
    )
