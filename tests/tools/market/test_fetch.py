"""refresh against a local server: what is sound is kept, what is not is named, nothing hangs."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.i18n import LANGS, Lang
from bot.render.digest.text import digest_text
from bot.render.feeds import checked_lines, feed_line
from bot.render.html import measure
from bot.render.series import series_messages
from bot.week import compose
from tests.tools.market import bodies
from tests.tools.market.publisher import (
    BRIEF,
    FAST,
    LADDER,
    ORIGINS,
    REPORT,
    SATURDAY,
    Handler,
    Publisher,
    answer,
    good,
    hang,
)
from tools.market import cftc, client, fred
from tools.market import fetch as fetching
from tools.market.cache import Cache
from tools.market.check import Checked, as_json, check
from tools.market.client import TRIES, Body, Client, Pace, Request, retry_after
from tools.market.data import FeedStatus
from tools.market.errors import FeedError
from tools.market.feed import Parsed
from tools.market.fetch import refresh
from tools.market.measures import MEASURES, readings
from tools.market.publication import end_of
from tools.market.store import load_market, market_cache


async def fetch(
    publisher: Publisher, folder: Path, *only: str, pace: Pace = FAST
) -> dict[str, FeedStatus]:
    made = await refresh(folder, SATURDAY, origins=publisher.origins, pace=pace, only=only or None)
    return {status.feed: status for status in made}


def test_healthy_feeds_make_a_digest_with_a_score(fetched_once: Path):
    data = load_market(fetched_once)
    statuses = {status.feed: status for status in data.feeds}
    assert {name: status.error for name, status in statuses.items()} == dict.fromkeys(statuses)
    assert len(statuses) == 11
    assert statuses["cftc_tff"].newest == REPORT
    digest = compose(data, date(2026, 7, 18))
    assert digest.origin == "fetched"
    assert digest.score is not None
    assert digest.score.inputs == 5
    figures = {figure.key: figure.value for figure in digest.figures}
    assert figures["sofr_iorb_max"] == pytest.approx(1)
    assert figures["sofr_p99"] == pytest.approx(10)
    assert figures["rrp"] == pytest.approx(5)
    assert digest.positions is not None
    assert digest.positions.report.net_face_bn == pytest.approx(560)


def test_healthy_feeds_fill_bonds_prices_and_monthly_holdings(fetched_once: Path):
    data = load_market(fetched_once)
    assert len(data.securities) == len(LADDER)
    assert max(data.prices) == date(2026, 7, 17)
    assert set(data.prices[date(2026, 7, 14)].values()) == {99.5}
    assert [p.value for p in data.series("tic_cayman")[-1:]] == [453.1e9]
    assert data.series("repo_dvp_rate")[-1].value == pytest.approx(0.0366)
    assert data.series("pd_pos_7_11y")[-1].value == pytest.approx(2_002e6)


def test_every_measure_has_figures_once_the_feeds_were_reached(fetched_once: Path):
    data, day = load_market(fetched_once), date(2026, 7, 18)
    for each in MEASURES.values():
        known = readings(data, each, end_of(day))
        low, high = each.bounds
        assert (each.unasked is None) == bool(known), each.key
        assert all(reading.source and low <= reading.value <= high for reading in known)
    tail = readings(data, MEASURES["sofr_p99"], end_of(day))[-1]
    assert (tail.as_of, tail.value) == (date(2026, 7, 16), pytest.approx(10))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("key", ["sofr_p99", "iorb", "ficc_sponsored_repo", "net:UB"])
def test_a_chart_of_what_was_fetched_has_its_caption_and_its_data(
    fetched_once: Path, key: str, lang: Lang
):
    data, day = load_market(fetched_once), date(2026, 7, 18)
    picture, table = series_messages(MEASURES[key], compose(data, day), data, lang)
    assert picture.attachment
    assert table.attachment
    assert measure(picture.html)[0] <= 1024
    rows = table.attachment.data.decode().splitlines()
    assert len(rows) > 1
    assert rows[0].startswith("date,")


STALE = bodies.as_json(bodies.socrata(bodies.tuesdays(date(2026, 5, 5), 6)))
RENAMED = bodies.as_json(bodies.socrata([REPORT])).replace(b"lev_money_positions", b"lev_positions")
FAULTS = {
    "http_status": answer(404),
    "http_status 429": answer(429, Retry_After="0"),
    "http_status 500": answer(500),
    "html": answer(200, b"<!DOCTYPE html><html>maintenance</html>"),
    "empty": answer(200),
    "bad_json": answer(200, bodies.as_json(bodies.socrata([REPORT]))[:-99]),
    "missing_field": answer(200, RENAMED),
    "not_published": answer(200, b"[]"),
    "timeout": hang,
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_when_the_api_fails_the_yearly_file_steps_in(
    publisher: Publisher, tmp_path: Path, fault: str
):
    publisher.faults["socrata"] = FAULTS[fault]
    pace = BRIEF if fault == "timeout" else FAST
    status = (await fetch(publisher, tmp_path, "cftc_tff", pace=pace))["cftc_tff"]
    assert status.error is None
    assert status.route == "zip"
    assert status.newest == REPORT


async def test_stale_rows_of_the_api_give_way_to_the_file(publisher: Publisher, tmp_path: Path):
    publisher.faults["socrata"] = answer(200, STALE)
    status = (await fetch(publisher, tmp_path, "cftc_tff"))["cftc_tff"]
    assert (status.route, status.newest) == ("zip", REPORT)


async def test_an_empty_answer_is_no_trouble_while_what_is_held_is_current(
    publisher: Publisher, held: Path
):
    """In the first days of a year its slice is empty, and the newest figures are of the last."""
    publisher.faults |= {"socrata": FAULTS["not_published"], "cftc": FAULTS["http_status"]}
    assert (await fetch(publisher, market_cache(held), "cftc_tff"))["cftc_tff"].error is None
    publisher.faults["cftc"] = FAULTS["empty"]
    shutil.rmtree(market_cache(held) / "cftc_tff")
    assert (await fetch(publisher, market_cache(held), "cftc_tff"))[
        "cftc_tff"
    ].error == "not_published"


async def test_a_part_that_fails_is_named_beside_what_came(publisher: Publisher, tmp_path: Path):
    def renamed(handler: Handler) -> None:
        name = handler.get_argument("mnemonic")
        if name == "REPO-DVP_TV_TOT-P":
            answer(404)(handler)
        else:
            handler.write(good("ofr", "", 2026))

    publisher.faults["ofr"] = renamed
    status = (await fetch(publisher, tmp_path, "ofr_stfm"))["ofr_stfm"]
    assert (status.newest, status.error, status.partial) == (date(2026, 7, 15), "http_status", True)
    assert "newest 2026-07-15; a part could not be read" in feed_line(status, "en")


async def test_what_came_before_keeps_its_moment_and_old_prices_go(
    publisher: Publisher, held: Path
):
    """Since when a content is public is when it first came, though the server knows no ETag."""
    folder, later = market_cache(held), SATURDAY + timedelta(days=7)
    day = Cache(folder).note("tic_holders", "current").retrieved_at
    publisher.faults["tic"] = lambda handler: handler.write(good("tic", handler.request.path, 2026))
    await refresh(folder, later, origins=publisher.origins, pace=FAST)
    assert Cache(folder).note("tic_holders", "current").retrieved_at == day
    days = sorted(kept.slice for kept, _ in Cache(folder).bodies("treasury_prices"))
    assert days == ["2026-07-20", "2026-07-21", "2026-07-22", "2026-07-23", "2026-07-24"]


async def test_a_damaged_cache_is_fetched_again(publisher: Publisher, held: Path):
    folder = market_cache(held)
    for path in (folder / "cftc_tff").glob("socrata-2024.*"):
        path.write_bytes(b"half")
    (folder / "status.json").write_text("[")
    assert load_market(held).reports
    status = (await fetch(publisher, folder, "cftc_tff"))["cftc_tff"]
    assert status.error is None
    assert Cache(folder).note("cftc_tff", "socrata-2024")


async def test_a_damaged_body_that_has_not_changed_is_asked_for_again(
    publisher: Publisher, held: Path
):
    """The note still names the ETag of what was held: "not changed" would help nobody."""
    [path] = (market_cache(held) / "fred_iorb").glob("graph.*.gz")
    path.write_bytes(path.read_bytes()[:-9])
    status = (await fetch(publisher, market_cache(held), "fred_iorb"))["fred_iorb"]
    assert (status.error, status.newest) == (None, date(2026, 7, 17))


async def test_what_the_cache_holds_and_no_parser_reads_any_more_is_left_out(
    held: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """A newer version may ask more of a body than the one that kept it."""

    def strict(_body: bytes, _slice: str) -> Parsed:
        raise ZeroDivisionError

    usual = fred.feed(None)
    broken = replace(usual, routes=(replace(usual.routes[0], read=strict),))
    monkeypatch.setattr(fred, "feed", lambda _key: broken)
    data = load_market(held)
    assert data.series("sofr")
    assert {point.source for point in data.series("iorb")} == {"fed_notes"}
    assert "bad_table" in caplog.text


async def test_a_folder_that_cannot_be_written_is_named(publisher: Publisher, tmp_path: Path):
    (tmp_path / "fred_iorb").write_text("a file where a folder should be")
    status = (await fetch(publisher, tmp_path, "fred_iorb"))["fred_iorb"]
    assert status.error == "cache"
    assert "the data folder cannot be written" in feed_line(status, "en")


def test_the_newest_eight_bodies_of_a_slice_are_kept(tmp_path: Path):
    cache, request = Cache(tmp_path), Request("2026", "https://home.treasury.gov/csv")
    for n in range(12):
        cache.keep("treasury_par", "csv", request, Body(b"%d" % n, SATURDAY), REPORT)
        [newest] = (tmp_path / "treasury_par").glob(
            f"2026.{Body(b'%d' % n, SATURDAY).sha256[:16]}*"
        )
        os.utime(newest, ns=(n, n))  # a clock that is too coarse to tell them apart
    held = {gzip.decompress(path.read_bytes()) for path in tmp_path.rglob("2026.*.gz")}
    assert held == {b"%d" % n for n in range(4, 12)}


async def test_with_nothing_ever_fetched_and_all_down_the_bundle_speaks(
    publisher: Publisher, tmp_path: Path
):
    publisher.faults |= dict.fromkeys(ORIGINS.values(), answer(503))
    await fetch(publisher, market_cache(tmp_path))
    data = load_market(tmp_path)
    assert data.origin == "bundled"
    text = digest_text(compose(data, date(2026, 7, 18)), "zh")
    assert "从未取得" in text
    assert "503" in text


async def test_unchanged_bodies_are_not_sent_again(publisher: Publisher, held: Path):
    first = load_market(held)
    statuses = await fetch(publisher, market_cache(held))
    assert statuses["treasury_par"].error is None
    assert load_market(held).reports == first.reports
    assert len(list((market_cache(held) / "treasury_par").glob("2026.*.gz"))) == 1


async def test_a_crowd_of_slices_waits_its_turn_and_does_not_time_out(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Two at a time a host: the wait at the gate is not the server's, and must not count."""
    monkeypatch.setattr(cftc, "FIRST_YEAR", 2017)

    async def slow(handler: Handler) -> None:
        await asyncio.sleep(0.3)
        handler.write(bodies.as_json(bodies.socrata([REPORT])))

    publisher.faults["socrata"] = slow
    pace = replace(FAST, answer=1.0)
    status = (await fetch(publisher, tmp_path, "cftc_tff", pace=pace))["cftc_tff"]
    assert (status.route, status.error) == ("socrata", None)
    assert len(list((tmp_path / "cftc_tff").glob("socrata-*.gz"))) == 10


async def test_a_host_that_asks_to_wait_is_left_alone(publisher: Publisher, tmp_path: Path):
    publisher.faults["socrata"] = answer(429, Retry_After="0")
    publisher.faults["treasury"] = answer(500)
    statuses = await fetch(publisher, tmp_path, "cftc_tff", "treasury_par")
    assert statuses["cftc_tff"].ok
    assert sum(path.startswith("socrata/") for path in publisher.asked) == TRIES  # not a slice more
    assert sum(path.startswith("treasury/") for path in publisher.asked) == 3 * TRIES


async def test_settled_years_are_asked_once(publisher: Publisher, held: Path):
    await fetch(publisher, market_cache(held))
    assert sum(path.startswith("socrata/") for path in publisher.asked) == 2  # this year and last


def test_a_body_is_kept_as_it_came_with_hash_and_time(fetched_once: Path):
    cache = Cache(market_cache(fetched_once))
    bodies_held = {kept.slice: (kept, body) for kept, body in cache.bodies("treasury_par")}
    kept, body = bodies_held["2026"]
    assert body.content == good("treasury", "", 2026)
    assert body.sha256 == kept.sha256
    assert body.retrieved_at == SATURDAY


async def test_a_body_that_cannot_be_trusted_is_set_aside_not_used(
    publisher: Publisher, tmp_path: Path
):
    publisher.faults["socrata"] = answer(200, RENAMED)
    await fetch(publisher, tmp_path, "cftc_tff")
    assert (tmp_path / "cftc_tff" / "socrata-2026.rejected").is_file()
    assert not list((tmp_path / "cftc_tff").glob("socrata-2026.*.gz"))


async def test_a_retry_waits_as_long_as_the_server_asks(publisher: Publisher):
    seen: list[float] = []

    def once(handler: Handler) -> None:
        seen.append(time.monotonic())
        answer(429, Retry_After="1")(handler) if len(seen) == 1 else handler.write(b"DATE,IORB\n")

    publisher.faults["fred"] = once
    async with http(publisher, pace=Pace(0.01, 5.0, 9.0)) as made:
        await made.fetch(Request("graph", "https://fred.stlouisfed.org/graph/fredgraph.csv"))
    assert len(seen) == 2
    assert seen[1] - seen[0] >= 1


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("7", 7), ("Sat, 18 Jul 2026 14:00:09 GMT", 9), ("Sat, 18 Jul 2026 14:00:09 -0000", 9),
        ("Sat, 18 Jul 2026 13:00:00 GMT", -3600), ("soon", 0), ("", 0), ("-3", 0),
    ],
)  # fmt: skip
def test_how_long_a_server_asks_to_wait(asked: str, seconds: float):
    assert retry_after(asked, SATURDAY) == seconds


async def test_a_mirror_may_send_elsewhere_within_itself(publisher: Publisher):
    def moved(handler: Handler) -> None:
        if handler.path_args[1] == "old":
            handler.redirect(f"http://127.0.0.1:{publisher.port}/fred/new")
        else:
            handler.write(b"DATE,IORB\n")

    publisher.faults["fred"] = moved
    async with http(publisher) as made:
        body = await made.fetch(Request("graph", "https://fred.stlouisfed.org/old"))
    assert body.content == b"DATE,IORB\n"


async def test_behind_a_proxy_names_are_the_proxys_to_resolve(monkeypatch: pytest.MonkeyPatch):
    seen: list[httpx.URL] = []

    def record(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(200, stream=httpx.ByteStream(b"body"))

    monkeypatch.setattr(client.urllib.request, "getproxies", lambda: {"https": "http://proxy"})
    monkeypatch.delattr(client, "addresses_of")
    async with httpx.AsyncClient(transport=httpx.MockTransport(record)) as made:
        await Client(made, SATURDAY).fetch(Request("x", "https://www.cftc.gov/x"))
    assert [str(url) for url in seen] == ["https://www.cftc.gov/x"]


def test_the_machines_resolver_is_asked():
    assert set(client.addresses_of("localhost")) <= {"127.0.0.1", "::1"}


@asynccontextmanager
async def http(publisher: Publisher | None, **options: object) -> AsyncIterator[Client]:
    async with httpx.AsyncClient() as made:
        yield Client(made, SATURDAY, publisher.origins if publisher else {}, **options)


@pytest.mark.parametrize(
    "where",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/x",
        "https://example.com/",
        "http://home.treasury.gov/x",
        "https://[::ffff:10.0.0.1]/x",
    ],
)
async def test_a_redirect_leaves_neither_the_host_nor_https(publisher: Publisher, where: str):
    publisher.faults["treasury"] = answer(302, Location=where)
    async with http(publisher) as made:
        with pytest.raises(FeedError) as error:
            await made.fetch(Request("2026", "https://home.treasury.gov/csv"))
    assert error.value.code == "blocked_address"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:10.0.0.1"]
)
async def test_a_name_that_points_to_a_private_address_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(client, "addresses_of", lambda _: ["93.184.215.14", address])
    monkeypatch.setattr(client.urllib.request, "getproxies", dict)
    async with http(None) as made:
        with pytest.raises(FeedError) as error:
            await made.fetch(Request("x", "https://www.cftc.gov/x"))
    assert error.value.code == "blocked_address"


async def test_a_form_brings_the_cookies_of_its_own_visit_from_whatever_address(
    monkeypatch: pytest.MonkeyPatch,
):
    """Each request resolves the name anew; two visits at once are two sessions."""
    turns = itertools.cycle(["93.184.215.14", "93.184.215.15", "93.184.215.16"])
    sessions = itertools.count(1)
    posted: list[httpx.Request] = []

    def record(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and request.url.path == "/form":
            assert "cookie" not in request.headers
            session = f"id={next(sessions)}; Path=/; Domain=.treasurydirect.gov; Secure; HttpOnly"
            headers = [("set-cookie", session), ("set-cookie", "guard=a=b")]
            return httpx.Response(200, headers=headers, stream=httpx.ByteStream(b"<form></form>"))
        posted.append(request)
        if request.method == "POST":
            return httpx.Response(302, headers={"location": "/file"})
        return httpx.Response(200, stream=httpx.ByteStream(b"prices"))

    monkeypatch.setattr(client, "addresses_of", lambda _: [next(turns)])
    monkeypatch.setattr(client.urllib.request, "getproxies", dict)
    home = "https://www.treasurydirect.gov"
    asked = Request("x", f"{home}/prices", form={"day": "1"}, visit=f"{home}/form")
    async with fetching.client(SATURDAY, httpx.MockTransport(record), {}, FAST) as made:
        bodies_of_both = await asyncio.gather(made.fetch(asked), made.fetch(asked))
    assert [body.content for body in bodies_of_both] == [b"prices"] * 2
    assert sorted(request.headers["cookie"] for request in posted) == [
        f"id={n}; guard=a=b" for n in (1, 1, 2, 2)
    ]
    assert {request.headers["referer"] for request in posted} == {f"{home}/form"}
    assert {(r.method, r.headers.get("origin")) for r in posted} == {("POST", home), ("GET", None)}


async def test_the_address_that_was_checked_is_the_one_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
):
    seen: list[httpx.Request] = []

    def record(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"body"))

    monkeypatch.setattr(client, "addresses_of", lambda _: ["93.184.215.14"])
    monkeypatch.setattr(client.urllib.request, "getproxies", dict)
    async with httpx.AsyncClient(transport=httpx.MockTransport(record)) as made:
        await Client(made, SATURDAY).fetch(Request("x", "https://www.cftc.gov/x", {"a": "b c"}))
    [request] = seen
    assert request.url.host == "93.184.215.14"
    assert request.headers["host"] == "www.cftc.gov"
    assert request.extensions["sni_hostname"] == "www.cftc.gov"
    assert request.url.params["a"] == "b c"


async def check_all(publisher: Publisher, **options: Any) -> dict[str, Checked]:
    found = await check(SATURDAY, origins=publisher.origins, pace=FAST, **options)
    return {f"{checked.feed} {checked.route}": checked for checked in found}


async def test_every_route_is_checked_and_its_body_recorded(publisher: Publisher, tmp_path: Path):
    found = await check_all(publisher, folder=tmp_path)
    assert {name: checked.error for name, checked in found.items()} == dict.fromkeys(found)
    assert len(found) == 13
    sofr = found["nyfed_rates search"]
    assert sofr.readings[0].unnamed == ("revisionIndicator",)
    kept = files(tmp_path / "nyfed_rates")
    assert kept["search-sofr-2026.body"] == good("nyfed", "/rates/sofr/search", 2026)
    note = json.loads(kept["search-sofr-2026.json"])
    assert note["params"]["startDate"] == "2026-01-01"
    assert len(note["sha256"]) == 64


async def test_a_check_names_what_is_wrong_and_what_is_late_and_goes_on(publisher: Publisher):
    publisher.faults["socrata"] = answer(200, RENAMED)
    publisher.faults["fiscal"] = FAULTS["html"]
    publisher.faults["treasury"] = answer(200, bodies.par_csv(bodies.weekdays(date(2026, 7, 1), 9)))
    found = await check_all(publisher)
    assert found["cftc_tff socrata"].error == "missing_field"
    assert found["treasury_auctions query"].error == "html"
    lines = {name: list(checked_lines(checked, "en")) for name, checked in found.items()}
    assert "lev_money" in lines["cftc_tff socrata"][0]
    assert lines["treasury_par csv"][0].startswith("late  Treasury par yields (csv 2026)")
    assert found["cftc_tff zip"].ok
    assert all(checked.file is None for checked in found.values())
    assert as_json(found["cftc_tff zip"])["newest"] == "2026-07-14"


async def test_a_recording_holds_no_key(publisher: Publisher, tmp_path: Path):
    publisher.faults["api"] = answer(
        200, b'{"observations":[{"date":"2026-07-14","value":"3.65"}]}'
    )
    await check(
        SATURDAY, folder=tmp_path, fred_api_key="s3cret", origins=publisher.origins, pace=FAST
    )
    kept = files(tmp_path)
    assert "api-api.body" in kept
    assert not any(b"s3cret" in content for content in kept.values())


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
