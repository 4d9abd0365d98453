"""A price as the market writes it -> decimal points per 100 face, and back.

`112-16+` exists here and at the faces only. Futures and cash read the third digit after the
handle differently: `112-167` is 112 + 16.75/32 on a future and 112 + 16.875/32 on a bond
(CME, Calculating U.S. Treasury pricing).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from tools.errors import CalculatorError
from tools.notes import Note

MAX_PRICE = 1000.0
GRID = 256  # the finest step the market quotes: an eighth of a 32nd

# A third digit is a truncated decimal of a 32nd: .125 -> 1, .25 -> 2 ... .875 -> 8.
_FUTURES_DIGIT = {
    "0": 0.0,
    "1": 0.125,
    "2": 0.25,
    "3": 0.375,
    "5": 0.5,
    "6": 0.625,
    "7": 0.75,
    "8": 0.875,
}
_QUARTERS = "0257"
_EIGHTH_ROOTS = ("TU", "3Y")
_DIGIT_OF_EIGHTHS = "01235678"

# The third digit may stand apart, `112'16'5`; four digits hold quarters of a 32nd, `112-1625`.
_HANDLE = re.compile(r"([0-9]{1,4})[-':^]([0-9]{2})(?:'(?=[0-9]))?([0-9+]?)")
_FRACTION = re.compile(r"([0-9]{1,4})[-':^]([0-9]{1,2}\.[0-9]{1,12})")
_QUARTERS_WRITTEN = re.compile(r"([0-9]{1,4}[-':^][0-9]{2})(00|25|50|75)")
_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
_LOOKALIKE = re.compile(r"([0-9]{1,4})\.([0-9]{2})([0-9]?)")
_NEGATIVE = re.compile(r"-[0-9.]+")
_CUSIP = re.compile(r"[0-9A-Z*@#]{8}[0-9]")
_ISIN = re.compile(r"US([0-9A-Z]{9})([0-9])")

VULGAR_FRACTIONS = {
    "\u00bc": ".25",
    "\u00bd": ".5",
    "\u00be": ".75",
    "\u215b": ".125",
    "\u215c": ".375",
    "\u215d": ".625",
    "\u215e": ".875",
}
# The plain mark -> what people and phones type for it.
SEVERAL_MARKS = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2035\u02b9\u02bc\u0060\u00b4\uff07",
    '"': "\u201c\u201d\u201f\u2033\uff02",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d\u2e3a",
    ",": "\uff0c\u3001\ufe50\ufe51",
    ".": "\u3002\uff0e\uff61",
    "": "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad",
}
_TRANSLATION = str.maketrans(
    {odd: plain for plain, odds in SEVERAL_MARKS.items() for odd in odds} | VULGAR_FRACTIONS
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A price in decimal points per 100 face, with what is worth saying about its reading."""

    price: float
    notes: tuple[Note, ...] = ()


def normalise(text: str) -> str:
    """Return text in plain ASCII forms: full-width, curly, primes, dashes, vulgar fractions.

    White space of any kind becomes single spaces; everything else is NFKC.

    >>> normalise("\uff11\uff11\uff12\u2212\uff11\uff16\uff0b")
    '112-16+'
    """
    plain = unicodedata.normalize("NFKC", text.translate(_TRANSLATION)).translate(_TRANSLATION)
    return " ".join(plain.split())


def parse_futures_price(text: str, root: str | None = None) -> Quote:
    """Return a futures price in points; `root` (canonical) decides which third digits exist.

    Digits 0, 2, 5, 7 are quarters of a 32nd on every contract, 1, 3, 6, 8 eighths on TU and 3Y.
    A price finer than the contract's tick is accepted with the note `finer_than_tick`.

    >>> parse_futures_price("112-165", "TY").price
    112.515625
    """
    return _parse(text, "futures_price", root)


def parse_cash_price(text: str) -> Quote:
    """Return a cash price in points: the third digit counts eighths of a 32nd, `+` is half.

    >>> parse_cash_price("98-24+").price
    98.765625
    """
    return _parse(text, "clean_price", None)


def _parse(text: str, field: str, root: str | None) -> Quote:
    plain = normalise(text).replace("$", "").replace(" ", "")
    plain = _QUARTERS_WRITTEN.sub(r"\1.\2", plain) if _QUARTERS_WRITTEN.fullmatch(plain) else plain
    if match := _HANDLE.fullmatch(plain):
        price = _from_handle(match, text, field, root)
    elif match := _FRACTION.fullmatch(plain):
        price = _points(match[1], float(match[2]), text, field)
    elif _DECIMAL.fullmatch(plain):
        price = float(plain)
    elif _NEGATIVE.fullmatch(plain):
        raise _range_error(text, field)
    else:
        raise CalculatorError("price_form", field=field, value=text, example=_example(field))
    if not 0 < price <= MAX_PRICE:
        raise _range_error(text, field)
    return Quote(
        price, (*_decimal_note(plain, price, field, root), *tick_notes(price, field, root))
    )


def _from_handle(match: re.Match[str], text: str, field: str, root: str | None) -> float:
    handle, whole, digit = match.groups()
    part = _third_digit(digit, text, field, root)
    return _points(handle, int(whole) + part, text, field)


def _points(handle: str, thirty_seconds: float, text: str, field: str) -> float:
    if thirty_seconds >= 32:
        raise CalculatorError(
            "price_32nds",
            field=field,
            value=text,
            thirty_seconds=f"{thirty_seconds:g}",
            example=_example(field),
        )
    return int(handle) + thirty_seconds / 32


def _third_digit(digit: str, text: str, field: str, root: str | None) -> float:
    if digit in ("", "+"):
        return 0.5 if digit else 0.0
    if field == "clean_price":
        return _cash_digit(digit, text)
    if digit not in _FUTURES_DIGIT:
        raise CalculatorError(
            "price_third_digit",
            field=field,
            value=text,
            digit=digit,
            allowed="0 2 5 7",
            example=_example(field),
        )
    if digit not in _QUARTERS and root is not None and root not in _EIGHTH_ROOTS:
        raise CalculatorError(
            "price_tick_digit",
            field=field,
            value=text,
            digit=digit,
            root=root,
            allowed="0 2 5 7",
            example=_example(field),
        )
    return _FUTURES_DIGIT[digit]


def _cash_digit(digit: str, text: str) -> float:
    if digit > "7":
        raise CalculatorError(
            "price_cash_digit",
            field="clean_price",
            value=text,
            digit=digit,
            allowed="0-7 +",
            example=_example("clean_price"),
        )
    return int(digit) / 8


def _decimal_note(plain: str, price: float, field: str, root: str | None) -> tuple[Note, ...]:
    """Return a note where a decimal might have been meant as 32nds (`112.165`)."""
    match = _LOOKALIKE.fullmatch(plain)
    if match is None or int(match[2]) > 31:
        return ()
    other = f"{match[1]}-{match[2]}{match[3]}"
    written = format_cash(price) if field == "clean_price" else format_futures(price, root)
    return (
        Note(
            "decimal_price", {"field": field, "value": plain, "in_32nds": written, "other": other}
        ),
    )


def tick_notes(
    price: float,
    field: str,
    root: str | None,
    tick_32nds: float | None = None,
) -> tuple[Note, ...]:
    """Return the note that a futures price is finer than its contract's tick, if it is.

    `tick_32nds` defaults to the tick of the root today.
    """
    if root is None or field != "futures_price":
        return ()
    tick = _tick_today(root) if tick_32nds is None else tick_32nds
    ticks = price * 32 / tick
    if abs(ticks - round(ticks)) < 1e-9:
        return ()
    return (Note("finer_than_tick", {"field": field, "root": root, "tick_32nds": f"{tick:g}"}),)


def _tick_today(root: str) -> float:
    from tools.contracts import LAST_YEAR, spec_of

    return spec_of(root, LAST_YEAR, 12).tick_32nds


def _range_error(text: str, field: str) -> CalculatorError:
    return CalculatorError(
        "price_range", field=field, value=text, highest=f"{MAX_PRICE:g}", example=_example(field)
    )


def _example(field: str) -> str:
    return "98-24+" if field == "clean_price" else "112-165"


def format_futures(price: float, root: str | None = None) -> str:
    """Return a futures price as handle-32nds: `112-16`, `112-165`, TU `103-216`.

    Prices off the contract's digit set show 32nds as a decimal: `112-16.125`.
    """
    eighths_allowed = root is None or root in _EIGHTH_ROOTS
    handle, whole, eighths = _split(price)
    if eighths is None or (eighths % 2 and not eighths_allowed):
        return _format_decimal_32nds(price)
    digit = _DIGIT_OF_EIGHTHS[eighths] if eighths else ""
    return f"{handle}-{whole:02d}{digit}"


def format_cash(price: float) -> str:
    """Return a cash price as handle-32nds with `+` for half and eighths: `98-24+`, `98-242`."""
    handle, whole, eighths = _split(price)
    if eighths is None:
        return _format_decimal_32nds(price)
    digit = "" if eighths == 0 else "+" if eighths == 4 else str(eighths)
    return f"{handle}-{whole:02d}{digit}"


def _split(price: float) -> tuple[int, int, int | None]:
    """Return handle, whole 32nds and eighths of a 32nd (None where the price is off that grid)."""
    steps = round(price * GRID)
    handle, rest = divmod(steps, GRID)
    on_grid = abs(price * GRID - steps) < 1e-9
    return handle, rest // 8, rest % 8 if on_grid else None


def _format_decimal_32nds(price: float) -> str:
    """Return handle and 32nds to four decimals, carrying where they round to 32."""
    handle, rest = divmod(round(price * 32 * 10_000), 32 * 10_000)
    whole, fraction = divmod(rest, 10_000)
    decimals = f"{fraction:04d}".rstrip("0") or "0"
    return f"{handle}-{whole:02d}.{decimals}"


def cusip_check(text: str) -> str:
    """Return the CUSIP in capitals, or that of an ISIN, if its check digit is right, else raise.

    The ninth character is a modulus-10 double-add-double digit over the first eight
    (ANSI X9.6).

    >>> cusip_check("91282cjz5"), cusip_check("US91282CLW90")
    ('91282CJZ5', '91282CLW9')
    """
    cusip = normalise(text).upper()
    if isin := _ISIN.fullmatch(cusip):
        if isin_digit(cusip[:11]) != int(isin[2]):
            raise CalculatorError(
                "isin_check_digit", field="cusip", value=text, digit=isin[2], example="US91282CLW90"
            )
        cusip = isin[1]
    if not _CUSIP.fullmatch(cusip):
        raise CalculatorError("cusip_form", field="cusip", value=text, example="91282CJZ5")
    if cusip_digit(cusip[:8]) != int(cusip[8]):
        raise CalculatorError(
            "cusip_check_digit", field="cusip", value=text, digit=cusip[8], example="91282CJZ5"
        )
    return cusip


def cusip_digit(first_eight: str) -> int:
    """Return the check digit of a CUSIP's first eight characters."""
    total = 0
    for place, character in enumerate(first_eight):
        value = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#".index(character)
        doubled = value * (1 + place % 2)
        total += doubled // 10 + doubled % 10
    return -total % 10


def isin_digit(first_eleven: str) -> int:
    """Return the check digit of an ISIN (ISO 6166): letters as numbers, each second doubled."""
    digits = "".join(str(int(character, 36)) for character in first_eleven)
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return -sum(value // 10 + value % 10 for value in doubled) % 10
