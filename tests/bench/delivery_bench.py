"""A million digests due in one minute: enqueuing, claiming, sending, and replies meanwhile.

The senders are processes of their own; the Bot API server is in this one and answers after 20 ms.
On SQLite, and on PostgreSQL where its server is installed. `BENCH_SUBSCRIBERS` makes it smaller.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.delivery.outbox import Outbox
from bot.render.message import Message
from bot.store.budget import Rate
from bot.store.departures import Look
from bot.store.store import Store
from tests.bench.rows import Row, cpu_seconds, rss_mib
from tests.bot.delivery.children import DUE, Child, alive, subscribe, until
from tests.bot.delivery.telegram_double import Double
from tests.postgres import Cluster, why_not

SUBSCRIBERS = int(os.environ.get("BENCH_SUBSCRIBERS", "1000000"))
SENT = 6_000  # messages by which the rate of sending is measured
IN_FLIGHT = 32
LATENCY = 0.02
BATCH = 2 * IN_FLIGHT
ASKED = 40
FAST = Rate(100_000, 100_000)


def run() -> list[Row]:
    """Measure on each engine that is there."""
    rows = asyncio.run(_on_sqlite())
    if why_not() is None:
        rows += asyncio.run(_on_postgres())
    return rows


async def _on_sqlite() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'store.db'}"
        rows = await _measure("SQLite", url)
        return [*rows, *await _per_update(f"sqlite+aiosqlite:///{Path(folder) / 'updates.db'}")]


async def _on_postgres() -> list[Row]:
    cluster = await asyncio.to_thread(Cluster)
    try:
        return await _measure("PostgreSQL", await cluster.url())
    finally:
        await asyncio.to_thread(cluster.remove)


async def _measure(engine: str, url: str) -> list[Row]:
    await subscribe(url, range(1, SUBSCRIBERS + 1))
    size = f"{SUBSCRIBERS:,} subscribers"
    found = await asyncio.to_thread(_enqueue_apart, url)
    rows = [
        Row(f"{engine}: enqueue", found["seconds"], "s", size),
        Row(f"{engine}: longest write transaction", found["longest_ms"], "ms", "while enqueuing"),
        Row(f"{engine}: memory while enqueuing", found["rss"], "MiB", "the enqueuing process"),
        Row(
            f"{engine}: claim {BATCH} of all, median",
            found["claim_ms"],
            "ms",
            f"worst of 20 {found['claim_worst_ms']:.1f} ms, commit included",
        ),
    ]
    for processes in (1, 3):
        rate, memory, cpu = await _send(url, processes)
        note = f"{IN_FLIGHT} in flight each, {cpu:.2f} ms CPU a message, {os.cpu_count()} cores"
        rows.append(Row(f"{engine}: sending, {processes} process(es)", rate, "msg/s", note))
        rows.append(Row(f"{engine}: memory of a sender", memory, "MiB", f"{processes} at work"))
    waits = await _replies(url)
    note = (
        f"{ASKED} during the fan-out, one after the other; median {statistics.median(waits):.2f} s"
    )
    return [*rows, Row(f"{engine}: longest wait of a reply", max(waits), "s", note)]


# Enqueuing, in a process of its own: its memory is its own


def _enqueue_apart(url: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.delivery_bench", url],
        check=True,
        capture_output=True,
        text=True,
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


async def _compose(period: str, _at: object, look: Look) -> list[Message]:
    return [Message(f"{period} {look.lang} part 0")]


async def _enqueue(url: str) -> dict[str, float]:
    store = await Store.open(url)
    outbox = Outbox(store, {"digest": _compose}, owner="bench")
    longest = 0.0
    transact = store.database._transact

    async def timed(works: list[Any]) -> list[Any]:
        nonlocal longest
        began = time.perf_counter()
        results = await transact(works)
        longest = max(longest, time.perf_counter() - began)
        return results

    store.database._transact = timed  # type: ignore[method-assign]
    began = time.perf_counter()
    enqueued = await outbox.tick(DUE)
    seconds = time.perf_counter() - began
    assert enqueued == SUBSCRIBERS
    claims = []
    for _ in range(20):
        began = time.perf_counter()
        claim = await outbox.rows.claim(BATCH, FAST, 0)
        claims.append(1000 * (time.perf_counter() - began))
        assert len(claim.ready) == BATCH
        await outbox.rows.release(claim.ready)
    await store.close()
    return {
        "seconds": seconds,
        "longest_ms": 1000 * longest,
        "rss": rss_mib(os.getpid()),
        "claim_ms": statistics.median(claims),
        "claim_worst_ms": max(claims),
    }


# Sending


@asynccontextmanager
async def _telegram() -> AsyncIterator[Double]:
    double = Double(latency=LATENCY)
    await double.start()
    try:
        yield double
    finally:
        await double.stop()


async def _send(url: str, processes: int) -> tuple[float, float, float]:
    """Return messages a second, MiB of a sender and CPU milliseconds of one message."""
    async with _telegram() as double:
        senders = [
            Child("digest", url, double, in_flight=IN_FLIGHT, lease=30, guest=n > 0)
            for n in range(processes)
        ]
        async with alive(*senders):
            for sender in senders:
                await sender.start()
            await until(lambda: len(double.taken) >= SENT // 4, 60)  # all are at work
            began, first, used = time.perf_counter(), len(double.taken), _cpu(senders)
            await until(lambda: len(double.taken) >= first + SENT, 120)
            seconds, sent = time.perf_counter() - began, len(double.taken) - first
            cpu = 1000 * (_cpu(senders) - used) / sent
            memory = max(rss_mib(sender.pid) for sender in senders)
            for sender in senders:
                await sender.terminate()
    return sent / seconds, memory, cpu


def _cpu(senders: list[Child]) -> float:
    return sum(cpu_seconds(sender.pid) for sender in senders)


async def _replies(url: str) -> list[float]:
    """Return how long each of some questions waited for its answer while the digest went out."""
    waits = []
    async with _telegram() as double:
        bot = Child("both", url, double, in_flight=IN_FLIGHT, lease=30)
        async with alive(bot):
            await bot.start()
            await until(lambda: len(double.taken) >= SENT // 4, 60)
            for number in range(1, ASKED + 1):
                began, answer = time.perf_counter(), f"re: question {number}"
                double.ask(number, chat_id=-number)
                await until(lambda answer=answer: double.taken_texts[answer] > 0, 30)
                waits.append(time.perf_counter() - began)
            await bot.kill()
    return waits


async def _per_update(url: str) -> list[Row]:
    """Return the CPU of one update that is stored, claimed, answered and marked done."""
    number = 2_000
    async with _telegram() as double:
        bot = Child("answer", url, double, in_flight=4)
        async with alive(bot):
            await bot.start()
            double.ask(1, chat_id=1)
            await until(lambda: len(double.taken) >= 1, 30)
            used = cpu_seconds(bot.pid)
            for n in range(2, number + 2):
                double.ask(n, chat_id=n)
            await until(lambda: len(double.taken) > number, 120)
            cpu = 1000 * (cpu_seconds(bot.pid) - used) / number
            await bot.terminate()
    return [Row("CPU per update, echo through the inbox", cpu, "ms", f"{number:,} in a burst")]


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(asyncio.run(_enqueue(sys.argv[1])))}\n")
