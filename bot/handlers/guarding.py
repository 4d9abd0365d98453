"""What is looked at before any handler: whether a chat writes more than can be answered."""

from __future__ import annotations

from telegram import Message, Update
from telegram.ext import ApplicationHandlerStop

from bot.handlers.context import BotContext

# What ends something is always heard.
ENDING = ("/cancel", "/stop", "/unsubscribe", "/forget")


async def check(update: Update, context: BotContext) -> None:
    """Let an update go on, unless its chat sends too many, or its button stands in no chat."""
    if update.callback_query is not None and update.effective_chat is None:
        await context.desk.niceties(update.callback_query.answer)
        raise ApplicationHandlerStop
    message = update.message
    if message is None or _ends(message):
        return
    at, flood = message.date.timestamp(), context.desk.flood
    if not flood.is_over(message.chat.id, at):
        return
    if flood.news.is_due(message.chat.id, at):
        await context.say(await context.here(update), "chat.flood")
    raise ApplicationHandlerStop


def _ends(message: Message) -> bool:
    return (message.text or "").partition("@")[0].strip().lower().startswith(ENDING)
