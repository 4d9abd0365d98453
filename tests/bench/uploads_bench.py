"""Reports handed over: how long others wait meanwhile, and how long reading and forgetting take."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

from tests.bench.rows import Row, rss_mib, spread
from tests.e2e.processes import bot_against, telegram
from tests.knowledge.parsing import files
from tests.knowledge.parsing.bad import BAD
from tests.sandbox_client import Chat

BASIS = "/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 haircut 2%"
QUESTION = "How big is the basis trade?"
PAGES = 40
# What Telegram does not let anybody send, or a bot fetch.
UNSENT = {"report_empty", "report_too_big"}
PAUSE = 0.2
OTHERS, FIRST = 20, 8_000_000


def run() -> list[Row]:
    """Measure one bot in a process of its own, over HTTP."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        async with telegram(Path(folder)) as (server, page):
            bot = await bot_against(server, Path(folder))
            await bot.start()
            try:
                async with AsyncExitStack() as stack:
                    you = await stack.enter_async_context(Chat(page, patience=120))
                    others = [await stack.enter_async_context(chat) for chat in _others(page)]
                    for n, other in enumerate(others):
                        name = f"Reader {n}"
                        await you.act("user", user_id=other.user_id, first_name=name)
                    await you.ask("/start")
                    await you.ask(QUESTION)
                    return await _rows(you, cycle(others), bot.child.pid if bot.child else 0)
            finally:
                await bot.end(signal.SIGTERM)


def _others(page: str) -> list[Chat]:
    """Return so many chats that none is asked again within the second that each is paced by."""
    return [Chat(page, FIRST + n, patience=60) for n in range(OTHERS)]


async def _rows(you: Chat, others: Iterator[Chat], pid: int) -> list[Row]:
    idle = await _waits(others, asyncio.sleep(8))
    told: list[str] = []
    bad = [row for row in BAD.values() if row[2] not in UNSENT]
    meanwhile = await _waits(others, _all(you, bad, told))
    began = time.perf_counter()
    first, ready = await _report(you)
    read_seconds = first - began
    while_embedding = await _waits(others, ready)
    embedded = time.perf_counter() - began
    forgotten = await _forget(you)
    return [
        *_pair("others, nothing else going on", idle),
        *_pair(f"others, while {len(bad)} bad files come", meanwhile),
        Row("bad files, each with its own message", len(set(told)), "messages",
            f"{len(told)} of {len(bad)} files answered"),
        *_pair("others, while a report is embedded", while_embedding),
        Row(f"{PAGES} pages read and found by words", read_seconds, "s", "parsed, stored"),
        Row(f"{PAGES} pages found by meaning too", embedded, "s", "in the background"),
        Row("/forget, until it is said", forgotten, "s", "the file written anew before that"),
        Row("memory after all that", rss_mib(pid), "MiB"),
    ]  # fmt: skip


def _pair(label: str, waits: list[tuple[float, float]]) -> Iterable[Row]:
    """Yield what a calculation and a question waited, each as median, 95th percentile and worst."""
    for name, found in zip(("/basis", "question"), zip(*waits, strict=True), strict=True):
        middle, late = spread(found)
        note = f"p95 {late:.0f}, worst {max(found):.0f} of {len(found)}"
        yield Row(f"{label}: {name}, p50", middle, "ms", note)


async def _waits(others: Iterator[Chat], work: Awaitable[object]) -> list[tuple[float, float]]:
    """Return how long a calculation and a question took, again and again, while work goes on."""
    task = asyncio.ensure_future(work)
    found = []
    while not task.done():
        found.append((await _ms(next(others), BASIS), await _ms(next(others), QUESTION)))
        await asyncio.sleep(PAUSE)
    await task
    return found


async def _ms(other: Chat, words: str) -> float:
    began = time.perf_counter()
    await other.ask(words)
    return (time.perf_counter() - began) * 1000


async def _all(you: Chat, bad: list[tuple[str, Callable[[], bytes], str]], told: list[str]) -> None:
    for name, make, _ in bad:
        data = await asyncio.to_thread(make)
        told.append((await _settled(you, name, data))["text"])


async def _settled(you: Chat, name: str, data: bytes) -> dict[str, Any]:
    """Send a file and return the message that says what became of it."""
    sent = await you.upload(name, data, "application/octet-stream")

    def is_edited(found: list[dict[str, Any]]) -> bool:
        return any(m.get("edit_date") for m in found)

    found = await you.until(is_edited, sent["message_id"])
    return next(m for m in found if m.get("edit_date"))


async def _report(you: Chat) -> tuple[float, Awaitable[object]]:
    """Send a long report; return when it can be asked, and what waits until all is embedded."""
    told = await _settled(you, "monitor.pdf", files.two_column_report(PAGES))
    number = told["message_id"]

    def is_ready(found: list[dict[str, Any]]) -> bool:
        return any(m["message_id"] == number and "Ready" in m["text"] for m in found)

    async def ready() -> None:
        you.patience = 600
        await you.until(is_ready)

    return time.perf_counter(), ready()


async def _forget(you: Chat) -> float:
    sure = await you.ask("/forget")
    began = time.perf_counter()
    await you.press(sure, "Yes, delete")
    await you.until(lambda found: any("Deleted" in m.get("text", "") for m in found))
    return time.perf_counter() - began
