"""Words -> inputs by name, each with the token as typed: by its shape or by the key before it.

The grammar is free of order: a word tells by its shape what it is (contract, price, bond, date),
or by the key before it (`repo 4.3`, `repo=4.3`). Each command has its own vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from typing import Any, TypeVar

from bot.reading.amounts import (
    has_scale,
    read_coupon,
    read_dollars,
    read_margin,
    read_rate,
    read_tenor,
)
from bot.reading.days import (
    ReadDate,
    is_no_date,
    looks_like_a_date,
    month_and_day,
    read_date,
    which,
)
from bot.reading.keys import FILLERS, SPELLINGS
from bot.reading.words import MOST_CHARACTERS, MOST_WORDS, Word, words
from tools.contracts import aliases
from tools.errors import CalculatorError

T = TypeVar("T")

_CONTRACT = re.compile(
    r"(?:TU|ZT|3Y|Z3N|FV|ZF|TY|ZN|TN|UXY|US|ZB|WN|UB|TWE)[A-Z]?\d{0,4}|[A-Z]{2,3}[HMUZ]\d{1,4}",
    re.I | re.ASCII,
)
# A CUSIP, or the ISIN around it.
_CUSIP = re.compile(r"[0-9]{3}[0-9A-Z]{5}[0-9A-Z]|US[0-9]{3}[0-9A-Z]{6}[0-9]", re.I | re.ASCII)
# The sides of the trade: the bond is bought, the future sold. Another word there means another one.
_BOUGHT = frozenset({"long", "buy", "bought", "做多", "买入"})
_SOLD = frozenset({"short", "sell", "sold", "做空", "卖出", "卖空"})
_PRICE = re.compile(r"-?\$?(\d+(?:[-'^:]\d+(?:'\d)?)?(?:\.\d*)?\+?|\.\d+)", re.ASCII)
# A tenor is no contract, but it says which one was meant.
ROOT_OF_TENOR = {2: "TU", 3: "3Y", 5: "FV", 7: "TY", 10: "TY", 20: "TWE", 30: "US"}
_ULTRA_OF_TENOR = {10: "TN", 30: "UB"}
_FUTURES = ("future", "futures", "期货")
_PERCENT = re.compile(r"[-+]?[\d.]+(?:%|pct|bps?|个?基点)", re.I | re.ASCII)
# No Treasury's coupon was ever over 16 %, and a price under 20 is not quoted: what a bare number
# is, its size says.
_HIGHEST_COUPON = 20.0
_GLANCE = 100  # characters of a flood that are looked at, to name a word of it

# What a key's value may look like: reader of the next words -> (value, words taken) or None.
Reader = Callable[[Sequence[str]], "tuple[object, int] | None"]


def one(read: Callable[[str], object | None]) -> Reader:
    """Return a reader of one word."""

    def reader(parts: Sequence[str]) -> tuple[object, int] | None:
        value = read(parts[0])
        return None if value is None else (value, 1)

    return reader


def _factor(word: str) -> float | None:
    return float(word) if re.fullmatch(r"\d?\.\d{1,8}", word, re.ASCII) or word == "1" else None


class OnRecord:
    """What `sofr` says of a repo rate: the newest that is on record."""


SOFR = OnRecord()
NAMED: dict[str, tuple[str, object]] = {"sofr": ("repo_pct", SOFR)}


def read_repo(word: str) -> float | OnRecord | None:
    """Return a repo rate in percent, or that the one on record is meant."""
    return SOFR if word.lower() == "sofr" else read_rate(word)


READERS: dict[str, tuple[str, Reader]] = {
    "coupon_pct": ("args_bad_coupon", read_coupon),
    "repo_pct": ("args_bad_rate", one(read_rate)),
    "haircut_pct": ("args_bad_rate", one(read_rate)),
    "margin_usd": ("args_bad_dollars", one(read_margin)),
    "face_usd": ("args_bad_dollars", one(read_dollars)),
    "conversion_factor": ("args_bad_factor", one(_factor)),
}
FINANCED = {**READERS, "repo_pct": ("args_bad_rate", one(read_repo))}
DATES = frozenset({"maturity", "delivery", "settlement"})


@dataclass(frozen=True)
class Vocabulary:
    """The keys of a command, how their values are read, and what a bare word may be.

    `named` are words that say an input by themselves (`mar2020`); `bare_date` is the input that a
    date without a key gives, `bare_amount` the one of `100m`; `bond` tells whether contracts,
    CUSIPs and coupons are read by their shape. `bare` is the error where nothing stands after
    `command`. From `today` on days such as `T+1` are read behind the keys of dates.
    """

    command: str
    spellings: Mapping[str, str] = field(default_factory=lambda: SPELLINGS)
    readers: Mapping[str, tuple[str, Reader]] = field(default_factory=lambda: READERS)
    dates: frozenset[str] = DATES
    named: Mapping[str, tuple[str, object]] = field(default_factory=dict)
    bare_date: str = "maturity"
    bond: bool = True
    bare_amount: str = "face_usd"
    most_words: int = MOST_WORDS
    most_characters: int = MOST_CHARACTERS
    bare: str = "args_bare"
    today: date | None = None

    @cached_property
    def keys(self) -> dict[str, str]:
        """Return the input's name by each spelling of its key."""
        return {key: name for name, keys in self.spellings.items() for key in keys.split()}


@dataclass(slots=True)
class Price:
    """A price by its place: what had been named before it."""

    at: int
    word: Word
    after_contract: bool
    after_bond: bool
    nearest: str = ""  # what was named last before it: contract or bond


@dataclass(slots=True)
class Scan:
    """What has been read so far; prices wait until every word was seen."""

    words: Sequence[Word]
    vocabulary: Vocabulary
    at: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    prices: list[Price] = field(default_factory=list)
    month_alone: set[str] = field(default_factory=set)
    bond_seen: bool = False
    bare_coupon: Price | None = None
    nearest: str = ""
    by_shape: str = ""  # the input that the word before gave without a key

    @property
    def word(self) -> Word:
        """Return the word to be read next."""
        return self.words[self.at]

    def reads(self) -> list[str]:
        """Return the next words as they read, enough for the longest date."""
        return [word.read for word in self.words[self.at : self.at + 3]]

    def after(self, count: int) -> list[str]:
        """Return the words behind the next ones as they read, enough for the longest date."""
        return [word.read for word in self.words[self.at + count : self.at + count + 3]]

    def take(self, name: str, value: object, count: int = 1) -> None:
        """Keep a value and the words that gave it, and move past them."""
        self.values[name] = value
        self.typed[name] = " ".join(w.typed for w in self.words[self.at : self.at + count])
        self.at += count

    def as_price(self) -> Price:
        """Return the word here as a price, with what had been named before it."""
        return Price(self.at, self.word, "contract" in self.typed, self.bond_seen, self.nearest)


def wrong(code: str, culprit: str, name: str | None = None, **values: object) -> CalculatorError:
    """Return an error that names a token as typed."""
    return CalculatorError(code, culprit=culprit, field=name, value=culprit, **values)


def split(text: str, vocabulary: Vocabulary) -> list[Word]:
    """Return the words of a command, the bot's name before them left out.

    Raises the vocabulary's `bare` error where there are none, args_too_many beyond its limits.
    """
    most = vocabulary.most_words
    if len(text) > vocabulary.most_characters:
        # Most of it is not even read: a flood costs no more than a message.
        first = words(text, _GLANCE)
        raise wrong("args_too_many", first[-1].typed if first else "...", most=most)
    found = words(text, vocabulary.most_characters)
    while found and found[0].read.startswith("@"):
        found = found[1:]
    if not found:
        raise wrong(vocabulary.bare, f"/{vocabulary.command}")
    if len(found) > most:
        raise wrong("args_too_many", found[most].typed, most=most)
    return found


def scan(found: Sequence[Word], vocabulary: Vocabulary) -> Scan:
    """Return what the words say."""
    made = Scan(found, vocabulary)
    while made.at < len(found):
        _read_next(made)
    return made


_BOND = frozenset({"coupon_pct", "maturity", "cusip"})


def _read_next(scan: Scan) -> None:
    lowered, before = scan.word.read.lower(), set(scan.typed)
    name, shaped = scan.vocabulary.keys.get(lowered), False
    if name and _is_label(scan, name):
        scan.at += 1
    elif name:
        _read_keyed(scan, name)
    elif lowered in FILLERS or _says_a_side(scan):
        scan.at += 1
    else:
        _read_by_shape(scan)
        shaped = True
    read = scan.typed.keys() - before
    scan.by_shape = next(iter(read), "") if shaped else ""
    if read & _BOND:
        scan.nearest = "bond"
    elif "contract" in read:
        scan.nearest = "contract"


def _is_label(scan: Scan, name: str) -> bool:
    """Tell whether a key names what stands before it (`100mm face`), or nothing (`bond 4%`)."""
    after = scan.after(1)
    if name == "futures_price" and after and is_contract(after[0]):
        return True  # `10-year note future TYH7`
    if name == "clean_price" and after and not is_price(after[0]):
        return not (scan.vocabulary.keys.keys() & {after[0].lower()})
    if scan.word.read.lower() == "bond" and coupon_comes(after, "coupon_pct" in scan.typed):
        return True
    return scan.by_shape == name and not _reads(scan, name, after)


def _says_a_side(scan: Scan) -> bool:
    """Tell whether a word says that the bond behind it is bought, or the contract sold."""
    said = scan.word.read.lower()
    if not scan.vocabulary.bond or said in scan.vocabulary.named:
        return False
    after = [read for read in scan.after(1) if read.lower() not in FILLERS]
    if not after or said not in _BOUGHT | _SOLD:
        return False
    if said in _SOLD:
        return is_contract(after[0])
    return has_scale(after[0]) or _begins_a_bond(after)


def _reads(scan: Scan, name: str, parts: Sequence[str]) -> bool:
    """Tell whether words can be the value of an input."""
    if not parts:
        return False
    if name in scan.vocabulary.dates:
        return _day_of(scan, name, parts) is not None
    reader = scan.vocabulary.readers.get(name)
    return reader is not None and reader[1](parts) is not None


def _read_before_its_key(scan: Scan) -> bool:
    """Read a value whose key follows it, as in `3.9% repo`; False where that is not so."""
    name = _named_behind(scan, scan.at)
    if name is None or name in scan.typed:
        return False
    if _reads(scan, name, scan.after(2)) and not _all_behind(scan, scan.at):
        return False
    _read_value(scan, name)
    scan.at += 1
    return True


def _all_behind(scan: Scan, at: int) -> bool:
    """Tell whether rates here have their keys behind them: `4.25% 11/34 3.9% repo 2% haircut`.

    So they have where none would be a coupon and the last key has no value behind it.
    """
    if "coupon_pct" not in scan.typed and scan.typed.keys() & {"contract", "maturity", "position"}:
        return False
    while name := _named_behind(scan, at):
        at += 2
        if not _reads(scan, name, [word.read for word in scan.words[at : at + 3]]):
            return True
    return False


def _named_behind(scan: Scan, at: int) -> str | None:
    """Return the input whose key stands behind a word that can be its value."""
    reads = [word.read for word in scan.words[at : at + 2]]
    name = scan.vocabulary.keys.get(reads[1].lower(), "") if len(reads) == 2 else ""
    fits = name in scan.vocabulary.readers and _reads(scan, name, reads[:1])
    return name if fits else None


def _read_keyed(scan: Scan, name: str) -> None:
    key = scan.word.typed
    if name in scan.typed:
        raise wrong("args_key_twice", key, name)
    scan.at += 1
    while scan.at < len(scan.words) and scan.word.read.lower() in FILLERS:
        if name in scan.vocabulary.dates and _day_of(scan, name, scan.reads()):
            break  # `a week ago`
        scan.at += 1  # `cash price 100-30`
    if scan.at == len(scan.words) or scan.word.read.lower() in scan.vocabulary.keys:
        raise wrong("args_key_value", key, name)
    if name in scan.vocabulary.dates:
        _read_date(scan, name)
    elif name in scan.vocabulary.readers:
        _read_value(scan, name)
    else:
        scan.take(name, scan.word)
    scan.bond_seen |= name in {"coupon_pct", "maturity", "cusip"}


def _read_value(scan: Scan, name: str) -> None:
    code, reader = scan.vocabulary.readers[name]
    found = reader(scan.reads())
    if found is None:
        raise wrong(code, scan.word.typed, name)
    scan.take(name, *found)


def _day_of(scan: Scan, name: str, parts: Sequence[str]) -> ReadDate | None:
    """Return the day that words say; a bond matures on a date, not so long from today."""
    return read_date(parts, None if name == "maturity" else scan.vocabulary.today)


def _read_date(scan: Scan, name: str) -> None:
    found = _day_of(scan, name, scan.reads())
    _refuse_no_date(scan, name)
    if name != "maturity" and month_and_day(scan.word.read):
        raise wrong("args_no_year", scan.word.typed, name)
    if found is None:
        raise wrong("args_bad_date", scan.word.typed, name)
    if found.other:
        typed = " ".join(word.typed for word in scan.words[scan.at : scan.at + found.took])
        raise wrong("args_which_day", typed, name, **which(found))
    if found.month_alone:
        scan.month_alone.add(name)
    scan.take(name, found.day, found.took)


def _refuse_no_date(scan: Scan, name: str) -> None:
    """Refuse `31 Jun 2034` as a whole: its parts would be a number and another date."""
    if is_no_date(scan.reads()):
        whole = " ".join(word.typed for word in scan.words[scan.at : scan.at + 3])
        raise wrong("args_bad_date", whole, name)


def _read_by_shape(scan: Scan) -> None:
    """Read the next word by its shape; the order matters: a CUSIP could be taken for a number."""
    _refuse_no_date(scan, scan.vocabulary.bare_date)
    read, vocabulary = scan.word.read, scan.vocabulary
    if said := vocabulary.named.get(read.lower()):
        _once(scan, said[0], "args_key_twice")
        scan.take(*said)
    elif _read_before_its_key(scan) or (vocabulary.bond and _read_bond(scan)):
        return
    elif vocabulary.bond and (years := read_tenor(read)):
        _read_tenor(scan, years)
    elif _day_of(scan, vocabulary.bare_date, scan.reads()) or looks_like_a_date(read):
        _once(scan, vocabulary.bare_date, "args_two_dates")
        _read_date(scan, vocabulary.bare_date)
        scan.bond_seen |= vocabulary.bond
    elif vocabulary.bare_amount in vocabulary.spellings and has_scale(read):
        _once(scan, vocabulary.bare_amount, "args_two_faces")
        _read_value(scan, vocabulary.bare_amount)
    elif _PERCENT.fullmatch(read):
        raise wrong("args_nameless_rate", scan.word.typed)
    elif _PRICE.fullmatch(read):
        scan.prices.append(scan.as_price())
        scan.at += 1
    else:
        raise unknown(scan.word, vocabulary)


def _read_bond(scan: Scan) -> bool:
    """Read a contract, a CUSIP or a coupon; False where the word is none of them."""
    read = scan.word.read
    if is_contract(read):
        _once(scan, "contract", "args_two_contracts")
        scan.take("contract", scan.word)
    elif is_cusip(read):
        _once(scan, "cusip", "args_two_bonds")
        scan.take("cusip", scan.word)
        scan.bond_seen = True
    elif _is_coupon(scan):
        _read_coupon(scan)
    else:
        return False
    return True


def root_of_tenor(word: str) -> str | None:
    """Return the root of the future that a tenor means (`10y`, `10年期`), None where none is."""
    years = read_tenor(word)
    return None if years is None else ROOT_OF_TENOR.get(years)


def is_contract(word: str) -> bool:
    """Tell whether a word has the shape of a contract, known or not."""
    return _CONTRACT.fullmatch(word) is not None


def is_cusip(word: str) -> bool:
    """Tell whether a word has the shape of a CUSIP."""
    return _CUSIP.fullmatch(word) is not None


def is_price(word: str) -> bool:
    """Tell whether a word has the shape of a price."""
    return _PRICE.fullmatch(word) is not None


def _read_tenor(scan: Scan, years: int) -> None:
    """Pass a tenor beside its contract; alone it is no contract, and says which one to write."""
    if "contract" not in scan.typed and not _contract_behind(scan, years):
        root = ROOT_OF_TENOR.get(years, "TY")
        raise wrong("args_tenor", scan.word.typed, "contract", root=root)
    scan.at += 1


def _contract_behind(scan: Scan, years: int) -> bool:
    """Tell whether the contract that a tenor means comes next: `10-year note future TYH7`."""
    fitting = {root for root in (ROOT_OF_TENOR.get(years), _ULTRA_OF_TENOR.get(years)) if root}
    names = tuple(name for root in fitting for name in (root, *aliases(root)))
    labels = {*FILLERS, *scan.vocabulary.spellings["contract"].split(), *_FUTURES}
    after = (word.read for word in scan.words[scan.at + 1 :] if word.read.lower() not in labels)
    code = next(after, "")
    return is_contract(code) and code.upper().startswith(names)


def _once(scan: Scan, name: str, code: str) -> None:
    if name in scan.typed:
        raise wrong(code, scan.word.typed, name)


def _read_coupon(scan: Scan) -> None:
    """Read a coupon; one with its own mark (`4.25%`, `4 1/4`) makes an earlier bare one a price."""
    bare = is_price(scan.word.read)
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


def _is_coupon(scan: Scan) -> bool:
    return coupon_comes(scan.reads(), "coupon_pct" in scan.typed)


def coupon_comes(reads: Sequence[str], coupon_seen: bool) -> bool:
    """Tell whether a coupon comes next: not a price, and not the day of `15 Nov 2034`."""
    found = read_coupon(reads)
    if found is None or found[0] > _HIGHEST_COUPON:
        return False
    day = read_date(reads)
    if day is None or day.took == 1:
        return True
    # `4 Nov 34` is a 4 % bond of November, `15 Nov 34` a day: Treasuries mature in mid-month or
    # at its end.
    return not coupon_seen and day.day.day not in {15, 28, 29, 30, 31}


def unknown(word: Word, vocabulary: Vocabulary) -> CalculatorError:
    """Return that a word is not understood, with the nearest that would be."""
    known = [*vocabulary.keys, *vocabulary.named]
    near = get_close_matches(word.read.lower()[:20], known, n=3, cutoff=0.7)
    if near and not any(char.isdigit() for char in word.read):
        inputs = {vocabulary.keys.get(key, key) for key in near}
        return wrong("args_unknown_near", word.typed, near=near[0], only=len(inputs) == 1)
    return wrong("args_unknown", word.typed)


def place_prices(scan: Scan) -> None:
    """Give each price its side: after the contract the futures, after the bond the cash price."""
    if _is_cash_alone(scan):
        scan.prices[0].after_contract = False
    placed = [price for price in scan.prices if price.after_contract or price.after_bond]
    first = [price for price in scan.prices if price not in placed]
    for price in [*sorted(placed, key=lambda price: price.at), *first]:
        free = [n for n in ("futures_price", "clean_price") if n not in scan.typed]
        if not free:
            raise wrong("args_extra_price", price.word.typed)
        if price.after_contract and "futures_price" in free:
            side = "futures_price"
        elif price.after_bond and "clean_price" in free:
            side = "clean_price"
        elif len(free) == 1 and (price in placed or _is_first(scan, price, free[0])):
            side = free[0]
        else:
            raise wrong("args_price_unclear", price.word.typed)
        scan.values[side], scan.typed[side] = price.word, price.word.typed


def _is_cash_alone(scan: Scan) -> bool:
    """Tell whether the only price follows the bond, not the contract: `TYH7 4.25% 11/34 100-30`."""
    return len(scan.prices) == 1 and scan.prices[0].nearest == "bond"


def _is_first(scan: Scan, price: Price, side: str) -> bool:
    """Tell whether a price before contract and bond is of the side that is left.

    A single price is. Of two, `100-30 4.25% 11/34 TYH7 112-16+` is clear, for its bond follows
    it; `112-16+ TYH7 100-30 4.25% 11/34` is not.
    """
    if len(scan.prices) == 1:
        return True
    following = [word.read for word in scan.words[price.at + 1 : price.at + 4]]
    return side == "clean_price" and _begins_a_bond(following)


def _begins_a_bond(reads: Sequence[str]) -> bool:
    if not reads:
        return False
    return is_cusip(reads[0]) or coupon_comes(reads, False) or read_date(reads) is not None


def parsed(scan: Scan, name: str, parse: Callable[[str], T]) -> T:
    """Parse a word by a calculator's own rules, naming the word as typed where it fails."""
    try:
        return parse(scan.values[name].read)
    except CalculatorError as error:
        raise CalculatorError(
            error.code,
            **{**error.values, "field": name, "culprit": scan.typed[name]},
        ) from error
