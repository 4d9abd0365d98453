"""A request to the Bot API -> its parameters, whether sent as query, form, JSON or multipart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tornado.httputil import HTTPServerRequest

from bot.sandbox.errors import bad


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request."""

    name: str
    data: bytes
    mime: str


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of one call. Readers return None for what was not given."""

    values: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Return a parameter as text."""
        value = self.values.get(name)
        if value is None:
            return None
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return checked_utf8(text, text)

    def number(self, name: str) -> int | None:
        """Return a parameter as a whole number; what is none is refused."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad(f"invalid {name} specified") from None

    def flag(self, name: str) -> bool:
        """Return a parameter as yes or no."""
        return str(self.values.get(name, "")).lower() in {"true", "yes", "1"}

    def decoded(self, name: str) -> Any:
        """Return a parameter that is an object or a list, however it was sent."""
        value = self.values.get(name)
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except ValueError:
                raise bad(f"can't parse {name} JSON object") from None
        return checked_utf8(value, json.dumps(value, ensure_ascii=False)) or None

    def record(self, name: str) -> dict[str, Any]:
        """Return a parameter that is an object, empty where there is none."""
        value = self.decoded(name) or {}
        if not isinstance(value, dict):
            raise bad(f"can't parse {name}: expected an Object")
        return value

    def listing(self, name: str, kind: type = dict) -> list[Any]:
        """Return a parameter that is a list of objects, or of `kind`; empty if there is none."""
        value = self.decoded(name) or []
        if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
            raise bad(f"can't parse {name}: expected an Array")
        return value

    def sent_file(self, name: str) -> Upload | str | None:
        """Return an upload, or the file id or address that stands for one."""
        value = self.values.get(name)
        if isinstance(value, str) and value.startswith("attach://"):
            return self.files.get(value.removeprefix("attach://"))
        return self.files.get(name) or (value if isinstance(value, str) and value else None)

    def logged(self) -> dict[str, Any]:
        """Return the parameters as the request log keeps them: files by name and size."""
        files = {
            name: {"file_name": file.name, "size": len(file.data)}
            for name, file in self.files.items()
        }
        return {**{name: _plain(value) for name, value in self.values.items()}, **files}


T = TypeVar("T")


def checked_utf8(value: T, text: str) -> T:
    """Return a value whose text is whole: half a surrogate pair is refused."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad("strings must be encoded in UTF-8") from None
    return value


def _plain(value: Any) -> Any:
    """Return the object in a string that looks like JSON, else the value."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def read_params(request: HTTPServerRequest) -> Params:
    """Return the parameters of a request, or raise ApiError where its body cannot be read."""
    values: dict[str, Any] = {
        name: items[-1].decode() for name, items in request.arguments.items() if items
    }
    if request.headers.get("Content-Type", "").startswith("application/json") and request.body:
        values |= _json_body(request.body)
    files = {
        name: Upload(items[0].filename, items[0].body, items[0].content_type)
        for name, items in request.files.items()
        if items
    }
    return Params(values, files)


def _json_body(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise bad("can't parse request body as JSON object")
    return values
