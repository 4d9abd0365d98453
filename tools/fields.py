"""A mapping of untyped inputs -> checked numbers, dates and texts, or the input at fault."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tools.basis_inputs import check_day, check_field, check_price
from tools.errors import CalculatorError
from tools.numbers import check_number

MAX_TEXT = 100
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_MAX_LIST = 10_000


@dataclass(frozen=True, slots=True)
class Fields:
    """The inputs of one calculation; every reader names the field in its error.

    `used` are the keys that a calculation has asked for, those of a list's rows behind its own.
    """

    kind: str
    inputs: Mapping[str, object]
    used: set[str] = field(default_factory=set, compare=False)
    within: str = ""

    def ignored(self) -> list[str]:
        """Return the keys that no calculation has asked for, in their order."""
        unread = [str(key) for key in self.inputs if f"{self.within}{key}" not in self.used]
        for key, rows in self.inputs.items():
            if key not in unread and isinstance(rows, list):
                inside = [row for row in rows if isinstance(row, Mapping)]
                inner = [Fields(self.kind, row, self.used, f"{key}.") for row in inside]
                names = [f"{key}.{name}" for row in inner for name in row.ignored()]
                unread += dict.fromkeys(names)
        return unread

    def has(self, field: str) -> bool:
        """Tell whether an input was given (null counts as not given)."""
        self.used.add(f"{self.within}{field}")
        return self.inputs.get(field) is not None

    def value(self, field: str) -> object:
        """Return a required input as it is."""
        if not self.has(field):
            raise CalculatorError(
                "input_missing",
                field=field,
                kind=self.kind,
                example=f'"{field}": {_EXAMPLES.get(field, "1.5")}',
            )
        return self.inputs[field]

    def number(
        self, field: str, lowest: float = -1e15, highest: float = 1e15, example: str = "1.5"
    ) -> float:
        """Return a finite number within its range."""
        return check_number(field, self.value(field), lowest, highest, example)

    def positive(self, field: str, highest: float = 1e15) -> float:
        """Return a number above zero."""
        return self.number(field, math.ulp(0.0), highest, "100")

    def whole(self, field: str, lowest: int, highest: int) -> int:
        """Return a whole number within its range."""
        number = self.number(field, lowest, highest, str(lowest))
        if number != int(number):
            raise CalculatorError("number_form", field=field, value=number, example=str(lowest))
        return int(number)

    def known(self, field: str) -> float:
        """Return a number whose range is the same in every calculation (`RANGES`)."""
        return check_field(field, self.value(field))

    def optional(self, field: str) -> float | None:
        """Return such a number, or None where it was not given."""
        return self.known(field) if self.has(field) else None

    def price(self, field: str) -> float:
        """Return a price in points."""
        return check_price(field, self.value(field))

    def text(self, field: str) -> str:
        """Return a short text."""
        value = self.value(field)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
            raise CalculatorError(
                "input_form", field=field, value=value, example=_EXAMPLES.get(field, "TYH7")
            )
        return value

    def day(self, field: str) -> date:
        """Return a date given as YYYY-MM-DD."""
        value = self.value(field)
        day = _date_of(value)
        if day is None:
            raise CalculatorError(
                "input_form",
                field=field,
                value=value,
                example=_EXAMPLES.get(field, "2027-03-31"),
            )
        return check_day(field, day)

    def month(self, field: str) -> str:
        """Return a month given as YYYY-MM."""
        value = self.value(field)
        if not isinstance(value, str) or not _MONTH.fullmatch(value):
            raise CalculatorError("input_form", field=field, value=value, example="2027-03")
        return value

    def rows(self, field: str) -> list[Fields]:
        """Return a list of objects, each as its own inputs."""
        rows = self.value(field)
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise CalculatorError("input_form", field=field, value=rows, example="[{...}]")
        if not rows:
            raise CalculatorError("list_empty", field=field, example="[{...}]")
        if len(rows) > _MAX_LIST:
            raise CalculatorError(
                "list_too_long", field=field, value=len(rows), highest=_MAX_LIST, example=_MAX_LIST
            )
        return [Fields(self.kind, row, self.used, f"{field}.") for row in rows]


_EXAMPLES = {
    "contract": "TYH7",
    "text": "112-165",
    "side": "futures",
    "repo_basis": "ACT/360",
    "settlement": "2026-11-24",
    "delivery": "2027-03-31",
    "delivery_month": "2027-03",
    "maturity": "2034-11-15",
    "dated_date": "2026-11-15",
    "coupon_pct": "4.25",
    "futures_price": "112.515625",
    "clean_price": "100.9375",
    "repo_pct": "3.90",
    "conversion_factor": "0.8955",
}


def _date_of(value: object) -> date | None:
    """Return the date that a text is, or None: 2027-02-30 has the form and is none."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
