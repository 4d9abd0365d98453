"""An error as a person would read it, in both languages."""

from __future__ import annotations

from bot.i18n import LANGS, has, say
from tools.errors import CalculatorError


def sentences_of(error: CalculatorError) -> list[str]:
    """Return the error's sentence in each language; a missing key or placeholder raises."""
    spoken = []
    for lang in LANGS:
        values = dict(error.values)
        name = f"field.{values.get('field')}"
        values["field"] = say(lang, name) if has(name) else values.get("field")
        spoken.append(say(lang, f"error.{error.code}", **values))
    return spoken
