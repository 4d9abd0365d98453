"""The chat page: its files, what people do on it, and a stream of what happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from bot.sandbox.errors import ApiError, bad, not_found
from bot.sandbox.faults import Faults, fault_from_json
from bot.sandbox.guard import Guarded, Keyed, host_is_ours, origins
from bot.sandbox.log import RequestLog
from bot.sandbox.params import Upload
from bot.sandbox.world import YOU, Json, World

STATIC = Path(__file__).parent / "static"


class PageHandler(Guarded):
    """`/`: the page; the key in the address becomes a cookie and leaves the address."""

    def get(self) -> None:
        """Show the page to whoever has the key."""
        if not self.has_key():
            self.set_status(403)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish((STATIC / "closed.txt").read_bytes())
        elif self.get_query_argument("key", ""):
            self.set_cookie(
                self.cookie_name, self.settings["key"], httponly=True, samesite="Strict"
            )
            self.redirect("/")
        else:
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.finish((STATIC / "index.html").read_bytes())


class StateHandler(Keyed):
    """`/page/state`: all that the page has to know when it opens."""

    world: World

    def initialize(self, world: World) -> None:
        """Take the world."""
        self.world = world

    def get(self) -> None:
        """Answer with people, chats, their messages, drafts and menus."""
        world = self.world
        world.drop_old_drafts()
        you = self.get_query_argument("users", "")
        users = [int(user) for user in you.split(",") if user] or list(world.users)[:2]
        chats = [chat for chat in world.chats.values() if chat["id"] in users or chat["id"] < 0]
        self.finish(
            {
                "bot": world.bot,
                "online": world.online,
                "profile": {f"{name}:{lang}": v for (name, lang), v in world.profile.items()},
                "users": [world.users[user] for user in users],
                "chats": [self._chat(chat, users) for chat in chats],
            }
        )

    def _chat(self, chat: Json, users: list[int]) -> Json:
        world, chat_id = self.world, chat["id"]
        here = [user for user in users if chat_id == user or user in world.members.get(chat_id, {})]
        draft = world.drafts.get(chat_id)
        return {
            "chat": chat,
            "users": here,
            "messages": list(world.messages[chat_id].values())[-500:],
            "menu": {str(user): world.menu(user, chat_id) for user in here},
            "draft": draft and {"text": draft.text, "entities": draft.entities},
        }


class ActionHandler(Keyed):
    """`/page/<action>`: what a person does, as a JSON object of the arguments."""

    world: World
    log: RequestLog
    faults: Faults

    def initialize(self, world: World, log: RequestLog, faults: Faults) -> None:
        """Take the parts."""
        self.world, self.log, self.faults = world, log, faults

    def get(self, action: str) -> None:
        """Answer with the log from a call on, or with the updates that still wait."""
        if action == "log":
            after = int(self.get_query_argument("after", "0"))
            calls = [call.to_json() for call in self.log.calls if call.number > after]
            self.finish({"calls": calls})
        elif action == "updates":
            updates = self.world.updates
            self.finish({"waiting": len(updates.waiting), "confirmed": updates.confirmed})
        else:
            raise HTTPError(404)

    def post(self, action: str) -> None:
        """Do it and answer with what came of it, or with the refusal."""
        try:
            self.finish({"ok": True, "result": self._do(action)})
        except ApiError as error:
            self.set_status(error.code)
            self.finish(error.to_json())

    def _do(self, action: str) -> Any:
        if action == "upload":
            return self._upload()
        try:
            given = json.loads(self.request.body or b"{}")
            return self._act(action, given)
        except (ValueError, TypeError, KeyError) as error:
            raise bad(f"wrong arguments for {action}: {error}") from None

    def _act(self, action: str, given: Json) -> Any:
        actions: dict[str, Callable[..., Any]] = {
            "say": self.world.say,
            "other": self.world.send_other,
            "migrate": self.world.migrate,
            "edit": self.world.edit,
            "press": self.world.press,
            "inline": self.world.ask_inline,
            "choose": self.world.choose_inline,
            "language": self.world.speak,
            "block": self.world.block,
            "user": self.world.add_user,
            "fault": lambda **fault: self.faults.add(fault_from_json(fault)).method,
            "calm": self.faults.clear,
            "strict": self.faults.keep_rates,
        }
        if action not in actions:
            raise not_found()
        return actions[action](**given)

    def _upload(self) -> Json:
        files = self.request.files.get("file")
        if not files:
            raise bad("there is no file in the request")
        user_id = int(self.get_body_argument("user_id", str(YOU)))
        chat_id = int(self.get_body_argument("chat_id", str(user_id)))
        upload = Upload(files[0].filename, files[0].body, files[0].content_type)
        return self.world.send_file(upload, user_id, chat_id, self.get_body_argument("caption", ""))


class StoredFileHandler(Keyed):
    """`/page/file/<id>`: a picture or document for the page."""

    world: World

    def initialize(self, world: World) -> None:
        """Take the world."""
        self.world = world

    def get(self, file_id: str) -> None:
        """Answer with the bytes: pictures to look at, all else only to save."""
        stored = self.world.files.by_id.get(file_id)
        if stored is None:
            raise HTTPError(404)
        if stored.width:
            self.set_header("Content-Type", _picture_type(stored.data))
        else:
            self.set_header("Content-Type", "application/octet-stream")
            self.set_header("Content-Disposition", "attachment")
        self.finish(stored.data)


def _picture_type(data: bytes) -> str:
    kinds = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
    return next((kind for head, kind in kinds.items() if data.startswith(head)), "image/webp")


class EventsHandler(WebSocketHandler):
    """`/page/events`: everything that happens, as it happens."""

    world: World

    def initialize(self, world: World) -> None:
        """Take the world."""
        self.world = world

    def prepare(self) -> Any:
        """Refuse what does not name this machine or lacks the key."""
        if not host_is_ours(self) or not Keyed.has_key(self):  # type: ignore[arg-type]  # same requests
            raise HTTPError(403, reason="Forbidden")

    @property
    def cookie_name(self) -> str:
        """Return the cookie's name."""
        return f"sandbox_{self.settings['port']()}"

    def check_origin(self, origin: str) -> bool:
        """Let only pages of this server listen."""
        return origin in origins(self.settings["port"]())

    def open(self, *_: str, **__: str) -> None:
        """Start to tell."""
        self.world.listeners.append(self._send)
        self.settings["sockets"].add(self)

    def on_close(self) -> None:
        """Stop to tell."""
        self.settings["sockets"].discard(self)
        if self._send in self.world.listeners:
            self.world.listeners.remove(self._send)

    def _send(self, event: Json) -> None:
        try:
            self.write_message(json.dumps(event, ensure_ascii=False))
        except WebSocketClosedError:
            self.on_close()
