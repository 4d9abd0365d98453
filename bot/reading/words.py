"""What a person typed -> words, each as typed and as read: numbers joined to their units."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.reading.amounts import CHINESE_AMOUNT, SCALE, has_scale
from bot.reading.days import CHINESE_DAY, read_date
from bot.reading.folding import Folded, fold
from bot.reading.keys import OF_TWO_WORDS, SPELLINGS
from knowledge.figures import SCALES, ZH_SCALE
from tools.contracts import LETTER_OF_MONTH, aliases, roots

MOST_CHARACTERS = 2_000
MOST_WORDS = 80

# Marks that part words and say nothing.
_PARTING = str.maketrans(dict.fromkeys("\u3001\u3002;|\u00b7", " "))
# A comma between digit groups of three belongs to the number; every other comma parts words.
_GROUPED = re.compile(r"(?<!\d,)(?<![\d.\-'/])\d{1,3}(?:,\d{3})+(?![\d\-'+]|/\d)", re.ASCII)
_KEYS_OF_RATES = "|".join(
    re.escape(key)
    for name in ("repo_pct", "haircut_pct", "coupon_pct")
    for key in sorted(SPELLINGS[name].split(), key=len, reverse=True)
)
_BEHIND_KEY = rf"(?<![a-z/])(?:{_KEYS_OF_RATES})[为是 \t=:]*-?"
_NO_MORE = r"(?![\d,.'^/:+-])"
# `3,90` can only be a rate where the key of one stands before it or a `%` behind it, and `2,5bn`
# only an amount; `2,000` could be two thousand.
_DECIMAL_COMMA = re.compile(
    rf"{_BEHIND_KEY}\d{{1,2}}(?P<a>,)(?!000)\d{{1,4}}(?:%|bps?)?{_NO_MORE}"
    rf"|(?<![\d.,'^/:$-])-?\d{{1,2}}(?P<b>,)(?!000)\d{{1,4}}(?:%|bps?){_NO_MORE}"
    rf"|(?<![\d.,'^/:-])\$?\d{{1,3}}(?P<c>,)\d{{1,2}}(?:{SCALE})(?![a-z\d])",
    re.I | re.ASCII,
)
# Behind the key of a rate `3,000` is no two numbers: as one it is refused, not cut in half.
_COMMA_IN_RATE = re.compile(
    rf"{_BEHIND_KEY}(\d{{1,2}},\d{{1,4}}(?:%|bps?)?){_NO_MORE}", re.I | re.ASCII
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_CHINESE_KEY = re.compile(r"([\u4e00-\u9fff]+)(?=[-+$.\dA-Z])", re.I | re.ASCII)
# Chinese is written without spaces: a date, a contract, a number with its unit, or characters.
_PIECE = re.compile(
    r"(?:\d{2,4}|[前去今明])年\d{1,2}月(?:\d{1,2}[日号]?|份)?"
    r"|\d{1,3}个?(?:[天日周月]|星期|礼拜)[以之]?[前后]"
    r"|(?:[A-Z]{2,3}|3Y|Z3N)[HMUZ]\d{1,4}(?![A-Z\d])"
    r"|[-+]?\$?\d[-\d,.'/:]*\+?(?:%|bps?|pct|[km]|mm|mn|mln|mio|bln|bn|trn|tn)?"
    rf"(?:{ZH_SCALE}|个?基点|天|[日号手张倍]|年期?)?(?:美元)?(?!月)"
    r"|[\u4e00-\u9fff]+",
    re.I | re.ASCII,
)
_COPULA = "为是"  # 回购利率为3.9%
_LATIN_KEY = re.compile(
    r"(repo|haircut|margin|face|settle|delivery|date|cf)(?=[-+$.\d])", re.I | re.ASCII
)
_NUMBER = re.compile(r"[-+]?\$?(?:\d[\d,]*\.?\d*|\.\d+)", re.ASCII)
# Units that may stand alone behind their number; `T` alone is a Treasury.
_UNITS = (SCALES.keys() - {"t"}) | {"%", "bp", "bps", "pct", "基点", "个基点", "美元", "usd"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word: as the person typed it, and as it reads with its marks and digits made plain."""

    typed: str
    read: str


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
        value = CHINESE_AMOUNT.search(plain, first, last) or CHINESE_DAY.search(plain, first, last)
        if value and value.start() > first:
            parts += [(first, value.start()), value.span()]  # 面值一亿, 结算明天
        elif place + 1 < len(pieces) and last - first > 1 and plain[last - 1] in _COPULA:
            parts.append((first, last - 1))
        else:
            parts.append((first, last))
    return parts


_THIRTY_SECONDS = re.compile(r"\d{2,3}-\d{2}|\d{2,3}", re.ASCII)
_FRACTIONS = {"1/8": ".125", "1/4": ".25", "3/8": ".375", "1/2": ".5", "5/8": ".625",
              "3/4": ".75", "7/8": ".875"}  # fmt: skip
_OF_POINT = re.compile(r"(\d{1,2}(?:\.\d{1,3})?)/(32|64)", re.ASCII)


def _with_fraction(handle: str, fraction: str) -> str | None:
    """Return a price whose 32nds or 64ths stand alone: `112-16 1/2`, `112 16/32`, `112 33/64`."""
    if not _THIRTY_SECONDS.fullmatch(handle):
        return None
    if "-" in handle:
        return f"{handle}{_FRACTIONS[fraction]}" if fraction in _FRACTIONS else None
    found = _OF_POINT.fullmatch(fraction)
    if found is None:
        return None
    whole, _, part = f"{float(found[1]) * 32 / int(found[2]):.10g}".partition(".")
    return f"{handle}-{whole:>02}" + (f".{part}" if part else "")


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
    folded = fold(text[:most])
    plain = _with_points(folded.text.translate(_PARTING))
    spans = [part for span in _spans(plain) for part in _unglued(plain, span)]
    return _joined(folded, _with_fractions(plain, _with_units(plain, spans)))


def _with_points(plain: str) -> str:
    """Return a text with a point for every comma that can only be a decimal one."""
    signs = list(plain)
    for match in _DECIMAL_COMMA.finditer(plain):
        signs[match.start(match.lastgroup or 0)] = "."
    return "".join(signs)


# Where each word begins and ends, and how it reads.
_Read = tuple[int, int, str]


def _with_fractions(plain: str, spans: list[tuple[int, int]]) -> list[_Read]:
    """Join a price and the fraction of a 32nd, or the 32nds, that stand alone behind it."""
    joined: list[_Read] = []
    for start, end in spans:
        read = "".join(plain[start:end].split())
        price = _with_fraction(joined[-1][2], read) if joined and "/" in read else None
        if price:
            joined[-1] = (joined[-1][0], end, price)
        else:
            joined.append((start, end, read))
    return joined


def _joined(folded: Folded, found: list[_Read]) -> list[Word]:
    """Return the words, those that say one thing together as one: a key, a contract."""
    made: list[Word] = []
    at = 0
    while at < len(found):
        reads = [read for _, _, read in found[at : at + 4]]
        read, count = _key(reads) or _contract(reads) or (reads[0], 1)
        made.append(Word(folded.as_typed(found[at][0], found[at + count - 1][1]), read))
        at += count
    return made


def _key(reads: list[str]) -> tuple[str, int] | None:
    key = OF_TWO_WORDS.get((reads[0].lower(), reads[1].lower())) if len(reads) > 1 else None
    return (key, 2) if key else None


_ROOTS = "|".join(sorted({name for root in roots() for name in (root, *aliases(root))}))
_ROOT = re.compile(_ROOTS, re.I)
_LETTER = re.compile(r"[HMUZ]\d{1,4}", re.I | re.ASCII)
# `TYMar27`, `/ZNH7`, `TYH7.CBT`
_GLUED = re.compile(
    rf"({_ROOTS})([a-z]{{3,9}}[-']?\d{{2,4}}|\d{{2,4}}年\d{{1,2}}月)", re.I | re.ASCII
)
_DRESSED = re.compile(rf"/?((?:{_ROOTS})[HMUZ]\d{{1,4}})(?:\.CBO?T)?", re.I | re.ASCII)


def _contract(reads: list[str]) -> tuple[str, int] | None:
    """Return the code of a contract in other words, and how many: `TY Mar 27`, `/ZNH7`."""
    if code := _DRESSED.fullmatch(reads[0]):
        return code[1], 1
    if glued := _GLUED.fullmatch(reads[0]):
        return _of_month(glued[1], [glued[2]], 0)
    if not _ROOT.fullmatch(reads[0]) or len(reads) < 2:
        return None
    if _LETTER.fullmatch(reads[1]):
        return reads[0] + reads[1], 2
    return _of_month(reads[0], reads[1:], 1)


def _of_month(root: str, reads: list[str], before: int) -> tuple[str, int] | None:
    """Return the contract of a root that delivers in the month that words begin with."""
    month = read_date(reads)
    letter = LETTER_OF_MONTH.get(month.day.month) if month and month.month_alone else None
    return (f"{root}{letter}{month.day.year}", before + month.took) if month and letter else None


def read_answer(typed: str) -> str:
    """Return one answer to a form as it reads; more words than one stay as they were typed."""
    found = words(typed)
    return found[0].read if len(found) == 1 else typed
