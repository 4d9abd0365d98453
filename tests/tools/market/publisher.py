"""A local server that plays all publishers, healthy or faulty; its figures are made up."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import tornado.httpserver
import tornado.web

from tests.tools.market import bodies
from tools.market.client import Pace

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
