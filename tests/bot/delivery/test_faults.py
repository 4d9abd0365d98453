"""Real processes, really killed: nothing is lost, and no more is doubled than was in flight."""

from __future__ import annotations

import asyncio
import itertools
import random
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery.inbox import WORKERS
from bot.delivery.sender import IN_FLIGHT
from bot.store.departures import Policy
from bot.store.store import Store
from bot.store.tables import metadata
from tests.bot.delivery.children import KILLED, Child, alive, subscribe, until
from tests.bot.delivery.outage import outlast
from tests.bot.delivery.telegram_double import Double
from tests.bot.engines import both_engines
from tests.faults import Run, endure, held
from tests.postgres import Cluster

pytestmark = pytest.mark.faults


async def outbox_states(url: str) -> dict[str, int]:
    store = await Store.open(url, guest=True)
    status = await store.status()
    await store.close()
    return {**status["outbox"], "in doubt": status["uncertain"]}


def duplicates(double: Double) -> int:
    return sum(count - 1 for count in double.texts().values())


@both_engines
async def test_many_updates_survive_three_kills(url: str, double: Double) -> None:
    """No update is lost; those being answered at a kill may be answered twice."""
    chance = random.Random(3)
    for number in range(1, 301):
        double.ask(number, chat_id=1000 + number % 40)
    child = Child("answer", url, double)
    async with alive(child):
        for kills in range(3):
            await child.start()
            goal = 60 * (kills + 1)
            await until(lambda goal=goal: len(double.taken) >= goal)
            await asyncio.sleep(chance.uniform(0, 0.05))
            await child.kill()
        await child.start()
        await until(lambda: len(double.texts()) == 300)
        assert await child.terminate() < 10
    assert {text for _, text in double.texts()} == {f"re: question {n}" for n in range(1, 301)}
    assert duplicates(double) <= 3 * WORKERS


@pytest.mark.parametrize("policy", ["resend", "skip"])
async def test_a_digest_survives_a_failing_telegram_and_killings(url: str, policy: Policy) -> None:
    """`python -m tests.faults` in small: two senders, killed and stopped; see `held`."""
    run = Run(policy, subscribers=250, kills=2, terms=1, seconds=60, lease=1.5)
    found = await endure(url, run)
    assert held(run, found), list(found.lines())
    assert found.in_flight <= 2 * IN_FLIGHT


@pytest.mark.postgres
async def test_a_crash_of_the_server_loses_and_doubles_nothing(cluster: Cluster) -> None:
    """Results are retried until the database is back."""
    run = Run(subscribers=250, kills=0, terms=1, crashes=2, seconds=60, lease=1.5)
    found = await endure(await cluster.url(), run, cluster)
    assert held(run, found), list(found.lines())


@both_engines
@pytest.mark.parametrize("how", ["502", "lost"])
async def test_stored_questions_outlive_an_outage(url: str, tmp_path: Path, how: str) -> None:
    """`python -m tests.faults outage` in small."""
    fates = await outlast(url, tmp_path, how=how, seconds=0.5, questions=40)
    assert fates.kept, list(fates.lines())
    assert fates.doubled <= (WORKERS if how == "lost" else 0)


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
    child = Child("digest", url, double, parts=parts, lease=0.4)
    async with alive(child):
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
    child = Child("answer", url, double, lease=0.4)
    async with alive(child):
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
