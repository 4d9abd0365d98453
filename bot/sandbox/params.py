"""A request to the Bot API -> its parameters, whether sent as query, form, JSON or multipart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

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
        if not isinstance(value, str) or value == "":
            return value or None
        try:
            return json.loads(value)
        except ValueError:
            raise bad(f"can't parse {name} JSON object") from None

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
