"""A command of the desk -> how it is asked: what it needs, examples to copy, its form."""

from __future__ import annotations

from datetime import date

from bot.desk.commands import example
from bot.i18n import Lang, say
from bot.render.html import escape
from bot.render.message import Button, Message

_COPIED = 256


def desk_help(command: str, lang: Lang, today: date) -> Message:
    """Return how a command is asked, with an example that works on the day."""
    words = f"/{command} {example(command, today)}"
    html = "\n".join(
        [
            f"<b>/{command}</b> \N{MIDDLE DOT} {escape(say(lang, f'command.{command}'))}",
            "",
            escape(say(lang, f"desk.help.{command}")),
            f"<pre>{escape(words)}</pre>",
        ]
    )
    form = Button(say(lang, "button.fill_in"), data=f"wn:{command}")
    if len(words) > _COPIED:
        return Message(html, ((form,),))
    return Message(html, ((Button(say(lang, "button.copy"), copy=words), form),))
