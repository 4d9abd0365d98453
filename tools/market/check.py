"""One raw answer of every route of every feed, held against its model and kept where asked to.

What the cache holds is not touched. A route is asked for its newest slice only.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.market.client import Body, Client, Pace, Request
from tools.market.errors import FeedError
from tools.market.feed import Feed, Parsed, Reading, Route, readings
from tools.market.fetch import client, credible, feeds, parsed

if TYPE_CHECKING:
    import httpx

SECRET = "api_key"  # noqa: S105  # the name of a parameter, not a secret


@dataclass(frozen=True, slots=True)
class Checked:
    """How one route answered: its newest date against the one expected, or what was wrong.

    `readings` tell how the body met its models; `file` is where the body was kept.
    """

    feed: str
    route: str
    slice: str
    seconds: float
    size: int = 0
    newest: date | None = None
    expected: date | None = None
    error: str | None = None
    values: Mapping[str, object] | None = None
    readings: tuple[Reading, ...] = ()
    file: str | None = None

    @property
    def ok(self) -> bool:
        """Tell whether the body is as its model says."""
        return self.error is None


async def check(
    now: datetime,
    *,
    folder: Path | None = None,
    fred_api_key: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    origins: Mapping[str, str] | None = None,
    pace: Pace | None = None,
    told: Callable[[Checked], None] = lambda _: None,
    only: Collection[str] | None = None,
) -> list[Checked]:
    """Ask every route once and return how each answered; bodies are kept in `folder` if given.

    `told` hears of each as it ends; `only` names feeds, where not all are wanted; the rest is for
    mirrors and tests.
    """
    async with client(now, transport, origins or {}, pace or Pace()) as made:
        desk = _Desk(made, now, folder, told)
        wanted = [f for f in feeds(fred_api_key) if only is None or f.name in only]
        routes = [(feed, route) for feed in wanted for route in feed.routes]
        return list(await asyncio.gather(*(desk.check(*pair) for pair in routes)))


@dataclass(frozen=True, slots=True)
class _Desk:
    client: Client
    now: datetime
    folder: Path | None
    told: Callable[[Checked], None]

    async def check(self, feed: Feed, route: Route) -> Checked:
        request = route.requests(self.now)[0]
        began = time.monotonic()
        body: Body | None = None
        try:
            body = await self.client.fetch(request)
            read, found = await asyncio.to_thread(_read, route, body.content, request.slice)
            newest = credible(feed, read, self.now)
            outcome: dict[str, Any] = {"newest": newest, "readings": tuple(found)}
        except FeedError as error:
            outcome = {"error": error.code, "values": error.values}
        checked = Checked(
            feed.name,
            route.name,
            request.slice,
            round(time.monotonic() - began, 2),
            size=len(body.content) if body else 0,
            expected=feed.expected(self.now),
            file=await asyncio.to_thread(self._keep, feed, route, request, body),
            **outcome,
        )
        self.told(checked)
        return checked

    def _keep(self, feed: Feed, route: Route, request: Request, body: Body | None) -> str | None:
        """Write the body as it came, and beside it where and when it was asked for."""
        if self.folder is None or body is None:
            return None
        path = self.folder / feed.name / f"{route.name}-{request.slice}.body"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.content)
        params = {k: "..." if k == SECRET else v for k, v in request.params.items()}
        note = {
            "url": request.url,
            "params": params,
            "form": request.form,
            "retrieved_at": self.now.isoformat(),
            "sha256": body.sha256,
            "etag": body.etag,
        }
        path.with_suffix(".json").write_text(json.dumps(note, indent=1), encoding="utf-8")
        return str(path)


def _read(route: Route, content: bytes, name: str) -> tuple[Parsed, Sequence[Reading]]:
    """Return what a body says and how it met its models; runs in its own thread and context."""
    found: list[Reading] = []
    token = readings.set(found)
    try:
        return parsed(route, content, name), found
    finally:
        readings.reset(token)


def as_json(checked: Checked) -> dict[str, object]:
    """Return what was checked as JSON values."""
    return json.loads(json.dumps(asdict(checked), default=str))  # type: ignore[no-any-return]
