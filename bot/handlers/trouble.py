"""What no handler expects -> a log line with an id, a short word to the chat, details to admins."""

from __future__ import annotations

import html
import logging
import secrets
from contextvars import ContextVar
from difflib import get_close_matches

from telegram import Bot, Update
from telegram.error import TelegramError

from bot.delivery.errors import Meaning, classify, is_away
from bot.delivery.send import deliver
from bot.handlers.context import BotContext, Desk
from bot.i18n import say
from bot.log import hide_tokens, trace
from bot.render.chat import COMMANDS, unknown_command_message
from bot.render.message import Message

log = logging.getLogger(__name__)

UNWANTED = {Meaning.BLOCKED, Meaning.GONE}
_DETAIL = 1500
# Why the word about an error could not be said to the chat; of the update that is dealt with.
UNSAID: ContextVar[TelegramError | None] = ContextVar("UNSAID", default=None)


async def failed(update: object, context: BotContext) -> None:
    """Log first, then tell the user plainly, then the admins in detail."""
    error = context.error
    if error is None:
        return
    chat = update.effective_chat if isinstance(update, Update) else None
    if isinstance(error, TelegramError) and classify(error).meaning in UNWANTED and chat:
        log.info("chat does not want an answer: %s", error)
        await context.assistant.store.pause(chat.id, "blocked")
        return
    reference = secrets.token_hex(4)
    log.error("error %s", reference, exc_info=error)
    if chat is not None:
        away = await _quietly(context, chat.id, Message(say("en", "chat.failed", id=reference)))
        UNSAID.set(away)
        if away is not None:
            return
    await tell_admins(context, reference, error)


async def tell_admins(context: BotContext, reference: str, error: BaseException) -> None:
    """Send the end of the traceback to each admin, without secrets and without others' words."""
    detail = trace(error)[-_DETAIL:]
    text = say(
        "en",
        "chat.failed_admin",
        id=reference,
        kind=type(error).__name__,
        detail=f"<pre>{html.escape(hide_tokens(detail), quote=False)}</pre>",
    )
    for admin in context.desk.admins:
        await _quietly(context, admin, Message(text))


async def _quietly(context: BotContext, chat_id: int, message: Message) -> TelegramError | None:
    """Send without ever failing: this is the way out of failures. Return what may pass later."""
    try:
        await deliver(context.bot, chat_id, message, pace=context.desk.pace)
    except TelegramError as error:
        log.warning("the message about an error could not be sent: %s", error)
        return error if is_away(error) else None
    return None


async def apologise(bot: Bot, desk: Desk, update: Update, reference: str) -> None:
    """Tell a chat that its update was given up."""
    chat = update.effective_chat
    if chat is not None:
        message = Message(say("en", "chat.failed", id=reference))
        await deliver(bot, chat.id, message, pace=desk.pace)


async def unknown_command(update: Update, context: BotContext) -> None:
    """Name the command that was probably meant."""
    message = update.effective_message
    whole = (message.text or "") if message else ""
    command = whole.split(maxsplit=1)[0].removeprefix("/").partition("@")[0]
    near = get_close_matches(command.lower(), COMMANDS, n=1, cutoff=0.6)
    here = await context.here(update)
    await context.reply(here, unknown_command_message(here.lang, command, near))
