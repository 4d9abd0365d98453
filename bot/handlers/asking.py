"""A question, however it comes -> an answer with its sources; /cancel stops it."""

from __future__ import annotations

import re
import time
from dataclasses import replace

from telegram import Message as TelegramMessage
from telegram import MessageEntity, Update

from bot.assistant import QUESTION_LIMIT
from bot.handlers.context import BotContext, Here, answer_button
from bot.i18n import language_of, say
from bot.render.answers import answer_message, question_of
from bot.render.html import escape
from bot.render.message import Message

_MARKS = " ,.:;\N{FULLWIDTH COMMA}\N{IDEOGRAPHIC COMMA}\N{FULLWIDTH COLON}"
_BEFORE_MARK = re.compile(r" ([,.;:?!\uff0c\u3002\uff1f\uff01])")

# What only slows the machine concerns its operator: `basisbot doctor` says it.
CHANGES_ANSWERS = {"embedding_not_bundled", "embedding_differs", "embedding_fails"}


async def ask(update: Update, context: BotContext) -> None:
    """Answer the question after /ask; without one, say how to ask."""
    question = words_after_command(update)
    if not question:
        replied = update.effective_message and update.effective_message.reply_to_message
        question = (replied.text or replied.caption or "") if replied else ""
    here = await context.here(update, question)
    if not question.strip():
        example = escape(say(here.lang, "answer.example.size"))
        await context.say(here, "chat.ask_what", example=example)
        return
    await answer(context, here, question)


async def text(update: Update, context: BotContext) -> None:
    """Answer plain text: in a private chat, or in a group where it is meant for us."""
    question = question_in(update, context.bot.username)
    if question.strip():
        await answer(context, await context.here(update, question), question)


async def question_button(update: Update, context: BotContext) -> None:
    """Answer the question that a button asks."""
    query = update.callback_query
    question = question_of(query.data or "") if query else None
    here = await context.here(update, question or "")
    if question is None:
        await answer_button(context, update, say(here.lang, "chat.button_old"))
        return
    await answer_button(context, update)
    await answer(context, here, question, pressed=True)


async def answer(context: BotContext, here: Here, question: str, *, pressed: bool = False) -> None:
    """Answer a question in its own language; one from a button stands nowhere, so it is said."""
    if len(question) > QUESTION_LIMIT:
        # A text that a client cut into several messages is one mishap, not several.
        if context.desk.too_long.is_due(here.chat_id, time.monotonic()):
            await context.say(here, "chat.too_long", most=QUESTION_LIMIT)
        return
    may = here.chat_id in context.desk.model_chats
    lang = language_of(question) if _speaks(question) else here.lang
    async with context.typing(here):
        found = await context.cancellable(
            here,
            context.assistant.ask(here.chat_id, here.thread_id, question, lang, use_model=may),
        )
    if found is not None:
        message = answer_message(found)
        if pressed:
            message = replace(message, html=f"<b>{escape(question)}</b>\n{message.html}")
        message = await context.advised(here, message)
        await context.reply(here, await _with_lacks(context, here, message))


async def _with_lacks(context: BotContext, here: Here, message: Message) -> Message:
    """Return the message, once in each chat with what its answers are made without."""
    told = [
        say(here.lang, f"lacks.{code}")
        for code in context.assistant.lacks()
        if code in CHANGES_ANSWERS and await context.assistant.first_ever(here.chat_id, code)
    ]
    if not told:
        return message
    words = "\n".join([message.html, "", *(f"<i>{escape(line)}</i>" for line in told)])
    return Message(words, message.keyboard, message.attachment)


def _speaks(question: str) -> bool:
    """Tell whether a text has words of a language at all, not only numbers and tickers."""
    chinese = any("\u4e00" <= char <= "\u9fff" for char in question)
    return chinese or sum(word.isalpha() for word in question.split()) > 1


async def cancel(update: Update, context: BotContext) -> None:
    """Stop what is running in this conversation."""
    here = await context.here(update)
    if here.private:
        await context.assistant.store.own.close_forms(here.chat_id)
    task = context.desk.running.pop(here.key, None)
    if task is not None:
        task.cancel()
    stop_elsewhere = context.desk.stop_elsewhere
    stopped = task is not None or (
        stop_elsewhere is not None and await stop_elsewhere(here.chat_id, here.thread_id)
    )
    await context.say(here, "chat.cancelled" if stopped else "chat.nothing_to_cancel")


async def not_text(update: Update, context: BotContext) -> None:
    """Say of a picture or a voice in a private chat that only text is read; answer its caption."""
    message = update.effective_message
    caption = (message.caption or "").strip() if message else ""
    here = await context.here(update, caption)
    await context.say(here, "chat.caption_only" if caption else "chat.not_text")
    if caption:
        await answer(context, here, caption)


def words_after_command(update: Update) -> str:
    """Return what stands after the command, line breaks and all."""
    message = update.effective_message
    whole = (message.text or "") if message else ""
    parts = whole.split(maxsplit=1)
    return parts[1] if len(parts) > 1 else ""


def question_in(update: Update, username: str) -> str:
    """Return the question that a message puts to us, without our name in it; "" where none."""
    message = update.effective_message
    if message is None or not message.text:
        return ""
    named = _mentions(message, username)
    mine = message.reply_to_message
    replied = bool(mine and mine.from_user and mine.from_user.username == username)
    if not (message.chat.type == message.chat.PRIVATE or named or replied):
        return ""
    spoken = message.text
    for mention in named:
        spoken = spoken.replace(mention, " ")
    spoken = _BEFORE_MARK.sub(r"\1", " ".join(spoken.split())).lstrip(_MARKS)
    if not spoken and mine and not replied:
        return mine.text or mine.caption or ""  # our name in reply to somebody: "what of this?"
    return spoken


def _mentions(message: TelegramMessage, username: str) -> list[str]:
    """Return our name as it is mentioned in a message."""
    wanted = f"@{username}".lower()
    found = message.parse_entities([MessageEntity.MENTION]).values()
    return [name for name in found if name.lower() == wanted]


def is_for_us(message: TelegramMessage, username: str) -> bool:
    """Tell whether a group's message mentions us or replies to us."""
    replied = message.reply_to_message
    if replied and replied.from_user and replied.from_user.username == username:
        return True
    return bool(message.text and _mentions(message, username))
