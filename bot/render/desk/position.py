"""A chat's positions -> what was saved, and what there is."""

from __future__ import annotations

from collections.abc import Mapping

from bot.desk.position import Ask
from bot.i18n import Lang, say
from bot.render.desk.parts import inputs_block, trade_lines
from bot.render.html import escape
from bot.render.message import Button, Message


def position_message(ask: Ask, lang: Lang) -> Message:
    """Return that a position was saved, how to use it, and what it holds."""
    saved = say(lang, "position.saved", name=escape(ask.name))
    if ask.trade is None:
        return Message(saved)
    held = inputs_block(trade_lines(ask.trade, lang), lang)
    return Message(f"{saved}\n\n{held}")


def positions_message(positions: Mapping[str, str], lang: Lang, example: str) -> Message:
    """Return a chat's positions, or how to save one."""
    new = Button(say(lang, "button.fill_in"), data="wn:position")
    if not positions:
        return Message(say(lang, "position.none", example=escape(example)), ((new,),))
    lines = [
        say(lang, "position.line", name=escape(name), words=f"<code>{escape(words)}</code>")
        for name, words in positions.items()
    ]
    text = "\n\n".join([say(lang, "position.list"), *lines, say(lang, "position.usage")])
    return Message(text, ((new,),))
