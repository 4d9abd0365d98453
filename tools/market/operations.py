"""New York Fed, repo operations -> standing repo take-up and overnight reverse repo, by day.

Several operations may fall on one day, as the standing repo facility's do since 2025: they add up.
Tests of small value are no take-up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from tools.market import publication
from tools.market.client import Request
from tools.market.data import values_frame
from tools.market.errors import FeedError
from tools.market.feed import Amount, Feed, Parsed, Route, alone, read_json, read_rows, years

URL = "https://markets.newyorkfed.org/api/rp/results/search.json"
FIRST_YEAR = 2018
# The publisher's type of operation -> our series and source.
SERIES = {"Repo": ("srf_takeup", "nyfed_srf"), "Reverse Repo": ("rrp", "nyfed_rrp")}


class Operation(BaseModel):
    """One operation, USD accepted."""

    model_config = ConfigDict(extra="allow")

    operationDate: date  # noqa: N815  # the publisher's own names
    operationType: str  # noqa: N815
    totalAmtAccepted: Amount  # noqa: N815
    operationId: str | None = None  # noqa: N815
    term: str | None = None
    note: str | None = None
    isSmallValue: str | bool | None = None  # noqa: N815

    @property
    def counts(self) -> bool:
        """Tell whether it is overnight and no technical exercise."""
        small = (
            self.isSmallValue in {True, "Y", "Yes", "true"} or "small" in (self.note or "").lower()
        )
        return not small and (self.term or "Overnight") == "Overnight"


def parse(content: bytes) -> Parsed:
    """Return what was accepted a day, by facility; an operation that stands twice counts once."""
    body = read_json(content)
    try:
        records = body["repo"]["operations"]
    except (TypeError, KeyError) as error:
        raise FeedError("missing_field", field="repo.operations") from error
    operations = [row for row in _once(read_rows(Operation, records)) if row.counts]
    if not operations:
        raise FeedError("not_published")
    return Parsed(
        values=tuple(
            values_frame(series, list(daily), list(daily.values()), source)
            for kind, (series, source) in SERIES.items()
            if (daily := _daily(row for row in operations if row.operationType == kind))
        )
    )


def _once(rows: Iterable[Operation]) -> list[Operation]:
    found: dict[str, Operation] = {}
    for row in rows:
        if found.setdefault(row.operationId or row.model_dump_json(), row) != row:
            raise FeedError(
                "conflict", field=str(row.operationId), date=row.operationDate.isoformat()
            )
    return list(found.values())


def _daily(operations: Iterable[Operation]) -> dict[date, float]:
    sums: dict[date, float] = defaultdict(float)
    for operation in operations:
        sums[operation.operationDate] += operation.totalAmtAccepted
    return dict(sorted(sums.items()))


def _requests(now: datetime) -> list[Request]:
    return [
        Request(
            f"{year}",
            URL,
            {"startDate": f"{year}-01-01", "endDate": f"{year}-12-31"},
            until=date(year, 12, 31),
        )
        for year in years(FIRST_YEAR, now)
    ]


def expected(now: datetime) -> date:
    """Return the day of the newest operations that are out an hour before `now`."""
    return publication.newest_published("rrp", now - timedelta(hours=1))


FEED = Feed("nyfed_operations", (Route("search", _requests, alone(parse)),), expected)
