"""Whatever a bot sends, each method answers or refuses; it never breaks."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox.errors import ApiError
from bot.sandbox.methods import METHODS, call
from bot.sandbox.params import Params, Upload
from bot.sandbox.world import DESK, YOU, World

HERE = {"chat_id": YOU}
OURS = {"chat_id": YOU, "message_id": 1}
ENTITIES = [
    {"type": "bold", "offset": 0, "length": 1},
    {"type": "text_mention", "offset": 1, "length": 1, "user": {"id": YOU}},
]
KEYS = {
    "inline_keyboard": [
        [{"text": "x", "callback_data": "x"}, {"text": "y", "copy_text": {"text": "y"}}],
        [{"text": "z", "url": "https://cftc.gov"}],
    ]
}
REPLY = {"message_id": 1, "allow_sending_without_reply": True}
MEDIA = [{"type": "document", "media": "attach://f", "caption": "<b>x</b>", "parse_mode": "HTML"}]
RESULT = {
    "type": "article",
    "id": "1",
    "title": "x",
    "description": "y",
    "input_message_content": {"message_text": "<b>x</b>", "parse_mode": "HTML"},
    "reply_markup": KEYS,
}
EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("getMe", {}),
    ("sendMessage", {**HERE, "text": "xy", "entities": ENTITIES, "reply_markup": KEYS}),
    ("sendMessage", {**HERE, "text": "<b>x</b>", "parse_mode": "HTML", "reply_parameters": REPLY}),
    ("sendMessage", {**HERE, "text": "x", "link_preview_options": {"is_disabled": True}}),
    ("sendDocument", {**HERE, "document": "attach://f", "caption": "x", "parse_mode": "HTML"}),
    ("sendMediaGroup", {**HERE, "media": MEDIA * 2}),
    ("sendMessageDraft", {**HERE, "draft_id": 1, "text": "x", "entities": ENTITIES[:1]}),
    ("sendChatAction", {**HERE, "action": "typing"}),
    ("editMessageText", {**OURS, "text": "y", "reply_markup": KEYS}),
    ("editMessageMedia", {**OURS, "media": MEDIA[0]}),
    ("editMessageReplyMarkup", {**OURS, "reply_markup": KEYS}),
    ("deleteMessage", OURS),
    ("deleteMessages", {**HERE, "message_ids": [1, 2]}),
    ("answerInlineQuery", {"inline_query_id": "1", "results": [RESULT]}),
    ("answerCallbackQuery", {"callback_query_id": "1", "text": "x", "show_alert": True}),
    ("setMyCommands", {"commands": [{"command": "x", "description": "y"}], "language_code": "zh"}),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": YOU}}),
    ("getMyCommands", {"scope": {"type": "all_group_chats"}}),
    ("setMyDescription", {"description": "x", "language_code": "zh"}),
    ("setChatMenuButton", {**HERE, "menu_button": {"type": "commands"}}),
    ("getChat", {"chat_id": DESK}),
    ("getChatMember", {"chat_id": DESK, "user_id": YOU}),
    ("getChatAdministrators", {"chat_id": DESK}),
    ("setWebhook", {"url": "https://e.com", "allowed_updates": ["message"], "max_connections": 2}),
    ("getWebhookInfo", {}),
]
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, DESK, 2**70, 1.5, [], {}, [1], ["x"], [[]], [{}], {"x": 1}]),
    st.sampled_from(["", " ", "x", "1", "{", "[]", "attach://f", "\ud800", "x" * 5000, "\0"]),
)


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths to every value inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, inner in items:
        found.append((*path, key))
        if isinstance(inner, dict | list):
            found += spots(inner, (*path, key))
    return found


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Draw a good call in which up to two values are replaced by something else."""
    name, values = copy.deepcopy(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(0, 2))):
        if paths := spots(values):
            *way, last = draw(st.sampled_from(paths))
            place: Any = values
            for key in way:
                place = place[key]
            place[last] = copy.deepcopy(draw(junk))
    return name, values


def furnished() -> World:
    """Return a world in which all examples find what they name."""
    world = World("1:x")
    world.new_message(YOU, world.bot, {"text": "x"})
    world.inline_queries["1"] = {"id": "1"}
    world.callbacks["1"] = {"id": "1", "from": world.users[YOU], "message": world.messages[YOU][1]}
    return world


def answer(name: str, values: dict[str, Any]) -> Any:
    return call(furnished(), name, Params(values, {"f": Upload("f.txt", b"x", "")}))


@pytest.mark.parametrize(("name", "values"), EXAMPLES)
def test_the_examples_work(name: str, values: dict[str, Any]):
    if name != "editMessageMedia":  # the message holds text; Telegram lets it become a file
        assert answer(name, values) is not None


@settings(max_examples=600, deadline=None)
@given(spoiled(), st.booleans())
def test_a_method_answers_or_refuses(made: tuple[str, dict[str, Any]], form: bool):
    name, values = made
    if form:  # as python-telegram-bot sends it: all that is no text is JSON
        values = {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}
    with contextlib.suppress(ApiError):
        json.dumps(answer(name, values))


def test_every_method_is_known_in_lower_case():
    assert all(name == name.lower() for name in METHODS)
