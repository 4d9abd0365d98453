"""The composer: what a start needs, what it survives, how it ends."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.app import RunError, run
from bot.sandbox.errors import not_found
from bot.sandbox.faults import Fault, fault_from_json
from bot.sandbox.server import Sandbox
from bot.settings import Secret, Settings
from tests.sandbox_client import Chat


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Settings:
    return Settings(
        token=Secret(sandbox.token),
        api_base_url=sandbox.api_base_url,
        api_file_url=sandbox.file_url,
        data_dir=tmp_path,
        feeds=False,
    )


class Started:
    """A bot that runs for the length of a block."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stop = asyncio.Event()

    async def __aenter__(self) -> asyncio.Task[int]:
        self.task = asyncio.create_task(run(self.settings, stop=self.stop, warm=False))
        return self.task

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        assert await asyncio.wait_for(self.task, 10) == 0


@pytest.mark.refusals("Not Found")
async def test_a_server_without_menus_and_typing_does_not_stop_the_bot(
    sandbox: Sandbox, settings: Settings
):
    for method in ("setMyCommands", "setMyDescription", "setMyShortDescription", "sendChatAction"):
        sandbox.faults.add(Fault(method, times=None, error=not_found()))
    async with Started(settings), Chat(sandbox.page_url, patience=30) as you:
        assert "[1]" in (await you.ask("How big is the basis trade?"))["text"]


@pytest.mark.refusals("Too Many Requests: retry after 1", "Internal Server Error")
async def test_a_reply_survives_429_and_a_server_error(sandbox: Sandbox, settings: Settings):
    sandbox.faults.add(fault_from_json({"method": "sendMessage", "retry_after": 1}))
    sandbox.faults.add(fault_from_json({"method": "sendMessage", "status": 500}))
    async with Started(settings), Chat(sandbox.page_url, patience=30) as you:
        assert "basisbot" in (await you.ask("/start"))["text"]


async def test_a_bot_waits_for_a_telegram_that_is_not_there_yet(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(
        token=Secret("7000000001:" + "A" * 35),
        api_base_url=f"http://127.0.0.1:{port}/bot",
        data_dir=tmp_path,
        feeds=False,
    )
    stop = asyncio.Event()
    task = asyncio.create_task(run(settings, stop=stop, warm=False))
    await asyncio.sleep(0.5)
    assert not task.done()
    sandbox = Sandbox(token=str(settings.token))
    await sandbox.start(port)
    try:
        async with Chat(sandbox.page_url, patience=30) as you:
            assert "basisbot" in (await you.ask("/start"))["text"]
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)
        await sandbox.stop()


@pytest.mark.refusals("Unauthorized", "Not Found")
async def test_a_token_that_telegram_does_not_know_is_named(settings: Settings):
    wrong = replace(settings, token=Secret("7000000001:" + "B" * 35))
    with pytest.raises(RunError) as caught:
        await run(wrong, stop=asyncio.Event(), warm=False)
    assert caught.value.code == "bad_token"


async def test_a_data_folder_that_cannot_be_written_is_named(settings: Settings, tmp_path: Path):
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(RunError) as caught:
        await run(replace(settings, data_dir=tmp_path / "file" / "x"), stop=asyncio.Event())
    assert caught.value.code == "data_not_writable"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_a_port_that_is_taken_is_named(sandbox: Sandbox, tmp_path: Path):
    taken = Settings(data_dir=tmp_path, sandbox_port=sandbox.port, feeds=False)
    with pytest.raises(RunError) as caught:
        await run(taken, stop=asyncio.Event(), warm=False)
    assert caught.value.code == "port_taken"
    # tornado leaves the socket that it could not bind to the garbage collector.
    del caught
    gc.collect()


def _environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BASISBOT", "TELEGRAM"))}
    own = {"DATA_DIR": str(folder), "SANDBOX_PORT": "0", "FEEDS": "off"}
    return kept | {f"BASISBOT_{name}": value for name, value in own.items()} | {"LANG": "C"}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_a_token_the_sandbox_opens_and_a_signal_ends_it(tmp_path: Path, number: int):
    """One command, nothing configured: the page answers; a signal ends all within ten seconds."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+/\?key=\S+", line)
        assert url, line
        assert httpx.get(url[0], timeout=10, follow_redirects=True).status_code == 200
        assert time.monotonic() - began < 30
        stopping = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=15)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, err
    assert time.monotonic() - stopping < 10
    assert "Stopped." in out
    assert "Traceback" not in err
