"""A request to a publisher -> its body, whole and within limits, or a FeedError that says why not.

Only hosts that a feed names are asked, over https and at public addresses: the address is
resolved once, checked and used, so that a name that later points elsewhere leads nowhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import random
import socket
import threading
import urllib.request
import zlib
from codecs import BOM_UTF8
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from tools.market.errors import FeedError

if TYPE_CHECKING:
    import httpx

USER_AGENT = "basisbot/0.1 (research assistant; public data only)"
TRIES = 3
MOST = 32_000_000
REDIRECTS = 3
PER_HOST = 2
LONGEST_PAUSE = 30.0
Form = dict[str, str] | None


@dataclass(frozen=True, slots=True)
class Request:
    """One body to fetch: `slice` names what it holds (a year, a series).

    `until` is the last day that it can say anything of, None where it has no end: what was asked
    long enough after that day changes no more (`feed.is_settled`).
    `form` is posted; `visit` is the page with that form, whose cookies and hidden fields go along.
    """

    slice: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    until: date | None = None
    form: Mapping[str, str] | None = None
    visit: str | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """What a publisher sent. `fresh` is False where it said that nothing changed (304)."""

    content: bytes
    retrieved_at: datetime
    etag: str | None = None
    fresh: bool = True

    @property
    def sha256(self) -> str:
        """Return the hash of the content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait and how much to take.

    Seconds before a second try, for one answer, for a whole feed; and the bytes of one answer.
    """

    pause: float = 1.0
    answer: float = 20.0
    feed: float = 240.0
    most: int = MOST


@dataclass
class _Errand:
    """What goes along with a request through its redirects.

    `page` is where its form was found. Cookies are carried by their names alone: each request goes
    to a numeric address, maybe another one, and redirects stay at the host, so a jar that keeps
    cookies by host would lose them.
    """

    etag: str | None = None
    form: Form = None
    page: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """Return what a browser that comes from the page would send."""
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
        if self.etag:
            sent["If-None-Match"] = self.etag
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.page:
            sent["Referer"] = self.page
            if self.form is not None:
                sent["Origin"] = urljoin(self.page, "/").rstrip("/")
        return sent

    def keep(self, answers: Iterable[str]) -> None:
        """Keep the cookies that an answer sets."""
        for answer in answers:
            name, _, value = answer.partition(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()


@dataclass
class Client:
    """Fetches bodies with retries, a pause between them and two requests a host at a time.

    `origins` sends requests for one origin to another: an operator's mirror, or the local server
    of a test; such an origin is trusted and not checked.
    """

    http: httpx.AsyncClient
    now: datetime
    origins: Mapping[str, str] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    _gates: dict[str, asyncio.Semaphore] = field(
        default_factory=lambda: defaultdict(lambda: asyncio.Semaphore(PER_HOST))
    )

    async def fetch(self, request: Request, etag: str | None = None) -> Body:
        """Return the body, trying again where a later try may succeed."""
        for attempt in range(1, TRIES + 1):
            try:
                return await self._once(request, etag)
            except _Again as again:
                if attempt == TRIES:
                    raise again.error from again
                await asyncio.sleep(min(LONGEST_PAUSE, max(again.after, self._jitter(attempt))))
        raise AssertionError("unreachable")  # pragma: no cover  # the loop returns or raises

    def _jitter(self, attempt: int) -> float:
        # Not for secrets: it only keeps many bots from knocking in the same second.
        return float(self.pace.pause * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))  # noqa: S311

    async def _once(self, request: Request, etag: str | None) -> Body:
        import httpx

        host = httpx.URL(request.url).host
        try:
            # The wait for the gate is ours, not the server's: the clock starts behind it.
            async with self._gates[host], asyncio.timeout(self.pace.answer):
                return await self._follow(request, etag)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise _Again(FeedError("timeout")) from error
        except httpx.HTTPError as error:
            raise _Again(FeedError("unreachable")) from error

    async def _follow(self, request: Request, etag: str | None) -> Body:
        errand = _Errand(etag)
        if request.form is not None and request.visit:
            page = await self._walk(Request("", request.visit), errand)
            form = dict(request.form) | hidden_fields(page.content)
            errand = _Errand(etag, form, request.visit, errand.cookies)
        return _sound(await self._walk(request, errand))

    async def _walk(self, request: Request, errand: _Errand) -> Body:
        """Return the body at the end of the redirects."""
        import httpx

        url = str(httpx.URL(request.url, params=dict(request.params) or None))
        allowed = httpx.URL(url).host
        for _ in range(REDIRECTS + 1):
            answer = await self._ask(url, allowed, errand)
            if isinstance(answer, Body):
                return answer
            url, errand.form = urljoin(url, answer), None
        raise FeedError("unreachable")

    async def _ask(self, url: str, allowed: str, errand: _Errand) -> Body | str:
        """Return the body, or where a redirect points."""
        target, headers, extensions = await self._address(url, allowed)
        headers |= errand.headers()
        method, etag = "GET" if errand.form is None else "POST", errand.etag
        async with self.http.stream(
            method, target, data=errand.form, headers=headers, extensions=extensions
        ) as response:
            errand.keep(response.headers.get_list("set-cookie"))
            if response.has_redirect_location:
                return response.headers["location"]
            if response.status_code == 304 and etag:
                return Body(b"", self.now, etag, fresh=False)
            if response.status_code != 200:
                raise _status(response, self.now)
            content = await self._read(response)
            return Body(content, self.now, response.headers.get("etag"))

    async def _address(self, url: str, allowed: str) -> tuple[str, dict[str, str], dict[str, str]]:
        """Return the url to ask, with the public address in the place of the host's name."""
        import httpx

        parsed = httpx.URL(url)
        origin = f"{parsed.scheme}://{parsed.netloc.decode()}"
        if mirror := self.origins.get(origin):
            return mirror + url.removeprefix(origin), {}, {}
        if any(url.startswith(mirror) for mirror in self.origins.values()):
            return url, {}, {}
        if parsed.scheme != "https" or parsed.host != allowed:
            raise FeedError("blocked_address", host=parsed.host)
        if "https" in urllib.request.getproxies():
            return url, {}, {}  # behind a proxy it is the proxy that resolves names
        address = await _public_address(parsed.host)
        pinned = parsed.copy_with(host=address)
        return str(pinned), {"Host": parsed.host}, {"sni_hostname": parsed.host}

    async def _read(self, response: httpx.Response) -> bytes:
        """Read a body as it comes; one that outgrows the limit, packed or not, is dropped."""
        unpack = _unpacker(response.headers.get("content-encoding", "identity"))
        parts, room = [], self.pace.most
        async for raw in response.aiter_raw():
            part = unpack(raw, room + 1)
            room -= len(part)
            if room < 0:
                raise FeedError("too_large", limit=self.pace.most // 1_000_000)
            parts.append(part)
        if parts:
            unpack(b"", 0)
        return b"".join(parts)


class _Hidden(HTMLParser):
    """Gathers the hidden fields of a page's forms."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a hidden field's name and value."""
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden" and (name := values.get("name")):
            self.fields[name] = values.get("value") or ""


def hidden_fields(page: bytes) -> dict[str, str]:
    """Return the hidden fields of a page, such as the token against forged requests."""
    parser = _Hidden()
    parser.feed(page.decode("utf-8", errors="replace"))
    return parser.fields


class _Again(Exception):  # noqa: N818  # a signal between two methods, never shown
    def __init__(self, error: FeedError, after: float = 0.0) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


def _unpacker(packing: str) -> Callable[[bytes, int], bytes]:
    """Return what unpacks a body piece by piece, no further than asked; b"" ends it.

    We ask for gzip or nothing and unpack it ourselves: a small piece that swells to gigabytes,
    or several packings in one another, would be in memory before anybody could measure it.
    """
    if packing.strip().lower() == "identity":
        return lambda raw, _most: raw
    if packing.strip().lower() not in {"gzip", "x-gzip"}:
        raise FeedError("packing")
    packed = zlib.decompressobj(wbits=31)

    def unpack(raw: bytes, most: int) -> bytes:
        if not raw and not packed.eof:
            raise _Again(FeedError("packing"))
        try:
            return packed.decompress(raw, most)
        except zlib.error as error:
            raise _Again(FeedError("packing")) from error

    return unpack


def _status(response: httpx.Response, now: datetime) -> Exception:
    error = FeedError("http_status", status=response.status_code)
    if response.status_code == 429 or response.status_code >= 500:
        return _Again(error, retry_after(response.headers.get("retry-after", ""), now))
    return error


def retry_after(value: str, now: datetime) -> float:
    """Return the seconds that a server asks us to wait: it names them, or the moment after them."""
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()


def _sound(body: Body) -> Body:
    """Refuse what no parser should see: nothing, or a web page where data were asked for."""
    if not body.fresh:
        return body
    start = body.content[:512].removeprefix(BOM_UTF8).lstrip()
    if not start:
        raise _Again(FeedError("empty"))
    if start.startswith(b"<"):
        raise _Again(FeedError("html"))
    return body


async def _public_address(host: str) -> str:
    """Return an address of a host, refusing any that is not public."""
    try:
        found = await _resolved(host)
    except OSError as error:
        # No second try: without a network a command that somebody waits for goes on at once.
        raise FeedError("unreachable") from error
    for address in found:
        if not ipaddress.ip_address(address).is_global:
            raise FeedError("blocked_address", host=host)
    return found[0]


async def _resolved(host: str) -> list[str]:
    """Return a host's addresses. A daemon thread asks: a resolver that hangs holds up no exit."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str], error: OSError | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(addresses)
        else:
            future.set_exception(error)

    def work() -> None:
        addresses: list[str] = []
        trouble = None
        try:
            addresses = addresses_of(host)
        except OSError as error:
            trouble = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, addresses, trouble)

    threading.Thread(target=work, name=f"resolve {host}", daemon=True).start()
    return await future


def addresses_of(host: str) -> list[str]:
    """Return the addresses that the machine's resolver gives for a host; OSError without any."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]
