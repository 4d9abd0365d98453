"""The feeds -> the cache: fetch what is due, keep what is sound, say how each feed stands.

No feed's trouble stops another, and none stops a digest: what was good stays in the cache.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tools.market import bundled, cftc, fred, nyfed, treasury
from tools.market.cache import Cache
from tools.market.client import Body, Client, Pace, Request
from tools.market.data import FeedStatus, MarketData
from tools.market.errors import FeedError
from tools.market.feed import Feed, Parsed, Route
from tools.positions import Report

if TYPE_CHECKING:
    import httpx
    import pandas as pd

log = logging.getLogger(__name__)
HOST_DOWN = {"timeout", "unreachable", "blocked_address"}


def feeds(fred_api_key: str | None = None) -> tuple[Feed, ...]:
    """Return all feeds."""
    return (cftc.FEED, nyfed.FEED, treasury.FEED, fred.feed(fred_api_key))


async def refresh(
    cache_dir: Path,
    now: datetime,
    *,
    fred_api_key: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    origins: Mapping[str, str] | None = None,
    pace: Pace | None = None,
) -> list[FeedStatus]:
    """Fetch every feed into the cache and return how each stands, failures included.

    `now` is an aware moment. `transport`, `origins` and `pace` are for mirrors and tests.
    """
    cache = Cache(cache_dir)
    async with _client(now, transport, origins or {}, pace or Pace()) as client:
        desk = _Desk(cache, client, now)
        statuses = await asyncio.gather(*(desk.refresh(feed) for feed in feeds(fred_api_key)))
    await asyncio.to_thread(cache.write_status, list(statuses))
    return list(statuses)


@asynccontextmanager
async def _client(
    now: datetime,
    transport: httpx.AsyncBaseTransport | None,
    origins: Mapping[str, str],
    pace: Pace,
) -> AsyncIterator[Client]:
    import httpx

    limits = httpx.Timeout(pace.answer, connect=min(10.0, pace.answer))
    async with httpx.AsyncClient(
        timeout=limits, transport=transport, follow_redirects=False
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

    async def refresh(self, feed: Feed) -> FeedStatus:
        """Try the routes in turn until one brings what is expected; return how the feed stands."""
        tried: list[tuple[str, _Outcome]] = []
        try:
            async with asyncio.timeout(self.client.pace.feed):
                for route in feed.routes:
                    outcome = await self._route(feed, route)
                    tried.append((route.name, outcome))
                    if outcome.newest is not None and outcome.newest >= feed.expected(self.now):
                        return await self._status(feed, route.name, None)
        except TimeoutError:
            tried.append(("", _Outcome(None, FeedError("timeout"))))
        # Without trouble what came is merely late, as a publisher may be: its date says so.
        trouble = next((outcome.trouble for _, outcome in tried if outcome.trouble), None)
        used = next((name for name, outcome in tried if outcome.newest), None)
        return await self._status(feed, used, trouble)

    async def _status(self, feed: Feed, route: str | None, error: FeedError | None) -> FeedStatus:
        parsed = await asyncio.to_thread(read_feed, self.cache, feed)
        code, values = (error.code, error.values) if error else (None, {})
        return FeedStatus(feed.name, parsed.newest, self.now, route, code, values)

    async def _route(self, feed: Feed, route: Route) -> _Outcome:
        """Fetch the newest slice of a route, then the others unless its host is down."""
        requests = route.requests(self.now)
        outcomes = [await self._slice(feed, route, requests[0])]
        if (trouble := outcomes[0].trouble) is None or trouble.code not in HOST_DOWN:
            others = (self._slice(feed, route, request) for request in requests[1:])
            outcomes += await asyncio.gather(*others)
        for request, outcome in zip(requests, outcomes, strict=False):
            if outcome.trouble:
                log.warning("feed %s, slice %s: %s", feed.name, request.slice, outcome.trouble)
        newest = max((o.newest for o in outcomes if o.newest), default=None)
        return _Outcome(newest, next((o.trouble for o in outcomes if o.trouble), None))

    async def _slice(self, feed: Feed, route: Route, request: Request) -> _Outcome:
        kept = await asyncio.to_thread(self.cache.note, feed.name, request.slice)
        if kept and request.settled:
            return _Outcome(None, None)
        try:
            body = await self.client.fetch(request, kept.etag if kept else None)
            if not body.fresh:
                body = await asyncio.to_thread(self.cache.body, feed.name, request.slice)
            return _Outcome(await asyncio.to_thread(self._keep, feed, route, request, body), None)
        except FeedError as error:
            return _Outcome(None, error)

    def _keep(self, feed: Feed, route: Route, request: Request, body: Body) -> date | None:
        """Store a body that its parser accepts; set one aside that it refuses."""
        try:
            newest = route.parse(body.content).newest
        except FeedError:
            self.cache.reject(feed.name, request, body)
            raise
        self.cache.keep(feed.name, route.name, request, body)
        return newest


def read_feed(cache: Cache, feed: Feed) -> Parsed:
    """Return all that the cache holds of a feed; where routes overlap the first one stands."""
    order = {route.name: place for place, route in enumerate(feed.routes)}
    held = [pair for pair in cache.bodies(feed.name) if pair[0].route in order]
    reports: dict[date, Report] = {}
    values: list[pd.DataFrame] = []
    for kept, body in sorted(held, key=lambda pair: order[pair[0].route]):
        try:
            parsed = feed.route(kept.route).parse(body.content)
        except FeedError as error:
            log.warning("cached %s, slice %s: %s", feed.name, kept.slice, error)
            continue
        reports = {r.as_of: r for r in parsed.reports} | reports
        values += parsed.values
    return Parsed(tuple(reports[day] for day in sorted(reports)), tuple(values))


def read_cache(folder: Path) -> MarketData:
    """Return the market as far as it was fetched; the bundle fills in what was not."""
    import pandas as pd

    cache = Cache(folder)
    parsed = [read_feed(cache, feed) for feed in feeds(fred_api_key="any")]
    reports = {r.as_of: r for r in bundled.milestones()}
    reports |= {r.as_of: r for one in parsed for r in one.reports}
    frames = [frame for one in parsed for frame in one.values]
    values = pd.concat([*frames, bundled.iorb_steps()], ignore_index=True)
    fetched = bool(frames) or any(one.reports for one in parsed)
    return MarketData(
        tuple(reports[day] for day in sorted(reports)),
        values.drop_duplicates(["series", "as_of"], ignore_index=True),
        "fetched" if fetched else "bundled",
        iorb_known_through=bundled.iorb_known_through(),
        feeds=cache.statuses(),
    )
