"""The whole bot over HTTP in a sandbox, as `basisbot run` makes it, and a person to talk to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import run
from bot.delivery.pacing import Pace
from bot.sandbox.server import Sandbox
from bot.settings import Secret, Settings
from tests.sandbox_client import Chat

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
HASTE = (1000, 1.0)


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    return Settings(
        token=Secret(sandbox.token),
        api_base_url=sandbox.api_base_url,
        api_file_url=sandbox.file_url,
        data_dir=tmp_path,
        feeds=False,
    )


Restart = Callable[[], "Running"]


class Running:
    """A bot that can be stopped and started again over the same data."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._stop = asyncio.Event()
        self._task: asyncio.Task[int] | None = None

    async def start(self) -> None:
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(
            run(
                self.settings,
                stop=self._stop,
                pace=Pace(HASTE, HASTE, HASTE),
                now=lambda: NOON,
                warm=False,
            )
        )

    async def stop(self) -> None:
        self._stop.set()
        assert self._task is not None
        await asyncio.wait_for(self._task, 15)


@pytest.fixture
async def bot(settings: Settings) -> AsyncIterator[Running]:
    running = Running(settings)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def you(bot: Running, sandbox: Sandbox) -> AsyncIterator[Chat]:
    async with Chat(sandbox.page_url, patience=30) as chat:
        yield chat
