"""`@bot words` in any chat -> results to choose from. What the bot itself sent so is left alone."""

from __future__ import annotations

import asyncio
import logging

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Message,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import filters

from bot.delivery.send import NO_PREVIEW
from bot.handlers.context import BotContext
from bot.handlers.suggestions import Result, results
from bot.i18n import Lang, pick_language, say

log = logging.getLogger(__name__)

# Rates on record, and the language, may change meanwhile; a letter typed back is answered at once.
CACHE_SECONDS = 10
START = "inline"


async def answer(update: Update, context: BotContext) -> None:
    """Offer what can be sent for the words so far.

    Whoever types gets a new question with the next letter, so what cannot be answered is dropped.
    """
    query = update.inline_query
    if query is None:
        return
    lang = await _language(update, context)
    desk = context.desk
    offers = await asyncio.to_thread(desk.inline.offers, query.query)
    found = results(offers, query.query, lang, context.assistant.today())
    try:
        await query.answer(
            [_article(result, lang) for result in found],
            cache_time=CACHE_SECONDS,
            is_personal=True,
            button=InlineQueryResultsButton(say(lang, "inline.open"), start_parameter=START),
        )
    except TelegramError as error:
        log.info("an inline question is left unanswered: %s", error)


async def _language(update: Update, context: BotContext) -> Lang:
    """Return who types' own setting, else Telegram's; nobody is remembered for having typed."""
    user, query = update.effective_user, update.inline_query
    text = query.query if query else ""
    if user is None:
        return pick_language(None, None, text)
    known = await context.assistant.store.acquaintance(user.id)
    return pick_language(known.lang if known else None, user.language_code, text)


def _article(result: Result, lang: Lang) -> InlineQueryResultArticle:
    keyboard = None
    if result.again:
        change = InlineKeyboardButton(
            say(lang, "inline.change"), switch_inline_query_current_chat=result.again[:256]
        )
        keyboard = InlineKeyboardMarkup([[change]])
    content = InputTextMessageContent(
        result.html, parse_mode=ParseMode.HTML, link_preview_options=NO_PREVIEW
    )
    return InlineQueryResultArticle(
        result.id, result.title, content, reply_markup=keyboard, description=result.description
    )


class SentByUs(filters.MessageFilter):
    """Lets through what a person sent by choosing one of our results: it asks us nothing."""

    def __init__(self, bot: Bot) -> None:
        super().__init__(name="sent by us")
        self._bot = bot

    def filter(self, message: Message) -> bool:
        """Tell whether a message is one of our own results."""
        return message.via_bot is not None and message.via_bot.id == self._bot.id


async def leave(_update: Update, _context: BotContext) -> None:
    """Do nothing about our own words."""
