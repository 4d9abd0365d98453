"""A call that asks or answers something -> what the sandbox knows of chats, files and queries."""

from __future__ import annotations

import re

from bot.sandbox.errors import bad
from bot.sandbox.files import DOWNLOAD_LIMIT
from bot.sandbox.keyboard import checked_markup
from bot.sandbox.params import Params
from bot.sandbox.sending import chat_id_of
from bot.sandbox.text import message_text
from bot.sandbox.world import Json, World

GONE_QUERY = "query is too old and response timeout expired or query ID is invalid"


def answer_callback_query(world: World, params: Params) -> bool:
    """End the waiting of a pressed button."""
    query = world.callbacks.pop(params.text("callback_query_id") or "", None)
    if query is None:
        raise bad(GONE_QUERY)
    text = params.text("text") or ""
    if len(text) > 200:
        raise bad("MESSAGE_TOO_LONG")
    world.tell(
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


def answer_inline_query(world: World, params: Params) -> bool:
    """Offer results for what a person types after the bot's name."""
    query_id = params.text("inline_query_id") or ""
    if world.inline_queries.get(query_id) is None or query_id in world.inline_answers:
        raise bad(GONE_QUERY)
    results = params.listing("results")
    if len(results) > 50:
        raise bad("RESULTS_TOO_MUCH")
    ids = [str(result.get("id", "")) for result in results]
    if len(set(ids)) != len(ids):
        raise bad("RESULT_ID_DUPLICATE")
    shown = [_inline_result(world, result) for result in results]
    world.inline_answers[query_id] = {"results": shown}
    button = _results_button(params.record("button"))
    world.tell("inline", {"query_id": query_id, "results": shown, "button": button})
    return True


def _results_button(button: Json) -> Json | None:
    """Return the button above the results, or refuse one that could open nothing."""
    if not button:
        return None
    start = button.get("start_parameter")
    if not button.get("text") or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", start or ""):
        raise bad("BUTTON_INVALID")
    return {"text": button["text"], "start_parameter": start}


def _inline_result(world: World, result: Json) -> Json:
    """Return a result as people see it, with the message that it would send."""
    if not 1 <= len(str(result.get("id", "")).encode()) <= 64:
        raise bad("RESULT_ID_INVALID")
    if result.get("type") != "article":
        raise bad("inline query result type is not supported here")
    if not str(result.get("title", "")).strip():
        raise bad("can't parse inline query result: Can't find field \"title\"")
    content = Params(result).record("input_message_content")
    inner = Params({**content, "text": content.get("message_text")})
    message = message_text(inner)
    if markup := checked_markup(result.get("reply_markup")):
        message["reply_markup"] = markup
    shown = {name: result.get(name, "") for name in ("title", "description")}
    return {"id": str(result["id"]), **shown, "message": message}


def get_file(world: World, params: Params) -> Json:
    """Return where a file can be fetched, up to 20 MiB."""
    stored = world.files.by_id.get(params.text("file_id") or "")
    if stored is None:
        raise bad("invalid file_id")
    if len(stored.data) > DOWNLOAD_LIMIT:
        raise bad("file is too big")
    return stored.to_file()


def get_chat(world: World, params: Params) -> Json:
    """Return what is known of a chat."""
    chat = world.chat(chat_id_of(params))
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


def get_chat_member(world: World, params: Params) -> Json:
    """Return what a person is in a chat."""
    chat = world.chat(chat_id_of(params))
    user_id = params.number("user_id") or 0
    if chat["type"] == "private":
        return world.membership("member", user_id)
    status = world.members[chat["id"]].get(user_id)
    return world.membership(status or "left", user_id)


def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """Return who runs a group."""
    chat = world.chat(chat_id_of(params))
    if chat["type"] == "private":
        raise bad("there are no administrators in the private chat")
    return [
        world.membership(status, user_id)
        for user_id, status in world.members[chat["id"]].items()
        if status in {"creator", "administrator"}
    ]


def get_chat_member_count(world: World, params: Params) -> int:
    """Return how many are in a chat."""
    return len(world.members.get(world.chat(chat_id_of(params))["id"], {1: "", 2: ""}))
