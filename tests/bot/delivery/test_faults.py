"""Real processes, really killed: nothing is lost, and no more is doubled than was in flight."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery.inbox import WORKERS
from bot.delivery.sender import IN_FLIGHT
from bot.store.store import Store
from bot.store.tables import metadata
from tests.bot.delivery.telegram_double import Double
from tests.bot.engines import both_engines
from tests.postgres import Cluster

pytestmark = pytest.mark.faults

DUE = datetime(2026, 7, 18, 14, 0, 5, tzinfo=UTC)
KILLED = -signal.SIGKILL


class Child:
    """A process that can be started again, killed and stopped."""

    def __init__(self, what: str, url: str, double: Double, **settings: object) -> None:
        self.life = {
            "what": what,
            "store": url,
            "api": double.base_url,
            "due": DUE.isoformat(),
            **settings,
        }
        self.pid = 0
        self._nursery: asyncio.subprocess.Process | None = None

    async def _said(self, key: str, seconds: float = 30) -> int:
        assert self._nursery is not None
        assert self._nursery.stdout is not None
        line = await asyncio.wait_for(self._nursery.stdout.readline(), seconds)
        return int(json.loads(line)[key])

    async def start(self, **settings: object) -> None:
        if self._nursery is None:
            self._nursery = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.bot.delivery.child",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(json.dumps({**self.life, **settings}).encode() + b"\n")
        self.pid = await self._said("pid")

    async def ended(self, seconds: float = 30) -> int:
        code = await self._said("ended", seconds)
        self.pid = 0
        return code

    async def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        assert await self.ended() == KILLED

    async def terminate(self) -> float:
        """Ask it to stop; return the seconds that took. It must end in good order."""
        asked = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        assert await self.ended() == 0
        return time.monotonic() - asked

    async def bury(self) -> None:
        """Leave no process behind, whatever the test said."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            await self.ended()
        if self._nursery is not None:
            assert self._nursery.stdin is not None
            self._nursery.stdin.close()
            await self._nursery.wait()


@asynccontextmanager
async def alive(child: Child) -> AsyncIterator[Child]:
    try:
        yield child
    finally:
        await child.bury()


async def until(true: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def subscribe(url: str, chats: range) -> None:
    store = await Store.open(url, now=lambda: datetime(2026, 7, 15, tzinfo=UTC))
    await asyncio.gather(*(store.subscribe(chat) for chat in chats))
    await store.close()


async def outbox_states(url: str) -> dict[str, int]:
    store = await Store.open(url, guest=True)
    status = await store.status()
    await store.close()
    return {**status["outbox"], "in doubt": status["uncertain"]}


def duplicates(double: Double) -> int:
    return sum(count - 1 for count in double.texts().values())


@both_engines
async def test_a_thousand_updates_survive_three_kills(url: str, double: Double) -> None:
    """No update is lost; those being answered at a kill may be answered twice."""
    chance = random.Random(3)
    for number in range(1, 1001):
        double.ask(number, chat_id=1000 + number % 40)
    async with alive(Child("answer", url, double)) as child:
        for kills in range(3):
            await child.start()
            goal = 200 * (kills + 1)
            await until(lambda goal=goal: len(double.taken) >= goal)
            await asyncio.sleep(chance.uniform(0, 0.05))
            await child.kill()
        await child.start()
        await until(lambda: len(double.texts()) == 1000)
        assert await child.terminate() < 10
    assert {text for _, text in double.texts()} == {f"re: question {n}" for n in range(1, 1001)}
    assert duplicates(double) <= 3 * WORKERS


@both_engines
async def test_a_digest_to_500_survives_three_kills(url: str, double: Double) -> None:
    chance = random.Random(5)
    await subscribe(url, range(1, 501))
    double.latency = 0.005
    async with alive(Child("digest", url, double)) as child:
        for kills in range(3):
            await child.start()
            goal = 100 * (kills + 1)
            await until(lambda goal=goal: len(double.taken) >= goal)
            await asyncio.sleep(chance.uniform(0, 0.05))
            await child.kill()
        await child.start()
        await until(lambda: len(double.texts()) == 500)
        await asyncio.sleep(0.3)
        assert await child.terminate() < 10
    assert double.texts().keys() == {(chat, "2026-W29 en part 0") for chat in range(1, 501)}
    assert duplicates(double) <= 3 * IN_FLIGHT
    states = await outbox_states(url)
    assert states == {"sent": 500, "in doubt": states["in doubt"]}
    assert duplicates(double) <= states["in doubt"] <= 3 * IN_FLIGHT


async def test_skip_doubles_nothing_and_counts_what_may_be_lost(url: str, double: Double) -> None:
    await subscribe(url, range(1, 201))
    double.latency = 0.02
    async with alive(Child("digest", url, double, policy="skip")) as child:
        for goal in (50, 100):
            await child.start()
            await until(lambda goal=goal: len(double.taken) >= goal)
            await child.kill()
        await child.start()
        await asyncio.sleep(0.5)
        await until(lambda: len(double.taken) >= 200 - 2 * IN_FLIGHT)
        await asyncio.sleep(1.0)
        await child.terminate()
    states = await outbox_states(url)
    assert duplicates(double) == 0
    assert states["sent"] + states.get("uncertain", 0) == 200
    assert 200 - len(double.texts()) <= states.get("uncertain", 0) <= 2 * IN_FLIGHT


@both_engines
async def test_sigterm_under_load_loses_nothing_and_doubles_nothing(
    url: str, double: Double
) -> None:
    await subscribe(url, range(1, 201))
    double.latency = 0.02
    async with alive(Child("digest", url, double)) as child:
        for goal in (60, 120):
            await child.start()
            await until(lambda goal=goal: len(double.taken) >= goal)
            assert await child.terminate() < 10
        await child.start()
        await until(lambda: len(double.texts()) == 200)
        await child.terminate()
    assert duplicates(double) == 0
    assert await outbox_states(url) == {"sent": 200, "in doubt": 0}


async def killed_at_each_step(child: Child, url: str, double: Double, life: int) -> int:
    """Live twice: killed at step `life`, then to the end. Return how the first life ended."""
    await child.start(point=life, until=1, store=url)
    first = await child.ended()
    if first == KILLED:
        await child.start(until=1, store=url)
        assert await child.ended() == 0
    return first


@both_engines
async def test_a_kill_at_any_durable_step_of_sending_repeats_at_most_what_was_in_doubt(
    url: str, double: Double
) -> None:
    """At step 1, then 2, ... until a life needs no more: every commit and every call is covered."""
    parts = 2 if url.startswith("sqlite") else 1  # a life there lasts longer
    wanted = {(7, f"2026-W29 en part {part}"): 1 for part in range(parts)}
    async with alive(Child("digest", url, double, parts=parts, lease=0.4)) as child:
        for point in itertools.count(1):
            await empty(url)
            await subscribe(url, range(7, 8))
            double.taken.clear()
            ended = await killed_at_each_step(child, url, double, point)
            states = await outbox_states(url)
            assert states["sent"] == 1
            assert double.texts().keys() == wanted.keys(), point
            assert duplicates(double) <= states["in doubt"] <= 1, point
            if ended == 0:
                break
    assert point > 10, "one life has more steps than that"
    assert double.texts() == wanted


@both_engines
async def test_a_kill_at_any_durable_step_of_answering_loses_no_update(
    url: str, double: Double
) -> None:
    wanted = {(7, "re: question 1"): 1}
    async with alive(Child("answer", url, double, lease=0.4)) as child:
        for point in itertools.count(1):
            await empty(url)
            double.taken.clear()
            double.updates.clear()
            double.ask(1, chat_id=7)
            ended = await killed_at_each_step(child, url, double, point)
            assert double.texts().keys() == wanted.keys(), point
            assert duplicates(double) <= 1, point
            if ended == 0:
                break
    assert point > 5
    assert double.texts() == wanted


async def empty(url: str) -> None:
    """Delete all rows, as a new store would have none."""
    store = await Store.open(url)

    async def delete_all(connection: AsyncConnection) -> None:
        for table in reversed(metadata.sorted_tables):
            await connection.execute(delete(table))

    await store.database.write(delete_all)
    await store.close()


@pytest.mark.postgres
async def test_two_senders_and_a_crashing_server_lose_and_double_nothing(
    cluster: Cluster, double: Double
) -> None:
    """Results are retried until the database is back, so even a crash of it repeats nothing."""
    url = await cluster.url()
    await subscribe(url, range(1, 401))
    double.latency = 0.02
    first, second = (Child("digest", url, double, lease=20) for _ in range(2))
    async with alive(first), alive(second):
        await first.start()
        await second.start()
        for goal in (80, 200):
            await until(lambda goal=goal: len(double.taken) >= goal)
            await asyncio.to_thread(cluster.crash)
        await until(lambda: len(double.texts()) == 400)
        await asyncio.sleep(0.5)
        await first.terminate()
        await second.terminate()
    assert duplicates(double) == 0
    assert await outbox_states(url) == {"sent": 400, "in doubt": 0}
