"""The composer: what a start needs, what it survives, how it ends."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.app import RunError, run
from bot.delivery.doctor import alive
from bot.sandbox.errors import not_found
from bot.sandbox.faults import Fault, fault_from_json
from bot.sandbox.server import Sandbox
from bot.sandbox.world import COLLEAGUE, YOU
from bot.settings import Secret, Settings
from tests.logbook import check_lines
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


async def test_a_port_that_is_taken_is_named_and_nothing_stays_open(
    sandbox: Sandbox, tmp_path: Path
):
    taken = Settings(data_dir=tmp_path, sandbox_port=sandbox.port, feeds=False)
    with pytest.raises(RunError) as caught:
        await run(taken, stop=asyncio.Event(), warm=False)
    assert caught.value.code == "port_taken"
    del caught
    gc.collect()  # what nobody closed would warn here, and a warning is an error


# Receiving by webhook

SECRET = Secret("an-own_Secret")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def hooked(settings: Settings) -> Settings:
    port = free_port()
    url = f"http://127.0.0.1:{port}/telegram"
    return replace(settings, webhook_url=url, webhook_port=port, webhook_secret=SECRET)


async def test_a_conversation_by_webhook(sandbox: Sandbox, hooked: Settings):
    async with Started(hooked), Chat(sandbox.page_url, patience=30) as you:
        hello = await you.ask("/start")
        await you.press(hello, "中文")
        assert "用中文或英文提问" in (await you.edited(hello))["text"]
        assert "[1]" in (await you.ask("How big is the basis trade?"))["text"]
        hook = sandbox.world.updates.webhook
        assert hook is not None
        assert (hook.url, hook.secret) == (hooked.webhook_url, SECRET)
        assert "message" in sandbox.world.updates.allowed
        assert not sandbox.log.of("getUpdates")
    assert hook.last_error_message == ""
    assert sandbox.world.updates.webhook is hook  # others may serve it; Telegram keeps what comes


async def test_what_came_while_we_were_down_is_answered_in_order(
    sandbox: Sandbox, hooked: Settings
):
    async with Chat(sandbox.page_url, patience=30) as you:
        async with Started(hooked):
            await you.ask("/start")
        asked = await you.say("/help")
        await you.say("/privacy")
        async with Started(hooked):
            told = await you.until(lambda found: len(found) == 2, asked["message_id"])
    assert "What works here" in told[0]["text"]
    assert "90 days" in told[1]["text"]


async def test_an_update_that_telegram_sends_twice_is_answered_once(
    sandbox: Sandbox, hooked: Settings
):
    """As when we die after storing an update and before saying so."""
    update = {
        "update_id": 77,
        "message": {
            "message_id": 5,
            "date": 1,
            "chat": {"id": YOU, "type": "private", "first_name": "You"},
            "from": {"id": YOU, "is_bot": False, "first_name": "You"},
            "text": "/privacy",
            "entities": [{"type": "bot_command", "offset": 0, "length": 8}],
        },
    }
    async with (
        Started(hooked),
        Chat(sandbox.page_url, patience=30) as you,
        httpx.AsyncClient(headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}) as telegram,
    ):
        await you.ask("/start")
        for _ in range(3):
            answer = await telegram.post(hooked.webhook_url or "", json=update)
            assert answer.status_code == 200
        # Of one chat's updates the last is answered last.
        await you.say("/help")
        told = await you.until(lambda found: "What works" in found[-1]["text"])
        assert sum("90 days" in m["text"] for m in told) == 1


async def test_strangers_get_nothing_in(sandbox: Sandbox, hooked: Settings):
    async with Started(hooked), Chat(sandbox.page_url, patience=30) as you:
        await you.ask("/start")
        async with httpx.AsyncClient() as stranger:
            forged = {"update_id": 1, "message": {"text": "/forget", "chat": {"id": YOU}}}
            answer = await stranger.post(hooked.webhook_url or "", json=forged)
        assert (answer.status_code, answer.content) == (403, b"")
        assert len(await you.from_bot()) == 1


def strange_updates() -> list[dict[str, Any]]:
    """Return updates that Telegram would hardly send: each is to be passed over, alone."""
    chat = {"id": YOU, "type": "private", "first_name": "You"}
    plain = {"message_id": 5, "date": 1, "chat": chat, "from": {"id": YOU, "is_bot": False}}
    return [
        {"update_id": 1},
        {"update_id": 2, "unheard_of": {"chat": chat}},
        {"update_id": 3, "message": None},
        {"update_id": 4, "message": "text"},
        {"update_id": 5, "message": {**plain, "text": 7}},
        {"update_id": 6, "message": {**plain, "chat": {"id": 2**70, "type": "private"}}},
        {"update_id": 7, "message": {**plain, "date": 10**18, "text": "hi"}},
        {"update_id": 8, "message": {**plain, "text": "lone \ud800 half"}},
        {"update_id": 9, "message": {**plain, "text": "nul \x00"}},
        {"update_id": 10, "message": {**plain, "entities": [{"type": "bot_command"}]}},
        {"update_id": 11, "inline_query": {"id": 7}},
        {"update_id": 12, "callback_query": {"id": "x", "from": {}, "data": "k:r:x"}},
        {"update_id": 2**70, "message": {**plain, "text": "hi"}},
        {"update_id": -1, "message": {**plain, "text": "hi"}},
        {"update_id": "12", "message": plain},
        {"update_id": True},
        {"nothing": 1},
    ]


async def test_strange_updates_take_nobody_down(sandbox: Sandbox, hooked: Settings):
    async with (
        Started(hooked),
        Chat(sandbox.page_url, patience=30) as you,
        httpx.AsyncClient(headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}) as telegram,
    ):
        await you.ask("/start")
        for update in strange_updates():
            body = json.dumps(update)
            answer = await telegram.post(hooked.webhook_url or "", content=body)
            assert answer.status_code == 200, update
        async with Chat(sandbox.page_url, COLLEAGUE, patience=30) as other:
            assert "90 days" in (await other.ask("/privacy"))["text"]


async def test_strange_updates_do_not_stop_the_polling(sandbox: Sandbox, settings: Settings):
    async with Started(settings), Chat(sandbox.page_url, patience=30) as you:
        await you.ask("/start")
        updates = sandbox.world.updates
        for update in strange_updates():
            if isinstance(update.get("update_id"), int) and 0 <= update["update_id"] < 2**40:
                updates.waiting.append({**update, "update_id": updates.next_id})
                updates.next_id += 1
        updates.wake()
        async with Chat(sandbox.page_url, COLLEAGUE, patience=30) as other:
            assert "90 days" in (await other.ask("/privacy"))["text"]


async def test_polling_takes_away_a_webhook_that_is_left_over(
    sandbox: Sandbox, settings: Settings, hooked: Settings
):
    async with Chat(sandbox.page_url, patience=30) as you:
        async with Started(hooked):
            await you.ask("/start")
        async with Started(settings):
            assert "90 days" in (await you.ask("/privacy"))["text"]
    assert sandbox.world.updates.webhook is None


async def test_ready_only_where_the_clock_ticks_and_the_store_answers(
    sandbox: Sandbox, hooked: Settings
):
    base = f"http://127.0.0.1:{hooked.webhook_port}"
    async with Started(hooked), Chat(sandbox.page_url, patience=30) as you:
        await you.ask("/start")
        async with httpx.AsyncClient(base_url=base) as monitor:
            assert (await monitor.get("/healthz")).status_code == 200
            assert (await monitor.get("/readyz")).text == "ready\n"
            bearer = {"Authorization": f"Bearer {SECRET}"}
            figures = (await monitor.get("/metrics", headers=bearer)).text
        assert alive(hooked.data_dir, time.time()) is None  # what `basisbot healthcheck` reads
    assert 'basisbot_inbox{state="done"} 1\n' in figures
    assert "basisbot_last_tick_seconds" in figures


@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_a_webhook_port_that_is_taken_is_named(sandbox: Sandbox, hooked: Settings):
    taken = replace(hooked, webhook_port=sandbox.port)
    with pytest.raises(RunError) as caught:
        await run(taken, stop=asyncio.Event(), warm=False)
    assert caught.value.code == "webhook_port_taken"
    assert sandbox.world.updates.webhook is None
    # tornado leaves the socket that it could not bind to the garbage collector.
    del caught
    gc.collect()


@pytest.mark.refusals("Bad Request: bad webhook")
async def test_an_address_that_telegram_does_not_take_is_named(sandbox: Sandbox, hooked: Settings):
    bad = replace(hooked, webhook_url="ftp://127.0.0.1/telegram")
    with pytest.raises(RunError) as caught:
        await run(bad, stop=asyncio.Event(), warm=False)
    assert caught.value.code == "webhook_refused"
    assert "bad webhook" in str(caught.value.values["reason"]).lower()


@pytest.mark.refusals("Too Many Requests: retry after 1")
async def test_a_webhook_is_set_once_telegram_has_time_for_it(sandbox: Sandbox, hooked: Settings):
    sandbox.faults.add(fault_from_json({"method": "setWebhook", "retry_after": 1}))
    async with Started(hooked), Chat(sandbox.page_url, patience=30) as you:
        assert "basisbot" in (await you.ask("/start"))["text"]


async def test_without_a_token_a_webhook_is_ignored_and_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """The sandbox leaves nothing from this machine, whatever the environment says."""
    settings = Settings(
        data_dir=tmp_path,
        feeds=False,
        sandbox_port=0,
        webhook_url="https://bot.example.org/telegram",
        webhook_secret=SECRET,
    )
    async with Started(settings):
        await asyncio.sleep(0.5)
    assert "BASISBOT_WEBHOOK_URL" in capsys.readouterr().out


def _environment(folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BASISBOT", "TELEGRAM"))}
    own = {"DATA_DIR": str(folder), "SANDBOX_PORT": "0", "FEEDS": "off"}
    kept |= {"LANG": "C", "PYTHONPATH": str(Path(__file__).parents[2])}
    return kept | {f"BASISBOT_{name}": value for name, value in own.items()}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_a_token_the_sandbox_opens_and_a_signal_ends_it(tmp_path: Path, number: int):
    """One command, nothing configured: the page answers; a signal ends all within ten seconds."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.debugging", "bot", "run"],
        env=_environment(tmp_path),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+/\?key=(\S+)", line)
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
    check_lines(err.splitlines(), [], url[1])
