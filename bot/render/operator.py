"""News of delivery -> what the operator reads."""

from __future__ import annotations

from bot.i18n import Lang, say
from bot.render.html import escape
from bot.render.message import Message


def paused_message(lang: Lang, seconds: float, reason: str) -> Message:
    """Say that Telegram wanted nothing from us for so many seconds, and what it said."""
    return Message(say(lang, "operator.paused", seconds=f"{seconds:,.0f}", reason=escape(reason)))


def lost_message(lang: Lang, count: int) -> Message:
    """Say how many updates were given up since the last notice."""
    return Message(say(lang, "operator.given_up", count=f"{count:,}"))
