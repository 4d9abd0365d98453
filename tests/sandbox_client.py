"""A person in the sandbox, for tests: writes, presses buttons, waits for what the bot answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from bot.sandbox.guard import KEY_HEADER
from bot.sandbox.log import Call
from bot.sandbox.world import DESK, YOU
from tests.logbook import deeds

Json = dict[str, Any]


@dataclass(slots=True)
class Chat:
    """One person in one chat, driven over HTTP, so the server may be another process.

    `async with Chat(sandbox.page_url) as you: await you.ask("/start")`.
    """

    page_url: str
    user_id: int = YOU
    chat_id: int | None = None
    patience: float = 10.0  # seconds to wait for an answer
    client: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.page_url)
        key = parse_qs(parts.query)["key"][0]
        self.client = httpx.AsyncClient(
            base_url=f"{parts.scheme}://{parts.netloc}", headers={KEY_HEADER: key}, timeout=20
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    @property
    def here(self) -> int:
        """Return the chat's id: the private one unless another was named."""
        return self.chat_id or self.user_id

    async def act(self, action: str, **given: Any) -> Any:
        """Do something as the page would do it; AssertionError with the words of a refusal."""
        deeds.append(given)
        answer = (await self.client.post(f"/page/{action}", json=given)).json()
        assert answer["ok"], answer["description"]
        return answer["result"]

    async def say(self, text: str, **given: Any) -> Json:
        """Write a text."""
        return await self.act("say", text=text, user_id=self.user_id, chat_id=self.here, **given)

    async def press(self, message: Json, label: str) -> Json:
        """Press the button that shows `label` (or begins with it)."""
        for button in buttons(message):
            if button["text"].startswith(label) and "callback_data" in button:
                return await self.act(
                    "press",
                    message_id=message["message_id"],
                    data=button["callback_data"],
                    user_id=self.user_id,
                    chat_id=self.here,
                )
        raise AssertionError(f"no button {label!r} in {[b['text'] for b in buttons(message)]}")

    async def upload(self, name: str, data: bytes, mime: str, caption: str = "") -> Json:
        """Send a document."""
        form = {"user_id": str(self.user_id), "chat_id": str(self.here), "caption": caption}
        deeds.append({"caption": caption, "file_name": name})
        answer = await self.client.post(
            "/page/upload", data=form, files={"file": (name, data, mime)}
        )
        return answer.json()["result"]

    async def messages(self) -> list[Json]:
        """Return the messages of the chat, oldest first."""
        query = {"users": str(self.user_id)}
        state = (await self.client.get("/page/state", params=query)).json()
        return next(c["messages"] for c in state["chats"] if c["chat"]["id"] == self.here)

    async def calls(self) -> list[Call]:
        """Return every call that the bot made, for a sandbox in another process."""
        told = (await self.client.get("/page/log")).json()
        return [Call(**call) for call in told["calls"]]

    async def from_bot(self, after: int = 0) -> list[Json]:
        """Return what the bot wrote after a message."""
        every = await self.messages()
        return [m for m in every if m["from"]["is_bot"] and m["message_id"] > after]

    async def until(self, met: Callable[[list[Json]], bool], after: int = 0) -> list[Json]:
        """Return the bot's messages after one, once they meet a condition."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self.patience
        while not met(found := await self.from_bot(after)):
            assert loop.time() < end, f"waited {self.patience} s; the bot wrote {texts(found)}"
            await asyncio.sleep(0.02)
        return found

    async def ask(self, text: str, **given: Any) -> Json:
        """Write a text and return the first answer."""
        said = await self.say(text, **given)
        return (await self.until(bool, said["message_id"]))[0]

    async def edited(self, message: Json) -> Json:
        """Return the message once the bot has changed it."""
        number = message["message_id"]

        def changed(m: Json) -> bool:
            return bool(m["message_id"] == number and m.get("edit_date") and m != message)

        seen = await self.until(lambda found: any(map(changed, found)))
        return next(m for m in seen if m["message_id"] == number)


def group(page_url: str, user_id: int = YOU) -> Chat:
    """Return a person in the group."""
    return Chat(page_url, user_id, DESK)


def buttons(message: Json) -> list[Json]:
    """Return all buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def texts(messages: list[Json]) -> list[str]:
    """Return what messages say."""
    return [m.get("text") or m.get("caption") or "(file)" for m in messages]
