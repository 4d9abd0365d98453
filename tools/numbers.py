"""A value of any type -> a finite number within its range, or the input at fault."""

from __future__ import annotations

import math

from tools.errors import CalculatorError


def check_number(field: str, value: object, lowest: float, highest: float, example: str) -> float:
    """Return a finite number within its range, else raise number_form or number_range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CalculatorError("number_form", field=field, value=value, example=example)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if math.isnan(number):
        raise CalculatorError("number_form", field=field, value=value, example=example)
    if not lowest <= number <= highest:
        raise CalculatorError(
            "number_range",
            field=field,
            value=value,
            lowest=f"{lowest:g}",
            highest=f"{highest:g}",
            example=example,
        )
    return number
