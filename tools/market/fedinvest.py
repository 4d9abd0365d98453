"""TreasuryDirect, FedInvest -> clean prices per 100 by CUSIP at the end of a day.

A form gives the day and asks for CSV; the file itself carries neither date nor header. Before the
end of the day its last column is zero: then nothing is published yet, and a zero is no price.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

import numpy as np
from pydantic import BaseModel, ConfigDict

from tools.market import publication
from tools.market.client import Request
from tools.market.errors import FeedError
from tools.market.feed import Amount, Feed, Parsed, Route, read_rows, read_text

URL = "https://www.treasurydirect.gov/GA-FI/FedInvest/securityPriceDetail"
FORM = "https://www.treasurydirect.gov/GA-FI/FedInvest/selectSecurityPriceDate"
COLUMNS = ("cusip", "kind", "rate", "maturity", "call_date", "buy", "sell", "end_of_day")
FAR = 10.0  # points per 100
# For so many business days a day is asked again, for it may come late or be corrected: back to
# the Tuesday of the CFTC's newest report.
DAYS = 5
FEWEST = 100  # some 300 notes and bonds are outstanding: fewer is not the file


class Price(BaseModel):
    """One security of the file. Rate and kind are not read: the auctions know the coupon."""

    model_config = ConfigDict(extra="allow")

    cusip: str
    kind: str
    maturity: str
    sell: Amount
    end_of_day: Amount

    @property
    def whole(self) -> bool:
        """Tell whether the end of day is near the sell price: a number cut short is far from it."""
        return not self.sell or not self.end_of_day or abs(self.end_of_day - self.sell) < FAR


def parse(content: bytes, name: str) -> Parsed:
    """Return the prices of notes and bonds on the day that the slice is named after."""
    lines = [line for line in csv.reader(io.StringIO(read_text(content, whole_lines=True))) if line]
    if not lines:
        raise FeedError("not_published")
    if any(len(line) != len(COLUMNS) for line in lines):
        raise FeedError("bad_table")
    rows = read_rows(Price, (dict(zip(COLUMNS, line, strict=True)) for line in lines))
    coupons = [row for row in rows if row.kind.strip().upper().endswith(("NOTE", "BOND"))]
    for row in coupons:
        if not row.whole:
            raise FeedError("bad_value", field="end_of_day", value=str(row.end_of_day))
    priced: dict[str, float] = {}
    for row in coupons:
        if row.end_of_day and priced.setdefault(row.cusip, row.end_of_day) != row.end_of_day:
            raise FeedError("conflict", field=row.cusip, date=name)
    if coupons and not priced:
        raise FeedError("not_published")
    if len(priced) < FEWEST:
        raise FeedError("too_few", count=len(priced), fewest=FEWEST)
    return Parsed(prices={date.fromisoformat(name): priced})


def _requests(now: datetime) -> list[Request]:
    """Ask for the last days whose end has come, each time: none is settled on its first answer."""
    newest = np.datetime64(expected(now))
    holidays = publication.bond_holidays()
    days = [np.busday_offset(newest, -n, holidays=holidays).astype(date) for n in range(DAYS)]
    return [
        Request(
            day.isoformat(),
            URL,
            form={
                "priceDateDay": str(day.day),
                "priceDateMonth": str(day.month),
                "priceDateYear": str(day.year),
                "fileType": "csv",
                "csv": "CSV FORMAT",
            },
            visit=FORM,
        )
        for day in days
    ]


def expected(now: datetime) -> date:
    """Return the newest business day whose end has come in New York."""
    return publication.newest_published("ust", now - timedelta(hours=1))


FEED = Feed("treasury_prices", (Route("form", _requests, parse),), expected)
