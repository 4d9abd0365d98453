"""Text without a command -> the open form, a calculation, a courtesy, else a question."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from telegram import Update

from bot.handlers import asking, desk, forms, person, subscribing
from bot.handlers.context import BotContext

Do = Callable[[Update, BotContext], Coroutine[Any, Any, None]]
_MARKS = " \t\n.!?~/\N{FULLWIDTH EXCLAMATION MARK}\N{IDEOGRAPHIC FULL STOP}"


async def words(update: Update, context: BotContext) -> None:
    """Take text for what it is meant as."""
    if await forms.typed(update, context):
        return
    said = asking.question_in(update, context.bot.username)
    if not said.strip():
        await person.how_to_ask(update, context)
        return
    courtesy = COURTESIES.get(said.strip(_MARKS).casefold())
    if courtesy is not None:
        await courtesy(update, context)
    elif context.desk.inline.is_calculation(said):
        await _calculate(update, context, said)
    else:
        await asking.text(update, context)


async def _calculate(update: Update, context: BotContext, said: str) -> None:
    """Answer a contract with its days, a contract with prices with the basis."""
    here = await context.here(update, said)
    command = "dates" if len(said.split()) == 1 else "basis"
    await context.reply(here, await desk.answered(context, here, desk.Asked(command, said)))


async def thanks(update: Update, context: BotContext) -> None:
    """Take thanks."""
    said = asking.question_in(update, context.bot.username)
    await context.say(await context.here(update, said), "chat.thanks")


# What people type in place of a command.
COURTESIES: dict[str, Do] = {
    **dict.fromkeys(("help", "menu", "帮助", "菜单", "怎么用"), person.help_),
    **dict.fromkeys(("start", "开始"), person.start),
    **dict.fromkeys(("cancel", "取消"), asking.cancel),
    **dict.fromkeys(("stop", "停止", "退订", "取消订阅"), subscribing.stop),
    **dict.fromkeys(("thanks", "thank you", "thx", "谢谢", "多谢", "感谢"), thanks),
}
