"""Treasury International Capital, major foreign holders -> all holders, and the Cayman Islands.

Two files: SLT table 5 holds the last thirteen months, the history the years before. Holdings by
where the custodian sits: the Cayman row misses most of what hedge funds domiciled there hold and is
never called theirs.
"""

from __future__ import annotations

import csv
import io
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from tools.market.client import Request
from tools.market.data import values_frame
from tools.market.errors import FeedError
from tools.market.feed import Feed, Parsed, Route, alone, read_text

FOLDER = "https://ticdata.treasury.gov/resource-center/data-chart-center/tic/Documents"
SOURCE = "tic_mfh"
ROWS = {"Cayman Islands": "tic_cayman", "Grand Total": "tic_total"}
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# A month's holdings come some seven weeks after its end, the next month's a month after that.
LATE_DAYS = 115
MOST_BILLIONS = 100_000.0


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _columns(header: Sequence[str], above: Sequence[str]) -> dict[int, date]:
    """Return the month of each column: `2026-07`, or a year below the name of a month."""
    found = {}
    for place, cell in enumerate(header[1:], start=1):
        text = cell.strip()
        if len(text) == 7 and text[4] == "-":
            found[place] = _month_end(int(text[:4]), int(text[5:]))
        elif text.isdecimal() and place < len(above) and above[place].strip() in MONTHS:
            found[place] = _month_end(int(text), MONTHS.index(above[place].strip()) + 1)
    return found


def _figures(content: bytes) -> Iterator[tuple[str, date, float]]:
    """Yield series, month and USD, block by block: a header, then the rows below it."""
    months: dict[int, date] = {}
    above: list[str] = []
    text = read_text(content, whole_lines=True)
    for line in csv.reader(io.StringIO(text), delimiter="\t"):
        name = line[0].strip() if line else ""
        if name == "Country":
            months = _columns(line, above)
        elif name in ROWS:
            for place, month in months.items():
                if place < len(line) and (cell := line[place].strip().replace(",", "")):
                    yield ROWS[name], month, _billions(name, cell)
        above = line


def _billions(name: str, cell: str) -> float:
    if cell in {"n.a.", "--", "*"}:
        return float("nan")
    try:
        billions = float(cell)
    except ValueError as error:
        raise FeedError("bad_value", field=name, value=cell[:40]) from error
    if not 0 <= billions < MOST_BILLIONS:
        raise FeedError("odd_value", field=name, value=cell[:40])
    return billions * 1e9


def parse(content: bytes) -> Parsed:
    """Return both rows; where a month stands twice the first one, the newer, holds."""
    found: dict[str, dict[date, float]] = {series: {} for series in ROWS.values()}
    for series, month, value in _figures(content):
        found[series].setdefault(month, value)
    if lacking := [row for row, series in ROWS.items() if not found[series]]:
        raise FeedError("missing_field", field=", ".join(lacking))
    return Parsed(
        values=tuple(
            values_frame(series, sorted(held), [held[month] for month in sorted(held)], SOURCE)
            for series, held in found.items()
        )
    )


def _requests(_now: datetime) -> list[Request]:
    return [
        Request(name, f"{FOLDER}/{file}.txt")
        for name, file in (("current", "slt_table5"), ("history", "mfhhis01"))
    ]


def expected(now: datetime) -> date:
    """Return the oldest month's end that the newest figure may be of."""
    return now.date() - timedelta(days=LATE_DAYS)


FEED = Feed("tic_holders", (Route("files", _requests, alone(parse)),), expected)
