"""Two judges that we did not write: TDLib's parser for texts, aiogram's models for calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from bot.sandbox.log import Call

Json = dict[str, Any]


@cache
def _td_execute() -> Callable[[bytes], bytes | None]:
    """Return TDLib's entry for requests that need no client, with its own log silenced."""
    import tdjson

    quiet = {"@type": "setLogVerbosityLevel", "new_verbosity_level": 0}
    tdjson.td_execute(json.dumps(quiet).encode())
    return tdjson.td_execute


def td(request: Json) -> Json:
    """Return TDLib's answer to a request that needs no client."""
    return json.loads(_td_execute()(json.dumps(request).encode()) or b"null")


def td_parse(text: str) -> Json:
    """Return TDLib's formattedText for HTML, or its error."""
    mode = {"@type": "textParseModeHTML"}
    return td({"@type": "parseTextEntities", "text": text, "parse_mode": mode})


def utf16(text: str) -> int:
    """Return a length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def check_html(text: str, parse_mode: str | None = "HTML", limit: int = 4096) -> Json:
    """Fail where Telegram would refuse the text, cut it or drop entities; else return its parse."""
    if parse_mode is None:
        parsed: Json = {"text": text, "entities": []}
    else:
        assert parse_mode == "HTML", f"parse mode {parse_mode!r}"
        parsed = td_parse(text)
        assert parsed["@type"] == "formattedText", f"{parsed.get('message')}: {text!r}"
    assert parsed["text"].strip(), f"blank text: {text!r}"
    assert utf16(parsed["text"]) <= limit, f"{utf16(parsed['text'])} units of {limit}: {text!r}"
    assert len(parsed["entities"]) <= 100, f"{len(parsed['entities'])} entities: {text!r}"
    return parsed


@cache
def _model(name: str) -> Any:
    """Return aiogram's model of a method; importing it takes seconds, so only when needed."""
    import aiogram.methods

    models = {one.lower(): one for one in aiogram.methods.__all__}
    return getattr(aiogram.methods, models[name.lower()])


@cache
def _result(name: str) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(_model(name).__returning__)


# What travels as a file is one of these in a model, whatever the log kept of it.
FILES = ("photo", "document", "animation", "video", "audio", "thumbnail")


def check_call(method: str, params: Mapping[str, Any]) -> None:
    """Fail where a request does not fit the model: a missing, wrong or unknown parameter."""
    model = _model(method)
    fields = {field.alias or name for name, field in model.model_fields.items()}
    sent = {name: value for name, value in params.items() if name in fields}
    unknown = {
        name for name in params if name not in fields and not isinstance(params[name], Mapping)
    }
    assert not unknown, f"{method} knows no {sorted(unknown)}"
    for name in FILES:
        if isinstance(sent.get(name), Mapping):
            sent[name] = "uploaded"
    model.model_validate(sent)
    _check_keyboard(sent.get("reply_markup"))
    if method.lower() == "answerinlinequery":
        check_results(sent["results"])


def _check_keyboard(markup: object) -> None:
    """Fail where a button does not fit; the union of markups alone would let it through."""
    if not isinstance(markup, dict) or "inline_keyboard" not in markup:
        return
    from aiogram.types import InlineKeyboardButton

    for button in [button for row in markup["inline_keyboard"] for button in row]:
        InlineKeyboardButton.model_validate(button)
        unknown = button.keys() - InlineKeyboardButton.model_fields.keys()
        assert not unknown, f"a button knows no {sorted(unknown)}"
        assert len(button.get("callback_data", "").encode()) <= 64, f"data too long: {button}"


def check_results(results: Iterable[Mapping[str, Any]]) -> None:
    """Fail where what is offered to an inline question is not what Telegram would show."""
    from aiogram.types import InlineQueryResultArticle

    offered = list(results)
    ids = [result["id"] for result in offered]
    assert len(offered) <= 50, f"{len(offered)} results"
    assert len(set(ids)) == len(ids), f"ids twice: {ids}"
    for result in offered:
        unknown = result.keys() - InlineQueryResultArticle.model_fields.keys()
        assert not unknown, f"a result knows no {sorted(unknown)}"
        InlineQueryResultArticle.model_validate(dict(result))
        assert result["title"].strip(), f"a result without a title: {result}"
        assert 1 <= len(result["id"].encode()) <= 64, f"a result's id: {result['id']}"
        _check_keyboard(result.get("reply_markup"))


def check_response(method: str, result: object) -> None:
    """Fail where a result is not what the method returns by aiogram's types."""
    _result(method).validate_python(result)


# Where the texts of a call are: parameter, limit after parsing.
TEXTS = {
    "sendmessage": ("text", 4096),
    "editmessagetext": ("text", 4096),
    "sendphoto": ("caption", 1024),
    "senddocument": ("caption", 1024),
    "editmessagecaption": ("caption", 1024),
}


def check_text_of(call: Call) -> None:
    """Fail where the text, caption or edit of a call would not pass Telegram."""
    name, limit = TEXTS.get(call.method.lower(), ("", 0))
    if text := call.params.get(name):
        check_html(str(text), call.params.get("parse_mode"), limit)
    if call.method.lower() == "sendmessagedraft" and (text := call.params.get("text")):
        check_html(str(text), call.params.get("parse_mode"))
    for item in _items(call.params.get("media")):
        if item.get("caption"):
            check_html(item["caption"], item.get("parse_mode"), 1024)
    for result in _items(call.params.get("results")):
        content = result.get("input_message_content") or {}
        if content.get("message_text"):
            check_html(content["message_text"], content.get("parse_mode"))


def _items(value: object) -> list[Json]:
    """Return the objects in a parameter that holds one or several."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def check_log(calls: Iterable[Call], expected_refusals: Iterable[str] = ()) -> int:
    """Judge every call of a run and return how many were judged.

    Refusals are allowed only where their description begins with one of the expected ones.
    """
    judged = 0
    expected = tuple(expected_refusals)
    for call in calls:
        described = call.answer.get("description", "") if isinstance(call.answer, dict) else ""
        if 400 <= call.status < 500 and call.status != 429 and not call.injected:
            assert described.startswith(expected or ("\0",)), f"{call.method} refused: {described}"
            continue
        check_text_of(call)
        check_call(call.method, call.params)
        if call.ok:
            check_response(call.method, call.result)
        judged += 1
    return judged
