"""The webhook against what the open internet sends it: only Telegram's updates get in, and stay."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from bot.delivery.inbox import InboxFullError
from bot.delivery.webhook import BODY_BYTES, DEPTH, SECRET_HEADER, Webhook, read_update

SECRET = "an-own_Secret"  # noqa: S105  # made up here
PATH = "/telegram"


@dataclass
class Shelf:
    """Takes updates, or fails as told."""

    error: Exception | None = None
    taken: list[dict[str, Any]] = field(default_factory=list)

    async def accept(self, updates: Iterable[dict[str, Any]]) -> None:
        if self.error is not None:
            raise self.error
        self.taken += updates


async def no_doubt() -> str | None:
    return None


async def some_figures() -> dict[str, Any]:
    return {"inbox": {'state="pending"': 2}, "outbox_oldest_pending_seconds": None}


@dataclass
class Client:
    """Whoever talks to the webhook, over a connection of its own each time."""

    hook: Webhook
    shelf: Shelf

    async def request(self, method: str = "POST", path: str = PATH, **given: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.hook.port}") as client:
            return await client.request(method, path, **given)

    async def post(self, update: Any, secret: str | None = SECRET) -> int:
        headers = {} if secret is None else {SECRET_HEADER: secret}
        return (await self.request(json=update, headers=headers)).status_code

    async def raw(self, sent: bytes, seconds: float = 5.0) -> bytes:
        """Send bytes and return what comes until the other side closes or resets."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.hook.port)
        try:
            writer.write(sent)
            await writer.drain()
            return await asyncio.wait_for(reader.read(), seconds)
        except ConnectionError:
            return b""
        finally:
            writer.close()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    shelf = Shelf()
    hook = Webhook(SECRET, shelf.accept, no_doubt, some_figures, body_seconds=0.5)
    await hook.start("127.0.0.1", 0, PATH)
    yield Client(hook, shelf)
    await hook.stop()


@pytest.mark.filterwarnings(
    "error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_where_its_port_is_taken_it_says_so_and_leaves_nothing_open(host: str):
    hook = Webhook(SECRET, Shelf().accept, no_doubt, some_figures)
    with socket.create_server(("127.0.0.1", 0)) as other:
        before = psutil.Process().num_fds()
        with pytest.raises(OSError, match="in use"):
            await hook.start(host, other.getsockname()[1], PATH)
        gc.collect()
        assert psutil.Process().num_fds() == before
    await hook.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])  # noqa: S104  # asked for
async def test_it_listens_at_each_address_of_its_host_on_one_port(host: str):
    hook = Webhook(SECRET, Shelf().accept, no_doubt, some_figures)
    await hook.start(host, 0, PATH)
    answer = await Client(hook, Shelf()).request("GET", "/healthz")
    assert answer.text == "alive\n"
    await hook.stop()


async def test_an_update_with_the_secret_is_stored_before_it_is_confirmed(client: Client):
    assert await client.post({"update_id": 1}) == 200
    assert client.shelf.taken == [{"update_id": 1}]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "é密"])
async def test_without_the_secret_a_bare_403(client: Client, secret: str | None):
    headers = {} if secret is None else {SECRET_HEADER: secret.encode()}
    answer = await client.request(json={"update_id": 1}, headers=headers)
    assert answer.status_code == 403
    assert answer.content == b""
    assert "server" not in answer.headers
    assert not client.shelf.taken


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_post_is_taken(client: Client, method: str):
    answer = await client.request(method, headers={SECRET_HEADER: SECRET})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_other_paths_are_not_there(client: Client):
    assert (await client.request("POST", "/", headers={SECRET_HEADER: SECRET})).status_code == 404


def head(length: int | None, secret: str = SECRET, *, chunked: bool = False) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", "Host: x", f"{SECRET_HEADER}: {secret}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    return "\r\n".join([*lines, "", ""]).encode()


async def test_ten_megabytes_are_refused_before_they_are_sent(client: Client):
    assert b" 413 " in await client.raw(head(10 * 2**20))


async def test_a_stranger_with_ten_megabytes_is_told_no_more_than_any_other(client: Client):
    assert b" 403 " in await client.raw(head(10 * 2**20, "wrong"))


async def test_a_body_of_unknown_length_is_cut_at_a_megabyte(client: Client):
    piece = b"ffff\r\n" + b" " * 0xFFFF + b"\r\n"
    sent = head(None, chunked=True) + piece * (BODY_BYTES // 0xFFFF + 1)
    # What is still under way when we hang up may make the system drop the answer.
    answer = await client.raw(sent)
    assert b" 413 " in answer or not answer
    assert not client.shelf.taken


async def test_a_megabyte_is_still_taken(client: Client):
    update = {"update_id": 1, "x": ""}
    update["x"] = "a" * (BODY_BYTES - len(json.dumps(update)))
    answer = await client.request(content=json.dumps(update), headers={SECRET_HEADER: SECRET})
    assert answer.status_code == 200
    assert len(client.shelf.taken) == 1


async def test_a_body_that_never_ends_is_hung_up_on(client: Client):
    """A slow sender keeps nothing of ours busy but its own connection, and that not for long."""
    assert await client.raw(head(100) + b'{"update', seconds=3) == b""
    assert await client.post({"update_id": 1}) == 200


async def test_a_head_that_never_ends_is_hung_up_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.delivery.webhook.IDLE_SECONDS", 0.3)
    slow = Webhook(SECRET, client.shelf.accept, no_doubt, some_figures)
    await slow.start("127.0.0.1", 0, PATH)
    assert await Client(slow, client.shelf).raw(b"POST /tele", seconds=3) == b""
    await slow.stop()


async def test_a_head_that_is_too_long_is_hung_up_on(client: Client):
    assert b"200" not in await client.raw(head(2)[:-2] + b"X: " + b"y" * 70_000 + b"\r\n\r\n{}")


async def test_connections_beyond_the_bound_are_closed(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.delivery.webhook.CONNECTIONS", 3)
    held = [await asyncio.open_connection("127.0.0.1", client.hook.port) for _ in range(3)]
    await asyncio.sleep(0.05)
    assert await client.raw(head(0)) == b""
    for _, writer in held:
        writer.close()
    await asyncio.sleep(0.05)
    assert await client.post({"update_id": 1}) == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[1]", b'"x"', b"\xff\xfe", b"[" * 500_000, b'{"a":' * 100_000],
)
async def test_what_is_no_update_is_refused(client: Client, body: bytes):
    answer = await client.request(content=body, headers={SECRET_HEADER: SECRET})
    assert answer.status_code == 400
    assert await client.post({"update_id": 1}) == 200


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def test_updates_may_nest_as_deep_as_any_of_telegrams():
    assert read_update(nested(DEPTH)) is not None
    assert read_update(nested(DEPTH + 1)) is None


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes):
    found = read_update(body)
    assert found is None or isinstance(found, dict)


async def test_a_full_inbox_asks_telegram_to_come_again(client: Client):
    client.shelf.error = InboxFullError()
    answer = await client.request(json={"update_id": 1}, headers={SECRET_HEADER: SECRET})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


async def test_a_database_that_is_away_asks_telegram_to_come_again(client: Client):
    client.shelf.error = OperationalError("x", {}, OSError())
    assert await client.post({"update_id": 1}) == 503


async def test_a_defect_of_ours_keeps_the_update_at_telegram(client: Client):
    client.shelf.error = ZeroDivisionError()
    assert await client.post({"update_id": 1}) == 500


async def test_a_sender_that_hangs_up_loses_nothing(client: Client):
    entered, release = asyncio.Event(), asyncio.Event()
    taken = []

    async def slow(updates: Iterable[dict[str, Any]]) -> None:
        entered.set()
        await release.wait()
        taken.extend(updates)

    client.hook.accept = slow
    _, writer = await asyncio.open_connection("127.0.0.1", client.hook.port)
    body = b'{"update_id":1}'
    writer.write(head(len(body)) + body)
    await entered.wait()
    writer.close()
    stopping = asyncio.create_task(client.hook.stop())
    await asyncio.sleep(0.05)
    release.set()
    await stopping
    assert taken == [{"update_id": 1}]


# What a monitor asks


async def test_health_and_readiness(client: Client):
    assert (await client.request("GET", "/healthz")).text == "alive\n"
    assert (await client.request("GET", "/readyz")).text == "ready\n"

    async def doubt() -> str:
        return "database"

    client.hook.doubt = doubt
    unready = await client.request("GET", "/readyz")
    assert (unready.status_code, unready.text) == (503, "database\n")


async def test_figures_are_for_who_knows_the_secret(client: Client):
    assert (await client.request("GET", "/metrics")).status_code == 403
    wrong = {"Authorization": "Bearer wrong"}
    assert (await client.request("GET", "/metrics", headers=wrong)).status_code == 403
    await client.post({"update_id": 1})
    right = {"Authorization": f"Bearer {SECRET}"}
    shown = (await client.request("GET", "/metrics", headers=right)).text
    assert 'basisbot_inbox{state="pending"} 2\n' in shown
    assert 'basisbot_webhook_answers_total{code="403"} 2\n' in shown
    assert 'basisbot_webhook_answers_total{code="200"} 1\n' in shown
    assert "oldest" not in shown
