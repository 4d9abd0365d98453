"""refresh against a local server: what is sound is kept, what is not is named, nothing hangs."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import tornado.httpserver
import tornado.web

from bot.digest import compose
from bot.render.digest import LIMIT, digest_html, digest_text
from bot.render.feeds import checked_lines, feed_line
from bot.render.html import measure
from tests.tools.market import bodies
from tools.market import cftc, client, operations, treasury
from tools.market.cache import Cache
from tools.market.check import Checked, check
from tools.market.client import Client, Pace, Request
from tools.market.data import FeedStatus
from tools.market.errors import FeedError
from tools.market.fetch import refresh
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
    "https://data.financialresearch.gov": "ofr",
    "https://ticdata.treasury.gov": "tic",
    "https://api.fiscaldata.treasury.gov": "fiscal",
    "https://www.treasurydirect.gov": "direct",
}
LADDER = bodies.ladder(date(2026, 7, 1))


def good(host: str, path: str, year: int) -> bytes:  # noqa: PLR0911  # a publisher each
    """Return what a healthy publisher sends, made up but true to its schema."""
    tuesday, day = min(REPORT, date(year, 12, 30)), min(date(2026, 7, 16), date(year, 12, 30))
    if host == "socrata":
        return bodies.as_json(bodies.socrata(bodies.tuesdays(tuesday, 6)))
    if host == "cftc":
        days = bodies.tuesdays(tuesday, 6)
        return bodies.weekly_file(REPORT) if path.endswith(".txt") else bodies.annual_zip(days)
    if host == "nyfed" and "/pd/" in path:
        wednesdays = [day - timedelta(days=6) for day in bodies.tuesdays(REPORT, 3)]
        return bodies.as_json(bodies.dealers(wednesdays))
    if host == "nyfed" and "/rp/" in path:
        return bodies.as_json(bodies.operations(bodies.weekdays(min(day, date(2026, 7, 17)), 9)))
    if host == "nyfed":
        return bodies.as_json(bodies.ref_rates(path.split("/")[-2], bodies.weekdays(day, 30)))
    if host == "treasury":
        return bodies.par_csv(bodies.weekdays(min(date(2026, 7, 17), date(year, 12, 30)), 40))
    if host == "ofr":
        return bodies.as_json(bodies.ofr(bodies.weekdays(date(2026, 7, 15), 9), 3.66))
    if host == "tic":
        return bodies.slt_table5() if "slt" in path else bodies.tic_history()
    if host == "fiscal":
        return bodies.as_json(bodies.auctions(LADDER))
    if host == "direct":
        return bodies.fedinvest({row["cusip"]: 99.5 for row in LADDER})
    return bodies.iorb_csv(bodies.weekdays(date(2026, 7, 17), 40))


FORM = b"""<!DOCTYPE html><form method="post"><input type="hidden" name="_csrf" value="t0ken">
<input name="priceDateDay"></form>"""


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
        if path.endswith("selectSecurityPriceDate") and host not in self.publisher.faults:
            self.set_cookie("JSESSIONID", "s3ssion")
            self.write(FORM)
            return
        await self.answer(host, path)

    async def post(self, host: str, path: str) -> None:
        if host not in self.publisher.faults and (
            self.get_body_argument("_csrf", "") != "t0ken" or not self.get_cookie("JSESSIONID")
        ):
            self.set_status(403)
            return
        await self.answer(host, path)

    @property
    def publisher(self) -> Publisher:
        return self.application.settings["publisher"]

    async def answer(self, host: str, path: str) -> None:
        self.publisher.asked.append(f"{host}/{path}")
        if fault := self.publisher.faults.get(host):
            outcome = fault(self)
            if asyncio.iscoroutine(outcome):
                await outcome
            return
        words = path + "".join(v.decode() for vs in self.request.arguments.values() for v in vs)
        years = re.findall(r"20\d\d", words)
        self.set_header("Etag", '"fixed"')
        if self.request.headers.get("If-None-Match") == '"fixed"':
            self.set_status(304)
            return
        self.write(good(host, path, int(years[0]) if years else 2026))

    def compute_etag(self) -> str | None:
        return None


@asynccontextmanager
async def publishing() -> AsyncIterator[Publisher]:
    made = Publisher()
    app = tornado.web.Application([(r"/(\w+)/(.*)", Handler)], publisher=made)
    server = tornado.httpserver.HTTPServer(app)
    server.listen(0, "127.0.0.1")
    made.port = next(iter(server._sockets.values())).getsockname()[1]
    yield made
    server.stop()
    await server.close_all_connections()


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    async with publishing() as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def few_years() -> Iterator[None]:
    """Three years of each feed instead of ten: the same code, fewer requests."""
    with pytest.MonkeyPatch.context() as patch:
        for feed in (cftc, treasury, operations):
            patch.setattr(feed, "FIRST_YEAR", 2024)
        yield


@pytest.fixture(scope="module")
def fetched_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder into which healthy feeds were fetched once; look, and copy to change it."""
    folder = tmp_path_factory.mktemp("fetched")

    async def work() -> None:
        async with publishing() as made:
            await refresh(market_cache(folder), SATURDAY, origins=made.origins, pace=FAST)

    asyncio.run(work())
    return folder


@pytest.fixture
def held(fetched_once: Path, tmp_path: Path) -> Path:
    """A data folder of one's own that already holds what healthy feeds say."""
    return shutil.copytree(fetched_once, tmp_path / "data")


async def fetch(publisher: Publisher, folder: Path, *only: str) -> dict[str, FeedStatus]:
    made = await refresh(folder, SATURDAY, origins=publisher.origins, pace=FAST, only=only or None)
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
    assert figures["rrp"] == pytest.approx(5e9)
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
    status = (await fetch(publisher, tmp_path, "cftc_tff"))["cftc_tff"]
    assert status.error is None
    assert status.route == "zip"
    assert status.newest == REPORT


async def test_stale_rows_of_the_api_give_way_to_the_file(publisher: Publisher, tmp_path: Path):
    publisher.faults["socrata"] = answer(200, STALE)
    status = (await fetch(publisher, tmp_path, "cftc_tff"))["cftc_tff"]
    assert (status.route, status.newest) == ("zip", REPORT)


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "not_published"])
async def test_when_all_routes_fail_the_digest_is_sent_and_says_so(
    publisher: Publisher, held: Path, fault: str
):
    publisher.faults |= dict.fromkeys(ORIGINS.values(), FAULTS[fault])
    started = time.monotonic()
    statuses = await fetch(publisher, market_cache(held))
    assert time.monotonic() - started < FAST.feed + 2
    # The prices of the last days are held and change no more: they are not asked for again.
    assert {name for name, status in statuses.items() if status.ok} == {"treasury_prices"}
    assert statuses["cftc_tff"].error == fault.split(maxsplit=1)[0]
    assert statuses["cftc_tff"].newest == REPORT
    digest = compose(load_market(held), date(2026, 7, 18))
    assert digest.score is not None
    text = digest_text(digest, "en")
    assert "CFTC positions" in text
    assert "last good 2026-07-14" in text
    assert measure(digest_html(digest, "en"))[0] < LIMIT


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
    status = (await fetch(publisher, tmp_path, "cftc_tff"))["cftc_tff"]
    assert (status.route, status.error) == ("socrata", None)
    assert len(list((tmp_path / "cftc_tff").glob("socrata-*.gz"))) == 10


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


async def test_a_recording_holds_no_key(publisher: Publisher, tmp_path: Path):
    publisher.faults["api"] = answer(
        200, b'{"observations":[{"date":"2026-07-14","value":"3.65"}]}'
    )
    origins = publisher.origins | {
        "https://api.stlouisfed.org": f"http://127.0.0.1:{publisher.port}/api"
    }
    await check(SATURDAY, folder=tmp_path, fred_api_key="s3cret", origins=origins, pace=FAST)
    kept = files(tmp_path)
    assert "api-api.body" in kept
    assert not any(b"s3cret" in content for content in kept.values())


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
