"""The words after a command -> a calculator's request, each input with the token as typed.

The grammar is free of order: a word tells by its shape what it is (contract, price, bond, date),
or by the key before it (`repo 4.3`, `repo=4.3`). The first price after the contract is the
futures price, the first after the bond the cash price.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar

from bot.words import (
    MOST_CHARACTERS,
    MOST_WORDS,
    Word,
    has_scale,
    looks_like_a_date,
    read_coupon,
    read_date,
    read_dollars,
    read_rate,
    words,
)
from tools.calendar import FIRST_DAY, LAST_DAY, last_delivery_day, next_business_day
from tools.contracts import ContractMonth, parse_contract
from tools.errors import CalculatorError
from tools.quotes import Quote, cusip_check, parse_cash_price, parse_futures_price

DEFAULT_FACE_USD = 1_000_000.0

T = TypeVar("T")

_SPELLINGS = {
    "contract": "contract 合约",
    "futures_price": "futures fut 期货 期货价 期货价格",
    "clean_price": "cash price clean bond 现货 现券 净价 现券价格 现货价格",
    "coupon_pct": "coupon cpn 票息 票面利率 息票",
    "maturity": "maturity mat matures due 到期 到期日",
    "cusip": "cusip",
    "repo_pct": "repo r 回购 回购利率",
    "haircut_pct": "haircut hc 折扣率 折扣",
    "margin_usd": "margin im 保证金",
    "face_usd": "face notional par 面值 面额",
    "delivery": "date delivery deliver 交割 交割日",
    "settlement": "settle settlement 结算 结算日 交收",
    "conversion_factor": "cf factor 转换因子",
}
KEYS = {key: name for name, keys in _SPELLINGS.items() for key in keys.split()}
SPELLED = {name: keys.split() for name, keys in _SPELLINGS.items()}

_CONTRACT = re.compile(
    r"(?:TU|ZT|3Y|Z3N|FV|ZF|TY|ZN|TN|UXY|US|ZB|WN|UB|TWE)[A-Z]?\d{0,4}|[A-Z]{2,3}[HMUZ]\d{1,4}",
    re.I | re.ASCII,
)
_CUSIP = re.compile(r"[0-9]{3}[0-9A-Z]{5}[0-9A-Z]", re.I | re.ASCII)
_PRICE = re.compile(r"-?\$?(\d+(?:[-'^:]\d+)?(?:\.\d*)?\+?|\.\d+)", re.ASCII)
_PERCENT = re.compile(r"[-+]?[\d.]+(?:%|pct|bps?|个?基点)", re.I | re.ASCII)
# No Treasury's coupon was ever over 16 %, and a price under 20 is not quoted: what a bare number
# is, its size says.
_HIGHEST_COUPON = 20.0


@dataclass(frozen=True, slots=True)
class RateOnRecord:
    """The newest repo rate that was fetched or recorded: percent, its day, who published it."""

    percent: float
    day: date
    source: str


@dataclass(frozen=True, slots=True)
class Default:
    """Why an input that nobody gave has its value; `basis.default.<reason>` is the sentence."""

    reason: str
    values: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class BasisRequest:
    """What /basis is asked: prices per 100 face, rates in percent, face and margin in dollars.

    `typed` holds for each input the words that gave it, `defaults` for each other one the reason
    of its value. `repo_pct`, `haircut_pct` and `margin_usd` are None where nobody knows them.
    """

    contract: ContractMonth
    futures: Quote
    cash: Quote
    coupon_pct: float
    maturity: date
    settlement: date
    delivery: date
    face_usd: float
    repo_pct: float | None
    haircut_pct: float | None
    margin_usd: float | None
    conversion_factor: float | None
    cusip: str | None
    typed: Mapping[str, str] = field(hash=False)
    defaults: Mapping[str, Default] = field(hash=False)


@dataclass(slots=True)
class _Price:
    """A price by its place: what had been named before it."""

    at: int
    word: Word
    after_contract: bool
    after_bond: bool


@dataclass(slots=True)
class _Scan:
    """What has been read so far; prices wait until every word was seen."""

    words: Sequence[Word]
    at: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    prices: list[_Price] = field(default_factory=list)
    month_alone: set[str] = field(default_factory=set)
    bond_seen: bool = False
    bare_coupon: _Price | None = None

    @property
    def word(self) -> Word:
        return self.words[self.at]

    def reads(self) -> list[str]:
        """Return the next words as they read, enough for the longest date."""
        return [word.read for word in self.words[self.at : self.at + 3]]

    def take(self, name: str, value: object, count: int = 1) -> None:
        """Keep a value and the words that gave it, and move past them."""
        self.values[name] = value
        self.typed[name] = " ".join(w.typed for w in self.words[self.at : self.at + count])
        self.at += count

    def as_price(self) -> _Price:
        """Return the word here as a price, with what had been named before it."""
        return _Price(self.at, self.word, "contract" in self.typed, self.bond_seen)


def _wrong(code: str, culprit: str, name: str | None = None, **values: object) -> CalculatorError:
    return CalculatorError(code, culprit=culprit, field=name, value=culprit, **values)


def read_basis(text: str, today: date, on_record: RateOnRecord | None = None) -> BasisRequest:
    """Return the request that the words after /basis make on a day in New York.

    Raises CalculatorError with `culprit` (the token as typed) and `field`; the codes that start
    with `args_` are this module's own.
    """
    scan = _scan(text)
    if "contract" not in scan.typed:
        raise _wrong("args_missing_contract", scan.words[0].typed, "contract")
    _place_prices(scan)
    _require_all(scan)
    return _request(scan, today, on_record)


def _scan(text: str) -> _Scan:
    found = words(text)
    while found and found[0].read.startswith("@"):
        found = found[1:]
    if not found:
        raise _wrong("args_bare", "/basis")
    if len(text) > MOST_CHARACTERS or len(found) > MOST_WORDS:
        culprit = found[min(MOST_WORDS, len(found) - 1)].typed
        raise _wrong("args_too_many", culprit, most=MOST_WORDS)
    scan = _Scan(found)
    while scan.at < len(found):
        _read_next(scan)
    return scan


def _read_next(scan: _Scan) -> None:
    name = KEYS.get(scan.word.read.lower())
    if name:
        _read_keyed(scan, name)
    else:
        _read_by_shape(scan)


# What a key's value may look like: reader of the next words -> (value, words taken) or None.
_Reader = Callable[[Sequence[str]], tuple[object, int] | None]


def _one(read: Callable[[str], object | None]) -> _Reader:
    def reader(parts: Sequence[str]) -> tuple[object, int] | None:
        value = read(parts[0])
        return None if value is None else (value, 1)

    return reader


def _factor(word: str) -> float | None:
    return float(word) if re.fullmatch(r"\d?\.\d{1,8}", word, re.ASCII) or word == "1" else None


_READERS: dict[str, tuple[str, _Reader]] = {
    "coupon_pct": ("args_bad_coupon", read_coupon),
    "repo_pct": ("args_bad_rate", _one(read_rate)),
    "haircut_pct": ("args_bad_rate", _one(read_rate)),
    "margin_usd": ("args_bad_dollars", _one(read_dollars)),
    "face_usd": ("args_bad_dollars", _one(read_dollars)),
    "conversion_factor": ("args_bad_factor", _one(_factor)),
}
_DATES = frozenset({"maturity", "delivery", "settlement"})


def _read_keyed(scan: _Scan, name: str) -> None:
    key = scan.word.typed
    if name in scan.typed:
        raise _wrong("args_key_twice", key, name)
    scan.at += 1
    if scan.at == len(scan.words) or scan.word.read.lower() in KEYS:
        raise _wrong("args_key_value", key, name)
    if name in _DATES:
        _read_date(scan, name)
    elif name in _READERS:
        _read_value(scan, name)
    else:
        scan.take(name, scan.word)
    scan.bond_seen |= name in {"coupon_pct", "maturity", "cusip"}


def _read_value(scan: _Scan, name: str) -> None:
    code, reader = _READERS[name]
    found = reader(scan.reads())
    if found is None:
        raise _wrong(code, scan.word.typed, name)
    scan.take(name, *found)


def _read_date(scan: _Scan, name: str) -> None:
    found = read_date(scan.reads())
    if found is None:
        raise _wrong("args_bad_date", scan.word.typed, name)
    if found.month_alone:
        scan.month_alone.add(name)
    scan.take(name, found.day, found.took)


def _read_by_shape(scan: _Scan) -> None:
    """Read the next word by its shape; the order matters: a CUSIP could be taken for a number."""
    read = scan.word.read
    if _CONTRACT.fullmatch(read):
        _once(scan, "contract", "args_two_contracts")
        scan.take("contract", scan.word)
    elif _CUSIP.fullmatch(read):
        _once(scan, "cusip", "args_two_bonds")
        scan.take("cusip", scan.word)
        scan.bond_seen = True
    elif _is_coupon(scan):
        _read_coupon(scan)
    elif read_date(scan.reads()) or looks_like_a_date(read):
        _once(scan, "maturity", "args_two_dates")
        _read_date(scan, "maturity")
        scan.bond_seen = True
    elif has_scale(read):
        _once(scan, "face_usd", "args_two_faces")
        _read_value(scan, "face_usd")
    elif _PERCENT.fullmatch(read):
        raise _wrong("args_nameless_rate", scan.word.typed)
    elif _PRICE.fullmatch(read):
        scan.prices.append(scan.as_price())
        scan.at += 1
    else:
        raise _unknown(scan.word)


def _once(scan: _Scan, name: str, code: str) -> None:
    if name in scan.typed:
        raise _wrong(code, scan.word.typed, name)


def _read_coupon(scan: _Scan) -> None:
    """Read a coupon; one with its own mark (`4.25%`, `4 1/4`) makes an earlier bare one a price."""
    bare = _PRICE.fullmatch(scan.word.read) is not None
    if scan.bare_coupon and not bare:
        scan.prices.append(scan.bare_coupon)
        del scan.values["coupon_pct"], scan.typed["coupon_pct"]
        scan.bare_coupon = None
    _once(scan, "coupon_pct", "args_nameless_rate")
    here = scan.as_price()
    _read_value(scan, "coupon_pct")
    taken = scan.at - here.at
    scan.bare_coupon = here if bare and taken == 1 else None
    scan.bond_seen = True


def _is_coupon(scan: _Scan) -> bool:
    """Tell whether a coupon comes next: not a price, and not the day of `15 Nov 2034`."""
    found = read_coupon(scan.reads())
    if found is None or found[0] > _HIGHEST_COUPON:
        return False
    day = read_date(scan.reads())
    if day is None or day.took == 1:
        return True
    # `4 Nov 34` is a 4 % bond of November, `15 Nov 34` a day: Treasuries mature in mid-month or
    # at its end.
    return "coupon_pct" not in scan.typed and day.day.day not in {15, 28, 29, 30, 31}


def _unknown(word: Word) -> CalculatorError:
    near = get_close_matches(word.read.lower()[:20], list(KEYS), n=1, cutoff=0.7)
    if near:
        return _wrong("args_unknown_near", word.typed, near=near[0])
    return _wrong("args_unknown", word.typed)


def _place_prices(scan: _Scan) -> None:
    """Give each price its side: after the contract the futures, after the bond the cash price."""
    for price in sorted(scan.prices, key=lambda price: price.at):
        free = [n for n in ("futures_price", "clean_price") if n not in scan.typed]
        if not free:
            raise _wrong("args_extra_price", price.word.typed)
        if price.after_contract and "futures_price" in free:
            side = "futures_price"
        elif price.after_bond and "clean_price" in free:
            side = "clean_price"
        elif len(free) == 1 and (price.after_contract or price.after_bond or _one_price(scan)):
            side = free[0]
        else:
            raise _wrong("args_price_unclear", price.word.typed)
        scan.values[side], scan.typed[side] = price.word, price.word.typed


def _one_price(scan: _Scan) -> bool:
    return len(scan.prices) == 1


def _require_all(scan: _Scan) -> None:
    """Complain of the first input that nothing can stand in for, at the word it should follow."""
    typed = scan.typed
    last = scan.words[-1].typed
    if "coupon_pct" not in typed or "maturity" not in typed:
        raise _bond_missing(scan)
    if "futures_price" not in typed:
        raise _wrong("args_missing_futures", typed["contract"], "futures_price")
    if "clean_price" not in typed:
        raise _wrong("args_missing_cash", typed.get("maturity", last), "clean_price")


def _bond_missing(scan: _Scan) -> CalculatorError:
    """Say what of the bond is missing. A CUSIP alone is checked, and never guessed from."""
    typed = scan.typed
    if "cusip" in typed:
        _cusip(scan)
        return _wrong("args_cusip_unknown", typed["cusip"], "cusip")
    if "coupon_pct" in typed:
        return _wrong("args_missing_maturity", typed["coupon_pct"], "maturity")
    if "maturity" in typed:
        return _wrong("args_missing_coupon", typed["maturity"], "coupon_pct")
    return _wrong("args_missing_bond", typed["contract"], "coupon_pct")


def _cusip(scan: _Scan) -> str | None:
    if "cusip" not in scan.typed:
        return None
    return _parsed(scan, "cusip", cusip_check)


def _parsed(scan: _Scan, name: str, parse: Callable[[str], T]) -> T:
    """Parse a word by a calculator's own rules, naming the word as typed where it fails."""
    try:
        return parse(scan.values[name].read)
    except CalculatorError as error:
        raise CalculatorError(
            error.code,
            **{**error.values, "field": name, "culprit": scan.typed[name]},
        ) from error


def _request(scan: _Scan, today: date, on_record: RateOnRecord | None) -> BasisRequest:
    defaults: dict[str, Default] = {
        name: Default("month_alone") for name in sorted(scan.month_alone)
    }
    settlement = scan.values.get("settlement")
    if settlement is None:
        settlement = next_business_day(today)
        defaults["settlement"] = Default("next_business_day", {"today": today})
    elif not FIRST_DAY <= settlement <= LAST_DAY:
        raise _wrong(
            "date_range", scan.typed["settlement"], "settlement", first=FIRST_DAY, last=LAST_DAY
        )
    contract = _parsed(scan, "contract", lambda t: parse_contract(t, settlement))
    delivery = scan.values.get("delivery")
    if delivery is None:
        delivery = last_delivery_day(contract)
        defaults["delivery"] = Default("last_delivery_day", {"contract": contract.code})
    repo = _repo(scan, on_record, defaults)
    haircut, margin = _funding(scan, defaults)
    face = scan.values.get("face_usd")
    if face is None:
        face = DEFAULT_FACE_USD
        defaults["face_usd"] = Default("one_million")
    return BasisRequest(
        contract=contract,
        futures=_parsed(scan, "futures_price", lambda t: parse_futures_price(t, contract.root)),
        cash=_parsed(scan, "clean_price", parse_cash_price),
        coupon_pct=scan.values["coupon_pct"],
        maturity=scan.values["maturity"],
        settlement=settlement,
        delivery=delivery,
        face_usd=face,
        repo_pct=repo,
        haircut_pct=haircut,
        margin_usd=margin,
        conversion_factor=scan.values.get("conversion_factor"),
        cusip=_cusip(scan),
        typed=scan.typed,
        defaults=defaults,
    )


def _repo(
    scan: _Scan, on_record: RateOnRecord | None, defaults: dict[str, Default]
) -> float | None:
    if "repo_pct" in scan.values:
        return float(scan.values["repo_pct"])
    if on_record is None:
        defaults["repo_pct"] = Default("repo_unknown")
        return None
    defaults["repo_pct"] = Default(
        "repo_on_record", {"day": on_record.day, "source": on_record.source}
    )
    return on_record.percent


def _funding(scan: _Scan, defaults: dict[str, Default]) -> tuple[float | None, float | None]:
    """Return haircut and margin; what nobody gave stays unknown, and its reason is kept."""
    haircut = scan.values.get("haircut_pct")
    margin = scan.values.get("margin_usd")
    neither = haircut is None and margin is None
    for name, value in (("haircut_pct", haircut), ("margin_usd", margin)):
        if value is None:
            defaults[name] = Default("funding_unknown" if neither else "left_out")
    return haircut, margin
