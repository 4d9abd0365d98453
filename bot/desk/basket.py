"""Lines of text or a CSV -> the bonds of a basket, each with its clean price.

A bond is its coupon, maturity and price, in any order, one a line or one after the other; or its
CUSIP and price, where the Treasury's auctions are on record.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.desk.request import FindBond, maturity_of_month
from bot.reading.amounts import read_coupon
from bot.reading.days import ReadDate, looks_like_a_date, read_date
from bot.reading.grammar import coupon_comes, is_cusip, is_price, wrong
from bot.reading.keys import FILLERS, SPELLINGS
from bot.reading.words import Word, words
from tools.contracts import ContractMonth
from tools.ctd import MAX_BONDS, Deliverable
from tools.errors import CalculatorError
from tools.quotes import cusip_check, format_cash, parse_cash_price

# A column of bonds (`T 4 1/4 11/15/34 Govt`) is read as a line of the message is.
_COLUMNS = {
    "coupon": "coupon couponpct cpn 票息 票面利率",
    "maturity": "maturity mat maturitydate 到期 到期日",
    "price": "price cleanprice clean px pxlast pxmid lastprice last 价格 净价 现券价格",
    "cusip": "cusip",
    "dated": "dated dateddate datedate 起息日",
    "bond": "security bond name description securityname 债券 名称 证券",
}
_COLUMN_OF = {name: column for column, names in _COLUMNS.items() for name in names.split()}
_SEPARATORS = ",;\t|"
MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One bond of the basket, and the words that give it again."""

    bond: Deliverable

    @property
    def words(self) -> str:
        """Return the bond in the grammar's words."""
        bond = self.bond
        parts = [f"{bond.coupon_pct:g}%", bond.maturity.isoformat(), format_cash(bond.clean_price)]
        if bond.name:
            parts.append(bond.name)
        if bond.dated_date:
            parts.append(f"dated {bond.dated_date.isoformat()}")
        return " ".join(parts)


@dataclass(slots=True)
class _Parts:
    """What has been read of one bond, with the words that gave it."""

    coupon: float | None = None
    maturity: ReadDate | None = None
    price: Word | None = None
    cusip: str | None = None
    dated: date | None = None
    typed: dict[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return None not in (self.coupon, self.maturity, self.price)


# A bond's parts tell by their shape what they are, whatever name stands before them.
_SAY_NOTHING = FILLERS | {
    key
    for name in ("coupon_pct", "maturity", "clean_price", "cusip")
    for key in SPELLINGS[name].split()
}


def read_basket(
    lines: Sequence[Sequence[Word]], find: FindBond, contract: ContractMonth
) -> list[BasketLine]:
    """Return the bonds of lines of words, in their order.

    A maturity by its month is the day on which what the contract takes matures.
    """
    return [_line(parts, find, contract) for line in lines for parts in _bonds(line)]


def _bonds(line: Sequence[Word]) -> Iterator[_Parts]:
    """Yield the bonds of one line: a part that is there already begins the next one."""
    line = [word for word in line if word.read.lower() not in _SAY_NOTHING]
    parts, at = _Parts(), 0
    while at < len(line):
        name, value, took = _read(line[at : at + 4], parts.coupon is not None)
        last = at + took >= len(line)
        taken = getattr(parts, name) is not None
        if taken or (name == "cusip" and parts.whole and not last):
            yield parts
            parts = _Parts()
        setattr(parts, name, value)
        parts.typed[name] = " ".join(word.typed for word in line[at : at + took])
        at += took
    if parts.typed:
        yield parts


def _read(ahead: Sequence[Word], coupon_seen: bool) -> tuple[str, object, int]:
    """Return the part of a bond that the next words give, its value, the words it took."""
    word, reads = ahead[0], [word.read for word in ahead]
    if word.read.lower() in {"dated", "起息日"} and len(ahead) > 1:
        found = read_date(reads[1:])
        if found is None:
            raise wrong("args_bad_date", ahead[1].typed, "dated_date")
        return "dated", found.day, 1 + found.took
    if is_cusip(word.read):
        return "cusip", _checked(word), 1
    if coupon_comes(reads[:3], coupon_seen):
        coupon = read_coupon(reads)
        assert coupon is not None  # noqa: S101 - coupon_comes read it
        return "coupon", coupon[0], coupon[1]
    if found := read_date(reads[:3]):
        return "maturity", found, found.took
    if is_price(word.read):
        return "price", word, 1
    if looks_like_a_date(word.read):
        raise wrong("args_bad_date", word.typed, "maturity")
    raise wrong("args_bad_bond", word.typed, "bonds")


def _checked(word: Word) -> str:
    try:
        return cusip_check(word.read)
    except CalculatorError as error:
        raise CalculatorError(error.code, **{**error.values, "culprit": word.typed}) from error


def _line(parts: _Parts, find: FindBond, contract: ContractMonth) -> BasketLine:
    coupon, dated = parts.coupon, parts.dated
    read = parts.maturity
    maturity = None if read is None else read.day
    if read is not None and read.month_alone:
        maturity = maturity_of_month(read.day, contract, parts.typed["maturity"])
    if parts.cusip and (coupon is None or maturity is None):
        listed = find(parts.cusip)
        if listed is None:
            raise wrong("args_cusip_unknown", parts.typed["cusip"], "cusip")
        coupon = listed.coupon_pct if coupon is None else coupon
        maturity, dated = maturity or listed.maturity, dated or listed.dated_date
    last = next(reversed(parts.typed.values()))
    if coupon is None:
        raise wrong("args_missing_coupon", parts.typed.get("maturity", last), "coupon_pct")
    if maturity is None:
        raise wrong("args_missing_maturity", parts.typed.get("coupon", last), "maturity")
    if parts.price is None:
        raise wrong("args_missing_cash", parts.typed.get("maturity", last), "clean_price")
    try:
        price = parse_cash_price(parts.price.read).price
    except CalculatorError as error:
        values = {**error.values, "field": "clean_price", "culprit": parts.price.typed}
        raise CalculatorError(error.code, **values) from error
    return BasketLine(Deliverable(coupon, maturity, price, parts.cusip, dated))


# A table


def is_header(line: str) -> bool:
    """Tell whether a line names the columns of a table."""
    return "price" in _names(line, _separator(line)) and len(_names(line, _separator(line))) > 1


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)


def _names(line: str, separator: str) -> list[str]:
    cells = next(csv.reader([line], delimiter=separator), [])
    return [column for cell in cells if (column := _column(cell))]


def _column(name: str) -> str | None:
    """Return the column that a header names, however its words are parted: `Px Last`."""
    return _COLUMN_OF.get(re.sub(r"[\s_.-]+", "", name).lower())


def read_table(text: str, find: FindBond, contract: ContractMonth) -> list[BasketLine]:
    """Return the bonds of a CSV; a header may name the columns, else a cell says what it is."""
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if len(lines) > MAX_BONDS + 1:
        raise CalculatorError(
            "list_too_long", field="bonds", culprit=lines[MAX_BONDS + 1][:40], value=len(lines),
            highest=MAX_BONDS, example=100,
        )  # fmt: skip
    if not lines:
        return []
    if not is_header(lines[0]):
        spaced = [words(line.translate(str.maketrans(_SEPARATORS, "    "))) for line in lines]
        return read_basket(spaced, find, contract)
    rows = csv.DictReader(io.StringIO("\n".join(lines)), delimiter=_separator(lines[0]))
    return [line for row in rows for line in read_basket([_in_words(row)], find, contract)]


def _in_words(row: Mapping[str, str | None]) -> list[Word]:
    """Return a row's known cells as words, a coupon marked as one and a dated date named."""
    cells = {
        column: (cell or "").strip()
        for name, cell in row.items()
        if name and (column := _column(name))
    }
    found: list[Word] = []
    # The CUSIP leads: behind a whole bond it would begin the next one.
    for column, cell in sorted(cells.items(), key=lambda each: each[0] != "cusip"):
        if not cell:
            continue
        if column == "coupon" and cell.removesuffix("%").replace(".", "").isdigit():
            found.append(Word(cell, f"{cell.removesuffix('%')}%"))
        else:
            found += words(f"dated {cell}" if column == "dated" else cell)
    return found
