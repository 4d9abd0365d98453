"""U.S. Treasury, daily par yield curve -> the 2, 5, 10 and 30-year par yields."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tools.market import publication
from tools.market.client import Request
from tools.market.data import values_frame
from tools.market.errors import FeedError
from tools.market.feed import Feed, Parsed, Percent, Route, alone, read_rows, read_text, years

URL = (
    "https://home.treasury.gov/resource-center/data-chart-center/interest-rates/"
    "daily-treasury-rates.csv/{year}/all"
)
FIRST_YEAR = 2018
TENORS = (2, 5, 10, 30)


def _day(value: object) -> object:
    """Read a date as the page (07/14/2026) or a copy of it (2026-07-14) writes it."""
    text = str(value).strip()
    return datetime.strptime(text, "%m/%d/%Y").date() if "/" in text else text  # noqa: DTZ007  # a date


def _issued(value: object) -> object:
    """Read an empty cell as nothing: that tenor was not issued then."""
    return None if value is None or not str(value).strip() else value


Yield = Annotated[Percent | None, BeforeValidator(_issued)]


class ParCurve(BaseModel):
    """The par yields of one day, percent. The columns must be there, a cell may be empty."""

    model_config = ConfigDict(extra="allow")

    day: Annotated[date, BeforeValidator(_day)] = Field(validation_alias="Date")
    y2: Yield = Field(validation_alias="2 Yr")
    y5: Yield = Field(validation_alias="5 Yr")
    y10: Yield = Field(validation_alias="10 Yr")
    y30: Yield = Field(validation_alias="30 Yr")


def parse(content: bytes) -> Parsed:
    """Return the yields of a year's CSV, read by its header: columns come and go."""
    table = csv.DictReader(io.StringIO(read_text(content)))
    if "Date" not in (table.fieldnames or ()):
        raise FeedError("missing_field", field="Date")
    lines = list(table)
    if any(None in line or None in line.values() for line in lines):
        raise FeedError("bad_table")  # a line longer or shorter than the header
    rows = sorted(read_rows(ParCurve, lines), key=lambda row: row.day)
    if not rows:
        raise FeedError("not_published")
    for n in TENORS:
        if all(getattr(row, f"y{n}") is None for row in rows):
            raise FeedError("missing_field", field=f"{n} Yr")  # none on a day, but never?
    days = [row.day for row in rows]
    return Parsed(
        values=tuple(
            values_frame(
                f"ust_{n}y", days, [_decimal(getattr(row, f"y{n}")) for row in rows], SOURCE
            )
            for n in TENORS
        )
    )


SOURCE = "treasury_par"


def _decimal(percent: float | None) -> float:
    return float("nan") if percent is None else percent / 100


def _requests(now: datetime) -> list[Request]:
    return [
        Request(
            f"{year}",
            URL.format(year=year),
            {
                "type": "daily_treasury_yield_curve",
                "field_tdr_date_value": str(year),
                "page": "",
                "_format": "csv",
            },
            until=date(year, 12, 31),
        )
        for year in years(FIRST_YEAR, now)
    ]


def expected(now: datetime) -> date:
    """Return the day of the newest curve that is out an hour before `now`."""
    return publication.newest_published("ust", now - timedelta(hours=1))


FEED = Feed("treasury_par", (Route("csv", _requests, alone(parse)),), expected)
