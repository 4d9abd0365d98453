"""A call that puts something into a chat -> the message that stands there."""

from __future__ import annotations

from bot.sandbox.errors import bad
from bot.sandbox.files import Stored
from bot.sandbox.keyboard import checked_markup
from bot.sandbox.params import Params, Upload
from bot.sandbox.text import caption, message_text, read_formatted
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


def send_message(world: World, params: Params) -> Json:
    """Put a text into a chat."""
    chat_id = recipient(world, params)
    content = message_text(params)
    if preview := params.record("link_preview_options"):
        content["link_preview_options"] = preview
    return put(world, chat_id, params, content)


def send_photo(world: World, params: Params) -> Json:
    """Put a photo into a chat."""
    chat_id = recipient(world, params)
    content = caption(params)
    photo = _file(world, params, "photo")
    return put(world, chat_id, params, {"photo": photo.to_photo(), **above(params), **content})


def send_document(world: World, params: Params) -> Json:
    """Put a file into a chat."""
    chat_id = recipient(world, params)
    content = caption(params)
    document = _file(world, params, "document")
    return put(world, chat_id, params, {"document": document.to_document(), **content})


def send_media_group(world: World, params: Params) -> list[Json]:
    """Put an album of photos or of files into a chat."""
    chat_id = recipient(world, params)
    media = params.listing("media")
    if not 2 <= len(media) <= 10:
        raise bad("group send failed: an album has from 2 to 10 items")
    contents = [media_content(world, item, params) for item in media]
    album = {"media_group_id": str(world.last_message_id + 1)}
    return [put(world, chat_id, params, album | content) for content in contents]


def send_message_draft(world: World, params: Params) -> bool:
    """Show a text that the bot is still writing, for half a minute, in a private chat."""
    chat_id = recipient(world, params)
    if chat_id < 0:
        raise bad("TEXTDRAFT_PEER_INVALID")
    draft_id = params.number("draft_id")
    if not draft_id:
        raise bad("draft identifier must be non-zero")
    text, entities = read_formatted(params, params.text("text") or "", "entities")
    until = world.clock() + DRAFT_LIFE
    world.set_draft(chat_id, Draft(draft_id, text, entities, until))
    return True


def send_chat_action(world: World, params: Params) -> bool:
    """Show that the bot is typing or the like, for five seconds."""
    chat_id = recipient(world, params)
    action = params.text("action") or ""
    if action not in CHAT_ACTIONS:
        raise bad("wrong parameter action in request")
    world.tell("action", {"chat_id": chat_id, "action": action})
    return True


def recipient(world: World, params: Params) -> int:
    """Return the chat that a call writes to, or refuse."""
    return world.recipient(chat_id_of(params))


def put(world: World, chat_id: int, params: Params, content: Json) -> Json:
    """Put what a call sends into a chat, with its buttons and the message that it answers."""
    markup = checked_markup(params.decoded("reply_markup"))
    place = _place(world, chat_id, params)
    extra = {"reply_markup": markup} if markup else {}
    return world.new_message(chat_id, world.bot, {**place, **content, **extra})


def _place(world: World, chat_id: int, params: Params) -> Json:
    place: Json = {}
    if thread := params.number("message_thread_id"):
        if not world.chats[chat_id].get("is_forum"):
            raise bad("message thread not found")
        place |= {"message_thread_id": thread, "is_topic_message": True}
    reply = params.record("reply_parameters")
    target = Params(reply).number("message_id") or params.number("reply_to_message_id")
    if target is None:
        return place
    if target in world.messages[chat_id]:
        return place | {"reply_to_message": world.message(chat_id, target)}
    if not reply.get("allow_sending_without_reply"):
        raise bad("message to be replied not found")
    return place


def _file(world: World, params: Params, name: str) -> Stored:
    given = params.sent_file(name)
    if given is None:
        raise bad(f"there is no {name} in the request")
    if isinstance(given, str):
        return world.files.known(given)
    return _store(world, name, given)


def _store(world: World, kind: str, upload: Upload) -> Stored:
    files = world.files
    return files.photo(upload) if kind == "photo" else files.document(upload)


def media_content(world: World, item: Json, params: Params) -> Json:
    """Return the content of one InputMedia."""
    kind = str(item.get("type"))
    if kind not in {"photo", "document"}:
        raise bad("media type is not supported here")
    inner = Params({**item, kind: item.get("media")}, params.files)
    stored = _file(world, inner, kind)
    shown = stored.to_photo() if kind == "photo" else stored.to_document()
    return {kind: shown, **above(inner), **caption(inner)}


def chat_id_of(params: Params) -> int | None:
    """Return the chat id of a call, or None; a name of a channel is not found here."""
    value = params.text("chat_id")
    if value is None or value == "":
        return None
    try:
        return int(value)
    except ValueError:
        raise bad("chat not found") from None


def above(params: Params) -> Json:
    """Return where a caption stands, when it is not below."""
    above = params.flag("show_caption_above_media")
    return {"show_caption_above_media": True} if above else {}
