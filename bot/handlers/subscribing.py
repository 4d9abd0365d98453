"""The subscription to the digest: by buttons or in words, paused, without sections, ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from telegram import Update

from bot.handlers.asking import words_after_command
from bot.handlers.context import BotContext, Here, answer_button
from bot.i18n import Lang
from bot.reading.schedule import ScheduleError, next_due
from bot.reading.when import read_wish
from bot.render.chat import (
    day_message,
    hour_message,
    sections_message,
    subscribed_message,
    zone_message,
)
from bot.render.digest.text import SECTIONS
from bot.render.html import escape
from bot.render.message import Message
from bot.store.people import PAUSED, Subscription
from bot.store.store import SATURDAY, TEN
from bot.week.asked import MOST_SHOWN

KIND = "digest"


async def subscribe(update: Update, context: BotContext) -> None:
    """Subscribe by the words after the command; without any, show or ask for the schedule."""
    words = words_after_command(update)
    here = await context.here(update, words)
    if not await context.may_decide(here, update):
        return
    if words.strip():
        await _subscribe_in_words(context, here, words)
    else:
        await _start(update, context, here)


async def _start(update: Update, context: BotContext, here: Here) -> None:
    if not await context.may_decide(here, update):
        return
    await context.reply(here, await _subscribed_or_days(context, here))


async def _schedule_button(update: Update, context: BotContext) -> None:
    await _start(update, context, await context.here(update))


async def _back_button(update: Update, context: BotContext) -> None:
    here = await context.here(update)
    await context.edit(here, await _subscribed_or_days(context, here))


async def _pause_button(update: Update, context: BotContext) -> None:
    """Pause or resume the digest of a chat whose admin asks for it."""
    here = await context.here(update)
    if not await context.may_decide(here, update):
        return
    query = update.callback_query
    change = context.assistant.store.pause
    if query and (query.data or "").startswith("dg:resume"):
        change = context.assistant.store.resume
    await change(here.chat_id, "asked")
    current = await _current(context, here)
    if current is None:
        await context.say(here, "subscribe.none")
    else:
        await context.edit(here, await _subscribed(context, here, current))


async def _sections_button(update: Update, context: BotContext) -> None:
    """Show what the digest shows, with the section that the button names put in or left out."""
    here = await context.here(update)
    if not await context.may_decide(here, update):
        return
    current = await _current(context, here)
    if current is None:
        await context.say(here, "subscribe.none")
        return
    query = update.callback_query
    name = ((query.data or "") if query else "").removeprefix("dg:sections").removeprefix(":")
    left_out = current.unwanted
    if name in SECTIONS:
        left_out ^= {name}
        await context.assistant.store.leave_out(here.chat_id, left_out)
    await context.edit(here, sections_message(here.lang, left_out))


async def _current(context: BotContext, here: Here) -> Subscription | None:
    found = await context.assistant.store.subscriptions(here.chat_id)
    return next((s for s in found if s.kind == KIND), None)


async def _subscribed_or_days(context: BotContext, here: Here) -> Message:
    """Return when the digest comes, or the question on which day it should."""
    current = await _current(context, here)
    return await _subscribed(context, here, current) if current else day_message(here.lang)


async def _subscribed(
    context: BotContext, here: Here, subscription: Subscription, *, done: bool = False
) -> Message:
    soonest = next_due(subscription.schedule, await context.assistant.store.now()).at
    return subscribed_message(
        here.lang,
        subscription.schedule,
        subscription.next_due,
        done=done,
        paused=subscription.status == PAUSED,
        later=subscription.next_due > soonest,
    )


async def _subscribe_in_words(context: BotContext, here: Here, words: str) -> None:
    try:
        wish = read_wish(words)
    except ScheduleError as error:
        shown = {name: escape(str(value)[:MOST_SHOWN]) for name, value in error.values.items()}
        await context.say(here, f"subscribe.{error.code}", **shown)
        return
    if wish.lang is not None:
        here = await _speak(context, here, wish.lang)
    current = await _current(context, here)
    weekday = current.weekday if current else SATURDAY
    at = current.local_time if current else TEN
    made = await _put(
        context,
        here,
        wish.weekday if wish.weekday is not None else weekday,
        wish.at or at,
        wish.tz or (current.tz if current else None),
    )
    await context.reply(here, await _subscribed(context, here, made, done=True))


async def _speak(context: BotContext, here: Here, name: str) -> Here:
    """Return where we are in another language: a chat has one, and so has its digest."""
    lang: Lang = "zh" if name == "zh" else "en"
    await context.assistant.store.set_user(here.chat_id, lang=lang)
    return replace(here, lang=lang)


async def _language_button(update: Update, context: BotContext) -> None:
    """Change the language of the chat and its digest."""
    here = await context.here(update)
    if not await context.may_decide(here, update):
        return
    query = update.callback_query
    name = ((query.data or "") if query else "").rpartition(":")[2]
    here = await _speak(context, here, name)
    await context.edit(here, await _subscribed_or_days(context, here))


async def _put(
    context: BotContext, here: Here, weekday: int, at: time, tz: str | None
) -> Subscription:
    store = context.assistant.store
    if tz:
        await store.set_user(here.chat_id, tz=tz)
    return await store.subscribe(
        here.chat_id,
        KIND,
        weekday=weekday,
        local_time=at,
        tz=tz,
        lang=here.lang,
        thread_id=here.thread_id,
    )


async def subscribe_button(update: Update, context: BotContext) -> None:
    """Go on with day, hour and zone; all that was chosen is in the button's data."""
    query = update.callback_query
    parts = ((query.data or "") if query else "").split(":", 3)[1:]
    here = await context.here(update)
    await answer_button(context, update)
    if not await context.may_decide(here, update):
        return
    chosen = [part for part in parts if part]
    if not chosen:
        await context.edit(here, day_message(here.lang))
        return
    day = int(chosen[0])
    if len(chosen) == 1:
        await context.edit(here, hour_message(here.lang, day))
        return
    at = time(int(chosen[1][:2]), int(chosen[1][2:]))
    if len(chosen) == 2:
        await context.edit(here, zone_message(here.lang, day, at))
        return
    made = await _put(context, here, day, at, chosen[2])
    await context.edit(here, await _subscribed(context, here, made, done=True))


async def unsubscribe(update: Update, context: BotContext) -> None:
    """End the weekly digest."""
    await _end(update, context, KIND, "subscribe.ended")


async def stop(update: Update, context: BotContext) -> None:
    """End all subscriptions of the chat."""
    await _end(update, context, None, "subscribe.stopped")


async def _end(update: Update, context: BotContext, kind: str | None, key: str) -> None:
    here = await context.here(update)
    if not await context.may_decide(here, update):
        return
    store = context.assistant.store
    ended = await store.unsubscribe(here.chat_id, kind)
    if kind is None:
        ended += await store.alerts.drop(here.chat_id)
    await context.say(here, key if ended else "subscribe.none")


BUTTONS = {
    "unsub": unsubscribe,
    "schedule": _schedule_button,
    "back": _back_button,
    "pause": _pause_button,
    "resume": _pause_button,
    "sections": _sections_button,
    "lang": _language_button,
}
