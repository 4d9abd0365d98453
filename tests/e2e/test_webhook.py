"""Updates by webhook while processes die: none lost, and two replicas answer each once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from bot.delivery.inbox import WORKERS
from tests.e2e.processes import Process, bot_against, telegram
from tests.e2e.test_survival import (
    FIRST,
    all_faces_answered,
    answered,
    calls_of,
    people,
)
from tests.oracles import check_log
from tests.postgres import Cluster, why_not
from tests.sandbox_client import Chat

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]

SECRET = "an-own_Secret"  # noqa: S105  # made up here
KILLS = 3
UPDATES, CHATS = 120, 40


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def write(page: str, faces: Sequence[int]) -> None:
    """Let people ask for a basis, each face once."""
    async with Chat(page) as anyone:
        for n in faces:
            text = f"/basis TYH7 112-16+ 4.25% 11/15/34 100-30 repo 3.90 face {n}m"
            await anyone.act("say", text=text, user_id=FIRST + n % CHATS)


async def test_updates_by_webhook_survive_three_kills(tmp_path: Path) -> None:
    """Killed at any moment, also between storing an update and confirming it."""
    port = free_port()
    async with telegram(tmp_path) as (server, page):
        await people(page, CHATS)
        bot = await bot_against(
            server,
            tmp_path,
            BASISBOT_WEBHOOK_URL=f"http://127.0.0.1:{port}/telegram",
            BASISBOT_WEBHOOK_PORT=str(port),
            BASISBOT_WEBHOOK_SECRET=SECRET,
        )
        async with started(bot):
            await write(page, range(1, UPDATES + 1))
            for kill in range(KILLS):
                await all_faces_answered(page, (kill + 1) * UPDATES // (KILLS + 1))
                await bot.kill()
                await bot.start()
            await all_faces_answered(page, UPDATES)
            assert await bot.end(signal.SIGTERM) == 0
            calls = await calls_of(page)
    counted = answered(calls)
    twice = sum(counted.values()) - UPDATES
    sys.stdout.write(f"\n{UPDATES} updates, {KILLS} kills: 0 lost, {twice} answered twice\n")
    assert set(counted) == set(range(1, UPDATES + 1))
    assert twice <= KILLS * WORKERS
    assert not any(call.method == "getUpdates" for call in calls)
    check_log(calls, ())


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if reason := why_not():
        pytest.skip(reason)
    made = Cluster()
    yield made
    made.remove()


@contextlib.asynccontextmanager
async def started(*bots: Process) -> AsyncIterator[None]:
    """Start bots; whatever happens, none outlives the test."""
    try:
        for bot in bots:
            await bot.start()
        yield
    finally:
        for bot in bots:
            await bot.kill()


@contextlib.asynccontextmanager
async def balancer(port: int, ports: Sequence[int]) -> AsyncIterator[None]:
    """Spread connections over the ports in turn, passing over one that does not answer."""
    turns = itertools.cycle(ports)

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in ports:
            with contextlib.suppress(OSError):
                there = await asyncio.open_connection("127.0.0.1", next(turns))
                await asyncio.gather(pipe(reader, there[1]), pipe(there[0], writer))
                return
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", port)
    yield
    listening.close()


@pytest.mark.postgres
async def test_two_replicas_on_postgresql_answer_each_update_once(
    tmp_path: Path, cluster: Cluster
) -> None:
    """Midway one of them leaves in good order; the other answers what is left."""
    front, *ports = free_port(), free_port(), free_port()
    database = await cluster.url()
    async with telegram(tmp_path) as (server, page), balancer(front, ports):
        await people(page, CHATS)
        replicas = [
            await replica(server, tmp_path / str(port), front, port, database) for port in ports
        ]
        async with started(*replicas):
            for one in replicas:
                await one.says("Receiving by webhook")
            await write(page, range(1, UPDATES // 2 + 1))
            await all_faces_answered(page, UPDATES // 2)
            await write(page, range(UPDATES // 2 + 1, UPDATES + 1))
            assert await replicas[0].end(signal.SIGTERM) == 0
            await all_faces_answered(page, UPDATES)
            assert await replicas[1].end(signal.SIGTERM) == 0
            calls = await calls_of(page)
    counted = answered(calls)
    assert set(counted) == set(range(1, UPDATES + 1))
    assert set(counted.values()) == {1}
    check_log(calls, ())


async def replica(server: Process, folder: Path, front: int, port: int, database: str) -> Process:
    """Return one of several bots behind the same address and on the same database."""
    folder.mkdir()  # noqa: ASYNC240  # one folder, once
    return await bot_against(
        server,
        folder,
        BASISBOT_WEBHOOK_URL=f"http://127.0.0.1:{front}/telegram",
        BASISBOT_WEBHOOK_PORT=str(port),
        BASISBOT_WEBHOOK_SECRET=SECRET,
        BASISBOT_DATABASE_URL=database,
    )
