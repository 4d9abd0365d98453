"""A text in English or Chinese -> the figures and the dates it states, in base units.

One parser serves the claim ledger, the corpus check, the answer gate and the scorer, so that
`$0.83tn`, `830 billion dollars`, `8300` + yi and `0.83` + wanyi are the same number everywhere.
A date is never a figure: `2025` in `December 2025` belongs to the date.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

# Digits and the few signs that numbers use, from full width to ASCII, and the rarer spaces, one
# character for one, so that spans stay true. The full-width comma stays: in Chinese it parts
# clauses, not thousands.
_WIDE = (
    {0xFF10 + i: 0x30 + i for i in range(10)}
    | {
        0xFF0E: 0x2E,  # full stop between digits
        0xFF05: 0x25,  # percent
        0xFF04: 0x24,  # dollar
        0xFF0B: 0x2B,  # plus
        0xFF0D: 0x2D,  # minus
        0xFF0F: 0x2F,  # slash
        0x2212: 0x2D,  # mathematical minus
    }
    | dict.fromkeys((0xA0, 0x2009, 0x202F, 0x3000), 0x20)
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number as a text states it.

    `value` is in the base unit: dollars, percent, basis points, times, years, days, contracts,
    or the plain number where no unit is written (`unit` is then empty). `written` is the numeral
    as typed (830 in `$830bn`), `scale` what one unit of it is worth (1e9), `decimals` how many
    it was given with.
    """

    value: float
    unit: str
    text: str
    span: tuple[int, int]
    written: float
    scale: float = 1.0
    decimals: int = 0

    @property
    def tolerance(self) -> float:
        """Half a unit of the last written digit, in the base unit."""
        return 0.5 * 10.0**-self.decimals * self.scale


@dataclass(frozen=True, slots=True)
class When:
    """A date as a text states it: a day, a month, a quarter, a year, or a run of years.

    A month and day without a year have `year` None and no `first` and `last`.
    """

    text: str
    span: tuple[int, int]
    year: int | None = None
    month: int | None = None
    day: int | None = None
    quarter: int | None = None
    until_year: int | None = None

    @property
    def first(self) -> date | None:
        """Return the first day meant, None without a year."""
        if self.year is None:
            return None
        month = self.month or (3 * self.quarter - 2 if self.quarter else 1)
        return date(self.year, month, self.day or 1)

    @property
    def last(self) -> date | None:
        """Return the last day meant, None without a year."""
        if self.year is None:
            return None
        year = self.until_year or self.year
        month = self.month or (3 * self.quarter if self.quarter else 12)
        return date(year, month, self.day or calendar.monthrange(year, month)[1])

    @property
    def iso(self) -> str:
        """Return `2026-12-31`, `2026-12`, `2026-Q4`, `2026`, `2018..2020` or `--12-31`."""
        if self.until_year:
            return f"{self.year}..{self.until_year}"
        if self.quarter:
            return f"{self.year}-Q{self.quarter}"
        parts = ["-" if self.year is None else f"{self.year}"]
        parts += [f"{p:02d}" for p in (self.month, self.day) if p]
        return "-".join(parts)


def narrow(text: str) -> str:
    """Return the text with full-width digits and number signs in ASCII; its length is kept."""
    return text.translate(_WIDE)


# In every pattern a letter means a Latin one: Chinese stands next to a numeral without a space, so
# `25bp` ends before a Chinese character, and `21-01` begins behind one.
_FLAGS = re.IGNORECASE | re.ASCII

# --- dates ---------------------------------------------------------------------------------

_MONTH_WORDS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|(?-i:May)|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
MONTH_NAMES = _MONTH_WORDS.replace("(?-i:May)", "may")
_MONTH_STEMS = "jan feb mar apr may jun jul aug sep oct nov dec"
MONTH_NO = {name: i for i, name in enumerate(_MONTH_STEMS.split(), start=1)}
_QUARTER_NO = {"一": 1, "二": 2, "三": 3, "四": 4, "first": 1, "second": 2, "third": 3, "fourth": 4}
_Y = r"(?<![\d.$])(?P<y>(?:19|20)\d\d)"
_Y_ZH = r"(?<![\d.$])(?P<y>(?:19|20)\d\d|\d\d)"  # 27年3月
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
# What turns four digits into an amount: a further digit, or a scale or unit behind them.
_AMOUNT_BEHIND = (
    r"(?!\d|[.,]\d|-0\d\d|\s?(?:[万亿千%]|个|美元|倍|bn|tn|mn|bps?\b|billion|trillion|million|percent|"
    r"basis[\s-]points?|dollars|contracts|times|x\b))"
)

_DATE_FORMS: tuple[str, ...] = (
    _Y + r"(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)",
    _Y_ZH + r"\s?年\s?(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号號]?(?!\d)",
    rf"(?<!\w){_DAY}\s+(?:of\s+)?(?P<mon>{MONTH_NAMES})\.?,?\s+" + _Y + r"(?!\d)",
    rf"\b(?P<mon>{MONTH_NAMES})\.?\s+{_DAY},?\s+" + _Y + r"(?!\d)",
    _Y_ZH + r"\s?年\s?(?P<m>\d{1,2})\s?月",
    rf"\b(?P<mon>{MONTH_NAMES})\.?,?\s+(?:of\s+)?" + _Y + r"(?!\d)",
    _Y + r"\s?[-:]?\s?Q(?P<q>[1-4])(?![\dA-Za-z])",
    r"\bQ(?P<q>[1-4])\s?(?:of\s+)?[-/]?\s?" + _Y + r"(?!\d)",
    r"\b(?P<q>[1-4])Q\s?(?P<y>(?:20)?\d\d)\b",
    _Y + r"\s?年?第?(?P<q>[1-4一二三四])季度?",
    r"\b(?P<qname>first|second|third|fourth)[\s-]quarter\s+(?:of\s+)?" + _Y + r"(?!\d)",
    _Y + r"-(?P<m>0[1-9]|1[0-2])(?![\d-])",
    _Y
    + r"\s?年?\s?[-\u2013\u2014~\u301c至到/]\s?(?P<y2>(?:19|20)?\d\d)(?:\s?年(?!期))?"
    + _AMOUNT_BEHIND,
    _Y + _AMOUNT_BEHIND + r"(?:\s?年(?!期))?",
    r"(?<!\d)(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号號]?(?!\d)",
    rf"(?<![\w.]){_DAY}\s+(?P<mon>{_MONTH_WORDS})\b",
    rf"\b(?P<mon>{_MONTH_WORDS})\.?\s+{_DAY}(?![\d.%]|\s?(?:bn|tn|bp|billion|percent))",
    r"(?<!\d)(?P<m>\d{1,2})\s?月",
    r"(?<![\w.-])(?P<d>\d{1,2})\s?[日号號]",
)
# A day or month beyond it, without a year, is a count: `60日`, `March 45`.
_MOST_TYPED = 39
_DATE_PATTERNS = tuple(re.compile(form, _FLAGS) for form in _DATE_FORMS)
# `15 and 31 March 2020`, `2-9 April 2025`: the first day belongs to the date behind it.
_FIRST_DAY = re.compile(
    r"(?<![\d.$])(?P<d>\d{1,2})(?:st|nd|rd|th)?(?:\s?[-\u2013]\s?|\s+(?:to|and|until)\s+)$"
)


def whens(text: str) -> list[When]:
    """Return the dates that a text states, in their order.

    >>> [w.iso for w in whens("runoff ended on 1 December 2025, 3Q25 data, 2018-20")]
    ['2025-12-01', '2025-Q3', '2018..2020']
    """
    plain = narrow(text)
    found: list[When] = []
    for pattern in _DATE_PATTERNS:
        for match in pattern.finditer(plain):
            if any(_overlap(match.span(), w.span) for w in found):
                continue
            when = _when(match, text)
            if when is not None:
                found.append(when)
    found += list(_first_days(plain, text, found))
    return _completed(plain, sorted(found, key=lambda w: w.span))


# Quarters, weeks and days in a row that there are none of, with the year that stands by them.
_YEAR_BEFORE = r"(?:(?<!\d)(?:19|20)\d\d\s?年?\s?[-:]?\s?)?"
_YEAR_BEHIND = r"(?:\s?(?:of\s+)?[-/]?\s?(?:19|20)\d\d(?!\d))?"
_NO_DATE = re.compile(
    rf"(?<![\w.,/])(?:(?P<a>\d{{1,2}})[/.](?P<b>\d{{1,2}})[/.](?P<y>(?:19|20)\d\d)"
    rf"|{_YEAR_BEFORE}Q(?:0|[5-9]){_YEAR_BEHIND}|[5-9]Q\s?(?:20)?\d\d"
    rf"|(?:(?:19|20)\d\d\s?-?W|week\s)(?:5[4-9]|[6-9]\d){_YEAR_BEHIND}"
    r"|(?:19|20)\d\d(?:(?:0[13-9]|1[0-2])3[1-9]|023\d|0229|(?:1[3-9]|00)(?:0[1-9]|[12]\d|3[01])))"
    r"(?!\w|[.,/]\d)|(?<!\d)\d\d年(?:0|1[3-9]|[23]\d)月(?:\d{1,2}[日号號])?"
    rf"|{_YEAR_BEFORE}第?[五六七八九5-9]季度|{_YEAR_BEFORE}第(?:5[4-9]|[6-9]\d)[周週]",
    _FLAGS,
)
# Without one of these no date can be one that is none; most sentences have nothing of the kind.
_SIGN_OF_A_DATE = re.compile(
    rf"[月季周週日号號]|\d[-/.]\d|\dQ|Q\d|W\d|week\s\d|\d{{8}}|\b(?:{MONTH_NAMES})\b", _FLAGS
)
# A day of a month and a later one that leans on it: `9月15日至31日`, `September 15-31, 2020`.
_TO_DAY = (
    re.compile(
        r"(?P<head>(?:(?<!\d)(?P<y>(?:19|20)\d\d)\s?年\s?)?(?<!\d)(?P<m>\d{1,2})\s?月\s?)"
        r"\d{1,2}\s?[日号號]?\s?(?:至|到|和|、|[-\u2013\u2014~\uff5e])\s?"
        r"(?P<last>(?P<d>\d{1,2})\s?[日号號])",
        _FLAGS,
    ),
    re.compile(
        rf"(?P<head>\b(?P<mon>{MONTH_NAMES})\.?\s+)\d{{1,2}}(?:st|nd|rd|th)?"
        r"(?:\s?[-\u2013]\s?|\s+(?:to|and|through|until)\s+)"
        r"(?P<last>(?P<d>\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(?P<y>(?:19|20)\d\d))?)"
        r"(?!\w|[.,]\d|\s?(?:%|[a-z]*illion|[mbt]n\b|bps?\b|basis|percent|days|weeks|contracts|times))",
        _FLAGS,
    ),
)


def not_in_calendar(text: str) -> list[str]:
    """Return the dates of a text that no calendar has, as written, in their order.

    A later day that leans on the one before it is named with its month.

    >>> not_in_calendar("between 2020-02-30 and 9/31/2020")
    ['2020-02-30', '9/31/2020']
    >>> not_in_calendar("2020年9月15日至31日"), not_in_calendar("Feb 27-30, 2020")
    (['2020年9月31日'], ['Feb 30, 2020'])
    """
    plain = narrow(text)
    if not _SIGN_OF_A_DATE.search(plain):
        return []
    named = _ends_that_are_none(plain, text)
    leaning = list(named)
    read = whens(text)
    spans: list[tuple[int, int]] = [w.span for w in read if _lacks_its_year(plain, w, read)]
    taken = [w.span for w in read if w.month or w.quarter]
    for pattern in _DATE_PATTERNS:
        for match in pattern.finditer(plain):
            at = match.span()
            inside = [t for t in taken if not (at[0] <= t[0] and t[1] <= at[1] and t != at)]
            new = not any(_overlap(at, s) for s in (*inside, *spans))
            if new and _is_no_date(match):
                spans.append(match.span())
    spans += [m.span() for m in _NO_DATE.finditer(plain) if not _has_an_order(m)]
    named |= {s: text[slice(*s)] for s in spans if not any(_overlap(s, t) for t in leaning)}
    whole = [s for s in named if not any(t != s and t[0] <= s[0] and s[1] <= t[1] for t in named)]
    return [named[span] for span in sorted(whole)]


def _ends_that_are_none(plain: str, text: str) -> dict[tuple[int, int], str]:
    """Return where a day leans on a month that has no such day, and the date that it would be."""
    found: dict[tuple[int, int], str] = {}
    for match in (m for pattern in _TO_DAY for m in pattern.finditer(plain)):
        day = int(match["d"])
        if day <= _MOST_TYPED and _is_no_date(match):
            found[match.span("last")] = (
                text[slice(*match.span("head"))] + text[slice(*match.span("last"))]
            )
    return found


def _lacks_its_year(plain: str, when: When, read: Sequence[When]) -> bool:
    """Tell whether a date is joined to a dated one and yet could not take its year and month."""
    before = max((w for w in read if w.span < when.span), default=None, key=lambda w: w.span)
    if before is None or when.year is not None or before.year is None or before.month is None:
        return False
    return bool(_JOINS.match(plain[before.span[1] : when.span[0]]))


def _is_no_date(match: re.Match[str]) -> bool:
    """Tell whether what is written as a date has a month and a day or year that do not agree."""
    parts = match.groupdict()
    month, day = parts.get("m"), int(parts.get("d") or 1)
    if month is None and not parts.get("mon"):
        return False
    number = int(month) if month else MONTH_NO[parts["mon"][:3].lower()]
    if parts.get("y") is None and (day > _MOST_TYPED or number > _MOST_TYPED):
        return False
    year = full_year(parts["y"]) if parts.get("y") else None
    return not _exists(When("", (0, 0), year, number, day))


def _has_an_order(match: re.Match[str]) -> bool:
    """Tell whether `9/31/2020` is a date in the order of either side of the Atlantic.

    Of the eight digits `20200229` a leap year's are a date.
    """
    if match["y"] is None:
        return match[0].endswith("0229") and calendar.isleap(int(match[0][:4]))
    a, b = int(match["a"]), int(match["b"])
    return any(
        _exists(When("", (0, 0), int(match["y"]), month, day)) for month, day in ((a, b), (b, a))
    )


def _completed(plain: str, found: list[When]) -> list[When]:
    """Give the later end of `15-31` its month and year from the date in front of it.

    Where there is no such day (31 September) it stays without them: no reading is invented.
    """
    result: list[When] = []
    for when in found:
        before = result[-1] if result else None
        if before and when.year is None and _JOINS.match(plain[before.span[1] : when.span[0]]):
            month = when.month or before.month
            whole = replace(when, year=before.year, month=month)
            if month and _exists(whole):  # a day of a year, its month unknown, is no day
                when = whole  # noqa: PLW2901
        result.append(when)
    return result


def _when(match: re.Match[str], text: str) -> When | None:
    parts = match.groupdict()
    year = full_year(parts["y"]) if parts.get("y") else None
    month = int(parts["m"]) if parts.get("m") else None
    if parts.get("mon"):
        month = MONTH_NO[parts["mon"][:3].lower()]
    day = int(parts["d"]) if parts.get("d") else None
    until = _until(year, parts.get("y2"))
    if parts.get("y2") and until is None:
        return None
    when = When(
        text=text[slice(*match.span())],
        span=match.span(),
        year=year,
        month=month,
        day=day,
        quarter=_quarter(parts.get("q") or parts.get("qname")),
        until_year=until,
    )
    return when if _exists(when) else None


def full_year(digits: str) -> int:
    """Return a year as typed; of two digits those up to 79 are of this century."""
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 80 else 1900)


def _quarter(name: str | None) -> int | None:
    if name is None:
        return None
    return int(name) if name.isdigit() and name.isascii() else _QUARTER_NO[name.lower()]


def _until(year: int | None, tail: str | None) -> int | None:
    """Return the closing year of `2018-20` or `2018-2020`, None when it is no run of years."""
    if year is None or tail is None:
        return None
    closing = int(tail) if len(tail) == 4 else year // 100 * 100 + int(tail)
    return closing if year < closing <= year + 60 else None


def _exists(when: When) -> bool:
    if when.month is not None and not 1 <= when.month <= 12:
        return False
    if when.day is None:
        return True
    longest = calendar.monthrange(when.year or 2024, when.month)[1] if when.month else 31
    return 1 <= when.day <= longest


def _first_days(plain: str, text: str, found: list[When]) -> Iterator[When]:
    for when in found:
        match = _FIRST_DAY.search(plain[: when.span[0]])
        if (
            match is None
            or when.day is None
            or any(_overlap(match.span("d"), w.span) for w in found)
        ):
            continue
        day = int(match["d"])
        if 1 <= day < when.day:
            span = match.span("d")
            yield replace(when, text=text[slice(*span)], span=span, day=day)


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


# --- figures -------------------------------------------------------------------------------

# The one table of what a scale is worth, for questions, reports and all that people type.
SCALES: dict[str, float] = {
    **dict.fromkeys(("trillion", "trillions", "tn", "trn", "t"), 1e12),
    **dict.fromkeys(("billion", "billions", "bn", "bln", "b"), 1e9),
    **dict.fromkeys(("million", "millions", "mm", "mn", "mln", "mio", "m"), 1e6),
    **dict.fromkeys(("thousand", "k"), 1e3),
    **{
        f"{times}{scale}": worth * many
        for scale, worth in (("万亿", 1e12), ("亿", 1e8), ("万", 1e4))
        for times, many in (("千", 1e3), ("百", 1e2), ("十", 1e1), ("", 1.0))
    },
    "兆": 1e12,
    "千": 1e3,
}
# Longest first: 千万亿 is no 千万.
ZH_SCALE = "|".join(sorted((name for name in SCALES if not name.isascii()), key=len, reverse=True))
_EN_SCALE = "trillions?|billions?|millions?|thousand|trn|tn|bln|bn|mln|mio|mm|mn"
_CURRENCIES = {"$": "usd", "us$": "usd", "usd": "usd", "\u00a3": "gbp", "gbp": "gbp",
               "\u20ac": "eur", "eur": "eur", "\u00a5": "cny", "rmb": "cny"}  # fmt: skip
_UNITS: tuple[tuple[str, str], ...] = (
    ("usd", r"(?:u\.?s\.?\s)?dollars?\b|usd\b|美元|美金"),
    ("gbp", r"pounds?\b|sterling\b|gbp\b|英镑"),
    ("eur", r"euros?\b|eur\b|欧元"),
    ("percent", r"%|per\s?cent\b|pct\b|percentage[\s-]points?\b|个?百分点"),
    ("bp", r"bps?\b|basis[\s-]points?\b|个?基点"),
    ("32nds", r"/\s?32(?:nds?)?\b|32nds?\b|thirty[\s-]seconds?\b"),
    (
        "times",
        r"x\b|\u00d7|times\b|-?fold\b|[-\s]to[-\s](?:1(?![\d.,]*\d)|one\b)|\s?:\s?1(?![\d.])|倍|比1(?!\d)",
    ),
    ("tenths", r"成(?!为|交|本|员|立|分)"),
    ("contracts", r"contracts?\b|lots?\b|[张手](?!段)"),
    ("years", r"-?years?\b|-?yrs?\b|-?y(?=\b|\d)|年期|年"),
    ("months", r"-?months?\b|个月"),
    ("weeks", r"-?weeks?\b|周|星期"),
    ("days", r"-?days?\b|天"),
)
_UNIT = "|".join(f"(?P<u{i}>{form})" for i, (_, form) in enumerate(_UNITS))
# A comma before one or two digits with a scale or a percent sign right behind is a decimal one.
_NUMERAL = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)"
    rf"|(?<!\d,)\d{{1,3}},\d{{1,2}}(?=%|(?:{_EN_SCALE})\b|[tbmk]\b|{ZH_SCALE})|\d+(?:\.\d+)?"
)
_FIGURE = re.compile(
    r"(?:(?<![\w)\]%.年月日号万亿倍点])(?P<sign>[-+]))?"
    r"(?:(?P<cur>us\$|[$\u00a3\u20ac\u00a5]|\b(?:usd|gbp|eur|rmb))\s?|(?<![A-Za-z\d.])(?<![A-Z]-))"
    rf"(?P<num>{_NUMERAL})"
    rf"(?:(?P<sc>\s?(?:{ZH_SCALE})|[\s-]?(?:{_EN_SCALE})\b|[tbmk]\b))?"
    rf"(?:\s?(?:{_UNIT}))?",
    _FLAGS,
)
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}", re.ASCII)
_FRACTION = re.compile(r"(?<![\d/.])(?P<a>\d)/(?P<b>2|3|4|8|16|64)(?![\d/.])")
_BRACKETED = re.compile(
    r"\[\d{1,2}\]|\b[A-Z]{0,5}\d{2,4}-0\d{1,2}\b|\b(?!USD|RMB|GBP|EUR)[A-Z]{2,3}\d{2}\b", re.ASCII
)
_ZH_TENS = {"十": 10, "百": 100, "千": 1000}
# Chinese numerals count only before a unit that cannot be part of another word.
ZH_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "\u3007": 0}
ZH_NUMERAL = "[一二两三四五六七八九十百][零一二三四五六七八九十百千]*(?:点[零一二三四五六七八九]+)?"
_ZH_NUMERAL = re.compile(
    rf"(?P<hundredth>百分之)?(?P<num>{ZH_NUMERAL})"
    rf"(?P<sc>{ZH_SCALE})?(?P<u>倍|年期|美元|个基点|个百分点|成(?!为|交|本|员|立|分)|天|个月"
    r"|周(?![一二三四五六日年转期])|家|只)?"
)
_ZH_UNITS = {
    "倍": "times", "年期": "years", "美元": "usd", "个基点": "bp", "个百分点": "percent",
    "天": "days", "周": "weeks", "个月": "months", "成": "percent", "家": "", "只": "",
}  # fmt: skip
_EN_COUNT = "zero one two three four five six seven eight nine ten eleven twelve"
EN_NUMBERS = {word: i for i, word in enumerate(_EN_COUNT.split())}
_EN_NUMERAL = re.compile(
    rf"\b(?P<num>{'|'.join(EN_NUMBERS)})[\s-](?P<u>times|trillion|billion|percent|days|weeks|months|years?)\b",
    _FLAGS,
)
_JOINS = re.compile(r"^\s?(?:[-\u2013\u2014~\uff5e\u301c/\u3001]|至|到|to|or|and|或)\s?$", _FLAGS)


def figures(text: str) -> list[Figure]:
    """Return the figures that a text states, in their order, dates left out.

    >>> [(f.value, f.unit) for f in figures("$1.25-1.3tn in January 2026, up 75%")]
    [(1250000000000.0, 'usd'), (1300000000000.0, 'usd'), (75.0, 'percent')]
    """
    plain = narrow(text)
    taken = [w.span for w in whens(text)] + [m.span() for m in _BRACKETED.finditer(plain)]
    found: list[Figure] = []
    for reader in (_fractions, _numerals, _chinese, _words):
        for figure in reader(plain, taken):
            found.append(replace(figure, text=text[slice(*figure.span)]))
            taken.append(figure.span)
    return _ranges(plain, sorted(found, key=lambda f: f.span))


def _free(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return not any(_overlap(span, other) for other in taken)


def _fractions(plain: str, taken: list[tuple[int, int]]) -> Iterator[Figure]:
    for match in _FRACTION.finditer(plain):
        if _free(match.span(), taken):
            value = int(match["a"]) / int(match["b"])
            yield Figure(value, "", match[0], match.span(), value, decimals=6)


def _numerals(plain: str, taken: list[tuple[int, int]]) -> Iterator[Figure]:
    for match in _FIGURE.finditer(plain):
        if _free(match.span("num"), taken) and not _glued(plain, match):
            yield _read(match)


def _glued(plain: str, match: re.Match[str]) -> bool:
    """Return whether the digits are part of a name, as in 10-K, 3rd or TYH7."""
    if match.end() > match.end("num"):
        return False
    return re.match(r"[A-Za-z]|-[A-Z]", plain[match.end() :]) is not None


def _read(match: re.Match[str]) -> Figure:
    comma = "." if _DECIMAL_COMMA.fullmatch(match["num"]) else ""
    numeral = match["num"].replace(",", comma)
    written = float(numeral) * (-1.0 if match["sign"] == "-" else 1.0)
    scale = SCALES[match["sc"].strip().strip("-").lower()] if match["sc"] else 1.0
    unit = _CURRENCIES.get((match["cur"] or "").lower(), "")
    unit = next((name for i, (name, _) in enumerate(_UNITS) if match[f"u{i}"]), unit)
    if unit == "tenths":
        unit, scale = "percent", 10.0
    return Figure(written * scale, unit, match[0], match.span(), written, scale, _decimals(numeral))


def _decimals(numeral: str) -> int:
    return len(numeral.partition(".")[2])


def _chinese(plain: str, taken: list[tuple[int, int]]) -> Iterator[Figure]:
    for match in _ZH_NUMERAL.finditer(plain):
        # Without a scale or a unit behind it a Chinese numeral is mostly part of a word.
        if not (match["sc"] or match["u"] or match["hundredth"]) or not _free(match.span(), taken):
            continue
        written = chinese_number(match["num"])
        if written is None:
            continue
        scale = SCALES[match["sc"]] if match["sc"] else 10.0 if match["u"] == "成" else 1.0
        unit = "percent" if match["hundredth"] else _ZH_UNITS.get(match["u"] or "", "")
        decimals = len(match["num"].partition("点")[2])
        yield Figure(written * scale, unit, match[0], match.span(), written, scale, decimals)


def chinese_number(numeral: str) -> float | None:
    """Return the value of a Chinese numeral, None where the characters make none.

    >>> chinese_number("十五"), chinese_number("一点五"), chinese_number("两千五百")
    (15.0, 1.5, 2500.0)
    """
    whole, point, tail = numeral.partition("点")
    total, digit = 0, 0
    for char in whole:
        if char in ZH_DIGITS:
            digit = ZH_DIGITS[char]
        elif char in _ZH_TENS:
            total += (digit or 1) * _ZH_TENS[char]
            digit = 0
        else:
            return None
    value = float(total + digit)
    if not point:
        return value if whole else None
    if not tail or any(c not in ZH_DIGITS for c in tail):
        return None
    return float(f"{value:.0f}." + "".join(str(ZH_DIGITS[c]) for c in tail))


def _words(plain: str, taken: list[tuple[int, int]]) -> Iterator[Figure]:
    for match in _EN_NUMERAL.finditer(plain):
        if not _free(match.span(), taken):
            continue
        written = float(EN_NUMBERS[match["num"].lower()])
        word = match["u"].lower()
        scale = SCALES.get(word, 1.0)
        unit = "" if word in SCALES else {"year": "years"}.get(word, word)
        yield Figure(written * scale, unit, match[0], match.span(), written, scale)


def _ranges(plain: str, found: list[Figure]) -> list[Figure]:
    """Give the lower end of a range what only the upper end says, and the upper its currency."""
    result = list(found)
    for i in range(len(result) - 2, -1, -1):
        low, high = result[i], result[i + 1]
        if not _JOINS.match(plain[low.span[1] : high.span[0]]):
            continue
        if not low.unit or (low.scale == 1.0 and low.unit in {"usd", "gbp", "eur"}):
            shared = low.unit or high.unit
            result[i] = _rescaled(low, shared, high.scale if low.scale == 1.0 else low.scale)
    for i in range(len(result) - 1):
        low, high = result[i], result[i + 1]
        if (
            not high.unit
            and low.unit in {"usd", "gbp", "eur"}
            and _JOINS.match(plain[low.span[1] : high.span[0]])
        ):
            result[i + 1] = _rescaled(high, low.unit, high.scale)
    return result


def _rescaled(figure: Figure, unit: str, scale: float) -> Figure:
    return replace(figure, unit=unit, scale=scale, value=figure.written * scale)


# --- comparing -----------------------------------------------------------------------------

_MONEY = {"usd", "gbp", "eur", "cny"}


def same(a: Figure, b: Figure) -> bool:
    """Return whether two figures say the same, each to the precision it is written with.

    A unit that is not written agrees with any; percent and basis points are converted.
    """
    if a.unit and b.unit and a.unit != b.unit:
        if {a.unit, b.unit} != {"percent", "bp"}:
            return False
        a, b = (_in_bp(f) for f in (a, b))
    return abs(abs(a.value) - abs(b.value)) <= max(a.tolerance, b.tolerance) * (1 + 1e-9)


def _in_bp(figure: Figure) -> Figure:
    if figure.unit == "bp":
        return figure
    return replace(figure, unit="bp", value=figure.value * 100, scale=figure.scale * 100)


def states(figure: Figure, value: float, unit: str) -> bool:
    """Return whether a figure states a known value, to the precision the figure is written with."""
    return same(figure, Figure(value, unit, "", (0, 0), value, decimals=9))
