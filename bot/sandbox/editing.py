"""A call that changes or takes away a message -> the message as it is now."""

from __future__ import annotations

from bot.sandbox.errors import bad
from bot.sandbox.keyboard import checked_markup
from bot.sandbox.params import Params
from bot.sandbox.sending import media_content, recipient
from bot.sandbox.text import caption, message_text
from bot.sandbox.world import Json, World

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


def edit_message_text(world: World, params: Params) -> Json | bool:
    """Replace the text of a message of the bot."""
    message = _own_message(world, params)
    if "text" not in message:
        raise bad("there is no text in the message to edit")
    content: Json = {"entities": None, **message_text(params)}
    if preview := params.record("link_preview_options"):
        content["link_preview_options"] = preview
    return _edit(world, message, params, content)


def edit_message_caption(world: World, params: Params) -> Json | bool:
    """Replace the caption of a message of the bot."""
    message = _own_message(world, params)
    if "text" in message:
        raise bad("there is no caption in the message to edit")
    nothing: Json = {"caption": None, "caption_entities": None}
    return _edit(world, message, params, nothing | caption(params))


def edit_message_media(world: World, params: Params) -> Json | bool:
    """Replace picture or file, and the caption with it."""
    message = _own_message(world, params)
    nothing: Json = dict.fromkeys(
        ("photo", "document", "caption", "caption_entities", "text", "entities")
    )
    content = nothing | media_content(world, params.record("media"), params)
    return _edit(world, message, params, content)


def edit_message_reply_markup(world: World, params: Params) -> Json | bool:
    """Replace the buttons of a message of the bot."""
    return _edit(world, _own_message(world, params), params, {})


def _edit(world: World, message: Json, params: Params, content: Json) -> Json | bool:
    markup = checked_markup(params.decoded("reply_markup"))
    content = content | {"reply_markup": markup}
    if all(message.get(name) == value for name, value in content.items()):
        raise bad(NOT_MODIFIED)
    changed = world.change_message(message, content | {"edit_date": world.now})
    return True if params.text("inline_message_id") else changed


def _own_message(world: World, params: Params) -> Json:
    """Return the message that an edit is about, or refuse."""
    if inline := params.text("inline_message_id"):
        if inline not in world.inline_messages:
            raise bad("MESSAGE_ID_INVALID")
        chat_id, message_id = world.inline_messages[inline]
        return world.messages[chat_id][message_id]
    chat_id, number = recipient(world, params), params.number("message_id")
    if number is None:
        raise bad("message identifier is not specified")
    message = world.messages[chat_id].get(number)
    if message is None:
        raise bad("message to edit not found")
    if message["from"]["id"] != world.bot["id"]:
        raise bad("message can't be edited")
    return message


def delete_message(world: World, params: Params) -> bool:
    """Take a message away; in a group only the bot's own."""
    chat_id, number = recipient(world, params), params.number("message_id")
    if number is None:
        raise bad("message identifier is not specified")
    message = world.messages[chat_id].get(number)
    if message is None:
        raise bad("message to delete not found")
    if chat_id < 0 and message["from"]["id"] != world.bot["id"]:
        raise bad("message can't be deleted")
    world.drop_message(chat_id, number)
    return True


def delete_messages(world: World, params: Params) -> bool:
    """Take several messages away; what is gone already is passed over."""
    chat_id = recipient(world, params)
    for number in params.listing("message_ids", int):
        if number in world.messages[chat_id]:
            world.drop_message(chat_id, number)
    return True
