"""What the Bot API answers when it refuses: a code, a description, sometimes a hint."""

from __future__ import annotations

from typing import Any

PREFIX = {400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: ", 500: ""}


class ApiError(Exception):
    """A refusal; `parameters` holds `retry_after` or `migrate_to_chat_id`."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = PREFIX.get(code, "") + description
        self.parameters = parameters

    def to_json(self) -> dict[str, Any]:
        """Return the answer's body."""
        body = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad(text: str) -> ApiError:
    """Return a 400 with Telegram's words."""
    return ApiError(400, text)


def not_found() -> ApiError:
    """Return the 404 for an unknown method or a token of the wrong shape."""
    return ApiError(404, "Not Found")


def too_many(seconds: int) -> ApiError:
    """Return the 429 that asks to wait."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
