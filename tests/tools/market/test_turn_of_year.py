"""Whatever days feeds are fetched on, all that was published by then is held, corrections too."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tests.tools.market.publisher import FAST, publishing
from tests.tools.market.rules import A_DAY, FEEDS, Rules, held
from tools.market import auctions, cftc, nyfed, operations, publication, treasury
from tools.market.client import Request
from tools.market.feed import REVISED, Feed, is_settled
from tools.market.fetch import feeds, read_cache, refresh

YEARLY = [feed for feed in feeds() if feed.name != "treasury_prices"]
[PRICES] = [feed for feed in feeds() if feed.name == "treasury_prices"]


@pytest.fixture
def first_years(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three years of each feed instead of ten or twenty."""
    for feed in (auctions, cftc, nyfed, operations, treasury):
        monkeypatch.setattr(feed, "FIRST_YEAR", 2025)


def at(day: date | str, hour: float = 16.25) -> datetime:
    """Return an hour of a day in New York; the bot's evening fetch without one."""
    midnight = datetime.fromisoformat(str(day)).replace(tzinfo=publication.NEW_YORK)
    return midnight + timedelta(hours=hour)


ON = {
    "over the new year": ("2026-12-31", "2027-01-01", "2027-01-02", "2027-01-04", "2027-01-08"),
    "off between the years": ("2026-12-24", "2027-01-01", "2027-01-06"),
    "first on a holiday": ("2027-01-01", "2027-01-05"),
    "over a weekend": ("2026-03-06", "2026-03-07", "2026-03-08", "2026-03-09", "2026-03-12"),
    "at a month's end": ("2026-10-30", "2026-11-02"),
    "twice in a day": ("2026-07-02", "2026-07-02", "2026-07-06"),
    "off for more than a year": ("2025-12-31", "2027-01-04"),
}


def moments(seed: int) -> list[datetime]:
    """Return days and hours by chance: most about the turn of a year, a month's end among them."""
    chance = random.Random(seed)
    turn = [date(2026, 12, 28) + n * A_DAY for n in range(12)]
    year = [date(2026, 1, 2) + n * A_DAY for n in range(400)]
    days = sorted({*chance.sample(turn, 5), *chance.sample(year, 4), date(2026, 10, 31)})
    return [at(day, chance.choice((0.5, 8.5, 16.25, 20, 23.5))) for day in days]


CASES = {
    **{name: [at(day) for day in days] for name, days in ON.items()},
    **{f"by chance {seed}": moments(seed) for seed in range(2)},
}


@pytest.mark.usefixtures("first_years")
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("feed", FEEDS)
async def test_all_that_was_published_is_held_on_whatever_days_it_is_fetched(
    tmp_path: Path, feed: str, case: str
):
    async with publishing() as server:
        rules = Rules(server, seed=len(case))
        for moment in CASES[case]:
            rules.now = moment
            await refresh(tmp_path, moment, origins=server.origins, pace=FAST, only=[feed])
    data = read_cache(tmp_path)
    for series in FEEDS[feed]:
        told, found = rules.told(series), held(data, series)
        if feed == "treasury_prices":  # of a day each, and only the last ones are asked for
            asked = {request.slice for request in PRICES.routes[0].requests(rules.now)}
            told, found = (
                {day: price for day, price in all_days.items() if str(day) in asked}
                for all_days in (told, found)
            )
        assert told
        assert sorted(told.keys() ^ found.keys()) == [], series.name
        assert found == pytest.approx(told), series.name


def test_every_feed_is_played_by_its_publishers_rule():
    assert {feed.name for feed in feeds()} == set(FEEDS)


@pytest.mark.usefixtures("first_years")
@pytest.mark.parametrize("away", [("socrata",), ("cftc",), ()])
async def test_a_report_corrected_while_one_route_is_away_is_held_by_the_other(
    tmp_path: Path, away: tuple[str, ...]
):
    """Fetched while it is new by one route, a day on by whichever answers then."""
    [tff] = FEEDS["cftc_tff"]
    async with publishing() as server:
        rules = Rules(server, seed=1)
        for moment, gone in (("2026-07-10", ()), ("2026-07-17", ()), ("2026-07-20", away)):
            rules.now, rules.away = at(moment), set(gone)
            await refresh(tmp_path, rules.now, origins=server.origins, pace=FAST, only=["cftc_tff"])
    data = read_cache(tmp_path)
    assert held(data, tff) == pytest.approx(rules.told(tff))
    assert all(r.published_at == publication.tff_published(r.as_of) for r in data.reports[-9:-3])


def last_day(request: Request) -> date | None:
    """Return the last day that a request asks for, None where it asks for all there is."""
    words = " ".join([request.slice, *(request.params or {}).values()])
    found = [date.fromisoformat(day) for day in re.findall(r"20\d\d-\d\d-\d\d", words)]
    years = [date(int(year), 12, 31) for year in re.findall(r"(?<!\d)20\d\d(?!\d)", request.slice)]
    return max([*found, *years], default=None)


def ended(feed: Feed) -> Iterator[Request]:
    for now in (at("2026-12-31"), at("2027-01-01"), at("2027-01-02"), at("2027-07-01")):
        for route in feed.routes:
            yield from route.requests(now)


@pytest.mark.parametrize("feed", YEARLY, ids=lambda feed: feed.name)
def test_a_slice_says_truly_up_to_which_day_it_reaches(feed: Feed):
    for request in ended(feed):
        assert request.until in {None, last_day(request)}, request.slice


def test_a_slice_is_settled_once_it_was_asked_long_after_its_end():
    year = Request("2025", "https://home.treasury.gov/csv", until=date(2025, 12, 31))
    soonest = publication.end_of(date(2025, 12, 31)) + REVISED
    assert not is_settled(year, soonest - A_DAY)
    assert is_settled(year, soonest)
    assert not is_settled(Request("all", "https://home.treasury.gov/csv"), soonest)


@pytest.mark.parametrize("day", ["2026-12-28", "2027-01-01", "2027-06-01"])
def test_a_note_auctioned_in_december_and_issued_in_january_is_asked_for(day: str):
    """The 2-year note auctioned on 27 December 2022 was issued on 3 January 2023."""
    [route] = next(feed for feed in YEARLY if feed.name == "treasury_auctions").routes
    filters = [request.params["filter"] for request in route.requests(at(day))]
    spans = [re.findall(r"\d{4}-\d\d-\d\d", text) for text in filters]
    assert any(first <= "2027-01-03" <= last for first, last in spans)
