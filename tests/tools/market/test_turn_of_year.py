"""Whatever days feeds are fetched on, all that was published by then is held, corrections too.

The server plays each publisher by the publication rules: it sends a day's figure from the moment
on which it is out, some a day late, and a corrected one from the day after that. Figures are made
up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from tests.tools.market import bodies
from tests.tools.market.publisher import FAST, Handler, Publisher, publishing
from tools.market import nyfed, publication
from tools.market.client import Request
from tools.market.feed import Feed
from tools.market.fetch import feeds, read_cache, refresh

FED = ("sofr", "tgcr", "bgcr", "effr", "obfr")
FETCHED = ("nyfed_rates", "nyfed_operations", "treasury_par", "cftc_tff")
FIRST, CORRECTED = 4.0, 4.25
LATE = frozenset({date(2026, 12, 30), date(2026, 12, 31), date(2026, 3, 6)})


def business_days(first: date, last: date) -> list[date]:
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    on = np.is_busday(days, holidays=publication.bond_holidays())
    return [date.fromisoformat(str(day)) for day in days[on]]


def out_at(series: str, day: date) -> datetime:
    [stamp] = publication.published(series, np.array([np.datetime64(day)]))
    return stamp.to_pydatetime() + timedelta(days=day in LATE)


def rate_of(series: str, day: date, now: datetime) -> float:
    """Return the percent that the publisher gives for a day: corrected a day after it came out."""
    return CORRECTED if now >= out_at(series, day) + timedelta(days=1) else FIRST


def out(series: str, first: date, last: date, now: datetime) -> list[date]:
    days = business_days(first, min(last, now.date()))
    return [day for day in days if out_at(series, day) <= now]


def reported(year: int, now: datetime) -> list[date]:
    tuesdays = bodies.tuesdays(date(year, 12, 31) - timedelta(date(year, 12, 31).weekday() - 1), 52)
    return [day for day in tuesdays if day.year == year and publication.tff_published(day) <= now]


class Rules:
    """The publishers as the rules have them at a moment."""

    def __init__(self, server: Publisher) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        for host in ("nyfed", "treasury", "socrata"):
            server.faults[host] = self.send

    def send(self, handler: Handler) -> None:
        handler.write(self.body(handler))

    def body(self, handler: Handler) -> bytes:
        host, path = handler.path_args
        if host == "socrata":
            year = int(re.findall(r"20\d\d", handler.get_query_argument("$where"))[0])
            return bodies.as_json(bodies.socrata(reported(year, self.now)))
        if host == "treasury":
            year = int(handler.get_query_argument("field_tdr_date_value"))
            days = out("ust", date(year, 1, 1), date(year, 12, 31), self.now)
            return bodies.par_csv(days)
        first, last = (
            date.fromisoformat(handler.get_query_argument(f"{end}Date")) for end in ("start", "end")
        )
        if "/rp/" in path:
            return bodies.as_json(bodies.operations(out("srf_takeup", first, last, self.now)))
        kind = path.split("/")[-2]
        rows = [
            row
            for day in out(kind, first, last, self.now)
            for row in bodies.ref_rates(kind, [day], rate_of(kind, day, self.now))["refRates"]
        ]
        return bodies.as_json({"refRates": rows})


@pytest.fixture(scope="module")
def first_year() -> int:
    return 2025


@pytest.fixture
def few_days(few_years: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nyfed, "FIRST_YEAR", 2025)


def at(day: str) -> datetime:
    """Return the hour of the bot's evening fetch on a day in New York, 16:15."""
    return datetime.fromisoformat(f"{day}T16:15").replace(tzinfo=publication.NEW_YORK)


def held(folder: Path, now: datetime) -> Iterator[tuple[str, dict[date, float]]]:
    data = read_cache(folder)
    for series in (*FED, "srf_takeup", "ust_10y"):
        yield series, {point.as_of: point.value for point in data.series(series, now)}


@pytest.mark.parametrize(
    "days",
    [
        ("2026-12-31", "2027-01-01", "2027-01-04", "2027-01-08"),
        ("2026-12-24", "2027-01-01", "2027-01-06"),
        ("2026-12-31", "2027-01-02", "2027-02-12"),
        ("2027-01-01", "2027-01-05"),
        ("2026-03-06", "2026-03-09", "2026-03-12"),
        ("2026-10-30", "2026-11-02"),
    ],
)
async def test_all_that_was_published_is_held_on_whatever_days_it_is_fetched(
    few_days: None, tmp_path: Path, days: tuple[str, ...]
):
    async with publishing() as server:
        rules = Rules(server)
        for day in days:
            rules.now = at(day)
            await refresh(tmp_path, rules.now, origins=server.origins, pace=FAST, only=FETCHED)
    for series, found in held(tmp_path, rules.now):
        assert sorted(found) == out(series, date(2025, 1, 1), date(2027, 12, 31), rules.now), series
        if series in FED:
            said = {day: rate_of(series, day, rules.now) / 100 for day in found}
            assert found == pytest.approx(said), series
    reports = {report.as_of for report in read_cache(tmp_path).reports}
    assert {day for year in (2026, 2027) for day in reported(year, rules.now)} <= reports


def last_day(request: Request) -> date | None:
    """Return the last day that a request asks for, None where it asks for all there is."""
    words = " ".join([request.slice, *(request.params or {}).values()])
    found = [date.fromisoformat(day) for day in re.findall(r"20\d\d-\d\d-\d\d", words)]
    years = [date(int(year), 12, 31) for year in re.findall(r"(?<!\d)20\d\d(?!\d)", request.slice)]
    return max([*found, *years], default=None)


YEARLY = [feed for feed in feeds() if feed.name != "treasury_prices"]


@pytest.mark.parametrize("feed", YEARLY, ids=lambda feed: feed.name)
def test_what_is_asked_for_once_ended_long_ago(feed: Feed):
    """A publisher is late by weeks at most (a shutdown's reports); prices of a day apart."""
    for now in (at("2026-12-31"), at("2027-01-01"), at("2027-01-02"), at("2027-07-01")):
        for route in feed.routes:
            for request in route.requests(now):
                if request.settled:
                    last = last_day(request)
                    assert last is not None
                    assert now.date() - last >= timedelta(days=300), request.slice


@pytest.mark.parametrize("day", ["2026-12-28", "2027-01-01", "2027-06-01"])
def test_a_note_auctioned_in_december_and_issued_in_january_is_asked_for(day: str):
    """The 2-year note auctioned on 27 December 2022 was issued on 3 January 2023."""
    [route] = next(feed for feed in YEARLY if feed.name == "treasury_auctions").routes
    filters = [request.params["filter"] for request in route.requests(at(day))]
    spans = [re.findall(r"\d{4}-\d\d-\d\d", text) for text in filters]
    assert any(first <= "2027-01-03" <= last for first, last in spans)
