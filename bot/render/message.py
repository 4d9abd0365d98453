"""What goes out to a chat, free of Telegram: text in our HTML, buttons, a picture or a file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Button:
    """One inline button: `data` calls back (at most 64 bytes), `copy` fills the clipboard."""

    text: str
    data: str | None = None
    url: str | None = None
    copy: str | None = None


Keyboard = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture (PNG) or a file, by its bytes and the name that a person sees."""

    name: str
    data: bytes
    picture: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """One message. With an attachment, `html` is its caption (at most 1,024 UTF-16 units)."""

    html: str
    keyboard: Keyboard = ()
    attachment: Attachment | None = None
