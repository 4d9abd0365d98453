"""What a person typed -> words, each as typed and as read; a word or a few -> one value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

MOST_CHARACTERS = 2_000
MOST_WORDS = 80

# Marks that NFKC leaves alone but that people and phones type for the plain ones.
_MARKS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4`", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63", "-"),
    **dict.fromkeys("\u3001\u3002;|\u00b7", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
    **dict(zip("½¼¾⅛⅜⅝⅞", (".5", ".25", ".75", ".125", ".375", ".625", ".875"), strict=True)),
    "\u2044": "/",
}
# A comma between digit groups of three belongs to the number; every other comma parts words.
_GROUPED = re.compile(r"(?<!\d,)(?<![\d.\-'/])\d{1,3}(?:,\d{3})+(?![\d\-'+]|/\d)", re.ASCII)
# Behind the key of a rate, `3,90` is no two numbers: read as one it is refused, not cut in half.
_COMMA_IN_RATE = re.compile(
    r"(?:(?<![a-z/])(?:repo|funding|haircut|hc|h/c|coupon|cpn)"
    r"|回购|利率|成本|折扣率?|折算率|票息率?|票面)"
    r"[为是 \t=:]*-?(\d{1,2},\d{1,4}(?:%|bps?)?)(?![\d,.'^/:+-])",
    re.I | re.ASCII,
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_CHINESE_KEY = re.compile(r"([\u4e00-\u9fff]+)(?=[-+$.\dA-Z])", re.I | re.ASCII)
# Chinese is written without spaces: a date, a contract, a number with its unit, or characters.
_PIECE = re.compile(
    r"\d{2,4}年\d{1,2}月(?:\d{1,2}[日号]?|份)?"
    r"|(?:[A-Z]{2,3}|3Y|Z3N)[HMUZ]\d{1,4}(?![A-Z\d])"
    r"|[-+]?\$?\d[-\d,.'/:]*\+?(?:%|bps?|pct|[km]|mm|mn|bn|tn)?"
    r"(?:[千百]?万亿?|亿|个?基点|天|[日号手张倍]|年期?)?(?:美元)?(?!月)"
    r"|[\u4e00-\u9fff]+",
    re.I | re.ASCII,
)
_CHINESE_AMOUNT = re.compile(r"([一二两三四五六七八九十]{1,3})([百千]?万亿?|亿)(?:美元)?")
_COPULA = "为是"  # 回购利率为3.9%
_LATIN_KEY = re.compile(
    r"(repo|haircut|margin|face|settle|delivery|date|cf)(?=[-+$.\d])", re.I | re.ASCII
)
_NUMBER = re.compile(r"[-+]?\$?(?:\d[\d,]*\.?\d*|\.\d+)", re.ASCII)
# Words that a desk says between the inputs and that tell nothing.
FILLERS = frozenset(
    {"@", "at", "v", "vs", "vs.", "versus", "against", "and", "with", "for", "of", "the", "a", "an"}
    | {"t", "ust", "tsy", "treasury", "treasuries", "note", "notes", "bonds", "price", "is"}
    | {"comdty", "govt", "p.a.", "pa", "act/360"}
    | {"对", "和", "与", "及", "的", "美债", "国债", "美国国债", "国债期货", "债券", "价格"}
)
_UNITS = frozenset(
    {"%", "bp", "bps", "pct", "基点", "个基点", "美元", "usd"}
    | {"k", "m", "mm", "mn", "mln", "mio", "million", "b", "bn", "bln", "billion", "tn", "trillion"}
    | {"万", "百万", "千万", "亿", "万亿"}
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as the person typed it, and as it reads with its marks and digits made plain."""

    typed: str
    read: str


def _plain(text: str) -> tuple[str, list[int]]:
    """Return the text in plain marks, and for each of its characters where it came from."""
    out: list[str] = []
    origin: list[int] = []
    for index, typed in enumerate(text):
        folded = _MARKS.get(typed)
        if folded is None:
            folded = "".join(_MARKS.get(c, c) for c in unicodedata.normalize("NFKC", typed))
        out.append(folded)
        origin.extend([index] * len(folded))
    return "".join(out), origin


def _between_digits(plain: str, index: int) -> bool:
    """Tell whether a colon parts handle and 32nds, `112:16`, and no key from its value."""
    return index > 0 and plain[index - 1].isdigit() and plain[index + 1 : index + 2].isdigit()


def _spans(plain: str) -> list[tuple[int, int]]:
    """Return where each word begins and ends."""
    whole = [match.span() for match in _GROUPED.finditer(plain)]
    whole += [match.span(1) for match in _COMMA_IN_RATE.finditer(plain)]
    inside = {i for span in whole for i in range(*span)}
    spans: list[tuple[int, int]] = []
    start: int | None = None
    for index, char in enumerate([*plain, " "]):
        parts = (
            char.isspace()
            or char == "="
            or (char == "," and index not in inside)
            or (char == ":" and not _between_digits(plain, index))
            or (char == "@" and not plain[index + 1 : index + 2].isalpha())
        )
        if parts and start is not None:
            spans.append((start, index))
            start = None
        elif not parts and start is None:
            start = index
    return spans


def _unglued(plain: str, span: tuple[int, int]) -> list[tuple[int, int]]:
    """Part keys from the numbers glued to them, as Chinese is typed, and as in `repo4.3`."""
    start, end = span
    pieces = [match.span() for match in _PIECE.finditer(plain, start, end)]
    whole = sum(last - first for first, last in pieces) == end - start
    if not (len(pieces) > 1 and whole and _CHINESE.search(plain, start, end)):
        key = _CHINESE_KEY.match(plain, start, end) or _LATIN_KEY.match(plain, start, end)
        pieces = [(start, key.end()), (key.end(), end)] if key else [span]
    parts = []
    for place, (first, last) in enumerate(pieces):
        amount = _CHINESE_AMOUNT.search(plain, first, last)
        if amount and amount.start() > first and amount.end() == last:
            parts += [(first, amount.start()), amount.span()]  # 面值一亿
        elif place + 1 < len(pieces) and last - first > 1 and plain[last - 1] in _COPULA:
            parts.append((first, last - 1))
        else:
            parts.append((first, last))
    return parts


_THIRTY_SECONDS = re.compile(r"\d{2,3}-\d{2}|\d{2,3}", re.ASCII)
_FRACTIONS = {"1/8": ".125", "1/4": ".25", "3/8": ".375", "1/2": ".5", "5/8": ".625",
              "3/4": ".75", "7/8": ".875"}  # fmt: skip
_OF_32 = re.compile(r"(\d{1,2})/32", re.ASCII)


def _with_fraction(handle: str, fraction: str) -> str | None:
    """Return a price whose 32nds stand alone: `112-16 1/2` and `112 16/32`, else None."""
    if not _THIRTY_SECONDS.fullmatch(handle):
        return None
    if "-" in handle:
        return f"{handle}{_FRACTIONS[fraction]}" if fraction in _FRACTIONS else None
    ticks = _OF_32.fullmatch(fraction)
    return f"{handle}-{int(ticks[1]):02d}" if ticks else None


def _with_units(plain: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join a number and the unit that stands alone behind it: `100 m`, `4.3 %`."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        unit = plain[start:end].lower()
        amount = joined and (
            (unit in _UNITS and _NUMBER.fullmatch(plain, *joined[-1]))
            or (unit in {"美元", "usd"} and has_scale("".join(plain[slice(*joined[-1])].split())))
        )
        if amount:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def words(text: str, most: int = MOST_CHARACTERS) -> list[Word]:
    """Return the words of a text; only its first 2,000 (or `most`) characters are read."""
    text = text[:most]
    plain, origin = _plain(text)
    spans = [part for span in _spans(plain) for part in _unglued(plain, span)]
    return [
        Word(typed=text[origin[start] : origin[end - 1] + 1], read=read)
        for start, end, read in _with_fractions(plain, _with_units(plain, spans))
    ]


def _with_fractions(plain: str, spans: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """Join a price and the fraction of a 32nd, or the 32nds, that stand alone behind it.

    Return where each word begins and ends, and how it reads.
    """
    joined: list[tuple[int, int, str]] = []
    for start, end in spans:
        read = "".join(plain[start:end].split())
        price = _with_fraction(joined[-1][2], read) if joined and "/" in read else None
        if price:
            joined[-1] = (joined[-1][0], end, price)
        else:
            joined.append((start, end, read))
    return joined


_RATE = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+))(%|pct|bps?|个?基点)?", re.I | re.ASCII)


def read_rate(word: str) -> float | None:
    """Return a rate in percent: `3.9`, `3.9%` and `390bp` are all 3.9."""
    found = _RATE.fullmatch(word)
    if found is None or len(word) > 20:
        return None
    unit = (found[2] or "").lower()
    return float(found[1]) / (100 if unit[:2] == "bp" or unit.endswith("基点") else 1)


_MONEY = re.compile(
    r"(-?)\$?(-?(?:\d{1,3}(?:,\d{3})+|\d+)\.?\d*|\.\d+)([a-z]*|[百千]?万亿?|亿)(?:美元|usd)?",
    re.I | re.ASCII,
)
_SCALE = {
    "": 1.0,
    "usd": 1.0,
    "k": 1e3,
    **dict.fromkeys(("m", "mm", "mn", "mln", "mio", "million", "百万"), 1e6),
    **dict.fromkeys(("bn", "b", "bln", "billion"), 1e9),
    **dict.fromkeys(("tn", "trillion"), 1e12),
    "万": 1e4,
    "千万": 1e7,
    "百万亿": 1e14,
    "千万亿": 1e15,
    "亿": 1e8,
    "万亿": 1e12,
}


def read_dollars(word: str) -> float | None:
    """Return an amount in dollars: `$1,850`, `100m`, `2.5bn`, `1亿` (a hundred million)."""
    if chinese := _CHINESE_AMOUNT.fullmatch(word):
        return _chinese_number(chinese[1]) * _SCALE[chinese[2]]
    found = _MONEY.fullmatch(word)
    if found is None or len(word) > 24:
        return None
    unit = found[3].lower().removesuffix("usd")
    if unit not in _SCALE:
        return None
    amount = float(found[2].replace(",", "")) * _SCALE[unit]
    return -amount if found[1] else amount


_TENOR = re.compile(r"(\d{1,2}|[一二两三五七十]{1,2})(?:-?y(?:r|ear)?s?|年期?)", re.I | re.ASCII)


def read_tenor(word: str) -> int | None:
    """Return the years of a tenor: `10y`, `10年期`, `十年期`."""
    found = _TENOR.fullmatch(word)
    if found is None:
        return None
    return int(found[1]) if found[1].isascii() else _chinese_number(found[1])


def _chinese_number(digits: str) -> int:
    """Return a number up to 99: 一, 十, 十五, 二十, 三十五."""
    tens, ten, ones = digits.rpartition("十")
    values = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"两": 2}
    units = values.get(ones[-1:], 0)
    return 10 * values.get(tens[-1:], 1) + units if ten else units


def has_scale(word: str) -> bool:
    """Tell whether an amount carries its own unit, as in `100m`: such a word can only be a face."""
    if _CHINESE_AMOUNT.fullmatch(word):
        return True
    found = _MONEY.fullmatch(word)
    return found is not None and found[3].lower() in _SCALE and found[3] != ""


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
    found = _COUPON.fullmatch(parts[0]) if parts else None
    if found is None:
        return None
    if found[1]:
        part = int(found[2]) / int(found[3])
        return (int(found[1]) + part, 1) if part < 1 else None
    eighths = _EIGHTHS.fullmatch(parts[1]) if len(parts) > 1 else None
    if eighths and parts[0].isdecimal() and eighths[1] < eighths[2]:
        return int(parts[0]) + int(eighths[1]) / int(eighths[2]), 2
    return float(found[4]), 1


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NAME = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<y>\d{4}|\d{2})"
_DATES = tuple(
    re.compile(pattern, re.I | re.ASCII)
    for pattern in (
        r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})",
        r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d{2})",
        r"(?P<m>\d{1,2})-(?P<d>\d{1,2})-(?P<y>\d{4}|\d{2})",
        r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)",
        rf"{_DAY}(?P<s>[-/ ]?){_NAME}(?P=s){_YEAR}",
        rf"{_NAME}[ -]{_DAY}[ -](?P<y>\d{{4}})",
        r"(?P<y>\d{4}|\d{2})年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]?",
        r"(?P<y>\d{4}|\d{2})年(?P<m>\d{1,2})月(?:份)?",
        r"(?P<m>\d{1,2})/(?P<y>\d{4}|\d{2})",
        r"(?P<y>(?:19|20)\d\d)[-/](?P<m>\d{1,2})",
        rf"{_NAME}[-/' ]?{_YEAR}",
    )
)
_DATE_SHAPE = re.compile(
    r"\d+[/年].*|\d+-\d+-\d+|\d+\.\d+\.\d+|\d+月\d+[日号]?|[a-z]{3,9}[-/']\d+",
    re.I | re.ASCII,
)
_NO_YEAR = re.compile(r"(\d{1,2})(?:/|月)(\d{1,2})[日号]?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReadDate:
    """A date, how many words it took, and whether its day was left out (then it is the 15th)."""

    day: date
    took: int
    month_alone: bool = False


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < 80 else 1900)


def _as_date(text: str, took: int) -> ReadDate | None:
    for pattern in _DATES:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        name = parts.get("name")
        month = _MONTHS.index(name[:3].lower()) + 1 if name else int(parts["m"])
        try:
            day = date(_year(parts["y"]), month, int(parts.get("d") or 15))
        except ValueError:
            continue
        return ReadDate(day, took, month_alone=not parts.get("d"))
    return None


def read_date(parts: Sequence[str]) -> ReadDate | None:
    """Return the date that the first one to three words say, the longest reading first.

    `11/15/34`, `2034-11-15`, `15 Nov 2034`, `Nov 15 2034`, `20341115`; a month alone (`11/34`,
    `Nov-34`) is its 15th. Two-digit years up to 79 are of this century. Of a date that no calendar
    has no part is read: `Feb 30 2034` is no February 2030.
    """
    if is_no_date(parts):
        return None
    for took in range(min(3, len(parts)), 0, -1):
        if found := _as_date(" ".join(parts[:took]), took):
            return found
    return None


def is_no_date(parts: Sequence[str]) -> bool:
    """Tell whether the first three words are written as a date that no calendar has.

    >>> is_no_date(["31", "Jun", "2034"]), is_no_date(["30", "Jun", "2034"])
    (True, False)
    """
    text = " ".join(parts[:3])
    written = len(parts) >= 3 and any(pattern.fullmatch(text) for pattern in _DATES)
    return written and _as_date(text, 3) is None


def month_and_day(word: str) -> tuple[int, int] | None:
    """Return month and day of a day without its year: `12/24`, `12月24日`."""
    found = _NO_YEAR.fullmatch(word)
    return (int(found[1]), int(found[2])) if found else None


def looks_like_a_date(word: str) -> bool:
    """Tell whether a word was meant as a date, were it a possible one."""
    return _DATE_SHAPE.fullmatch(word) is not None
