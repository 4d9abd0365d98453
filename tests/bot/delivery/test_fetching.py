"""When the feeds are asked, and that nothing waits for them longer than it should."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import composer
from bot.assistant import make_assistant
from bot.delivery import fetching
from bot.delivery.fetching import Fetching, fetch_briefly, is_due, is_stale, last_time
from bot.settings import Settings
from bot.store.departures import Look
from tests.tools.market import bodies
from tools.market.cache import Cache
from tools.market.data import FeedStatus
from tools.market.fetch import refresh
from tools.market.store import MarketShelf, market_cache

SATURDAY = datetime(2026, 7, 18, 13, tzinfo=UTC)  # 09:00 in New York


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-07-17T15:44:59-04:00", "2026-07-16T16:15:00-04:00"),
        ("2026-07-17T15:45:00-04:00", "2026-07-17T15:45:00-04:00"),
        ("2026-07-17T19:59:00-04:00", "2026-07-17T17:00:00-04:00"),
        ("2026-07-18T09:00:00-04:00", "2026-07-18T08:00:00-04:00"),
        ("2026-07-20T09:00:00-04:00", "2026-07-18T08:00:00-04:00"),
        ("2026-07-20T16:15:00-04:00", "2026-07-20T16:15:00-04:00"),
        # The clocks of New York go back on 2026-11-01 and forward on 2027-03-14.
        ("2026-11-02T21:14:00+00:00", "2026-10-31T08:00:00-04:00"),
        ("2026-11-02T21:15:00+00:00", "2026-11-02T16:15:00-05:00"),
        ("2027-03-19T19:45:00+00:00", "2027-03-19T15:45:00-04:00"),
    ],
)
def test_the_newest_time_that_has_come(now: str, last: str):
    assert last_time(moment(now)) == moment(last)


@pytest.mark.parametrize(
    ("checked", "now", "due"),
    [
        (None, "2026-07-18T09:00:00-04:00", True),
        ("2026-07-18T08:00:30-04:00", "2026-07-18T09:00:00-04:00", False),
        ("2026-07-18T07:59:00-04:00", "2026-07-18T09:00:00-04:00", True),
        ("2026-07-18T08:00:30-04:00", "2026-07-19T07:59:00-04:00", False),
        ("2026-07-18T08:00:30-04:00", "2026-07-19T08:01:00-04:00", True),  # a day old
        ("2026-07-19T08:00:30-04:00", "2026-07-18T09:00:00-04:00", True),  # a clock set back
    ],
)
def test_it_is_due_when_a_time_has_come_since_or_a_day_has_passed(
    checked: str | None, now: str, due: bool
):
    assert is_due(moment(checked) if checked else None, moment(now)) is due


def test_without_any_answer_it_is_tried_again_after_an_hour():
    last = moment("2026-07-18T08:01:00-04:00")
    assert not is_due(last, last + timedelta(minutes=59), all_failed=True)
    assert is_due(last, last + timedelta(minutes=60), all_failed=True)
    assert not is_due(last, last + timedelta(minutes=60))


@dataclass
class Publisher:
    """Plays the fetch: takes `seconds`, writes a status, counts."""

    folder: Path
    seconds: float = 0.0
    error: str | None = None
    asked: list[datetime] = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, now: datetime) -> Sequence[FeedStatus]:
        self.asked.append(now)
        self.began.set()
        await asyncio.sleep(self.seconds)
        body = bodies.as_json(bodies.socrata([date(2026, 7, 14)], short=900_000))
        await asyncio.to_thread(keep, self.folder, body, now, self.error)
        return ()


def keep(folder: Path, body: bytes, now: datetime, error: str | None = None) -> None:
    from tools.market.client import Body, Request

    cache = Cache(folder)
    cache.keep("cftc_tff", "socrata", Request("socrata-2026", ""), Body(body, now))
    cache.write_status([FeedStatus("cftc_tff", date(2026, 7, 14), now, "socrata", error)])


def made(tmp_path: Path, publisher: Publisher, now: Callable[[], datetime]) -> Fetching:
    return Fetching(tmp_path, MarketShelf(tmp_path), publisher, now)


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(market_cache(tmp_path))


async def test_a_fetch_renews_what_the_market_knows(tmp_path: Path, publisher: Publisher):
    work = made(tmp_path, publisher, lambda: SATURDAY)
    assert work.shelf().origin == "bundled"
    await work.tick()
    assert work.shelf().origin == "fetched"
    await work.tick()
    assert publisher.asked == [SATURDAY]


async def test_it_starts_by_itself_and_stops_at_once(tmp_path: Path, publisher: Publisher):
    publisher.seconds = 60
    work = made(tmp_path, publisher, lambda: SATURDAY)
    work.start()
    await asyncio.wait_for(publisher.began.wait(), 5)
    began = time.monotonic()
    await work.stop()
    assert time.monotonic() - began < 1
    assert work.shelf().origin == "bundled"


async def test_what_another_process_fetched_is_read(tmp_path: Path, publisher: Publisher):
    work = made(tmp_path, publisher, lambda: SATURDAY)
    body = bodies.as_json(bodies.socrata([date(2026, 7, 14)]))
    work.shelf()
    keep(market_cache(tmp_path), body, SATURDAY)
    await work.tick()
    assert publisher.asked == []
    assert work.shelf().origin == "fetched"


async def test_two_who_wait_share_one_fetch(tmp_path: Path, publisher: Publisher):
    publisher.seconds = 0.1
    work = made(tmp_path, publisher, lambda: SATURDAY)
    await asyncio.gather(work.settled(), work.settled(), work.tick())
    assert publisher.asked == [SATURDAY]


async def test_a_digest_waits_for_the_fetch_that_is_due(tmp_path: Path, publisher: Publisher):
    """After a start on a Saturday morning the digest is composed of what was just fetched."""
    publisher.seconds = 0.2
    work = made(tmp_path, publisher, lambda: SATURDAY)
    assistant = make_assistant(Settings(data_dir=tmp_path, feeds=False), shelf=work.shelf)
    [text, *_] = await composer(assistant, work)("2026-W29", SATURDAY, Look("en", "light"))
    assert "2026-07-14" in text.html
    assert "Nothing has been fetched yet" not in text.html


async def test_nobody_waits_long_and_nobody_twice_for_the_same_fetch(
    tmp_path: Path, publisher: Publisher
):
    publisher.seconds = 60
    work = made(tmp_path, publisher, lambda: SATURDAY)
    began = time.monotonic()
    await work.settled(0.1)
    await work.settled(30)
    assert time.monotonic() - began < 1
    await work.stop()


async def test_a_fetch_that_breaks_holds_up_no_digest(
    tmp_path: Path, publisher: Publisher, caplog: pytest.LogCaptureFixture
):
    async def broken(_: datetime) -> Sequence[FeedStatus]:
        raise OSError("No space left on device")

    work = Fetching(tmp_path, MarketShelf(tmp_path), broken, lambda: SATURDAY)
    await work.settled(5)
    assert "No space left" in caplog.text
    assert work.shelf().origin == "bundled"


@pytest.mark.parametrize(
    ("checked", "on", "stale"),
    [
        ("2026-07-18T12:00:00+00:00", None, False),
        ("2026-07-17T12:00:00+00:00", None, True),
        # A week that had ended before the last fetch gains nothing from another one.
        ("2026-07-16T12:00:00+00:00", date(2025, 4, 11), False),
        ("2026-07-16T12:00:00+00:00", date(2026, 7, 18), True),
    ],
)
def test_what_a_day_needs_may_be_held_already(
    tmp_path: Path, checked: str, on: date | None, stale: bool
):
    Cache(market_cache(tmp_path)).write_status([FeedStatus("x", None, moment(checked))])
    assert is_stale(Settings(data_dir=tmp_path), SATURDAY, on) is stale


def test_a_cache_that_was_never_filled_is_stale(tmp_path: Path):
    assert is_stale(Settings(data_dir=tmp_path), SATURDAY, date(2025, 4, 11))


def test_a_command_goes_on_however_long_a_fetch_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    release = threading.Event()

    async def hang(*_: object) -> None:
        release.wait(20)  # blocks even its own loop

    monkeypatch.setattr(fetching, "fetch_all", hang)
    began = time.monotonic()
    fetch_briefly(Settings(data_dir=tmp_path), SATURDAY, print, seconds=0.2)
    assert time.monotonic() - began < 2
    release.set()


def test_without_a_resolver_each_feed_gets_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from tools.market import client

    def offline(host: str) -> list[str]:
        raise OSError(f"Name or service not known: {host}")

    monkeypatch.setattr(client, "addresses_of", offline)
    monkeypatch.setattr(client.urllib.request, "getproxies", dict)
    told: list[FeedStatus] = []
    fetch_briefly(Settings(data_dir=tmp_path), SATURDAY, told.append, seconds=20)
    assert {status.error for status in told} == {"unreachable"}
    assert len({status.feed for status in told}) == len(told) >= 4
    assert Cache(market_cache(tmp_path)).statuses()


async def test_a_resolver_that_hangs_costs_no_more_than_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from tools.market import client
    from tools.market.client import Pace

    release = threading.Event()

    def hang(_: str) -> list[str]:
        release.wait(20)
        return []

    monkeypatch.setattr(client, "addresses_of", hang)
    monkeypatch.setattr(client.urllib.request, "getproxies", dict)
    began = time.monotonic()
    statuses = await refresh(tmp_path, SATURDAY, pace=Pace(0.01, 0.2, 1.0))
    assert time.monotonic() - began < 3
    assert {status.error for status in statuses} == {"timeout"}
    release.set()


def test_the_tests_ask_no_publisher():
    assert os.environ["BASISBOT_FEEDS"] == "off"
