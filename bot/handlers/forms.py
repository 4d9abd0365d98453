"""Text typed while a form is open -> the form's next step, its refusal, or not for the form."""

from __future__ import annotations

import re
from dataclasses import replace

from telegram import Chat, Update
from telegram import Message as TelegramMessage

from bot.handlers import desk
from bot.handlers.context import BotContext, Step
from bot.store.desk import OpenForm

_TRIES = 3  # another replica may move the form on at the same moment; once more is enough


async def typed(update: Update, context: BotContext) -> bool:
    """Take a typed value for the form it is meant for, and for no other.

    That is the form that it replies to, or, in private, the one last touched. Return False where
    the text is meant for somebody else.
    """
    message, chat = update.effective_message, update.effective_chat
    if message is None or chat is None or not message.text:
        return False
    replied = message.reply_to_message
    carried = desk.form_data(replied) if replied else ""
    if not carried and (replied is not None or chat.type != Chat.PRIVATE):
        return False
    own = context.assistant.store.own
    for _ in range(_TRIES):
        form = await own.open_form(chat.id, replied.message_id if replied else None)
        if form is None and replied is not None:
            form = OpenForm(replied.message_id, carried)  # opened before forms were kept
            await own.put_open(chat.id, form)
        if form is None:
            return False
        if (taken := await _taken(update, context, message, form)) is not None:
            return taken
    return False


async def _taken(
    update: Update, context: BotContext, message: TelegramMessage, form: OpenForm
) -> bool | None:
    """Tell whether the form took the text, None where it was moved on in the meantime."""
    here = await context.here(update)
    # Dealt with a second time, a text fills in the step that it filled in the first time.
    stands = form.before if form.by == message.message_id else form.data
    free = message.reply_to_message is None
    text = message.text or ""
    step = await desk.typed_step(context, here.chat_id, stands, text) if stands else None
    if step is None:
        if not free:
            await context.say(here, "chat.form_closed")
        return not free
    if free and not _is_meant(step, text):
        return False
    after = OpenForm(form.message_id, step.data, message.message_id, stands)
    if not await context.assistant.store.own.move_open(here.chat_id, form, after):
        return None
    await step.show(replace(here, message_id=form.message_id))
    return True


_MOST_WORDS = 3  # of a value: `15 Nov 2034`
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_MOST_CHINESE = 3  # of a value: the three signs of a date


def _is_meant(step: Step, text: str) -> bool:
    """Tell whether text that replies to nothing is an answer to the step, right or wrong.

    What cannot be the answer is still meant as one where it is a figure or two and no sentence.
    """
    if step.error is None or not step.fits:
        return step.fits
    asks = any(mark in text for mark in "?\N{FULLWIDTH QUESTION MARK}")
    short = len(text.split()) <= _MOST_WORDS and len(_CHINESE.findall(text)) <= _MOST_CHINESE
    return short and not asks and any(char.isdigit() for char in text)
