"""/basis: words, buttons and the form -> the basis of one bond against its contract."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from telegram import InlineKeyboardMarkup, Update
from telegram import Message as TelegramMessage

from bot.desk.basis import answer
from bot.desk.calculate import BasisReply, with_repo
from bot.desk.choosing import LACKING, begun, choices
from bot.desk.known import Known
from bot.handlers.asking import words_after_command
from bot.handlers.context import BotContext, Here, Step, answer_button
from bot.i18n import say
from bot.render.basis import STRESS_BP, basis_message, formula_message, percent, repo_keyboard
from bot.render.basischart import basis_chart, basis_csv
from bot.render.desk.choosing import bond_label, choices_asked
from bot.render.form import PREFIX, FormState, checked, form_message, with_typed
from bot.render.message import Message
from bot.render.trouble import Trouble, sentence, trouble_message
from tools.errors import CalculatorError


async def basis(update: Update, context: BotContext) -> None:
    """Answer /basis; alone it opens the form."""
    words = words_after_command(update)
    here = await context.here(update, words)
    if words.strip():
        await context.reply(here, await basis_reply(context, here, words))
    else:
        await open_form(context, here)


async def basis_reply(context: BotContext, here: Here, words: str) -> Message:
    """Return the basis that the words ask for, or what is wrong with them and what works."""
    own = await context.own_rates(here)
    positions = await context.assistant.store.own.positions(here.chat_id)
    try:
        reply = await asyncio.to_thread(context.assistant.basis, words, None, own, positions)
    except CalculatorError as error:
        known = context.assistant.known(None, own, positions)
        return await asyncio.to_thread(_trouble, context, here, words, error, known)
    return await context.advised(here, basis_message(reply, here.lang))


def _trouble(
    context: BotContext, here: Here, words: str, error: CalculatorError, known: Known
) -> Message:
    """Return what was wrong with the words after /basis, and a command that works."""
    assistant = context.assistant
    mended = assistant.mend(words, error, known.own, known.positions)
    answers = begun(words, known) if error.code in LACKING else ()
    found = choices(words, error, known)
    bonds = [
        (bond_label(choice.bond), f"bx:{packed}")
        for choice in (found.bonds if found else ())
        if (packed := _packed(choice.words, known))
    ]
    return trouble_message(
        Trouble(
            code=error.code,
            message=sentence(error, here.lang),
            culprit=str(error.values.get("culprit", "")),
            example=mended.command,
            try_data=f"bx:{mended.packed}" if mended.packed else None,
            form_data=FormState(answers).typing("") if answers else PREFIX,
            choices=tuple(bonds),
            asked=choices_asked(found, here.lang) if bonds and found else "",
            is_example=mended.is_example,
        ),
        here.lang,
    )


def _packed(words: str, known: Known) -> str | None:
    """Return the basis of words as a button carries it, None where something else is wrong."""
    try:
        return answer(words, known).packed
    except CalculatorError:
        return None


async def button(update: Update, context: BotContext) -> None:
    """Do what a button under a result says; all that it needs is in its data."""
    query = update.callback_query
    action, _, packed = ((query.data or "") if query else "").partition(":")
    here = await context.here(update)
    try:
        own = await context.own_rates(here)
        reply, words = await asyncio.to_thread(context.assistant.basis_from_button, packed, own)
    except CalculatorError:
        await answer_button(context, update, say(here.lang, "chat.button_old"))
        return
    await answer_button(context, update)
    match action:
        case "bx":
            message = basis_message(reply, here.lang)
            await context.reply(here, await context.advised(here, message))
        case "bf":
            await context.reply(here, formula_message(reply, here.lang))
        case "bc":
            picture = await asyncio.to_thread(basis_chart, reply, here.lang, here.theme)
            await context.reply(here, picture)
        case "bv":
            await context.reply(here, basis_csv(reply, here.lang))
        case "bs":
            await context.reply(here, await _stressed(context, here, reply, words))
        case "br":
            changed = repo_keyboard(reply, words, here.lang)
            shown = basis_message(reply, here.lang)
            await context.edit(here, Message(shown.html, changed))
        case _:
            await context.edit(here, basis_message(reply, here.lang))


async def _stressed(context: BotContext, here: Here, before: BasisReply, words: str) -> Message:
    """Return the same trade at a repo rate 25 basis points higher."""
    higher = with_repo(words, (before.request.repo_pct or 0.0) + STRESS_BP / 100)
    after = await asyncio.to_thread(context.assistant.basis, higher, before.asked)
    return basis_message(after, here.lang, before)


# The form


async def open_form(context: BotContext, here: Here) -> None:
    """Open the form as a new message."""
    state = FormState(())
    message = await asyncio.to_thread(form_message, state, here.lang, context.assistant.today())
    (sent, *_) = await context.reply(here, message)
    await context.form_stands(replace(here, message_id=sent), state.typing(""))


async def form_button(update: Update, context: BotContext) -> None:
    """Show the form as a button leaves it, or its result when all is chosen."""
    query = update.callback_query
    data = (query.data or "") if query else ""
    here = await context.here(update)
    await answer_button(context, update)
    if data == PREFIX and query and not _is_form(query.message):
        await open_form(context, here)
        return
    await _show(context, here, FormState.read(data.removeprefix(PREFIX)))


async def form_cancel(update: Update, context: BotContext) -> None:
    """Close the form."""
    here = await context.here(update)
    await answer_button(context, update)
    await context.form_stands(here, "")
    await context.edit(here, Message(say(here.lang, "chat.cancelled")))


async def typed_step(context: BotContext, data: str, text: str) -> Step:
    """Return what a typed value makes of a form that stands at `data`."""
    wanted = with_typed(FormState.read(data.removeprefix(PREFIX)), text)
    state, error = await asyncio.to_thread(checked, wanted, context.assistant.today())
    return Step(_data_of(state), error, lambda here: _shown(context, here, state, error))


async def _show(context: BotContext, here: Here, wanted: FormState) -> None:
    state, error = await asyncio.to_thread(checked, wanted, context.assistant.today())
    await context.form_stands(here, _data_of(state))
    await _shown(context, here, state, error)


def _data_of(state: FormState) -> str:
    """Return how far a form is filled in, empty where all is known."""
    return "" if state.step is None else FormState(state.chosen).typing("")


async def _shown(
    context: BotContext, here: Here, state: FormState, error: CalculatorError | None
) -> None:
    if state.step is None:
        await context.edit(here, await basis_reply(context, here, state.words()))
        return
    refused = sentence(error, here.lang) if error else ""
    message = await asyncio.to_thread(
        form_message, state, here.lang, context.assistant.today(), _sofr(context), refused
    )
    await context.edit(here, message)


def _sofr(context: BotContext) -> str | None:
    found = context.assistant.repo_on_record(context.assistant.today())
    return percent(found.percent) if found else None


def _is_form(message: object) -> bool:
    return isinstance(message, TelegramMessage) and bool(form_data(message))


def form_data(message: TelegramMessage) -> str:
    """Return the form's state without what is being typed, from any of its buttons."""
    markup = message.reply_markup
    if not isinstance(markup, InlineKeyboardMarkup):
        return ""
    for row in markup.inline_keyboard:
        for found in row:
            data = found.callback_data
            if isinstance(data, str) and data.startswith(PREFIX) and data != PREFIX:
                # A button that settles a step ends in the mark after its own value.
                before = data.removesuffix("|")
                return before[: before.rfind("|") + 1] or PREFIX
    return ""
