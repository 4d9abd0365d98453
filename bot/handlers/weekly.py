"""/digest /chart /positions, and the subscription to the digest by buttons or in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, time

from telegram import Update
from telegram.constants import ChatAction

from bot.digest import Digest
from bot.handlers.asking import words_after_command
from bot.handlers.context import BotContext, Here, answer_button
from bot.i18n import say
from bot.render import digest as rendered
from bot.render.chat import day_message, hour_message, subscribed_message, zone_message
from bot.render.html import escape
from bot.render.message import Message
from bot.schedule import ScheduleError
from bot.store.people import Subscription
from bot.store.store import SATURDAY, TEN
from bot.when import read_wish
from bot.words import read_date

KIND = "digest"


async def digest(update: Update, context: BotContext) -> None:
    """Show the digest of now, or of the day after the command."""
    words = words_after_command(update)
    here = await context.here(update, words)
    on = read_date(words.split()) if words.strip() else None
    if words.strip() and (on is None or on.month_alone):
        sentence = say(here.lang, "error.args_bad_date", culprit=words.strip()[:40])
        await context.reply(here, Message(escape(sentence)))
        return
    await _show(context, here, on.day if on else None, _whole)


async def positions(update: Update, context: BotContext) -> None:
    """Show leveraged funds' positions as a table."""
    here = await context.here(update)
    await _show(context, here, None, lambda d, h: [rendered.positions_message(d, h.lang)])


async def chart(update: Update, context: BotContext) -> None:
    """Show leveraged funds' positions as a chart."""
    here = await context.here(update)
    await _show(context, here, None, _charts, ChatAction.UPLOAD_PHOTO)


Draw = Callable[[Digest, Here], list[Message]]


def _whole(digest: Digest, here: Here) -> list[Message]:
    return rendered.digest_messages(digest, here.lang, here.theme)


def _charts(digest: Digest, here: Here) -> list[Message]:
    return rendered.chart_messages(digest, here.lang, here.theme)


async def _show(
    context: BotContext,
    here: Here,
    on: date | None,
    draw: Draw,
    action: ChatAction = ChatAction.TYPING,
) -> None:
    """Compose and draw in a thread: both take their time."""

    def work() -> list[Message]:
        return draw(context.assistant.digest(on), here)

    async with context.typing(here, action):
        messages = await context.cancellable(here, asyncio.to_thread(work))
    if messages:
        await context.reply(here, *messages)
    elif messages is not None:
        await context.say(here, "chart.no_positions")


async def digest_button(update: Update, context: BotContext) -> None:
    """Do what a button under a digest says; its data carry the day."""
    query = update.callback_query
    _, _, rest = ((query.data or "") if query else "").partition(":")
    action, _, day = rest.partition(":")
    here = await context.here(update)
    await answer_button(context, update)
    drawn: dict[str, Draw] = {
        "now": _whole,
        "details": lambda d, h: [rendered.details_message(d, h.lang)],
        "charts": _charts,
        "csv": lambda d, h: [Message("", attachment=rendered.digest_csv(d))],
    }
    if action == "unsub":
        await unsubscribe(update, context)
    elif action == "schedule":
        await _start(update, context, here)
    elif action in drawn:
        await _show(context, here, date.fromisoformat(day) if day else None, drawn[action])


# Subscriptions


async def subscribe(update: Update, context: BotContext) -> None:
    """Subscribe by the words after the command; without any, show or ask for the schedule."""
    words = words_after_command(update)
    here = await context.here(update, words)
    if not await context.is_admin(here, update):
        await context.say(here, "chat.only_admins")
    elif words.strip():
        await _subscribe_in_words(context, here, words)
    else:
        await _start(update, context, here)


async def _start(update: Update, context: BotContext, here: Here) -> None:
    if not await context.is_admin(here, update):
        await context.say(here, "chat.only_admins")
        return
    current = await _current(context, here)
    message = _subscribed(here, current, done=False) if current else day_message(here.lang)
    await context.reply(here, message)


async def _current(context: BotContext, here: Here) -> Subscription | None:
    found = await context.assistant.store.subscriptions(here.chat_id)
    return next((s for s in found if s.kind == KIND), None)


def _subscribed(here: Here, subscription: Subscription, *, done: bool) -> Message:
    return subscribed_message(here.lang, subscription.schedule, subscription.next_due, done=done)


async def _subscribe_in_words(context: BotContext, here: Here, words: str) -> None:
    try:
        wish = read_wish(words)
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
    except ScheduleError as error:
        shown = {name: escape(str(value)[:40]) for name, value in error.values.items()}
        await context.say(here, f"subscribe.{error.code}", **shown)
        return
    await context.reply(here, _subscribed(here, made, done=True))


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
    if not await context.is_admin(here, update):
        await context.say(here, "chat.only_admins")
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
    await context.edit(here, _subscribed(here, made, done=True))


async def unsubscribe(update: Update, context: BotContext) -> None:
    """End the weekly digest."""
    await _end(update, context, KIND, "subscribe.ended")


async def stop(update: Update, context: BotContext) -> None:
    """End all subscriptions of the chat."""
    await _end(update, context, None, "subscribe.stopped")


async def _end(update: Update, context: BotContext, kind: str | None, key: str) -> None:
    here = await context.here(update)
    if not await context.is_admin(here, update):
        await context.say(here, "chat.only_admins")
        return
    ended = await context.assistant.store.unsubscribe(here.chat_id, kind)
    await context.say(here, key if ended else "subscribe.none")
