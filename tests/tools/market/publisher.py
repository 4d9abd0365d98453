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

from tests.logbook import book, check_lines
from tests.tools.market import bodies
from tools.market.client import Pace

SATURDAY = datetime(2026, 7, 18, 14, tzinfo=UTC)
REPORT = date(2026, 7, 14)
FRIDAY = date(2026, 7, 17)
FAST = Pace(pause=0.01, answer=5.0, feed=60.0)  # patient with a busy machine
BRIEF = Pace(pause=0.01, answer=0.2, feed=5.0)  # for what never answers
ORIGINS = {
    "https://publicreporting.cftc.gov": "socrata",
    "https://www.cftc.gov": "cftc",
    "https://markets.newyorkfed.org": "nyfed",
    "https://home.treasury.gov": "treasury",
    "https://fred.stlouisfed.org": "fred",
    "https://api.stlouisfed.org": "api",
    "https://data.financialresearch.gov": "ofr",
    "https://ticdata.treasury.gov": "tic",
    "https://api.fiscaldata.treasury.gov": "fiscal",
    "https://www.treasurydirect.gov": "direct",
}
LADDER = bodies.ladder(date(2026, 7, 1))


def good(host: str, path: str, year: int, week: int = 0) -> bytes:  # noqa: PLR0911  # each its own
    """Return what a healthy publisher sends `week` weeks on, made up but true to its schema."""
    end, later = date(year, 12, 30), timedelta(weeks=week)
    tuesday, friday = min(REPORT + later, end), min(FRIDAY + later, end)
    thursday, percent = min(friday, FRIDAY + later - timedelta(days=1)), 3.66 + 0.05 * week
    short = 1_000_000 + 50_000 * week
    if host == "socrata":
        return bodies.as_json(bodies.socrata(bodies.tuesdays(tuesday, 6), short))
    if host == "cftc" and path.endswith(".txt"):
        return bodies.weekly_file(REPORT + later, short)
    if host == "cftc":
        return bodies.annual_zip(bodies.tuesdays(tuesday, 6), short)
    if host == "nyfed" and "/pd/" in path:
        wednesdays = [day - timedelta(days=6) for day in bodies.tuesdays(REPORT + later, 3)]
        return bodies.as_json(bodies.dealers(wednesdays, 2_000 + 1_000 * week))
    if host == "nyfed" and "/rp/" in path:
        days = bodies.weekdays(friday, 9)
        return bodies.as_json(bodies.operations(days, rrp=5e9 + 1e9 * week))
    if host == "nyfed":
        days = bodies.weekdays(thursday, 30)
        return bodies.as_json(bodies.ref_rates(path.split("/")[-2], days, percent))
    if host == "treasury":
        return bodies.par_csv(bodies.weekdays(friday, 40), 4.5 + 0.05 * week)
    if host == "ofr":
        days = bodies.weekdays(FRIDAY + later - timedelta(days=2), 9)
        return bodies.as_json(bodies.ofr(days, percent))
    if host == "tic":
        return (
            bodies.slt_table5(453.1 + week, 5 if week < 0 else 6)
            if "slt" in path
            else (bodies.tic_history())
        )
    if host == "fiscal":
        return bodies.as_json(bodies.auctions(auctioned(week)))
    if host == "direct":
        return bodies.fedinvest({row["cusip"]: 99.5 + week for row in LADDER})
    days = bodies.weekdays(friday, 40)
    if host == "api":
        rates = [{"date": str(day), "value": f"{percent - 0.01:.2f}"} for day in days]
        return bodies.as_json({"observations": rates})
    return bodies.iorb_csv(days, percent - 0.01)


def auctioned(week: int) -> list[dict[str, str]]:
    """Return the bonds by then: one more in a week to come, some fewer in the past."""
    if week <= 0:
        return LADDER[-week:]
    return [bodies.auction("91282CNEW", "4.5", "2026-07-22", "2036-07-15"), *LADDER]


FORM_PAGE = "https://www.treasurydirect.gov/GA-FI/FedInvest/selectSecurityPriceDate"
FORM = b"""<!DOCTYPE html><form method="post"><input type="hidden" name="_csrf" value="t0ken">
<input name="priceDateDay"></form>"""


@dataclass
class Publisher:
    """A server on loopback that plays all publishers; `faults` by host take its place.

    The `keys` that it was sent stand in no line of the log.

    `week` counts from that of SATURDAY: what it publishes then has moved on.
    """

    port: int = 0
    week: int = 0
    faults: dict[str, Callable[[tornado.web.RequestHandler], object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    most_sent: int = 0

    @property
    def origins(self) -> dict[str, str]:
        return {o: f"http://127.0.0.1:{self.port}/{name}" for o, name in ORIGINS.items()}


class Handler(tornado.web.RequestHandler):
    async def get(self, host: str, path: str) -> None:
        if path.endswith("selectSecurityPriceDate"):
            self.set_cookie("JSESSIONID", "s3ssion", domain=".treasurydirect.gov", secure=True)
            self.set_cookie("bot-manager", "seen")
            self.write(FORM)
            return
        await self.answer(host, path)

    async def post(self, host: str, path: str) -> None:
        """Answer a form as a browser would send it: from its page, with all that came with it."""
        sent = (self.get_body_argument("_csrf", ""), self.get_cookie("JSESSIONID"),
                self.get_cookie("bot-manager"), self.request.headers.get("Referer"),
                self.request.headers.get("Origin"))  # fmt: skip
        if host not in self.publisher.faults and sent != (
            "t0ken", "s3ssion", "seen", FORM_PAGE, "https://www.treasurydirect.gov"
        ):  # fmt: skip
            self.set_status(403)
            return
        await self.answer(host, path)

    @property
    def publisher(self) -> Publisher:
        return self.application.settings["publisher"]

    async def answer(self, host: str, path: str) -> None:
        self.publisher.asked.append(f"{host}/{path}")
        self.publisher.keys.update(self.get_query_arguments("api_key"))
        if fault := self.publisher.faults.get(host):
            outcome = fault(self)
            if asyncio.iscoroutine(outcome):
                await outcome
            return
        if host == "socrata" and not stars_first(self.get_query_argument("$select")):
            self.set_status(400)
            return
        etag = f'"week {self.publisher.week}"'
        self.set_header("Etag", etag)
        if self.request.headers.get("If-None-Match") == etag:
            self.set_status(304)
            return
        self.write(self.good(self.publisher.week))

    def good(self, week: int) -> bytes:
        """Return the healthy body of what is asked for."""
        host, path = self.path_args
        words = path + "".join(v.decode() for vs in self.request.arguments.values() for v in vs)
        years = re.findall(r"20\d\d", words)
        return good(host, path, int(years[0]) if years else 2026, week)

    def compute_etag(self) -> str | None:
        return None


def stars_first(select: str) -> bool:
    """Tell whether a list may be selected: stars come at its start, the system's before the rest.

    The language takes `:*`, `*` or both, then columns by name, and refuses a star after a name.
    """
    names = select.split(",")
    stars = [name for name in names if name in {":*", "*"}]
    return names[: len(stars)] == stars == sorted(set(stars), reverse=True)


@asynccontextmanager
async def publishing() -> AsyncIterator[Publisher]:
    made = Publisher()
    app = tornado.web.Application([(r"/(\w+)/(.*)", Handler)], publisher=made)
    server = tornado.httpserver.HTTPServer(app)
    server.listen(0, "127.0.0.1")
    made.port = next(iter(server._sockets.values())).getsockname()[1]
    begin = len(book.lines)
    yield made
    server.stop()
    await server.close_all_connections()
    check_lines(book.lines[begin:], [], *made.keys)


def answer(status: int, body: bytes = b"", **headers: str) -> Callable[[Handler], None]:
    def fault(handler: Handler) -> None:
        handler.set_status(status)
        for name, value in headers.items():
            handler.set_header(name.replace("_", "-"), value)
        handler.write(body)

    return fault


async def hang(_: Handler) -> None:
    await asyncio.sleep(60)
