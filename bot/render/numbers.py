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
