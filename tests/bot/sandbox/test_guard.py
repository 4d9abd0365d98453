"""The sandbox answers only this machine, under its own name, and the page only with its key."""

from __future__ import annotations

import httpx
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from bot.sandbox.guard import KEY_HEADER
from bot.sandbox.server import Sandbox


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
async def test_its_own_names_are_answered(sandbox: Sandbox, host: str):
    async with httpx.AsyncClient() as client:
        headers = {"Host": f"{host}:{sandbox.port}"}
        answer = await client.get(f"{sandbox.api_base_url}{sandbox.token}/getMe", headers=headers)
    assert answer.json()["ok"]


@pytest.mark.parametrize("path", ["/", "/page/state", "/static/page.js", "/bot{token}/getMe"])
@pytest.mark.parametrize(
    "host", ["example.com:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.e.com"]
)
async def test_foreign_names_are_refused_everywhere(sandbox: Sandbox, host: str, path: str):
    url = sandbox.url + path.format(token=sandbox.token)
    headers = {"Host": host.format(port=sandbox.port), KEY_HEADER: sandbox.key}
    async with httpx.AsyncClient() as client:
        assert (await client.get(url, headers=headers)).status_code == 403


async def test_the_page_needs_its_key_and_then_keeps_it_in_a_cookie(sandbox: Sandbox):
    async with httpx.AsyncClient(follow_redirects=True) as client:
        assert (await client.get(sandbox.url)).status_code == 403
        assert (await client.get(f"{sandbox.url}/?key=wrong")).status_code == 403
        assert (await client.get(f"{sandbox.url}/page/state")).status_code == 403
        opened = await client.get(sandbox.page_url)
        assert opened.status_code == 200
        assert sandbox.key not in str(opened.url)
        cookie = opened.history[0].headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert (await client.get(f"{sandbox.url}/page/state")).status_code == 200


async def test_nothing_from_elsewhere_may_be_loaded(sandbox: Sandbox):
    async with httpx.AsyncClient(headers={KEY_HEADER: sandbox.key}) as client:
        page = await client.get(sandbox.url)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in page.text.replace("http-equiv", "")


async def test_other_pages_may_not_act(sandbox: Sandbox):
    headers = {KEY_HEADER: sandbox.key, "Origin": "http://example.com"}
    async with httpx.AsyncClient(headers=headers) as client:
        answer = await client.post(f"{sandbox.url}/page/say", json={"text": "x"})
    assert answer.status_code == 403


@pytest.mark.parametrize(("origin", "key"), [("http://e.com", True), ("{url}", False)])
async def test_other_pages_may_not_listen(sandbox: Sandbox, origin: str, key: bool):
    headers = {"Origin": origin.format(url=sandbox.url)} | (
        {KEY_HEADER: sandbox.key} if key else {}
    )
    url = f"{sandbox.url.replace('http', 'ws')}/page/events"
    with pytest.raises(HTTPClientError, match="403"):
        await websocket_connect(HTTPRequest(url, headers=headers))


async def test_the_page_itself_hears_what_happens(sandbox: Sandbox):
    headers = {"Origin": sandbox.url, KEY_HEADER: sandbox.key}
    url = f"{sandbox.url.replace('http', 'ws')}/page/events"
    socket = await websocket_connect(HTTPRequest(url, headers=headers))
    sandbox.world.say("hello")
    told = await socket.read_message()
    assert '"event": "message"' in str(told)
    assert "hello" in str(told)
    socket.close()
    assert await socket.read_message() is None


async def test_wrong_arguments_are_named(sandbox: Sandbox):
    async with httpx.AsyncClient(headers={KEY_HEADER: sandbox.key}) as client:
        answer = await client.post(f"{sandbox.url}/page/say", json={"words": "x"})
        unknown = await client.post(f"{sandbox.url}/page/shout", json={})
    assert answer.status_code == 400
    assert "words" in answer.json()["description"]
    assert unknown.status_code == 404
