"""A /basis request <-> the few characters that a button can carry, so that no press needs a store.

What was given travels; what was defaulted travels as the day it was asked, so that a press next
week answers about the same trade. The words that come back go through the same grammar.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from bot.desk.request import BasisRequest
from tools.contracts import LETTER_OF_MONTH, ContractMonth, roots
from tools.errors import CalculatorError
from tools.quotes import GRID

_EPOCH = date(1990, 1, 1)
_FIRST_YEAR = 1990
# Each optional input's bit, its smallest step, and the key that names it in the words.
_OPTIONAL = (
    ("repo_pct", 10_000, "repo {}"),
    ("haircut_pct", 10_000, "haircut {}%"),
    ("margin_usd", 100, "margin {}"),
    ("face_usd", 100, "face {}"),
    ("conversion_factor", 10**8, "cf {}"),
)
_SETTLEMENT, _DELIVERY, _MONTH_ALONE = 5, 6, 7


def pack(request: BasisRequest, asked: date) -> str | None:
    """Return the request asked on a day in at most 58 characters, None where it needs more."""
    optional = [name for name, _, _ in _OPTIONAL]
    flags = sum(1 << bit for bit, name in enumerate(optional) if name in request.typed)
    flags |= ("settlement" in request.typed) << _SETTLEMENT
    flags |= ("delivery" in request.typed) << _DELIVERY
    flags |= ("maturity" in request.defaults) << _MONTH_ALONE
    try:
        packed = bytes(_bytes([flags, *_numbers(request, asked)]))
    except OverflowError:
        return None
    text = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
    return text if len(text) <= 58 else None


def _numbers(request: BasisRequest, asked: date) -> Iterator[int]:
    contract = request.contract
    quarter = (contract.year - _FIRST_YEAR) * 4 + contract.month // 3 - 1
    yield quarter * 8 + roots().index(contract.root)
    yield (asked - _EPOCH).days
    yield _price(request.futures.price)
    yield _price(request.cash.price)
    yield _steps(request.coupon_pct, 10_000)
    yield (request.maturity - _EPOCH).days
    for name, step, _ in _OPTIONAL:
        if name in request.typed:
            yield _steps(getattr(request, name), step)
    for name in ("settlement", "delivery"):
        if name in request.typed:
            yield (getattr(request, name) - _EPOCH).days


def _steps(value: float, step: int) -> int:
    """Return a value as whole steps, its sign in the last bit; OverflowError where it has more."""
    scaled = Fraction(repr(value)) * step
    if scaled.denominator != 1:
        raise OverflowError(value)
    return abs(int(scaled)) * 2 + (scaled < 0)


def _price(price: float) -> int:
    """Return a price as 256ths of a point, else as millionths, told apart by the last bit."""
    on_grid = Fraction(price) * GRID
    if on_grid.denominator == 1:
        return int(on_grid) * 2
    scaled = Fraction(repr(price)) * 10**6
    if scaled.denominator != 1:
        raise OverflowError(price)
    return int(scaled) * 2 + 1


def _bytes(numbers: list[int]) -> Iterator[int]:
    """Yield each number in groups of seven bits, the eighth telling that more follow."""
    for number in numbers:
        if number < 0:
            raise OverflowError(number)
        rest = number
        while rest > 127:
            yield rest & 127 | 128
            rest >>= 7
        yield rest


def _read_numbers(packed: bytes) -> Iterator[int]:
    number, shift = 0, 0
    for byte in packed:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield number
            number, shift = 0, 0


def unpack(text: str) -> tuple[str, date]:
    """Return the words of a packed request and the day it was asked.

    Raises CalculatorError `button_old` where the characters are not ours.
    """
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        numbers = _read_numbers(packed)
        read, rest = _words(numbers), list(numbers)
    except (binascii.Error, StopIteration, ValueError, IndexError, OverflowError) as error:
        raise CalculatorError("button_old", culprit=text, value=text) from error
    if rest:
        raise CalculatorError("button_old", culprit=text, value=text)
    return read


def _words(numbers: Iterator[int]) -> tuple[str, date]:
    flags = next(numbers)
    quarter, root = divmod(next(numbers), 8)
    year, place = divmod(quarter, 4)
    contract = ContractMonth(roots()[root], _FIRST_YEAR + year, 3 * place + 3)
    asked = _day(next(numbers))
    words = [f"{contract.root}{LETTER_OF_MONTH[contract.month]}{contract.year}"]
    words.append(f"futures {_read_price(next(numbers))}")
    words.append(f"cash {_read_price(next(numbers))}")
    words.append(f"coupon {_read_steps(next(numbers), 10_000)}%")
    maturity = _day(next(numbers))
    words.append(maturity.strftime("%m/%Y") if flags >> _MONTH_ALONE & 1 else maturity.isoformat())
    words += [
        form.format(_read_steps(next(numbers), step))
        for bit, (_, step, form) in enumerate(_OPTIONAL)
        if flags >> bit & 1
    ]
    for bit, key in ((_SETTLEMENT, "settle"), (_DELIVERY, "date")):
        if flags >> bit & 1:
            words.append(f"{key} {_day(next(numbers)).isoformat()}")
    return " ".join(words), asked


def _day(count: int) -> date:
    return _EPOCH + timedelta(days=count)


def _read_steps(number: int, step: int) -> str:
    value = Fraction(number // 2, step)
    digits = f"{float(value):.8f}".rstrip("0").rstrip(".")
    return f"-{digits}" if number & 1 else digits


def _read_price(number: int) -> str:
    steps, is_decimal = divmod(number, 2)
    value = Fraction(steps, 10**6 if is_decimal else GRID)
    return f"{float(value):.8f}".rstrip("0").rstrip(".")
