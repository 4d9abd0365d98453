"""Chats, people and messages: what users do here becomes updates, what the bot does, events.

Messages, users and chats are kept as the JSON objects of the Bot API, since that is what leaves.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.entities import found_in, ordered
from bot.sandbox.errors import ApiError, bad
from bot.sandbox.files import Files
from bot.sandbox.params import Upload
from bot.sandbox.updates import Updates

Json = dict[str, Any]

YOU = 7_000_001
COLLEAGUE = 7_000_002
DESK = -1_001_700_000_001
BOT_NAME = "basisbot"
BOT_USERNAME = "basis_sandbox_bot"


@dataclass(slots=True)
class Draft:
    """A text that the bot is still writing; it vanishes by itself."""

    draft_id: int
    text: str
    entities: list[Json]
    until: float


@dataclass(slots=True)
class World:
    """Everything the sandbox remembers."""

    token: str
    clock: Callable[[], float] = time.time
    updates: Updates = field(default_factory=Updates)
    files: Files = field(default_factory=Files)
    users: dict[int, Json] = field(default_factory=dict)
    chats: dict[int, Json] = field(default_factory=dict)
    members: dict[int, dict[int, str]] = field(default_factory=dict)
    messages: dict[int, dict[int, Json]] = field(default_factory=dict)
    drafts: dict[int, Draft] = field(default_factory=dict)
    callbacks: dict[str, Json] = field(default_factory=dict)
    inline_queries: dict[str, Json] = field(default_factory=dict)
    inline_answers: dict[str, Json] = field(default_factory=dict)
    inline_messages: dict[str, tuple[int, int]] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    profile: dict[tuple[str, str], str] = field(default_factory=dict)
    menu_buttons: dict[int, Json] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    moved: dict[int, int] = field(default_factory=dict)
    listeners: list[Callable[[Json], None]] = field(default_factory=list)
    last_message_id: int = 0
    online: bool = False
    bot: Json = field(init=False)

    def __post_init__(self) -> None:
        """Furnish the sandbox: you, a colleague, and a group where both meet the bot."""
        self.bot = {
            "id": int(self.token.partition(":")[0]),
            "is_bot": True,
            "first_name": BOT_NAME,
            "username": BOT_USERNAME,
        }
        self.add_user(YOU, "You", "en")
        self.add_user(COLLEAGUE, "Colleague", "en")
        self.add_group(DESK, "Desk", {YOU: "creator", COLLEAGUE: "member"})

    # People and places

    def add_user(self, user_id: int, first_name: str = "User", language: str = "en") -> Json:
        """Add a person, with whom the bot has a private chat from now on."""
        user: Json = {
            "id": user_id,
            "is_bot": False,
            "first_name": first_name,
            "language_code": language,
        }
        self.users[user_id] = user
        self.chats[user_id] = {"id": user_id, "type": "private", "first_name": first_name}
        self.messages.setdefault(user_id, {})
        return user

    def add_group(
        self, chat_id: int, title: str, members: dict[int, str], *, forum: bool = False
    ) -> Json:
        """Add a group with people by their status (creator, administrator or member)."""
        chat: Json = {"id": chat_id, "type": "supergroup", "title": title}
        self.chats[chat_id] = chat | ({"is_forum": True} if forum else {})
        self.members[chat_id] = {**members, self.bot["id"]: "member"}
        self.messages.setdefault(chat_id, {})
        return self.chats[chat_id]

    def speak(self, user_id: int, language: str) -> None:
        """Change the language of a person's Telegram."""
        self.users[user_id] = {**self.user(user_id), "language_code": language}
        self.tell("commands", {})

    def user(self, user_id: int) -> Json:
        """Return a person, or refuse."""
        if user_id not in self.users:
            raise bad("user not found")
        return self.users[user_id]

    def chat(self, chat_id: int | None) -> Json:
        """Return a chat, or refuse as the Bot API does."""
        if chat_id is None:
            raise bad("chat_id is empty")
        if chat_id not in self.chats:
            raise bad("chat not found")
        return self.chats[chat_id]

    def block(self, user_id: int, blocked: bool = True) -> None:
        """Let a person block the bot, or take it back."""
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        (self.blocked.add if blocked else self.blocked.discard)(user_id)
        self.updates.add(
            "my_chat_member",
            {
                "chat": self.chats[user_id],
                "from": self.user(user_id),
                "date": self.now,
                "old_chat_member": self.membership(old),
                "new_chat_member": self.membership(new),
            },
        )

    def membership(self, status: str, user_id: int | None = None) -> Json:
        """Return the ChatMember of a person, by default the bot, with that status."""
        user = self.bot if user_id in {None, self.bot["id"]} else self.user(user_id or 0)
        member: Json = {"user": user, "status": status}
        if status == "kicked":
            member["until_date"] = 0
        if status == "creator":
            member["is_anonymous"] = False
        if status == "administrator":
            member |= dict.fromkeys(ADMIN_RIGHTS, False) | {"can_manage_chat": True}
        return member

    @property
    def now(self) -> int:
        """Return the moment as the Bot API writes it: whole seconds since 1970."""
        return int(self.clock())

    # Events for the page and for tests

    def tell(self, event: str, value: Json) -> None:
        """Hand an event to every listener."""
        for listener in list(self.listeners):
            listener({"event": event, **value})

    def bot_is(self, online: bool) -> None:
        """Note whether a bot asks for updates."""
        if online != self.online:
            self.online = online
            self.tell("online", {"on": online})

    # Messages

    def new_message(self, chat_id: int, sender: Json, content: Json) -> Json:
        """Put a message into a chat and return it."""
        self.last_message_id += 1
        message: Json = {
            "message_id": self.last_message_id,
            "from": sender,
            "chat": self.chats[chat_id],
            "date": self.now,
            **content,
        }
        self.messages[chat_id][self.last_message_id] = message
        if message["from"]["is_bot"] and (draft := self.drafts.pop(chat_id, None)):
            self.tell("draft", {"chat_id": chat_id, "draft_id": draft.draft_id, "gone": True})
        self.tell("message", {"message": message})
        return message

    def change_message(self, message: Json, content: Json) -> Json:
        """Replace parts of a message; a None takes the part away."""
        changed = {**message, **content}
        changed = {name: value for name, value in changed.items() if value is not None}
        self.messages[message["chat"]["id"]][message["message_id"]] = changed
        self.tell("edited", {"message": changed})
        return changed

    def drop_message(self, chat_id: int, message_id: int) -> None:
        """Take a message out of its chat."""
        del self.messages[chat_id][message_id]
        self.tell("deleted", {"chat_id": chat_id, "message_id": message_id})

    def set_draft(self, chat_id: int, draft: Draft) -> None:
        """Show what the bot is writing."""
        self.drafts[chat_id] = draft
        shown = {"draft_id": draft.draft_id, "text": draft.text, "entities": draft.entities}
        self.tell("draft", {"chat_id": chat_id, "gone": False, **shown})

    def drop_old_drafts(self) -> None:
        """Take away the drafts whose time is over."""
        now = self.clock()
        for chat_id, draft in list(self.drafts.items()):
            if draft.until <= now:
                del self.drafts[chat_id]
                self.tell("draft", {"chat_id": chat_id, "draft_id": draft.draft_id, "gone": True})

    # What people do

    def say(
        self,
        text: str,
        user_id: int = YOU,
        chat_id: int | None = None,
        *,
        reply_to: int | None = None,
        thread: int | None = None,
        forwarded: str = "",
        anonymous: bool = False,
    ) -> Json:
        """Let a person write a text, or forward somebody's, or write as the group; return it."""
        content = self._text(text) | self._place(chat_id or user_id, reply_to, thread)
        if forwarded:
            origin = {"type": "hidden_user", "sender_user_name": forwarded, "date": self.now}
            content["forward_origin"] = origin
        if anonymous:
            content |= {"from": ANONYMOUS, "sender_chat": self.chats[chat_id or user_id]}
        return self._arrives(user_id, chat_id, content)

    def send_other(
        self, kind: str, user_id: int = YOU, chat_id: int | None = None, caption: str = ""
    ) -> Json:
        """Let a person send what is no text: a sticker, a voice, a photo, a place, a poll."""
        if kind not in OTHERS:
            raise bad(f"no such kind: {kind}")
        content: Json = {kind: OTHERS[kind]}
        return self._arrives(user_id, chat_id, content | ({"caption": caption} if caption else {}))

    def migrate(self, chat_id: int, new_id: int, user_id: int = YOU) -> Json:
        """Let a group become a supergroup, which has another id; return its chat."""
        old = self.chat(chat_id)
        members = {p: s for p, s in self.members[chat_id].items() if p != self.bot["id"]}
        self._arrives(user_id, chat_id, {"migrate_to_chat_id": new_id})
        new = self.add_group(new_id, old["title"], members)
        self._arrives(user_id, new_id, {"migrate_from_chat_id": chat_id})
        self.moved[chat_id] = new_id
        return new

    def send_file(
        self, upload: Upload, user_id: int = YOU, chat_id: int | None = None, caption: str = ""
    ) -> Json:
        """Let a person send a document; return the message."""
        content: Json = {"document": self.files.document(upload).to_document()}
        if caption:
            content["caption"] = caption
            content["caption_entities"] = [e.to_json() for e in found_in(caption)] or None
        return self._arrives(user_id, chat_id, {k: v for k, v in content.items() if v is not None})

    def _arrives(self, user_id: int, chat_id: int | None, content: Json) -> Json:
        place = chat_id or user_id
        self.chat(place)
        message = self.new_message(place, self.user(user_id), content)
        self.updates.add("message", message)
        return message

    def _text(self, text: str) -> Json:
        if not text.strip():
            raise bad("message text is empty")
        entities = [entity.to_json() for entity in ordered(found_in(text))]
        return {"text": text} | ({"entities": entities} if entities else {})

    def _place(self, chat_id: int, reply_to: int | None, thread: int | None) -> Json:
        place: Json = {}
        if reply_to is not None:
            place["reply_to_message"] = self.message(chat_id, reply_to)
        if thread is not None:
            place |= {"message_thread_id": thread, "is_topic_message": True}
        return place

    def message(self, chat_id: int, message_id: int) -> Json:
        """Return a message without the one that it answers, or refuse."""
        if message_id not in self.messages.get(chat_id, {}):
            raise bad("message not found")
        found = self.messages[chat_id][message_id]
        return {name: value for name, value in found.items() if name != "reply_to_message"}

    def edit(
        self, message_id: int, text: str, user_id: int = YOU, chat_id: int | None = None
    ) -> Json:
        """Let a person change the text of an own message."""
        message = self.messages[chat_id or user_id][message_id]
        if message["from"]["id"] != user_id:
            raise bad("message can't be edited")
        content = {"entities": None, **self._text(text), "edit_date": self.now}
        changed = self.change_message(message, content)
        self.updates.add("edited_message", changed)
        return changed

    def press(
        self, message_id: int, data: str, user_id: int = YOU, chat_id: int | None = None
    ) -> Json:
        """Let a person press the button with that data; return the callback query."""
        message = self.messages.get(chat_id or user_id, {}).get(message_id)
        if message is None or data not in callback_data(message):
            raise bad("BUTTON_DATA_INVALID")
        query: Json = {
            "id": str(secrets.randbelow(2**62)),
            "from": self.user(user_id),
            "message": message,
            "chat_instance": str(abs(chat_id or user_id)),
            "data": data,
        }
        self.callbacks[query["id"]] = query
        self.updates.add("callback_query", query)
        return query

    def ask_inline(self, text: str, user_id: int = YOU, offset: str = "") -> str:
        """Let a person type after the bot's name in any chat; return the query's id."""
        query: Json = {
            "id": str(secrets.randbelow(2**62)),
            "from": self.user(user_id),
            "query": text[:256],
            "offset": offset,
            "chat_type": "sender",
        }
        self.inline_queries[query["id"]] = query
        self.updates.add("inline_query", query)
        return str(query["id"])

    def choose_inline(self, query_id: str, result_id: str, chat_id: int | None = None) -> Json:
        """Let a person send a result of an inline query into a chat."""
        query = self.inline_queries[query_id]
        result = next(r for r in self.inline_answers[query_id]["results"] if r["id"] == result_id)
        user_id = query["from"]["id"]
        chosen: Json = {"result_id": result_id, "from": query["from"], "query": query["query"]}
        content: Json = {"via_bot": self.bot, **result["message"]}
        message = self.new_message(chat_id or user_id, query["from"], content)
        # Privacy mode or not, a bot is shown what people send by it.
        self.updates.add("message", message)
        if "reply_markup" in content:
            chosen["inline_message_id"] = key = secrets.token_urlsafe(18)
            self.inline_messages[key] = (chat_id or user_id, message["message_id"])
        self.updates.add("chosen_inline_result", chosen)
        return message

    # What the bot is allowed

    def recipient(self, chat_id: int | None) -> int:
        """Return the chat that the bot writes to, or refuse where it may not."""
        chat = self.chat(chat_id)
        if chat["id"] in self.blocked:
            raise ApiError(403, "bot was blocked by the user")
        if chat["id"] in self.moved:
            text = "group chat was upgraded to a supergroup chat"
            raise ApiError(400, text, migrate_to_chat_id=self.moved[chat["id"]])
        return int(chat["id"])

    def menu(self, user_id: int, chat_id: int) -> list[Json]:
        """Return the commands that a person sees in a chat, the narrowest scope first."""
        language = self.user(user_id).get("language_code", "")[:2]
        status = self.members.get(chat_id, {}).get(user_id)
        scopes = [f"chat_member:{chat_id}:{user_id}"]
        if status in {"creator", "administrator"}:
            scopes.append(f"chat_administrators:{chat_id}")
        scopes.append(f"chat:{chat_id}")
        if status in {"creator", "administrator"}:
            scopes.append("all_chat_administrators")
        scopes.append("all_group_chats" if chat_id < 0 else "all_private_chats")
        for scope in (*scopes, "default"):
            for code in (language, ""):
                if (scope, code) in self.commands:
                    return self.commands[scope, code]
        return []


# Who an admin that stays anonymous writes as, besides the group itself.
ANONYMOUS: Json = {
    "id": 1_087_968_824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
_FILE: Json = {"file_id": "nothing", "file_unique_id": "nothing"}
OTHERS: dict[str, Any] = {
    "sticker": {
        **_FILE,
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
    },
    "voice": {**_FILE, "duration": 3},
    "photo": [{**_FILE, "width": 90, "height": 90}],
    "video": {**_FILE, "width": 90, "height": 90, "duration": 3},
    "location": {"latitude": 40.7, "longitude": -74.0},
    "contact": {"phone_number": "000", "first_name": "Nobody"},
    "dice": {"emoji": "\N{GAME DIE}", "value": 3},
}
ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)


def callback_data(message: Json) -> list[str]:
    """Return the data of all buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["callback_data"] for row in rows for button in row if "callback_data" in button]
