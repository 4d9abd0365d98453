"""The calculators in a chat, /basis to /dates: words, buttons, forms, a basket as a file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from telegram import Bot, Document, InlineKeyboardMarkup, Update
from telegram import Message as TelegramMessage
from telegram.constants import ChatAction
from telegram.ext import filters

from bot.desk.basket import MOST_BYTES
from bot.desk.change import changed, inputs_of
from bot.desk.choosing import LACKING, begun, choices
from bot.desk.commands import ANSWERS, example
from bot.desk.ctd import CtdReply
from bot.desk.known import Known, Reply
from bot.desk.position import Ask, read
from bot.desk.steps import COMMANDS, Steps, cleaned, first_wrong
from bot.handlers.asking import is_for_us, words_after_command
from bot.handlers.context import BotContext, Here, Step, answer_button
from bot.i18n import say
from bot.render.desk.choosing import bond_label, choices_asked
from bot.render.desk.position import position_message, positions_message
from bot.render.desk.steps import PREFIX as STEPS_PREFIX
from bot.render.desk.steps import data as steps_data
from bot.render.desk.steps import place_and_text, steps_message
from bot.render.desk.views import (
    change_keyboard,
    chart_message,
    csv_message,
    data,
    desk_message,
    formula_message,
    page_message,
)
from bot.render.message import Message
from bot.render.numbers import percent
from bot.render.trouble import Trouble, sentence, trouble_message
from bot.store.desk import MOST_POSITIONS, Calculation, key_of
from tools.errors import CalculatorError

Handle = Callable[[Update, BotContext], Coroutine[Any, Any, None]]


def handler(command: str) -> Handle:
    """Return the handler of a command; alone it opens the command's form."""

    async def handle(update: Update, context: BotContext) -> None:
        words = words_after_command(update)
        here = await context.here(update, words)
        basket = await _replied_basket(update) if command == "ctd" else None
        if basket and (basket.file_size or 0) > MOST_BYTES:
            await context.say(here, "desk.csv_too_big", most=MOST_BYTES // 1000)
        elif words.strip():
            table = await _text_of(basket) if basket else ""
            await context.reply(here, await answered(context, here, Asked(command, words, table)))
        else:
            await open_form(context, here, command)

    return handle


async def known_in(context: BotContext, here: Here, asked: date | None = None) -> Known:
    """Return what the calculators may fall back on in this chat."""
    own = await context.own_rates(here)
    positions = await context.assistant.store.own.positions(here.chat_id)
    return await asyncio.to_thread(context.assistant.known, asked, own, positions)


@dataclass(frozen=True, slots=True)
class Asked:
    """A command, the words after it, and the bonds of a file beside them."""

    command: str
    words: str
    basket: str = ""


async def answered(context: BotContext, here: Here, asked: Asked) -> Message:
    """Return what a command finds, or what is wrong with its words and what works."""
    known = replace(await known_in(context, here), basket=asked.basket)
    desk = context.assistant.desk
    try:
        reply = await asyncio.to_thread(desk, asked.command, asked.words, known)
    except CalculatorError as error:
        return await trouble(context, here, asked, error, known)
    return await context.advised(here, await shown(context, here, reply, known.today))


async def shown(
    context: BotContext, here: Here, reply: Reply, asked: date, before: Reply | None = None
) -> Message:
    """Return a reply's message, its calculation kept for its buttons."""
    store = context.assistant.store.own
    key = await store.keep(here.chat_id, reply.command, reply.words, asked)
    claims = await asyncio.to_thread(lambda: context.assistant.claims)
    return await asyncio.to_thread(desk_message, reply, here.lang, key, claims, before)


async def trouble(
    context: BotContext, here: Here, asked: Asked, error: CalculatorError, known: Known
) -> Message:
    """Return what was wrong with a command's words, and words that work, to tap or to copy."""
    assistant, command = context.assistant, asked.command
    works, tap = example(command, known.today), None
    if command in ANSWERS:
        works = await asyncio.to_thread(assistant.mend_desk, command, asked.words, error, known)
        tap = await _tap(context, here, command, works, known)
    found = await asyncio.to_thread(choices, asked.words, error, known)
    bonds = [
        (bond_label(choice.bond), await _tap(context, here, command, choice.words, known))
        for choice in (found.bonds if found and command in ANSWERS else ())
    ]
    return trouble_message(
        Trouble(
            code=error.code,
            message=sentence(error, here.lang),
            culprit=str(error.values.get("culprit", "")),
            example=f"/{command} {works}",
            try_data=tap,
            form_data=await _form_data_for(context, here, asked, error, known),
            choices=tuple(bonds),
            asked=choices_asked(found, here.lang) if bonds and found else "",
            is_example=works == example(command, known.today),
        ),
        here.lang,
    )


async def _tap(context: BotContext, here: Here, command: str, words: str, known: Known) -> str:
    """Keep a command's words and return what a button carries that asks them."""
    own = context.assistant.store.own
    return data("r", await own.keep(here.chat_id, command, words, known.today))


async def _form_data_for(
    context: BotContext, here: Here, asked: Asked, error: CalculatorError, known: Known
) -> str:
    """Return what the button carries that opens the form, begun with what the words hold."""
    opened = Steps.opened(asked.command, has_positions=False)
    answers: tuple[str, ...] = ()
    if error.code in LACKING and opened.step == "contract":
        answers = await asyncio.to_thread(begun, asked.words, known)
    if not answers:
        return f"wn:{asked.command}"
    chosen = (*opened.chosen, *answers)
    key = key_of(asked.command, str(here.chat_id), str(here.message_id), asked.words)
    await context.assistant.store.own.put_form(here.chat_id, key, asked.command, chosen)
    return steps_data(key, len(chosen), "")


# Buttons under a result


async def button(update: Update, context: BotContext) -> None:
    """Do what a button under a result says, with the calculation kept behind it."""
    query = update.callback_query
    carried = (query.data or "") if query else ""
    _, action, key, *rest = [*carried.split(":", 3), "", ""]
    here = await context.here(update)
    kept = await context.assistant.store.own.kept(here.chat_id, key)
    if kept is None:
        await answer_button(context, update, say(here.lang, "desk.gone"))
        return
    await answer_button(context, update)
    try:
        await _press(context, here, kept, action, rest[0])
    except CalculatorError as error:
        known = await known_in(context, here, kept.asked)
        asked = Asked(kept.command, kept.words)
        await context.reply(here, await trouble(context, here, asked, error, known))


async def _press(
    context: BotContext, here: Here, kept: Calculation, action: str, rest: str
) -> None:
    known = await known_in(context, here, kept.asked)
    assistant, lang = context.assistant, here.lang
    reply = await asyncio.to_thread(assistant.desk, kept.command, kept.words, known)
    match action:
        case "c":
            async with context.typing(here, ChatAction.UPLOAD_PHOTO):
                picture = await asyncio.to_thread(chart_message, reply, lang, here.theme)
            await context.reply(here, picture)
        case "v":
            await context.reply(here, await asyncio.to_thread(csv_message, reply, lang))
        case "f":
            await context.reply(here, formula_message(reply, lang))
        case "p" if isinstance(reply, CtdReply):
            await context.reply(here, await asyncio.to_thread(page_message, reply, rest, lang))
        case "i":
            message = await shown(context, here, reply, kept.asked)
            keyboard = change_keyboard(reply, lang, kept.key, rest)
            await context.edit(here, Message(message.html, keyboard))
        case "s":
            await _change(context, here, reply, known, rest)
        case "r":
            message = await shown(context, here, reply, kept.asked)
            await context.reply(here, await context.advised(here, message))
        case _:
            await context.edit(here, await shown(context, here, reply, kept.asked))


async def _change(context: BotContext, here: Here, reply: Reply, known: Known, rest: str) -> None:
    """Answer again with another value of one input, in place of the answer before."""
    name, _, value = rest.partition("=")
    if name not in inputs_of(reply):
        return
    words = changed(reply.words, name, float(value))
    after = await asyncio.to_thread(context.assistant.desk, reply.command, words, known)
    await context.edit(here, await shown(context, here, after, known.today, reply))


async def example_button(update: Update, context: BotContext) -> None:
    """Answer the example of the command that a button names."""
    query = update.callback_query
    command = ((query.data or "") if query else "").partition(":")[2]
    here = await context.here(update)
    await answer_button(context, update)
    if command in ANSWERS:
        words = example(command, context.assistant.today())
        await context.reply(here, await answered(context, here, Asked(command, words)))


# Forms


async def form_cancel(update: Update, context: BotContext) -> None:
    """Close a form."""
    here = await context.here(update)
    await answer_button(context, update)
    await context.form_stands(here, "")
    await context.edit(here, Message(say(here.lang, "chat.cancelled")))


async def form_opener(update: Update, context: BotContext) -> None:
    """Open the form of the command that a button names."""
    query = update.callback_query
    command = ((query.data or "") if query else "").partition(":")[2]
    here = await context.here(update)
    await answer_button(context, update)
    if command in COMMANDS:
        await open_form(context, here, command)


async def open_form(context: BotContext, here: Here, command: str) -> None:
    """Open a command's form as a new message."""
    own = context.assistant.store.own
    positions = await own.positions(here.chat_id)
    moment = context.assistant.now().isoformat()
    key = key_of(command, str(here.chat_id), str(here.message_id), moment)
    state = Steps.opened(command, bool(positions))
    await own.put_form(here.chat_id, key, command, state.chosen)
    (sent, *_) = await context.reply(here, await _form_message(context, here, state, key))
    await context.form_stands(replace(here, message_id=sent), _data_of(key, state))


async def _form_message(
    context: BotContext, here: Here, state: Steps, key: str, refused: str = ""
) -> Message:
    assistant = context.assistant
    positions = await assistant.store.own.positions(here.chat_id)

    def work() -> Message:
        today = assistant.today()
        found = assistant.repo_on_record(today) if state.step == "repo" else None
        return steps_message(
            state,
            key,
            here.lang,
            today,
            positions=tuple(positions),
            sofr=percent(found.percent) if found else None,
            refused=refused,
        )

    return await asyncio.to_thread(work)


async def form_button(update: Update, context: BotContext) -> None:
    """Show a form as a button leaves it, or its result when all is chosen."""
    query = update.callback_query
    here = await context.here(update)
    rest = ((query.data or "") if query else "").removeprefix(STEPS_PREFIX)
    key, place, text = place_and_text(rest)
    form = await context.assistant.store.own.form(here.chat_id, key)
    if form is None or place > len(form.chosen):
        await answer_button(context, update, say(here.lang, "desk.gone"))
        return
    await answer_button(context, update)
    chosen = form.chosen[:place]
    done = text.endswith("|")
    state = Steps(form.command, (*chosen, text[:-1]) if done else chosen, "" if done else text)
    await _take(context, here, key, state)


async def _take(context: BotContext, here: Here, key: str, wanted: Steps) -> None:
    """Keep a form as it stands now and show it, or what its words give once it is complete."""
    today = context.assistant.today()
    state, error = await asyncio.to_thread(first_wrong, wanted, today)
    await context.form_stands(here, _data_of(key, state))
    await _shown(context, here, key, state, error)


def _data_of(key: str, state: Steps) -> str:
    """Return how far a form is filled in, empty where all is known."""
    return "" if state.step is None else steps_data(key, len(state.chosen), "")


async def _shown(
    context: BotContext, here: Here, key: str, state: Steps, error: CalculatorError | None
) -> None:
    own = context.assistant.store.own
    await own.put_form(here.chat_id, key, state.command, state.chosen)
    if state.step is None:
        await context.edit(here, await _finished(context, here, state))
        return
    refused = sentence(error, here.lang) if error else ""
    await context.edit(here, await _form_message(context, here, state, key, refused))


async def _finished(context: BotContext, here: Here, state: Steps) -> Message:
    if state.command == "position":
        return await _position(context, here, state.words())
    return await answered(context, here, Asked(state.command, state.words()))


async def typed_step(context: BotContext, chat_id: int, data: str, text: str) -> Step | None:
    """Return what a typed answer makes of a form that stands at `data`, None where it is gone."""
    key, place, _ = place_and_text(data.removeprefix(STEPS_PREFIX))
    form = await context.assistant.store.own.form(chat_id, key)
    if form is None or place > len(form.chosen):
        return None
    before = Steps(form.command, form.chosen[:place])
    today = context.assistant.today()
    wanted = Steps(form.command, _with_typed(before, text, today))
    state, error = await asyncio.to_thread(first_wrong, wanted, today)
    return Step(
        _data_of(key, state),
        error,
        lambda here: _shown(context, here, key, state, error),
        fits=_fits(before.step, text),
    )


def _with_typed(before: Steps, typed: str, today: date) -> tuple[str, ...]:
    """Return the answers with a typed one; bonds pasted at the basket's question settle it."""
    if before.step == "basket":
        return (*before.chosen, "=", cleaned("pasted", typed, today))
    return (*before.chosen, cleaned(before.step, typed, today))


_WORDS_OF_A_BOND = 3  # coupon, maturity, price
_BY_BUTTON = frozenset({"position", "scenario", "more"})


def _fits(step: str | None, typed: str) -> bool:
    """Tell whether a text that replies to nothing may be meant for a step."""
    if step == "name":
        return len(typed.split()) == 1
    if step in {"basket", "pasted"}:
        return typed.lstrip()[:1].isdigit() and len(typed.split()) >= _WORDS_OF_A_BOND
    return step not in _BY_BUTTON and any(char.isdigit() for char in typed)


def form_data(message: TelegramMessage) -> str:
    """Return the form and the furthest step that a message's buttons carry, empty where none."""
    markup = message.reply_markup
    if not isinstance(markup, InlineKeyboardMarkup):
        return ""
    carried = [
        button.callback_data
        for row in markup.inline_keyboard
        for button in row
        if isinstance(button.callback_data, str) and button.callback_data.startswith(STEPS_PREFIX)
    ]
    # The button that goes back belongs to the step before.
    return max(carried, key=lambda each: int(each.split(":")[2]), default="")


# A basket as a file


class BasketForUs(filters.MessageFilter):
    """Lets a group's CSV through that replies to us, mentions us or asks /ctd of us."""

    def __init__(self, bot: Bot) -> None:
        super().__init__(name="basket for us")
        self._bot = bot

    def filter(self, message: TelegramMessage) -> bool:
        """Tell whether the file is a basket for us."""
        username = self._bot.username.lower()
        said = (message.caption or "").lower().split()
        asked = said[:1] in (["/ctd"], [f"/ctd@{username}"]) or f"@{username}" in said
        return asked or is_for_us(message, self._bot.username)


async def _replied_basket(update: Update) -> Document | None:
    """Return the CSV that a command replies to, None where there is none."""
    message = update.effective_message
    replied = message and message.reply_to_message
    file = replied.document if replied else None
    return file if file and (file.file_name or "").lower().endswith(".csv") else None


async def basket_file(update: Update, context: BotContext) -> None:
    """Rank the bonds of a CSV; its caption, or the open form, names contract and price."""
    message = update.effective_message
    if message is None or message.document is None:
        return
    here = await context.here(update, message.caption or "")
    words = _caption_words(message.caption or "", context.bot.username)
    if not words:
        words = await _form_words(context, here)
    file = message.document
    if (file.file_size or 0) > MOST_BYTES:
        await context.say(here, "desk.csv_too_big", most=MOST_BYTES // 1000)
        return
    asked = Asked("ctd", words, await _text_of(file))
    await context.reply(here, await answered(context, here, asked))


def _caption_words(caption: str, username: str) -> str:
    """Return a caption without our name and without the command: its lines stay apart."""
    called = re.compile(rf"\s*(?:/ctd(?:@{username})?|@{username})(?=\s|$)", re.I)
    while found := called.match(caption):
        caption = caption[found.end() :]
    return caption.strip()


async def _form_words(context: BotContext, here: Here) -> str:
    """Return what the chat's open form of /ctd says so far."""
    own = context.assistant.store.own
    opened = await own.open_form(here.chat_id)
    if opened is None or not opened.data.startswith(STEPS_PREFIX):
        return ""
    key, _, _ = place_and_text(opened.data.removeprefix(STEPS_PREFIX))
    form = await own.form(here.chat_id, key)
    if form is None or form.command != "ctd":
        return ""
    await context.form_stands(replace(here, message_id=opened.message_id), "")
    return Steps("ctd", form.chosen).words()


async def _text_of(file: Document) -> str:
    fetched = await file.get_file()
    return bytes(await fetched.download_as_bytearray()).decode("utf-8-sig", errors="replace")


# A chat's positions


async def position(update: Update, context: BotContext) -> None:
    """Save, list or drop a position of this chat; in a group only its admins may change them."""
    words = words_after_command(update)
    here = await context.here(update, words)
    first = words.split()[:1]
    listing = not first or first[0].lower() in {"list", "show", "列表", "查看"}
    if not listing and not await context.may_decide(here, update):
        return
    await context.reply(here, await _position(context, here, words))


async def _position(context: BotContext, here: Here, words: str) -> Message:
    known = await known_in(context, here)
    try:
        ask = await asyncio.to_thread(read, words, known)
    except CalculatorError as error:
        return await trouble(context, here, Asked("position", words), error, known)
    return await _done(context, here, ask, known)


async def _done(context: BotContext, here: Here, ask: Ask, known: Known) -> Message:
    own, lang = context.assistant.store.own, here.lang
    if ask.action == "drop":
        await own.drop_position(here.chat_id, ask.name)
        return Message(say(lang, "position.dropped", name=ask.name))
    if ask.action == "save":
        if not await own.save_position(here.chat_id, ask.name, ask.kept_words):
            return Message(say(lang, "position.too_many", most=MOST_POSITIONS))
        return position_message(ask, lang)
    return positions_message(known.positions, lang, example("position", known.today))
