"""/factcheck: the sayings of the article, each with its verdict, why and the sources."""

from __future__ import annotations

import asyncio

from telegram import Update

from bot.assistant import Assistant
from bot.handlers import asking
from bot.handlers.context import BotContext, answer_button
from bot.i18n import Lang, say
from bot.render.checks import THEMES, check_message, theme_message, themes_message
from bot.render.message import Message

NEW = "new"


async def factcheck(update: Update, context: BotContext) -> None:
    """Show the themes, or the saying of a number; any other words are a saying to check."""
    words = asking.words_after_command(update).strip()
    here = await context.here(update, words)
    number = words.upper().removeprefix("S").lstrip("0")
    if not words or number.isdecimal():
        place = f"n:{number}" if words else ""
        message = await asyncio.to_thread(checks, context.assistant, place, here.lang)
        if message is None:
            await context.say(here, "factcheck.no_such", culprit=number[:8], total=_total(context))
            return
        await context.reply(here, await context.advised(here, message))
        return
    await asking.answer(context, here, say(here.lang, "factcheck.question", saying=words))


def _total(context: BotContext) -> int:
    return len(context.assistant.sayings())


async def button(update: Update, context: BotContext) -> None:
    """Go to a theme or a saying; all that it needs is in the button's data."""
    query = update.callback_query
    place = ((query.data or "") if query else "").removeprefix("fk:")
    here = await context.here(update)
    stays = place == NEW  # the greeting, whose button this is
    wanted = "" if stays else place
    message = await asyncio.to_thread(checks, context.assistant, wanted, here.lang)
    if message is None:
        await answer_button(context, update, say(here.lang, "chat.button_old"))
        return
    await answer_button(context, update)
    await (context.reply(here, message) if stays else context.edit(here, message))


def checks(assistant: Assistant, place: str, lang: Lang) -> Message | None:
    """Return what stands at a place: "", `t:<theme>`, `s:<id>` or `n:<number>`; None for none."""
    sayings = assistant.sayings()
    kind, _, name = place.partition(":")
    if not place:
        return themes_message(sayings, lang)
    if kind == "t" and name in THEMES:
        return theme_message(sayings, name, lang)
    if kind == "n":
        found = sayings[int(name) - 1] if 0 < int(name) <= len(sayings) else None
    else:
        found = next((saying for saying in sayings if saying.id == name), None)
    return check_message(sayings, found, assistant.check(found.id, lang)) if found else None
