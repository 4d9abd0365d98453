"""New York Fed, primary dealers -> net positions by bucket, fails, repo.

Weekly, as of a Wednesday, published on Thursday of the week after. USD million; an asterisk is a
figure that is withheld so as to show no single dealer.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from tools.market import publication
from tools.market.client import Request
from tools.market.data import values_frame
from tools.market.errors import FeedError
from tools.market.feed import Feed, Finite, Parsed, Route, alone, read_json, read_rows

URL = "https://markets.newyorkfed.org/api/pd/get/{keys}.json"
SOURCE = "nyfed_pd"
# The publisher's key -> our series. Net positions are long less short, by time to maturity.
KEYS = {
    "PDPOSGS-B": "pd_pos_bills",
    "PDPOSGSC-L2": "pd_pos_0_2y",
    "PDPOSGSC-G2L3": "pd_pos_2_3y",
    "PDPOSGSC-G3L6": "pd_pos_3_6y",
    "PDPOSGSC-G6L7": "pd_pos_6_7y",
    "PDPOSGSC-G7L11": "pd_pos_7_11y",
    "PDPOSGSC-G11L21": "pd_pos_11_21y",
    "PDPOSGSC-G21": "pd_pos_21y",
    "PDPOSGST-TOT": "pd_pos_total",
    "PDFTD-USTET": "pd_fails_deliver",
    "PDFTR-USTET": "pd_fails_receive",
    "PDSORA-UTSETTOT": "pd_repo_out",
    "PDSIRRA-UTSETTOT": "pd_reverse_in",
}


def _withheld(value: object) -> object:
    return None if str(value).strip() in {"*", ""} else value


class Observation(BaseModel):
    """One series on one Wednesday, USD million."""

    model_config = ConfigDict(extra="allow")

    asofdate: date
    keyid: str
    value: Annotated[Finite | None, BeforeValidator(_withheld)]


def parse(content: bytes) -> Parsed:
    """Return the series of one answer; every key that was asked for must be in it."""
    body = read_json(content)
    try:
        records = body["pd"]["timeseries"]
    except (TypeError, KeyError) as error:
        raise FeedError("missing_field", field="pd.timeseries") from error
    rows = sorted(read_rows(Observation, records), key=lambda row: row.asofdate)
    known = [row for row in rows if row.keyid in KEYS]
    if not known:
        raise FeedError("not_published")
    if lacking := KEYS.keys() - {row.keyid for row in known}:
        raise FeedError("missing_field", field=", ".join(sorted(lacking)))
    return Parsed(
        values=tuple(
            values_frame(
                series,
                [row.asofdate for row in known if row.keyid == key],
                [_usd(row.value) for row in known if row.keyid == key],
                SOURCE,
            )
            for key, series in KEYS.items()
        )
    )


def _usd(millions: float | None) -> float:
    return float("nan") if millions is None else millions * 1e6


def expected(now: datetime) -> date:
    """Return the newest Wednesday whose figures are out, a day's grace for holidays allowed."""
    day = publication.newest_published("pd", now - timedelta(days=1))
    return day - timedelta(days=(day.weekday() - 2) % 7)


def _requests(_now: datetime) -> list[Request]:
    return [Request("all", URL.format(keys="_".join(KEYS)))]


FEED = Feed("nyfed_dealers", (Route("get", _requests, alone(parse)),), expected)
