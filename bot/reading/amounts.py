"""One word -> a number with its unit: dollars, a rate, a share, a coupon, a tenor.

Numbers are read in the digits and scales of both languages; what a scale is worth stands in
`knowledge.figures`, once for all that is typed and for reports.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.figures import SCALES, ZH_NUMERAL, ZH_SCALE, chinese_number

_LONGEST = 24
SCALE = "|".join(sorted(SCALES, key=len, reverse=True))
# Digits with thousands parted by commas, or with the decimal comma that `0,5` can only have.
NUMBER = rf"\d[\d,]*\.?\d*|\.\d+|{ZH_NUMERAL}"
_GROUPED = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+", re.ASCII)
_COMMA = re.compile(r"(\d{1,3}),(\d{1,2})", re.ASCII)
# A rate has at most two digits before its comma, and `3,000` is three thousand.
_COMMA_OF_RATE = re.compile(
    r"(?<!\d)([-+]?\d{1,2}),(?!000)(\d{1,4})(?=$|[%s]|[bp][a-z]|个?基点)", re.I | re.ASCII
)
# Chinese is written without spaces: what ends a run of its characters as an amount or a rate.
CHINESE_AMOUNT = re.compile(
    rf"(?<![\d.])(?:百分之{ZH_NUMERAL}|{ZH_NUMERAL}个?基点|(?:{ZH_NUMERAL}(?:{ZH_SCALE}))+(?:美元|美金)?)$"
)
_PART = re.compile(rf"({ZH_NUMERAL})({ZH_SCALE})")


def read_number(text: str) -> float | None:
    """Return a number without its unit: `1,850`, `0.5`, `0,5`, `三千`.

    >>> [read_number(text) for text in ("1,850.5", "0,5", "一点五", "1,85,0")]
    [1850.5, 0.5, 1.5, None]
    """
    if _GROUPED.fullmatch(text):
        return float(text.replace(",", ""))
    if comma := _COMMA.fullmatch(text):
        return float(f"{comma[1]}.{comma[2]}")
    return chinese_number(text)


_RATE = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))(%|pct|percent|bps?|个?基点)?", re.I | re.ASCII)
_CHINESE_RATE = re.compile(rf"百分之({ZH_NUMERAL})|({ZH_NUMERAL})个?基点")


def read_rate(word: str) -> float | None:
    """Return a rate in percent: `3.9`, `3,9`, `3.9%`, `390bp` and `百分之三点九` are all 3.9."""
    if len(word) > _LONGEST:
        return None
    if chinese := _CHINESE_RATE.fullmatch(word):
        number = chinese_number(chinese[1] or chinese[2])
        return number if number is None or chinese[1] else number / 100
    found = _RATE.fullmatch(_COMMA_OF_RATE.sub(r"\1.\2", word))
    if found is None:
        return None
    unit = (found[2] or "").lower()
    return float(found[1]) / (100 if unit[:2] == "bp" or unit.endswith("基点") else 1)


_MONEY = re.compile(
    rf"(-?)(?:us)?\$?(-?)([\d,]*\.?\d*)((?:{SCALE})?(?:usd)?)(?:美元|美金)?", re.I | re.ASCII
)


def read_dollars(word: str) -> float | None:
    """Return an amount in dollars: `$1,850`, `100m`, `2.5bn`, `2,5bn`, `5千亿`, `一点五万亿`."""
    if CHINESE_AMOUNT.fullmatch(word):
        return _chinese_dollars(word)
    found = _MONEY.fullmatch(word)
    number = read_number(found[3]) if found and len(word) <= _LONGEST else None
    if found is None or number is None:
        return None
    scale = found[4].lower().removesuffix("usd")
    if _COMMA.fullmatch(found[3]) and not scale:
        return None  # `1,85` may lack a digit
    return (-number if found[1] or found[2] else number) * SCALES.get(scale, 1.0)


def _chinese_dollars(word: str) -> float | None:
    """Return the sum of `一亿五千万`, None where the parts do not fall or it is a rate."""
    parts = [(chinese_number(m[1]), SCALES[m[2]]) for m in _PART.finditer(word)]
    scales = [scale for _, scale in parts]
    if not parts or scales != sorted(set(scales), reverse=True):
        return None
    return sum(number * scale for number, scale in parts if number is not None)


def has_scale(word: str) -> bool:
    """Tell whether an amount carries its own unit, as in `100m`: such a word can only be a face."""
    found = _MONEY.fullmatch(word)
    scaled = found[4] if found else CHINESE_AMOUNT.fullmatch(word)
    return bool(scaled) and read_dollars(word) is not None


_TENOR = re.compile(r"(\d{1,2}|[一二两三五七十]{1,2})(?:-?y(?:r|ear)?s?|年期?)", re.I | re.ASCII)


def read_tenor(word: str) -> int | None:
    """Return the years of a tenor: `10y`, `10年期`, `十年期`."""
    found = _TENOR.fullmatch(word)
    if found is None:
        return None
    number = found[1] if found[1].isascii() else chinese_number(found[1])
    return None if number is None else int(number)


@dataclass(frozen=True, slots=True)
class Share:
    """An amount given as a percentage: of the future's value (margin), of the bonds (buffer)."""

    percent: float


def read_amount(word: str) -> float | Share | None:
    """Return dollars, or a share where the word ends in `%` or `bp`."""
    if word.lower().endswith(("%", "bp", "bps", "pct", "基点")):
        return read_share(word)
    return read_dollars(word)


_A_CONTRACT = re.compile(r"/(?:contracts?|lots?|ct|手|张)", re.I)


def read_margin(word: str) -> float | Share | None:
    """Return dollars a contract, or a share: `$1,850/contract` and `1850` are the same."""
    unit = _A_CONTRACT.search(word)
    plain = word[: unit.start()] if unit and unit.end() == len(word) else word
    return read_amount(plain)


def read_share(word: str) -> Share | None:
    """Return a percentage that is marked as one."""
    rate = None if word[-1:].isdigit() else read_rate(word)
    return None if rate is None else Share(rate)


_COUPON = re.compile(r"(\d{1,2})-(\d)/([248])[%s]?|(\d{1,2}(?:\.\d*)?|\.\d+)[%s]?", re.ASCII)
_EIGHTHS = re.compile(r"([1357])/([248])[%s]?", re.ASCII)


def read_coupon(parts: Sequence[str]) -> tuple[float, int] | None:
    """Return a coupon in percent and the words it took: `4.25`, `4.25s`, `4-1/4`, `4 1/4`."""
    found = _COUPON.fullmatch(_COMMA_OF_RATE.sub(r"\1.\2", parts[0])) if parts else None
    if found is None:
        return None
    if found[1]:
        part = int(found[2]) / int(found[3])
        return (int(found[1]) + part, 1) if part < 1 else None
    eighths = _EIGHTHS.fullmatch(parts[1]) if len(parts) > 1 else None
    if eighths and parts[0].isdecimal() and eighths[1] < eighths[2]:
        return int(parts[0]) + int(eighths[1]) / int(eighths[2]), 2
    return float(found[4]), 1
