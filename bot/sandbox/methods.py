"""The name of a Bot API method -> the function that does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bot.sandbox import asking, editing, profile, sending
from bot.sandbox.errors import not_found
from bot.sandbox.params import Params
from bot.sandbox.world import World

# The methods that put something into a chat: these the strict rates count.
SENDS = {"sendmessage", "sendphoto", "senddocument", "sendmediagroup"}


def call(world: World, name: str, params: Params) -> Any:
    """Return what a method answers, or raise ApiError; an unknown method is a 404."""
    method = METHODS.get(name.lower())
    if method is None:
        raise not_found()
    return method(world, params)


def chat_of(params: Params) -> int | None:
    """Return the chat that a call is about, where it names one."""
    try:
        return int(json.loads(params.text("chat_id") or "null"))
    except (TypeError, ValueError):
        return None


Method = Callable[[World, Params], Any]

METHODS: dict[str, Method] = {
    "getme": profile.get_me,
    "logout": profile.yes,
    "close": profile.yes,
    "setmycommands": profile.set_my_commands,
    "getmycommands": profile.get_my_commands,
    "deletemycommands": profile.delete_my_commands,
    "setmyname": profile.keep_text("name", 64),
    "setmydescription": profile.keep_text("description", 512),
    "setmyshortdescription": profile.keep_text("short_description", 120),
    "getmyname": profile.tell_text("name"),
    "getmydescription": profile.tell_text("description"),
    "getmyshortdescription": profile.tell_text("short_description"),
    "setchatmenubutton": profile.set_chat_menu_button,
    "getchatmenubutton": profile.get_chat_menu_button,
    "sendmessage": sending.send_message,
    "sendphoto": sending.send_photo,
    "senddocument": sending.send_document,
    "sendmediagroup": sending.send_media_group,
    "sendmessagedraft": sending.send_message_draft,
    "sendchataction": sending.send_chat_action,
    "editmessagetext": editing.edit_message_text,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagemedia": editing.edit_message_media,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "deletemessage": editing.delete_message,
    "deletemessages": editing.delete_messages,
    "answercallbackquery": asking.answer_callback_query,
    "answerinlinequery": asking.answer_inline_query,
    "getfile": asking.get_file,
    "getchat": asking.get_chat,
    "getchatmember": asking.get_chat_member,
    "getchatadministrators": asking.get_chat_administrators,
    "getchatmembercount": asking.get_chat_member_count,
    "setwebhook": profile.set_webhook,
    "deletewebhook": profile.delete_webhook,
    "getwebhookinfo": profile.get_webhook_info,
}
