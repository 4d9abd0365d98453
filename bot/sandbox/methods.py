"""A Bot API method and its parameters -> its result, done to the world of the sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import bad, not_found
from bot.sandbox.files import DOWNLOAD_LIMIT, Stored
from bot.sandbox.keyboard import checked_markup
from bot.sandbox.params import Params, Upload
from bot.sandbox.text import caption, message_text, read_formatted
from bot.sandbox.updates import Webhook
from bot.sandbox.world import Draft, Json, World

DRAFT_LIFE = 30.0  # seconds
CHAT_ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}
# The methods that put something into a chat: these the strict rates count.
SENDS = {"sendmessage", "sendphoto", "senddocument", "sendmediagroup"}
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
GONE_QUERY = "query is too old and response timeout expired or query ID is invalid"


@dataclass(slots=True)
class Methods:
    """The Bot API over one world: every method takes Params and returns JSON, or ApiError."""

    world: World

    def call(self, name: str, params: Params) -> Any:
        """Return what the method answers; an unknown one is a 404."""
        method = METHODS.get(name.lower())
        if method is None:
            raise not_found()
        return method(self, params)

    # The bot itself

    def get_me(self, _: Params) -> Json:
        """Return the bot."""
        return {
            **self.world.bot,
            "can_join_groups": True,
            "can_read_all_group_messages": True,
            "supports_inline_queries": True,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def yes(self, _: Params) -> bool:
        """Agree to what has no effect here."""
        return True

    def set_my_commands(self, params: Params) -> bool:
        """Keep the command menu of a scope and a language."""
        commands = params.decoded("commands") or []
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"/?[a-z0-9_]{1,32}", str(command.get("command", ""))):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", ""))) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.world.commands[self._scope(params)] = commands
        self.world.tell("commands", {})
        return True

    def get_my_commands(self, params: Params) -> list[Json]:
        """Return the menu of exactly that scope and language."""
        return self.world.commands.get(self._scope(params), [])

    def delete_my_commands(self, params: Params) -> bool:
        """Forget the menu of a scope and a language."""
        self.world.commands.pop(self._scope(params), None)
        self.world.tell("commands", {})
        return True

    def _scope(self, params: Params) -> tuple[str, str]:
        scope = params.decoded("scope") or {"type": "default"}
        kind = str(scope.get("type", "default"))
        parts = [kind, *(str(scope[k]) for k in ("chat_id", "user_id") if k in scope)]
        language = params.text("language_code") or ""
        if language and not re.fullmatch(r"[a-z]{2}", language):
            raise bad("LANG_CODE_INVALID")
        return ":".join(parts), language

    def set_profile(self, field: str, limit: int) -> Callable[[Params], bool]:
        """Return the method that keeps a profile text by language."""

        def method(params: Params) -> bool:
            value = params.text(field) or ""
            if len(value) > limit:
                raise bad(f"{field.replace('_', ' ')} is too long")
            self.world.profile[field, params.text("language_code") or ""] = value
            self.world.tell("profile", {})
            return True

        return method

    def get_profile(self, field: str) -> Callable[[Params], Json]:
        """Return the method that tells a profile text."""

        def method(params: Params) -> Json:
            language = params.text("language_code") or ""
            profile = self.world.profile
            return {field: profile.get((field, language), profile.get((field, ""), ""))}

        return method

    def set_chat_menu_button(self, params: Params) -> bool:
        """Keep the menu button of a chat (0: of all)."""
        button = params.decoded("menu_button") or {"type": "default"}
        self.world.menu_buttons[params.number("chat_id") or 0] = button
        return True

    def get_chat_menu_button(self, params: Params) -> Json:
        """Return the menu button of a chat."""
        buttons = self.world.menu_buttons
        return buttons.get(params.number("chat_id") or 0, {"type": "commands"})

    # Sending

    def send_message(self, params: Params) -> Json:
        """Put a text into a chat."""
        chat_id = self._recipient(params)
        content = message_text(params)
        if preview := params.decoded("link_preview_options"):
            content["link_preview_options"] = preview
        return self._send(chat_id, params, content)

    def send_photo(self, params: Params) -> Json:
        """Put a photo into a chat."""
        chat_id = self._recipient(params)
        content = caption(params)
        photo = self._file(params, "photo")
        return self._send(chat_id, params, {"photo": photo.to_photo(), **_above(params), **content})

    def send_document(self, params: Params) -> Json:
        """Put a file into a chat."""
        chat_id = self._recipient(params)
        content = caption(params)
        document = self._file(params, "document")
        return self._send(chat_id, params, {"document": document.to_document(), **content})

    def send_media_group(self, params: Params) -> list[Json]:
        """Put an album of photos or of files into a chat."""
        chat_id = self._recipient(params)
        media = params.decoded("media") or []
        if not 2 <= len(media) <= 10:
            raise bad("group send failed: an album has from 2 to 10 items")
        contents = [self._media(item, params) for item in media]
        album = {"media_group_id": str(self.world.last_message_id + 1)}
        return [self._send(chat_id, params, album | content) for content in contents]

    def send_message_draft(self, params: Params) -> bool:
        """Show a text that the bot is still writing, for half a minute, in a private chat."""
        chat_id = self._recipient(params)
        if chat_id < 0:
            raise bad("TEXTDRAFT_PEER_INVALID")
        draft_id = params.number("draft_id")
        if not draft_id:
            raise bad("draft identifier must be non-zero")
        text, entities = read_formatted(params, params.text("text") or "", "entities")
        until = self.world.clock() + DRAFT_LIFE
        self.world.set_draft(chat_id, Draft(draft_id, text, entities, until))
        return True

    def send_chat_action(self, params: Params) -> bool:
        """Show that the bot is typing or the like, for five seconds."""
        chat_id = self._recipient(params)
        action = params.text("action") or ""
        if action not in CHAT_ACTIONS:
            raise bad("wrong parameter action in request")
        self.world.tell("action", {"chat_id": chat_id, "action": action})
        return True

    def _recipient(self, params: Params) -> int:
        return self.world.recipient(_chat_id(params))

    def _send(self, chat_id: int, params: Params, content: Json) -> Json:
        markup = checked_markup(params.decoded("reply_markup"))
        place = self._place(chat_id, params)
        extra = {"reply_markup": markup} if markup else {}
        return self.world.new_message(chat_id, self.world.bot, {**place, **content, **extra})

    def _place(self, chat_id: int, params: Params) -> Json:
        place: Json = {}
        if thread := params.number("message_thread_id"):
            if not self.world.chats[chat_id].get("is_forum"):
                raise bad("message thread not found")
            place |= {"message_thread_id": thread, "is_topic_message": True}
        reply = params.decoded("reply_parameters") or {}
        target = reply.get("message_id") or params.number("reply_to_message_id")
        if target is None:
            return place
        if int(target) in self.world.messages[chat_id]:
            return place | {"reply_to_message": self.world.message(chat_id, int(target))}
        if not reply.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        return place

    def _file(self, params: Params, name: str) -> Stored:
        given = params.sent_file(name)
        if given is None:
            raise bad(f"there is no {name} in the request")
        if isinstance(given, str):
            return self.world.files.known(given)
        return self._store(name, given)

    def _store(self, kind: str, upload: Upload) -> Stored:
        files = self.world.files
        return files.photo(upload) if kind == "photo" else files.document(upload)

    def _media(self, item: Json, params: Params) -> Json:
        """Return the content of one InputMedia."""
        kind = str(item.get("type"))
        if kind not in {"photo", "document"}:
            raise bad("media type is not supported here")
        inner = Params({**item, kind: item.get("media")}, params.files)
        stored = self._file(inner, kind)
        shown = stored.to_photo() if kind == "photo" else stored.to_document()
        return {kind: shown, **_above(inner), **caption(inner)}

    # Changing

    def edit_message_text(self, params: Params) -> Json | bool:
        """Replace the text of a message of the bot."""
        message = self._own_message(params)
        if "text" not in message:
            raise bad("there is no text in the message to edit")
        content: Json = {"entities": None, **message_text(params)}
        if preview := params.decoded("link_preview_options"):
            content["link_preview_options"] = preview
        return self._edit(message, params, content)

    def edit_message_caption(self, params: Params) -> Json | bool:
        """Replace the caption of a message of the bot."""
        message = self._own_message(params)
        if "text" in message:
            raise bad("there is no caption in the message to edit")
        nothing: Json = {"caption": None, "caption_entities": None}
        return self._edit(message, params, nothing | caption(params))

    def edit_message_media(self, params: Params) -> Json | bool:
        """Replace picture or file, and the caption with it."""
        message = self._own_message(params)
        nothing: Json = dict.fromkeys(
            ("photo", "document", "caption", "caption_entities", "text", "entities")
        )
        content = nothing | self._media(params.decoded("media") or {}, params)
        return self._edit(message, params, content)

    def edit_message_reply_markup(self, params: Params) -> Json | bool:
        """Replace the buttons of a message of the bot."""
        return self._edit(self._own_message(params), params, {})

    def _edit(self, message: Json, params: Params, content: Json) -> Json | bool:
        markup = checked_markup(params.decoded("reply_markup"))
        content = content | {"reply_markup": markup}
        if all(message.get(name) == value for name, value in content.items()):
            raise bad(NOT_MODIFIED)
        changed = self.world.change_message(message, content | {"edit_date": self.world.now})
        return True if params.text("inline_message_id") else changed

    def _own_message(self, params: Params) -> Json:
        """Return the message that an edit is about, or refuse."""
        if inline := params.text("inline_message_id"):
            if inline not in self.world.inline_messages:
                raise bad("MESSAGE_ID_INVALID")
            chat_id, message_id = self.world.inline_messages[inline]
            return self.world.messages[chat_id][message_id]
        chat_id, number = self._recipient(params), params.number("message_id")
        if number is None:
            raise bad("message identifier is not specified")
        message = self.world.messages[chat_id].get(number)
        if message is None:
            raise bad("message to edit not found")
        if message["from"]["id"] != self.world.bot["id"]:
            raise bad("message can't be edited")
        return message

    def delete_message(self, params: Params) -> bool:
        """Take a message away; in a group only the bot's own."""
        chat_id, number = self._recipient(params), params.number("message_id")
        if number is None:
            raise bad("message identifier is not specified")
        message = self.world.messages[chat_id].get(number)
        if message is None:
            raise bad("message to delete not found")
        if chat_id < 0 and message["from"]["id"] != self.world.bot["id"]:
            raise bad("message can't be deleted")
        self.world.drop_message(chat_id, number)
        return True

    def delete_messages(self, params: Params) -> bool:
        """Take several messages away; what is gone already is passed over."""
        chat_id = self._recipient(params)
        for number in params.decoded("message_ids") or []:
            if number in self.world.messages[chat_id]:
                self.world.drop_message(chat_id, number)
        return True

    # Queries

    def answer_callback_query(self, params: Params) -> bool:
        """End the waiting of a pressed button."""
        query = self.world.callbacks.pop(params.text("callback_query_id") or "", None)
        if query is None:
            raise bad(GONE_QUERY)
        text = params.text("text") or ""
        if len(text) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.world.tell(
            "answered",
            {
                "query_id": query["id"],
                "chat_id": query["message"]["chat"]["id"],
                "message_id": query["message"]["message_id"],
                "user_id": query["from"]["id"],
                "text": text,
                "show_alert": params.flag("show_alert"),
            },
        )
        return True

    def answer_inline_query(self, params: Params) -> bool:
        """Offer results for what a person types after the bot's name."""
        query_id = params.text("inline_query_id") or ""
        if self.world.inline_queries.get(query_id) is None or query_id in self.world.inline_answers:
            raise bad(GONE_QUERY)
        results = params.decoded("results") or []
        if len(results) > 50:
            raise bad("RESULTS_TOO_MUCH")
        ids = [str(result.get("id", "")) for result in results]
        if len(set(ids)) != len(ids):
            raise bad("RESULT_ID_DUPLICATE")
        shown = [self._inline_result(result) for result in results]
        self.world.inline_answers[query_id] = {"results": shown}
        self.world.tell("inline", {"query_id": query_id, "results": shown})
        return True

    def _inline_result(self, result: Json) -> Json:
        """Return a result as people see it, with the message that it would send."""
        if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
            raise bad("RESULT_ID_INVALID")
        content = result.get("input_message_content") or {}
        inner = Params({**content, "text": content.get("message_text")})
        message = message_text(inner)
        if markup := checked_markup(result.get("reply_markup")):
            message["reply_markup"] = markup
        shown = {name: result.get(name, "") for name in ("title", "description")}
        return {"id": str(result["id"]), **shown, "message": message}

    # Asking

    def get_file(self, params: Params) -> Json:
        """Return where a file can be fetched, up to 20 MiB."""
        stored = self.world.files.by_id.get(params.text("file_id") or "")
        if stored is None:
            raise bad("invalid file_id")
        if len(stored.data) > DOWNLOAD_LIMIT:
            raise bad("file is too big")
        return stored.to_file()

    def get_chat(self, params: Params) -> Json:
        """Return what is known of a chat."""
        chat = self.world.chat(_chat_id(params))
        gifts = dict.fromkeys(
            (
                "unlimited_gifts",
                "limited_gifts",
                "unique_gifts",
                "premium_subscription",
                "gifts_from_channels",
            ),
            False,
        )
        return {
            **chat,
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": gifts,
        }

    def get_chat_member(self, params: Params) -> Json:
        """Return what a person is in a chat."""
        chat = self.world.chat(_chat_id(params))
        user_id = params.number("user_id") or 0
        if chat["type"] == "private":
            return self.world.membership("member", user_id)
        status = self.world.members[chat["id"]].get(user_id)
        return self.world.membership(status or "left", user_id)

    def get_chat_administrators(self, params: Params) -> list[Json]:
        """Return who runs a group."""
        chat = self.world.chat(_chat_id(params))
        if chat["type"] == "private":
            raise bad("there are no administrators in the private chat")
        return [
            self.world.membership(status, user_id)
            for user_id, status in self.world.members[chat["id"]].items()
            if status in {"creator", "administrator"}
        ]

    def get_chat_member_count(self, params: Params) -> int:
        """Return how many are in a chat."""
        return len(self.world.members.get(self.world.chat(_chat_id(params))["id"], {1: "", 2: ""}))

    # Updates

    def set_webhook(self, params: Params) -> bool:
        """Have updates delivered to an address; an empty one ends that."""
        updates = self.world.updates
        url = params.text("url") or ""
        secret = params.text("secret_token") or ""
        if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise bad("secret token contains unallowed characters")
        if url and not url.startswith(("http://", "https://")):
            raise bad("bad webhook: invalid webhook URL specified")
        if params.flag("drop_pending_updates"):
            updates.waiting.clear()
        if (allowed := params.decoded("allowed_updates")) is not None:
            updates.allowed = tuple(allowed)
        most = params.number("max_connections") or 40
        updates.webhook = (
            Webhook(url, secret, most, params.text("ip_address") or "") if url else None
        )
        updates.wake()
        return True

    def delete_webhook(self, params: Params) -> bool:
        """Go back to polling."""
        return self.set_webhook(Params({**params.values, "url": ""}))

    def get_webhook_info(self, _: Params) -> Json:
        """Return where updates go and what went wrong last."""
        updates = self.world.updates
        hook = updates.webhook or Webhook("")
        info: Json = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(updates.waiting),
        }
        if hook.url:
            info["max_connections"] = hook.max_connections
        if hook.last_error_date:
            info["last_error_date"] = hook.last_error_date
            info["last_error_message"] = hook.last_error_message
        if updates.allowed:
            info["allowed_updates"] = list(updates.allowed)
        return info


def _chat_id(params: Params) -> int | None:
    value = params.text("chat_id")
    if value is None or value == "":
        return None
    try:
        return int(value)
    except ValueError:
        raise bad("chat not found") from None


def chat_of(params: Params) -> int | None:
    """Return the chat that a call is about, where it names one."""
    try:
        return int(json.loads(params.text("chat_id") or "null"))
    except (TypeError, ValueError):
        return None


def _above(params: Params) -> Json:
    above = params.flag("show_caption_above_media")
    return {"show_caption_above_media": True} if above else {}


Method = Callable[[Methods, Params], Any]

METHODS: dict[str, Method] = {
    "getme": Methods.get_me,
    "logout": Methods.yes,
    "close": Methods.yes,
    "setmycommands": Methods.set_my_commands,
    "getmycommands": Methods.get_my_commands,
    "deletemycommands": Methods.delete_my_commands,
    "setmyname": lambda m, p: m.set_profile("name", 64)(p),
    "setmydescription": lambda m, p: m.set_profile("description", 512)(p),
    "setmyshortdescription": lambda m, p: m.set_profile("short_description", 120)(p),
    "getmyname": lambda m, p: m.get_profile("name")(p),
    "getmydescription": lambda m, p: m.get_profile("description")(p),
    "getmyshortdescription": lambda m, p: m.get_profile("short_description")(p),
    "setchatmenubutton": Methods.set_chat_menu_button,
    "getchatmenubutton": Methods.get_chat_menu_button,
    "sendmessage": Methods.send_message,
    "sendphoto": Methods.send_photo,
    "senddocument": Methods.send_document,
    "sendmediagroup": Methods.send_media_group,
    "sendmessagedraft": Methods.send_message_draft,
    "sendchataction": Methods.send_chat_action,
    "editmessagetext": Methods.edit_message_text,
    "editmessagecaption": Methods.edit_message_caption,
    "editmessagemedia": Methods.edit_message_media,
    "editmessagereplymarkup": Methods.edit_message_reply_markup,
    "deletemessage": Methods.delete_message,
    "deletemessages": Methods.delete_messages,
    "answercallbackquery": Methods.answer_callback_query,
    "answerinlinequery": Methods.answer_inline_query,
    "getfile": Methods.get_file,
    "getchat": Methods.get_chat,
    "getchatmember": Methods.get_chat_member,
    "getchatadministrators": Methods.get_chat_administrators,
    "getchatmembercount": Methods.get_chat_member_count,
    "setwebhook": Methods.set_webhook,
    "deletewebhook": Methods.delete_webhook,
    "getwebhookinfo": Methods.get_webhook_info,
}
