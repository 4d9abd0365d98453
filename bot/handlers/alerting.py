"""/alert: set a bound in words, see all bounds of the chat, drop one by its button."""

from __future__ import annotations

import asyncio

from telegram import Update

from bot.handlers.asking import words_after_command
from bot.handlers.context import BotContext, Here, answer_button
from bot.i18n import say
from bot.render.alerts import list_message, set_message
from bot.render.html import escape
from bot.render.message import Message
from bot.store.alerts import MOST_ALERTS
from bot.week.rules import AlertError, Rule, read_rule
from tools.market.measures import MEASURES, Reading, readings

ALL_WORDS = frozenset({"list", "all", "列表", "全部"})


async def alert(update: Update, context: BotContext) -> None:
    """Set the alert that the words state; without words show those of the chat."""
    words = words_after_command(update).strip()
    here = await context.here(update, words)
    if not words or words.lower() in ALL_WORDS:
        await context.reply(here, await _list(context, here))
    elif await context.may_decide(here, update):
        await context.reply(here, await _set(context, here, words))


async def button(update: Update, context: BotContext) -> None:
    """List, set or drop as the button's data say."""
    query = update.callback_query
    _, action, *rest = ((query.data or "") if query else "").split(":", 2)
    here = await context.here(update)
    await answer_button(context, update)
    if action == "list":
        await context.reply(here, await _list(context, here))
        return
    if not await context.may_decide(here, update):
        return
    if action == "set":
        await context.reply(here, await _set(context, here, rest[0]))
    elif action == "drop" and rest[0].isdecimal():
        await context.assistant.store.alerts.drop(here.chat_id, int(rest[0]))
        await context.edit(here, await _list(context, here))


async def _list(context: BotContext, here: Here) -> Message:
    found = await context.assistant.store.alerts.of_chat(here.chat_id)
    return list_message(here.lang, found)


async def _set(context: BotContext, here: Here, words: str) -> Message:
    try:
        rule = read_rule(words)
    except AlertError as error:
        return Message(_complaint(here, error))
    newest = await asyncio.to_thread(_newest, context, rule)
    made = await context.assistant.store.alerts.add(
        here.chat_id,
        rule.measure,
        above=rule.above,
        bound=rule.bound,
        lang=here.lang,
        thread_id=here.thread_id,
        crossed=newest is not None and rule.crossed(newest.value),
        as_of=newest.as_of if newest else context.assistant.today(),
    )
    if made is None:
        return Message(say(here.lang, "alert.too_many", most=MOST_ALERTS))
    return set_message(here.lang, made, newest)


def _complaint(here: Here, error: AlertError) -> str:
    values = {name: escape(str(value)) for name, value in error.values.items()}
    if "why" in values:
        return say(here.lang, f"measure.why.{values['why']}")
    if "unit" in values:
        values["unit"] = say(here.lang, f"alert.needs_{values['unit']}")
    return say(here.lang, f"alert.{error.code}", **values)


def _newest(context: BotContext, rule: Rule) -> Reading | None:
    """Return the newest figure that the rule is held against, None where there is none yet."""
    assistant = context.assistant
    long_ago = assistant.today().replace(year=assistant.today().year - 1, day=1)
    found = readings(assistant.market, MEASURES[rule.measure], assistant.now(), long_ago)
    return found[-1] if found else None
