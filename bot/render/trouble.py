"""What was wrong with the words -> a sentence with the culprit, and an example that works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.i18n import Lang, has, say
from bot.render.html import escape
from bot.render.message import Button, Keyboard, Message
from tools.errors import CalculatorError

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Trouble:
    """An input that could not be used: its code, a sentence, the token as typed, what works.

    `try_data` is what a button carries that tries the example, `form_data` one that opens a form;
    `is_example` tells that the example is not made of the person's own words. `choices` are other
    to tap, each with what its button carries, `asked` what they are.
    """

    code: str
    message: str
    culprit: str
    example: str
    try_data: str | None = None
    form_data: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    asked: str = ""
    is_example: bool = False

    def as_json(self) -> dict[str, str]:
        """Return the error object of the command line's contract."""
        return {
            "code": self.code,
            "message": self.message,
            "culprit": self.culprit,
            "example": self.example,
        }


def sentence(error: CalculatorError, lang: Lang, **known: object) -> str:
    """Return the sentence of an error in the reader's language, long tokens cut short."""
    values: dict[str, Any] = {**known, **error.values}
    field = values.get("field")
    if isinstance(field, str) and has(f"field.{field}"):
        values["field"] = say(lang, f"field.{field}")
    # What was typed may be long; what is allowed is ours, and must be whole to be of use.
    shown = {name: v if name == "allowed" else _short(v) for name, v in values.items()}
    return say(lang, f"error.{error.code}", **shown)


# The tables that hold the sentences of our exceptions' codes.
TABLES = ("error", "store", "knowledge", "setting", "feed", "chart", "console")


def words_for(error: Exception, lang: Lang) -> str | None:
    """Return the sentence of an error that we expect, None for one that we do not."""
    code, values = getattr(error, "code", None), getattr(error, "values", None)
    if not isinstance(code, str) or not isinstance(values, Mapping):
        return None
    if isinstance(error, CalculatorError):
        return sentence(error, lang)
    table = next((table for table in TABLES if has(f"{table}.{code}")), None)
    causes = {k: v for k, v in values.items() if isinstance(v, Exception)}
    values = {**values, **{k: words_for(v, lang) or str(v) for k, v in causes.items()}}
    return say(lang, f"{table}.{code}", **values) if table else None


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "\N{HORIZONTAL ELLIPSIS}"


def trouble_message(trouble: Trouble, lang: Lang) -> Message:
    """Return the message that says what was wrong and offers what works, to tap or to copy."""
    asked = f"{escape(trouble.asked)}\n\n" if trouble.asked else ""
    offer = say(lang, "chat.for_example" if trouble.is_example else "chat.try_this")
    html = f"{escape(trouble.message)}\n\n{asked}{offer}\n<code>{escape(trouble.example)}</code>"
    return Message(html, _keyboard(trouble, lang))


def _keyboard(trouble: Trouble, lang: Lang) -> Keyboard:
    rows = [(Button(label, data=carried),) for label, carried in trouble.choices]
    if trouble.try_data:
        shown = " ".join(trouble.example.partition(" ")[2].split())
        text = say(lang, "button.try_it", example=_short(shown))
        rows.append((Button(text, data=trouble.try_data),))
    if trouble.form_data:
        rows.append((Button(say(lang, "button.fill_in"), data=trouble.form_data),))
    return tuple(rows)
