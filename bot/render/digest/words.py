"""Amounts and what is not known, as the digest writes them."""

from __future__ import annotations

from collections.abc import Callable

from bot.i18n import Lang, say
from bot.render.numbers import billions, number


def amount(lang: Lang, unit: str, value: float, sign: bool = False) -> str:
    """Return a figure with its unit; USD in billions, with a tenth where they are few."""
    if unit == "usd_bn":
        return billions(value, 1 if abs(value) < 10 else 0, sign)
    digits = 2 if unit in {"pct", "times"} else 1
    # The name says that it is a day's; a table has no room to say it again.
    shown = "bp" if unit == "bp_day" else unit
    return say(lang, f"digest.unit.{shown}", value=number(value, digits, sign))


def known(lang: Lang, value: float | None, form: Callable[[float], str] = number) -> str:
    """Return a figure in its form, or the word for one that is not known."""
    return say(lang, "score.na") if value is None else form(value)
