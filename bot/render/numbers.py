"""A figure -> how it is written, alike in both languages."""

from __future__ import annotations

import re

MINUS = "\N{MINUS SIGN}"
JOINER = "\N{WORD JOINER}"


def number(value: float, digits: int = 0, sign: bool = False) -> str:
    """Return a figure with thousands separators and a true minus; a rounded nil has no sign.

    >>> number(1234.5), number(0.04, 1, sign=True)
    ('1,234', '0.0')
    """
    rounded = round(value, digits) or 0.0
    text = f"{abs(rounded):,.{digits}f}"
    return (MINUS if rounded < 0 else "+" if sign and rounded > 0 else "") + text


def billions(value: float, digits: int = 0, sign: bool = False) -> str:
    """Return an amount in USD billion with its sign before the currency.

    >>> billions(923.47), billions(1.55, 1, sign=True)
    ('$923bn', '+$1.6bn')
    """
    text = number(value, digits, sign)
    mark = text[0] if text[0] in f"+{MINUS}" else ""
    return f"{mark}${text[len(mark) :]}bn"


def together(text: str) -> str:
    """Return a sentence in which no line ends between a sign and its dollar."""
    return re.sub(f"([{MINUS}+])\\$", f"\\1{JOINER}$", text)


def thirty_seconds(points: float) -> str:
    """Return points as 32nds with two decimals."""
    return number(points * 32, 2)


def dollars(amount: float, digits: int = 0) -> str:
    """Return dollars with the sign before the currency: `-$1,234`."""
    text = number(amount, digits)
    return f"{text[0]}${text[1:]}" if text[0] not in "0123456789" else f"${text}"


def decimal(value: float) -> str:
    """Return a price in decimals as far as it has any, at least three."""
    whole, _, rest = f"{value:.8f}".rstrip("0").partition(".")
    return f"{whole}.{rest.ljust(3, '0')}"


def percent(value: float) -> str:
    """Return a rate with the decimals it has, at least two and at most four."""
    whole, _, rest = f"{abs(value):.4f}".rstrip("0").partition(".")
    sign = "\N{MINUS SIGN}" if value < 0 else ""
    return f"{sign}{whole}.{rest.ljust(2, '0')}"
