"""The feeds -> the cache: fetch what is due, keep what is sound, say how each feed stands.

No feed's trouble stops another, and none stops a digest: what was good stays in the cache.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import TYPE_CHECKING

from tools.market import (
    auctions,
    bundled,
    cftc,
    dealers,
    fedinvest,
    fred,
    nyfed,
    ofr_hfm,
    ofr_stfm,
    operations,
    tic,
    treasury,
)
from tools.market.cache import Cache
from tools.market.client import Body, Client, Pace, Request
from tools.market.data import Announced, FeedStatus, MarketData, Security
from tools.market.errors import FeedError
from tools.market.feed import Feed, Parsed, Route, is_settled
from tools.market.publication import NEW_YORK
from tools.positions import Report

if TYPE_CHECKING:
    import httpx
    import pandas as pd

log = logging.getLogger(__name__)
TOO_MANY_REQUESTS = 429
HOST_DOWN = {"timeout", "unreachable", "blocked_address"}


def feeds(fred_api_key: str | None = None) -> tuple[Feed, ...]:
    """Return all feeds, what the score needs first."""
    return (
        cftc.FEED,
        nyfed.FEED,
        treasury.FEED,
        fred.feed(fred_api_key),
        operations.FEED,
        dealers.FEED,
        ofr_stfm.FEED,
        ofr_hfm.FEED,
        tic.FEED,
        auctions.FEED,
        fedinvest.FEED,
    )


def log_status(status: FeedStatus) -> None:
    """Log how a feed stands, in one line."""
    if status.ok:
        late = f", {status.expected} was expected" if status.late else ""
        log.info("feed %s: newest %s%s by %s", status.feed, status.newest, late, status.route)
    else:
        why = " ".join([str(status.error), *(f"{k}={v}" for k, v in status.values.items())])
        log.warning("feed %s: %s; last good %s", status.feed, why, status.newest)


async def refresh(
    cache_dir: Path,
    now: datetime,
    *,
    fred_api_key: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    origins: Mapping[str, str] | None = None,
    pace: Pace | None = None,
    told: Callable[[FeedStatus], None] = log_status,
    only: Collection[str] | None = None,
) -> list[FeedStatus]:
    """Fetch every feed into the cache and return how each stands, failures included.

    `now` is an aware moment; `told` hears of each feed as it ends; `only` names feeds, where not
    all are wanted. `transport`, `origins` and `pace` are for mirrors and tests.
    """
    cache = Cache(cache_dir)
    async with client(now, transport, origins or {}, pace or Pace()) as made:
        desk = _Desk(cache, made, now, told)
        wanted = [f for f in feeds(fred_api_key) if only is None or f.name in only]
        statuses = await asyncio.gather(*(desk.refresh(feed) for feed in wanted))
    others = [s for s in cache.statuses() if only is not None and s.feed not in only]
    await asyncio.to_thread(cache.write_status, [*others, *statuses])
    return list(statuses)


@asynccontextmanager
async def client(
    now: datetime,
    transport: httpx.AsyncBaseTransport | None,
    origins: Mapping[str, str],
    pace: Pace,
) -> AsyncIterator[Client]:
    """Yield a client for the feeds, at a moment."""
    import httpx

    limits = httpx.Timeout(pace.answer, connect=min(10.0, pace.answer))
    # A request carries the cookies of its own visit; a jar would mix those of several.
    none = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    async with httpx.AsyncClient(
        timeout=limits, transport=transport, follow_redirects=False, cookies=none
    ) as http:
        yield Client(http, now, origins, pace)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a route brought: the newest date of all its slices, the first slice's trouble."""

    newest: date | None
    trouble: FeedError | None


@dataclass
class _Desk:
    cache: Cache
    client: Client
    now: datetime
    told: Callable[[FeedStatus], None]

    async def refresh(self, feed: Feed) -> FeedStatus:
        """Try the routes in turn until one brings what is expected; return how the feed stands."""
        tried: list[tuple[str, _Outcome]] = []
        try:
            async with asyncio.timeout(self.client.pace.feed):
                for route in feed.routes:
                    outcome = await self._route(feed, route)
                    tried.append((route.name, outcome))
                    if self._is_current(feed, outcome.newest):
                        return await self._status(feed, route.name, outcome.trouble, partial=True)
        except TimeoutError:
            tried.append(("", _Outcome(None, FeedError("timeout"))))
        # Without trouble what came is merely late, as a publisher may be: its date says so.
        trouble = next((outcome.trouble for _, outcome in tried if outcome.trouble), None)
        used = next((name for name, outcome in tried if outcome.newest), None)
        return await self._status(feed, used, trouble)

    async def _status(
        self, feed: Feed, route: str | None, error: FeedError | None, partial: bool = False
    ) -> FeedStatus:
        if error is None:
            asked = {request.slice for way in feed.routes for request in way.requests(self.now)}
            await asyncio.to_thread(self.cache.prune, feed.name, asked)
        held = await asyncio.to_thread(read_feed, self.cache, feed)
        if error and error.code == "not_published" and self._is_current(feed, held.newest):
            error = None  # as in the first days of a year, when its slice is still empty
        code, values = (error.code, error.values) if error else (None, {})
        status = FeedStatus(
            feed.name,
            held.newest,
            self.now,
            route,
            code,
            values,
            partial and error is not None,
            feed.expected(self.now),
        )
        self.told(status)
        return status

    def _is_current(self, feed: Feed, newest: date | None) -> bool:
        return newest is not None and newest >= feed.expected(self.now)

    async def _route(self, feed: Feed, route: Route) -> _Outcome:
        """Fetch the newest slice of a route, then the others unless its host is down."""
        requests = route.requests(self.now)
        outcomes = [await self._slice(feed, route, requests[0])]
        if not _host_is_down(outcomes[0].trouble):
            others = (self._slice(feed, route, request) for request in requests[1:])
            outcomes += await asyncio.gather(*others)
        for request, outcome in zip(requests, outcomes, strict=False):
            if outcome.trouble:
                log.debug("feed %s, slice %s: %s", feed.name, request.slice, outcome.trouble)
        newest = max((o.newest for o in outcomes if o.newest), default=None)
        return _Outcome(newest, next((o.trouble for o in outcomes if o.trouble), None))

    async def _slice(self, feed: Feed, route: Route, request: Request) -> _Outcome:
        try:
            kept = await asyncio.to_thread(self.cache.note, feed.name, request.slice)
            if kept and is_settled(request, kept.asked):
                return _Outcome(None, None)
            body = await self._body(feed, request, kept.etag if kept else None)
            return _Outcome(await asyncio.to_thread(self._keep, feed, route, request, body), None)
        except FeedError as error:
            return _Outcome(None, error)
        except OSError as error:
            return _Outcome(None, FeedError("cache", reason=error.strerror or str(error)))

    async def _body(self, feed: Feed, request: Request, etag: str | None) -> Body:
        """Return what is asked for; what has not changed is held, if it is whole."""
        body = await self.client.fetch(request, etag)
        if body.fresh:
            return body
        held = await asyncio.to_thread(self.cache.body, feed.name, request.slice)
        return held or await self.client.fetch(request)

    def _keep(self, feed: Feed, route: Route, request: Request, body: Body) -> date | None:
        """Store a body that its parser accepts; set one aside that it refuses."""
        try:
            newest = credible(feed, parsed(route, body.content, request.slice), self.now)
            self._not_older(feed, request, newest)
        except FeedError:
            self.cache.reject(feed.name, request, body)
            raise
        self.cache.keep(feed.name, route.name, request, body, newest, asked=self.now)
        return newest

    def _not_older(self, feed: Feed, request: Request, newest: date) -> None:
        """Refuse what ends before that which is held: some servers answer from a stale copy."""
        note = self.cache.note(feed.name, request.slice)
        if note and note.newest and newest < date.fromisoformat(note.newest):
            raise FeedError("older", newest=newest.isoformat(), held=note.newest)


def _host_is_down(trouble: FeedError | None) -> bool:
    """Tell whether to leave a host alone: it does not answer, or has asked us three times to wait.

    Any other trouble may be one slice's own.
    """
    return trouble is not None and (
        trouble.code in HOST_DOWN or trouble.values.get("status") == TOO_MANY_REQUESTS
    )


def parsed(route: Route, content: bytes, name: str) -> Parsed:
    """Return what a slice's body says. Whatever a parser stumbles over, it ends no other feed."""
    try:
        return route.read(content, name)
    except FeedError:
        raise
    except Exception as error:
        log.exception("the parser of %s failed", route.name)
        raise FeedError("bad_table") from error


def credible(feed: Feed, found: Parsed, now: datetime) -> date:
    """Return the newest date of a body that can be true, else raise FeedError.

    It says something; nothing is of a day to come; no figure of one day stands there twice, with
    two values.
    """
    if (newest := found.newest) is None:
        raise FeedError("not_published")
    if newest > now.astimezone(NEW_YORK).date() + timedelta(days=feed.ahead):
        raise FeedError("future", date=newest.isoformat())
    for frame in found.values:
        distinct = frame.drop_duplicates(["as_of", "value"])
        if (twice := distinct["as_of"].duplicated()).any():
            first = distinct[twice].iloc[0]
            raise FeedError("conflict", field=first["series"], date=f"{first['as_of']:%Y-%m-%d}")
    return newest


def read_feed(cache: Cache, feed: Feed) -> Parsed:
    """Return all that the cache holds of a feed.

    Where slices overlap the one last asked stands, which has what was corrected meanwhile; of those
    asked at once, the first route's. A report's moment is always that of the first route: only it
    is stamped.
    """
    order = {route.name: place for place, route in enumerate(feed.routes)}
    held = [pair for pair in cache.bodies(feed.name) if pair[0].route in order]
    held.sort(key=lambda pair: (-pair[0].asked.timestamp(), order[pair[0].route]))
    reports: dict[date, Report] = {}
    stamps: dict[date, tuple[int, datetime]] = {}
    values: list[pd.DataFrame] = []
    securities: list[Security] = []
    prices: dict[date, Mapping[str, float]] = {}
    announced: dict[str, Announced] = {}
    for kept, body in held:
        try:
            found = parsed(feed.route(kept.route), body.content, kept.slice)
        except FeedError as error:
            log.warning("cached %s, slice %s: %s", feed.name, kept.slice, error)
            continue
        found = _public_by(found, body.retrieved_at)
        place = order[kept.route]
        for report in found.reports:
            reports.setdefault(report.as_of, report)
            stamp = (place, report.published_at)
            stamps[report.as_of] = min(stamp, stamps.get(report.as_of, stamp))
        values += found.values
        securities += found.securities
        prices = {**found.prices, **prices}
        announced = {auction.cusip: auction for auction in found.announced} | announced
    return Parsed(
        tuple(replace(reports[day], published_at=stamps[day][1]) for day in sorted(reports)),
        tuple(values),
        auctions.first_auctions(securities),
        dict(sorted(prices.items())),
        tuple(sorted(announced.values(), key=lambda auction: auction.auction)),
    )


def _public_by(found: Parsed, moment: datetime) -> Parsed:
    """Return what was found, published no later than it was fetched, whatever the rule says."""
    stamp = moment.astimezone(UTC).replace(microsecond=0)

    def capped(frame: pd.DataFrame) -> pd.DataFrame:
        late = frame["published_at"] > stamp
        return frame.assign(published_at=frame["published_at"].mask(late, stamp))

    reports = (replace(r, published_at=min(r.published_at, stamp)) for r in found.reports)
    return replace(
        found, reports=tuple(reports), values=tuple(capped(frame) for frame in found.values)
    )


def read_cache(folder: Path) -> MarketData:
    """Return the market as far as it was fetched; the bundle fills in what was not."""
    import pandas as pd

    cache = Cache(folder)
    held = [read_feed(cache, feed) for feed in feeds(fred_api_key="any")]
    reports = {r.as_of: r for r in bundled.milestones()}
    reports |= {r.as_of: r for one in held for r in one.reports}
    frames = [frame for one in held for frame in one.values]
    values = pd.concat([*frames, bundled.iorb_steps()], ignore_index=True)
    fetched = bool(frames) or any(one.reports for one in held)
    return MarketData(
        tuple(reports[day] for day in sorted(reports)),
        values.drop_duplicates(["series", "as_of"], ignore_index=True),
        "fetched" if fetched else "bundled",
        securities=auctions.first_auctions(s for one in held for s in one.securities),
        prices={day: priced for one in held for day, priced in one.prices.items()},
        announced=tuple(auction for one in held for auction in one.announced),
        iorb_known_through=bundled.iorb_known_through(),
        feeds=cache.statuses(),
    )
