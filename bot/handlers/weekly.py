"""/digest /chart /positions /market, and the buttons under a digest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date

from telegram import Update
from telegram.constants import ChatAction

from bot.handlers import subscribing
from bot.handlers.asking import words_after_command
from bot.handlers.context import BotContext, Here, answer_button
from bot.render.digest import messages as rendered
from bot.render.html import escape
from bot.render.message import Message
from bot.render.series import figure_message, series_messages, unknown_message
from bot.week import Digest, asked
from bot.week.asked import DayError
from tools.errors import CalculatorError

Draw = Callable[[Digest, Here], list[Message]]


async def digest(update: Update, context: BotContext) -> None:
    """Show the digest of now, or of the day after the command."""
    await _of_a_day(update, context, "digest", _whole)


async def positions(update: Update, context: BotContext) -> None:
    """Show leveraged funds' positions as a table, of now or of a day; a side of them is drawn."""
    measure, _ = asked.first_named(words_after_command(update))
    if measure is not None and measure.contract:
        await chart(update, context)
        return
    await _of_a_day(
        update, context, "positions", lambda d, h: [rendered.positions_message(d, h.lang)]
    )


async def market(update: Update, context: BotContext) -> None:
    """Show rates, yields, dealers and the score as they are on record, or one measure, of a day."""
    words = words_after_command(update)
    here = await context.here(update, words)
    try:
        measure, on = asked.figure_asked(words, context.assistant.today())
    except DayError as error:
        await _no_day(context, here, error, "market")
        return
    if measure is not None and measure.unasked:
        await context.say(here, f"measure.why.{measure.unasked}")
    elif measure is not None:
        data, day = context.assistant.market, on or context.assistant.today()
        figure = await asyncio.to_thread(figure_message, measure, data, day, here.lang)
        await context.reply(here, figure)
    else:
        await _show(context, here, on, lambda d, h: [rendered.market_message(d, h.lang)])


async def _of_a_day(update: Update, context: BotContext, command: str, draw: Draw) -> None:
    words = words_after_command(update)
    here = await context.here(update, words)
    try:
        on = asked.day_asked(words, context.assistant.today())
    except DayError as error:
        await _no_day(context, here, error, command)
        return
    await _show(context, here, on, draw)


async def _no_day(context: BotContext, here: Here, error: DayError, command: str) -> None:
    culprit = escape(error.culprit[: asked.MOST_SHOWN])
    await context.say(
        here, f"digest.{error.code}", culprit=culprit, command=command, **error.values
    )


async def chart(update: Update, context: BotContext) -> None:
    """Draw the measure that the words name, positions where there are none, with its data.

    A day after it bounds what was known.
    """
    words = words_after_command(update)
    here = await context.here(update, words)
    try:
        measure, on = asked.chart_asked(words, context.assistant.today())
    except DayError as error:
        await _no_day(context, here, error, "chart sofr")
        return
    except CalculatorError as error:
        await context.reply(here, unknown_message(error, here.lang))
        return
    if measure.uncharted:
        await context.say(here, f"measure.why.{measure.uncharted}")
        return
    data = context.assistant.market

    def draw(digest: Digest, here: Here) -> list[Message]:
        return series_messages(measure, digest, data, here.lang, here.theme)

    await _show(context, here, on, draw, ChatAction.UPLOAD_PHOTO)


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
        "csv": lambda d, h: [rendered.csv_message(d, h.lang)],
    }
    if action in subscribing.BUTTONS:
        await subscribing.BUTTONS[action](update, context)
    elif action in drawn:
        await _show(context, here, date.fromisoformat(day) if day else None, drawn[action])
