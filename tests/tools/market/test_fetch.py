"""refresh against a local server: what is sound is kept, what is not is named, nothing hangs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
import tornado.httpserver
import tornado.web

from bot.digest import compose
from bot.render.digest import digest_text
from tests.tools.market import bodies
from tools.market import client
from tools.market.cache import Cache
from tools.market.client import Client, Pace, Request
from tools.market.data import FeedStatus
from tools.market.errors import FeedError
from tools.market.fetch import read_cache, refresh
from tools.market.store import load_market, market_cache

SATURDAY = datetime(2026, 7, 18, 14, tzinfo=UTC)
REPORT = date(2026, 7, 14)
FAST = Pace(pause=0.01, answer=0.5, feed=5.0)
ORIGINS = {
    "https://publicreporting.cftc.gov": "socrata",
    "https://www.cftc.gov": "cftc",
    "https://markets.newyorkfed.org": "nyfed",
    "https://home.treasury.gov": "treasury",
    "https://fred.stlouisfed.org": "fred",
}


def good(host: str, path: str, year: str) -> bytes | None:
    """Return what a healthy publisher sends for the year 2026, None for the years before."""
    if "2026" not in year + path and host not in {"fred"} and "FinFutWk" not in path:
        return None
    if host == "socrata":
        return bodies.as_json(bodies.socrata(bodies.tuesdays(REPORT, 6)))
    if host == "cftc":
        days = bodies.tuesdays(REPORT, 6)
        return bodies.weekly_file(REPORT) if path.endswith(".txt") else bodies.annual_zip(days)
    if host == "nyfed":
        kind = path.split("/")[-2]
        return bodies.as_json(bodies.ref_rates(kind, bodies.weekdays(date(2026, 7, 16), 30)))
    if host == "treasury":
        return bodies.par_csv(bodies.weekdays(date(2026, 7, 17), 40))
    return bodies.iorb_csv(bodies.weekdays(date(2026, 7, 17), 40))


@dataclass
class Publisher:
    """A server on loopback that plays all publishers; `faults` by host take its place."""

    port: int = 0
    faults: dict[str, Callable[[tornado.web.RequestHandler], object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def origins(self) -> dict[str, str]:
        return {o: f"http://127.0.0.1:{self.port}/{name}" for o, name in ORIGINS.items()}


class Handler(tornado.web.RequestHandler):
    async def get(self, host: str, path: str) -> None:
        publisher: Publisher = self.application.settings["publisher"]
        publisher.asked.append(f"{host}/{path}")
        if fault := publisher.faults.get(host):
            outcome = fault(self)
            if asyncio.iscoroutine(outcome):
                await outcome
            return
        year = self.get_argument("$where", "") + self.get_argument("startDate", "")
        body = good(host, path, year + self.get_argument("field_tdr_date_value", ""))
        if body is None:
            self.set_status(404)
            return
        self.set_header("Etag", '"fixed"')
        if self.request.headers.get("If-None-Match") == '"fixed"':
            self.set_status(304)
            return
        self.write(body)

    def compute_etag(self) -> str | None:
        return None


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    made = Publisher()
    app = tornado.web.Application([(r"/(\w+)/(.*)", Handler)], publisher=made)
    server = tornado.httpserver.HTTPServer(app)
    server.listen(0, "127.0.0.1")
    made.port = next(iter(server._sockets.values())).getsockname()[1]
    yield made
    server.stop()
    await server.close_all_connections()


async def fetch(publisher: Publisher, folder: Path) -> dict[str, FeedStatus]:
    made = await refresh(folder, SATURDAY, origins=publisher.origins, pace=FAST)
    return {status.feed: status for status in made}


async def test_healthy_feeds_make_a_digest_with_a_score(publisher: Publisher, tmp_path: Path):
    statuses = await fetch(publisher, market_cache(tmp_path))
    assert {name: status.error for name, status in statuses.items()} == dict.fromkeys(statuses)
    assert statuses["cftc_tff"].newest == REPORT
    digest = compose(load_market(tmp_path), date(2026, 7, 18))
    assert digest.origin == "fetched"
    assert digest.score is not None
    assert digest.score.inputs == 5
    figures = {figure.key: figure.value for figure in digest.figures}
    assert figures["sofr_iorb_max"] == pytest.approx(1)
    assert figures["sofr_p99"] == pytest.approx(10)
    assert digest.positions is not None
    assert digest.positions.report.net_face_bn == pytest.approx(560)


def answer(status: int, body: bytes = b"", **headers: str) -> Callable[[Handler], None]:
    def fault(handler: Handler) -> None:
        handler.set_status(status)
        for name, value in headers.items():
            handler.set_header(name.replace("_", "-"), value)
        handler.write(body)

    return fault


async def hang(_: Handler) -> None:
    await asyncio.sleep(60)


async def endless(handler: Handler) -> None:
    chunk = b"x" * 1_000_000
    for _ in range(2000):
        handler.write(chunk)
        await handler.flush()


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
    status = (await fetch(publisher, tmp_path))["cftc_tff"]
    assert status.error is None
    assert status.route == "zip"
    assert status.newest == REPORT


async def test_stale_rows_of_the_api_give_way_to_the_file(publisher: Publisher, tmp_path: Path):
    publisher.faults["socrata"] = answer(200, STALE)
    status = (await fetch(publisher, tmp_path))["cftc_tff"]
    assert (status.route, status.newest) == ("zip", REPORT)


@pytest.mark.parametrize("fault", FAULTS)
async def test_when_all_routes_fail_the_digest_is_sent_and_says_so(
    publisher: Publisher, tmp_path: Path, fault: str
):
    await fetch(publisher, market_cache(tmp_path))
    publisher.faults |= dict.fromkeys(ORIGINS.values(), FAULTS[fault])
    started = time.monotonic()
    statuses = await fetch(publisher, market_cache(tmp_path))
    assert time.monotonic() - started < FAST.feed + 2
    assert statuses["nyfed_rates"].error is not None
    assert statuses["cftc_tff"].error == fault.split(maxsplit=1)[0]
    assert statuses["cftc_tff"].newest == REPORT
    digest = compose(load_market(tmp_path), date(2026, 7, 18))
    assert digest.score is not None
    text = digest_text(digest, "en")
    assert "CFTC positions could not be read" in text
    assert "last good 2026-07-14" in text


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


async def test_an_endless_body_is_dropped_at_the_limit(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
):
    publisher.faults["fred"] = endless
    async with http(publisher, limit=5_000_000, pace=Pace(0.01, 20.0, 60.0)) as made:
        with pytest.raises(FeedError) as error:
            await made.fetch(Request("graph", "https://fred.stlouisfed.org/graph/fredgraph.csv"))
    assert error.value.code == "too_large"


async def test_unchanged_bodies_are_not_sent_again(publisher: Publisher, tmp_path: Path):
    await fetch(publisher, tmp_path)
    first = read_cache(tmp_path)
    statuses = await fetch(publisher, tmp_path)
    assert statuses["treasury_par"].error is None
    assert read_cache(tmp_path).reports == first.reports
    assert len(list((tmp_path / "treasury_par").glob("2026.*.gz"))) == 1


async def test_a_crowd_of_slices_waits_its_turn_and_does_not_time_out(
    publisher: Publisher, tmp_path: Path
):
    """Two at a time a host: the wait at the gate is not the server's, and must not count."""

    async def slow(handler: Handler) -> None:
        await asyncio.sleep(0.3)
        handler.write(bodies.as_json(bodies.socrata([REPORT])))

    publisher.faults["socrata"] = slow
    status = (await fetch(publisher, tmp_path))["cftc_tff"]
    assert (status.route, status.error) == ("socrata", None)
    assert len(list((tmp_path / "cftc_tff").glob("socrata-*.gz"))) == 10


async def test_settled_years_are_asked_once(publisher: Publisher, tmp_path: Path):
    made = bodies.as_json(bodies.socrata([date(2026, 7, 14)]))
    publisher.faults["socrata"] = answer(200, made)
    await fetch(publisher, tmp_path)
    publisher.asked.clear()
    await fetch(publisher, tmp_path)
    assert sum(path.startswith("socrata/") for path in publisher.asked) == 2  # this year and last


async def test_a_body_is_kept_as_it_came_with_hash_and_time(publisher: Publisher, tmp_path: Path):
    await fetch(publisher, tmp_path)
    held = {kept.slice: (kept, body) for kept, body in Cache(tmp_path).bodies("treasury_par")}
    kept, body = held["2026"]
    assert body.content == good("treasury", "", "2026")
    assert body.sha256 == kept.sha256
    assert body.retrieved_at == SATURDAY


async def test_a_body_that_cannot_be_trusted_is_set_aside_not_used(
    publisher: Publisher, tmp_path: Path
):
    publisher.faults["socrata"] = answer(200, RENAMED)
    await fetch(publisher, tmp_path)
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


@asynccontextmanager
async def http(publisher: Publisher | None, **options: object) -> AsyncIterator[Client]:
    async with httpx.AsyncClient() as made:
        yield Client(made, SATURDAY, publisher.origins if publisher else {}, **options)


@pytest.mark.parametrize(
    "where",
    [
        "http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/x", "https://example.com/",
        "http://home.treasury.gov/x", "https://[::ffff:10.0.0.1]/x",
    ],
)  # fmt: skip
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


async def test_the_address_that_was_checked_is_the_one_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
):
    seen: list[httpx.Request] = []

    def record(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"body")

    monkeypatch.setattr(client, "addresses_of", lambda _: ["93.184.215.14"])
    monkeypatch.setattr(client.urllib.request, "getproxies", dict)
    async with httpx.AsyncClient(transport=httpx.MockTransport(record)) as made:
        await Client(made, SATURDAY).fetch(Request("x", "https://www.cftc.gov/x", {"a": "b c"}))
    [request] = seen
    assert request.url.host == "93.184.215.14"
    assert request.headers["host"] == "www.cftc.gov"
    assert request.extensions["sni_hostname"] == "www.cftc.gov"
    assert request.url.params["a"] == "b c"
