"""New York Fed, reference rates -> SOFR with percentiles and volume, TGCR, BGCR, EFFR, OBFR."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from tools.market import publication
from tools.market.client import Request
from tools.market.data import values_frame
from tools.market.errors import FeedError
from tools.market.feed import Amount, Feed, Parsed, Percent, Route, read_json, read_rows, years

if TYPE_CHECKING:
    import pandas as pd

BASE = "https://markets.newyorkfed.org/api/rates"
RATES = {
    **dict.fromkeys(("sofr", "tgcr", "bgcr"), "secured"),
    **dict.fromkeys(("effr", "obfr"), "unsecured"),
}
FIRST_YEAR = 2018
PERCENTILES = (1, 25, 75, 99)


class RefRate(BaseModel):
    """One rate of one day; percent, and USD billion."""

    model_config = ConfigDict(extra="allow")

    effectiveDate: date  # noqa: N815  # the publisher's own name
    type: str
    percentRate: Percent  # noqa: N815
    percentPercentile1: Percent | None = None  # noqa: N815
    percentPercentile25: Percent | None = None  # noqa: N815
    percentPercentile75: Percent | None = None  # noqa: N815
    percentPercentile99: Percent | None = None  # noqa: N815
    volumeInBillions: Amount | None = None  # noqa: N815


def _parse(content: bytes, slice_name: str) -> Parsed:
    body = read_json(content)
    if not isinstance(body, dict) or not isinstance(body.get("refRates"), list):
        raise FeedError("missing_field", field="refRates")
    rows = read_rows(RefRate, body["refRates"])
    if not rows:
        raise FeedError("not_published")
    name = slice_name.split("-", maxsplit=1)[0]
    if other := next((row.type for row in rows if row.type.lower() != name), None):
        raise FeedError("bad_value", field="type", value=other)
    return Parsed(values=tuple(_frames(name, sorted(rows, key=lambda row: row.effectiveDate))))


def _frames(name: str, rows: Sequence[RefRate]) -> list[pd.DataFrame]:
    source, days = f"nyfed_{name}", [row.effectiveDate for row in rows]
    frames = [values_frame(name, days, [row.percentRate / 100 for row in rows], source)]
    if name == "sofr":
        for p in PERCENTILES:
            rates = [_scaled(getattr(row, f"percentPercentile{p}"), 0.01) for row in rows]
            frames.append(values_frame(f"sofr_p{p}", days, rates, source))
        volumes = [_scaled(row.volumeInBillions, 1e9) for row in rows]
        frames.append(values_frame("sofr_volume", days, volumes, source))
    return frames


def _scaled(value: float | None, scale: float) -> float:
    return float("nan") if value is None else value * scale


def _requests(now: datetime) -> list[Request]:
    """Ask for this year, for the last and for all the years before."""
    this = years(FIRST_YEAR, now)[0]
    spans = [
        (f"{this}", this, this),
        (f"{this - 1}", this - 1, this - 1),
        (f"{FIRST_YEAR}-{this - 2}", FIRST_YEAR, this - 2),
    ]
    return [
        Request(
            f"{rate}-{name}",
            f"{BASE}/{kind}/{rate}/search.json",
            {"startDate": f"{first}-01-01", "endDate": f"{last}-12-31"},
            until=date(last, 12, 31),
        )
        for rate, kind in RATES.items()
        for name, first, last in spans
    ]


def expected(now: datetime) -> date:
    """Return the newest SOFR that is out an hour before `now`."""
    return publication.newest_published("sofr", now - timedelta(hours=1))


FEED = Feed("nyfed_rates", (Route("search", _requests, _parse),), expected)
