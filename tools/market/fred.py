"""FRED -> interest on reserve balances (IORB); a key is welcome, the graph file works without.

The bundled table of policy rates stands in where neither answers.
"""

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
from tools.market.feed import Feed, Parsed, Percent, Route, alone, read_json, read_rows, read_text

API = "https://api.stlouisfed.org/fred/series/observations"
AHEAD = 7  # a rate is decided before the day on which it takes effect
GRAPH = "https://fred.stlouisfed.org/graph/fredgraph.csv"


def _null(value: object) -> object:
    return None if str(value).strip() in {"", "."} else value


class Observation(BaseModel):
    """One day's rate, percent; FRED writes a dot or nothing where there is none."""

    model_config = ConfigDict(extra="allow")

    day: date = Field(validation_alias="date")
    value: Annotated[Percent | None, BeforeValidator(_null)]


def _parsed(rows: list[Observation]) -> Parsed:
    known = [(row.day, row.value / 100) for row in rows if row.value is not None]
    if not known:
        raise FeedError("not_published")
    days, rates = zip(*known, strict=True)
    return Parsed(values=(values_frame("iorb", list(days), list(rates), "fred_iorb"),))


def parse_api(content: bytes) -> Parsed:
    """Return the rates of the API's JSON."""
    body = read_json(content)
    if not isinstance(body, dict) or not isinstance(body.get("observations"), list):
        raise FeedError("missing_field", field="observations")
    return _parsed(read_rows(Observation, body["observations"]))


def parse_graph(content: bytes) -> Parsed:
    """Return the rates of the graph CSV, in its older (DATE) or newer (observation_date) form."""
    table = csv.DictReader(io.StringIO(read_text(content, whole_lines=True)))
    names = table.fieldnames or ()
    if "IORB" not in names:
        raise FeedError("missing_field", field="IORB")
    rows = [{"date": row[names[0]], "value": row["IORB"]} for row in table]
    return _parsed(read_rows(Observation, rows))


def feed(api_key: str | None) -> Feed:
    """Return the feed, by the API first where there is a key."""
    keyed = {"series_id": "IORB", "file_type": "json", "api_key": api_key or ""}
    asked = Request("graph", GRAPH, {"id": "IORB"})
    graph = Route("graph", lambda _now: [asked], alone(parse_graph))
    api = Route("api", lambda _now: [Request("api", API, keyed)], alone(parse_api))
    return Feed("fred_iorb", (api, graph) if api_key else (graph,), expected, AHEAD)


def expected(now: datetime) -> date:
    """Return the day by which a rate must be known: IORB has a value for every day."""
    return now.astimezone(publication.NEW_YORK).date() - timedelta(days=4)
