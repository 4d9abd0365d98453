"""FiscalData, Treasury auctions -> nominal notes and bonds by CUSIP: coupon, maturity, dates.

All values are strings and nothing is the word null. A bond is described by its first auction; a
reopening repeats it, sometimes under a shorter term. What is inflation-indexed or floats is not
deliverable and left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from tools.market.client import Request
from tools.market.data import Announced, Security
from tools.market.errors import FeedError
from tools.market.feed import Feed, Parsed, Percent, Route, alone, read_json, read_rows, years

URL = (
    "https://api.fiscaldata.treasury.gov/services/api/fiscal_service"
    "/v1/accounting/od/auctions_query"
)
# A 30-year bond is deliverable into the bond contract until 15 years before it matures.
FIRST_YEAR = 2008
PAGE = 10_000


def _null(value: object) -> object:
    return None if value in {"null", ""} else value


Text = Annotated[str | None, BeforeValidator(_null)]
Day = Annotated[date | None, BeforeValidator(_null)]


class Auction(BaseModel):
    """One auction, announced or done; percent a year."""

    model_config = ConfigDict(extra="allow")

    cusip: str
    security_type: str
    security_term: str
    auction_date: date
    issue_date: date
    maturity_date: date
    int_rate: Annotated[Percent | None, BeforeValidator(_null)]
    inflation_index_security: Text
    dated_date: Day = None
    announcemt_date: Day = None
    floating_rate: Text = None
    reopening: Text = None

    @property
    def nominal(self) -> bool:
        """Tell whether it pays a fixed coupon on a fixed principal."""
        return "Yes" not in {self.inflation_index_security, self.floating_rate}


def parse(content: bytes) -> Parsed:
    """Return the bonds of one page; an answer that has more pages than one is refused."""
    body = read_json(content)
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise FeedError("missing_field", field="data")
    if _pages(body) > 1:
        raise FeedError("cut_short", count=len(body["data"]))
    rows = read_rows(Auction, body["data"])
    _check_alike(rows)
    nominal = [row for row in rows if row.nominal]
    if not nominal:
        raise FeedError("not_published")
    return Parsed(
        securities=first_auctions(_security(row) for row in nominal if row.int_rate is not None),
        announced=tuple(_announced(row) for row in nominal if row.int_rate is None),
    )


def _check_alike(rows: Iterable[Auction]) -> None:
    """Refuse two rows that describe one bond by different coupons or maturities."""
    terms: dict[str, tuple[float, date]] = {}
    for row in rows:
        if row.int_rate is not None:
            said = (row.int_rate, row.maturity_date)
            if terms.setdefault(row.cusip, said) != said:
                raise FeedError("conflict", field=row.cusip, date=row.auction_date.isoformat())


def _announced(row: Auction) -> Announced:
    # Announcements come three to six days ahead; without their own date, a week is safe.
    known = row.announcemt_date or row.auction_date - timedelta(days=7)
    return Announced(row.cusip, row.security_term, row.auction_date, row.issue_date, known)


def _pages(body: dict[str, Any]) -> int:
    try:
        return int(body["meta"]["total-pages"])
    except (KeyError, TypeError, ValueError) as error:
        raise FeedError("missing_field", field="meta.total-pages") from error


def _security(row: Auction) -> Security:
    return Security(
        row.cusip,
        row.int_rate or 0.0,
        row.maturity_date,
        row.issue_date,
        row.dated_date or row.issue_date,
        row.auction_date,
    )


def first_auctions(securities: Iterable[Security]) -> tuple[Security, ...]:
    """Return one row a CUSIP, that of its first auction, by maturity."""
    first: dict[str, Security] = {}
    for security in sorted(securities, key=lambda s: s.auctioned):
        first.setdefault(security.cusip, security)
    return tuple(sorted(first.values(), key=lambda s: (s.maturity, s.cusip)))


def _requests(now: datetime) -> list[Request]:
    """Ask for this year, for the last and for all the years before.

    What is auctioned at a year's end may be issued in the next year's first days.
    """
    this = years(FIRST_YEAR, now)[0]
    spans = ((this, this), (this - 1, this - 1), (FIRST_YEAR, this - 2))
    return [
        Request(
            f"{first}-{last}",
            URL,
            {
                "filter": f"issue_date:gte:{first}-01-01,issue_date:lte:{last + 1}-01-31,"
                "security_type:in:(Note,Bond)",
                "sort": "-issue_date",
                "page[size]": str(PAGE),
                "page[number]": "1",
            },
            until=date(last + 1, 1, 31),
        )
        for first, last in spans
    ]


def expected(now: datetime) -> date:
    """Return the oldest day of the newest auction: coupons are auctioned every week or two."""
    return now.date() - timedelta(days=16)


FEED = Feed("treasury_auctions", (Route("query", _requests, alone(parse)),), expected)
