"""/status: how a chat's subscription and the data stand; for who runs the bot, delivery too."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

from telegram import Update

from bot.handlers.context import BotContext, Here
from bot.i18n import Lang, say
from bot.render.chat import schedule_words
from bot.render.feeds import feeds_summary
from bot.render.html import escape
from bot.render.message import Message
from bot.render.numbers import percent
from bot.store.people import BLOCKED, PAUSED

# A subscription's status -> the sentence that says why nothing comes.
_PAUSES = {BLOCKED: "paused", PAUSED: "asked_pause"}


async def status(update: Update, context: BotContext) -> None:
    """Say how the subscription and the data stand."""
    here = await context.here(update)
    lines = [say(here.lang, "status.title"), *await _subscription_lines(context, here)]
    lines.append(
        say(
            here.lang,
            "status.language",
            language=say(here.lang, f"settings.language_{here.lang}"),
        )
    )
    lines += await asyncio.to_thread(_data_lines, context, here)
    lines += [
        say(here.lang, "status.version", version=version("basisbot")),
        "",
        say(here.lang, "status.kept_updates"),
    ]
    if here.private and here.user_id in context.desk.admins:
        lines += ["", *await _operator_lines(context, here)]
    await context.reply(here, Message("\n".join(lines)))


async def _subscription_lines(context: BotContext, here: Here) -> list[str]:
    store, lang = context.assistant.store, here.lang
    found = await store.subscriptions(here.chat_id)
    lines = [] if found else [say(lang, "status.no_subscription")]
    for subscription in found:
        words = schedule_words(lang, subscription.schedule, subscription.next_due)
        lines.append(say(lang, "status.subscription", **words))
        if subscription.status in _PAUSES:
            lines.append(say(lang, f"status.{_PAUSES[subscription.status]}"))
    if missed := await store.missed(here.chat_id):
        comma = say(lang, "digest.comma")
        lines.append(say(lang, "status.missed", periods=comma.join(missed)))
    if alerts := await store.alerts.of_chat(here.chat_id):
        crossed = sum(alert.crossed for alert in alerts)
        lines.append(say(lang, "status.alerts", count=len(alerts), crossed=crossed))
    return lines


async def _operator_lines(context: BotContext, here: Here) -> list[str]:
    """Return how delivery stands, for who runs the bot."""
    held, lang = await context.assistant.store.status(), here.lang

    def counts(name: str) -> str:
        states = held[name].items()
        parts = [f"{count:,} {state}" for state, count in sorted(states)]
        return say(lang, "digest.comma").join(parts) or say(lang, "status.admin_empty")

    oldest = held["oldest_pending_seconds"]
    return [
        say(lang, "status.admin_title"),
        say(
            lang,
            "status.admin_out",
            states=counts("outbox"),
            seconds=f"{oldest or 0:,.0f}",
            uncertain=held["uncertain"],
        ),
        say(lang, "status.admin_in", states=counts("inbox")),
        *_pauses(context, lang, held["paused_seconds"]),
        say(
            lang,
            "status.admin_people",
            users=counts("users"),
            subscriptions=counts("subscriptions"),
        ),
    ]


def _pauses(context: BotContext, lang: Lang, left: float) -> list[str]:
    """Return that sending is paused now, and the last long pause since the start, if any."""
    pace = context.desk.pace
    left = max(left, pace.ahead())
    lines = [say(lang, "status.admin_paused", seconds=f"{left:,.0f}")] if left > 1 else []
    if pace.long_pause is not None:
        last = pace.long_pause
        seconds, reason = f"{last.seconds:,.0f}", escape(last.reason)
        lines.append(say(lang, "status.admin_last_pause", seconds=seconds, reason=reason))
    return lines


def _data_lines(context: BotContext, here: Here) -> list[str]:
    assistant, lang = context.assistant, here.lang
    market = assistant.market
    origin = say(lang, f"status.origin_{market.origin}")
    newest = market.reports[-1].as_of if market.reports else "-"
    lines = [say(lang, "status.positions", day=newest, origin=origin)]
    repo = assistant.repo_on_record(assistant.today())
    if repo:
        lines.append(say(lang, "status.repo", day=repo.day, rate=percent(repo.percent)))
    else:
        lines.append(say(lang, "status.no_repo"))
    lines += [escape(line) for line in feeds_summary(market.feeds, lang, on=context.desk.feeds)]
    held = assistant.holdings(lang)
    lines.append(say(lang, "status.corpus", claims=held.claims, sources=held.sources))
    if assistant.model:
        lines.append(say(lang, "status.model", model=escape(assistant.model)))
    return lines
