"""Parameters of a call -> the text and entities that a message keeps, within Telegram's limits."""

from __future__ import annotations

from typing import Any

from bot.sandbox.entities import (
    Entity,
    found_in,
    ordered,
    settled,
    trimmed,
    utf16,
)
from bot.sandbox.errors import bad
from bot.sandbox.markup import ParseError, parse_html
from bot.sandbox.params import Params

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
ENTITY_LIMIT = 100  # Telegram drops the rest without a word


def message_text(params: Params) -> dict[str, Any]:
    """Return `text` and `entities` of a message, or refuse it as Telegram does."""
    raw = params.text("text")
    if not raw:
        raise bad("message text is empty")
    text, entities = read_formatted(params, raw, "entities")
    if not text:
        raise bad("text must be non-empty")
    if utf16(text) > TEXT_LIMIT:
        raise bad("message is too long")
    return {"text": text} | ({"entities": entities} if entities else {})


def caption(params: Params) -> dict[str, Any]:
    """Return `caption` and `caption_entities`, empty where there is none."""
    raw = params.text("caption") or ""
    text, entities = read_formatted(params, raw, "caption_entities")
    if utf16(text) > CAPTION_LIMIT:
        raise bad("message caption is too long")
    found: dict[str, Any] = {"caption": text} if text else {}
    return found | ({"caption_entities": entities} if entities else {})


def read_formatted(params: Params, raw: str, name: str) -> tuple[str, list[dict[str, Any]]]:
    """Return a text as sent, with the entities given or parsed and those found in it."""
    mode = (params.text("parse_mode") or "").lower()
    if mode not in {"", "html"}:
        raise bad("unsupported parse_mode")
    try:
        text, entities = parse_html(raw) if mode else (raw, _given(params, name))
    except ParseError as error:
        raise bad(f"can't parse entities: {error}") from None
    text, entities = trimmed(text, settled(entities))
    every = ordered([*entities, *found_in(text, entities)])
    return text, [entity.to_json() for entity in every[:ENTITY_LIMIT]]


def _given(params: Params, name: str) -> list[Entity]:
    return [_entity(item) for item in params.listing(name)]


def _entity(item: Any) -> Entity:
    try:
        kind, offset, length = str(item["type"]), int(item["offset"]), int(item["length"])
    except (TypeError, KeyError, ValueError):
        raise bad("can't parse MessageEntity: wrong type, offset or length") from None
    known = {"type", "offset", "length"}
    extra = {key: value for key, value in item.items() if key not in known and value is not None}
    if kind == "text_mention":
        extra["user_id"] = Params(Params(extra).record("user")).number("id") or 0
        extra.pop("user", None)
    return Entity(kind, offset, length, tuple(extra.items()))
