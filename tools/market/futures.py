"""A CSV of futures settlements (`date,contract,settle`) -> prices by day and contract.

No settlement prices may be fetched and passed on freely, so whoever runs the bot gives their own.
A file with one line that cannot be read is refused whole, with the line's number: half a file of
prices would pass for all of them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from tools.contracts import ContractMonth, parse_contract
from tools.errors import CalculatorError
from tools.market.data import FUTURES_FILE, FeedStatus
from tools.market.errors import FeedError
from tools.market.feed import read_text
from tools.quotes import parse_futures_price

FEED = "futures_file"
EXAMPLE = "2026-07-17,ZNU6,112-165"
_NAMES = {
    "date": {"date", "day", "日期"},
    "contract": {"contract", "symbol", "合约"},
    "settle": {"settle", "settlement", "price", "结算价"},
}
Prices = Mapping[date, Mapping[ContractMonth, float]]


def read_futures(folder: Path) -> tuple[Prices, FeedStatus | None]:
    """Return the prices of the file in a folder and how it stands; None where there is no file.

    Its trouble is a status like a feed's: it stops no digest.
    """
    path = folder / FUTURES_FILE
    if not path.is_file():
        return {}, None
    try:
        prices = parse(path.read_bytes())
    except FeedError as error:
        return {}, FeedStatus(FEED, error=error.code, values=error.values)
    except OSError as error:
        return {}, FeedStatus(FEED, error="unreadable", values={"reason": error.strerror})
    return prices, FeedStatus(FEED, max(prices))


def parse(content: bytes) -> Prices:
    """Return clean settlements in points by day and contract, or raise FeedError with the line."""
    text = read_text(content)
    first = text.partition("\n")[0]
    delimiter = next((mark for mark in ",;\t" if mark in first), ",")
    lines = csv.reader(io.StringIO(text), delimiter=delimiter)
    places = _places([name.strip().lower() for name in next(lines, [])])
    prices: dict[date, dict[ContractMonth, float]] = {}
    for number, line in enumerate(lines, start=2):
        if any(cell.strip() for cell in line):
            day, contract, price = _line(line, places, number)
            if prices.setdefault(day, {}).setdefault(contract, price) != price:
                raise FeedError("conflict", field=contract.code, date=day.isoformat())
    if not prices:
        raise FeedError("no_prices", example=EXAMPLE)
    return prices


def _places(header: list[str]) -> dict[str, int]:
    places = {
        column: next((n for n, name in enumerate(header) if name in names), -1)
        for column, names in _NAMES.items()
    }
    for column, place in places.items():
        if place < 0:
            raise FeedError("missing_field", field=column)
    return places


def _line(
    line: list[str], places: Mapping[str, int], number: int
) -> tuple[date, ContractMonth, float]:
    if len(line) <= max(places.values()):
        raise FeedError("bad_line", line=number, value=",".join(line)[:40], example=EXAMPLE)
    cells = {column: line[place].strip() for column, place in places.items()}
    try:
        day = date.fromisoformat(cells["date"])
    except ValueError as error:
        raise FeedError("bad_line", line=number, value=cells["date"], example=EXAMPLE) from error
    try:
        contract = parse_contract(cells["contract"], day)
        price = parse_futures_price(cells["settle"], contract.root).price
    except CalculatorError as error:
        raise FeedError("bad_line_because", line=number, reason=error) from error
    return day, contract, price
