"""What every handler is given: the parts of the bot, and who speaks where in which language."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from telegram import Chat, Update
from telegram.constants import ChatAction, ChatMemberStatus
from telegram.ext import Application, CallbackContext, ExtBot

from bot.assistant import Assistant
from bot.delivery.pacing import Pace
from bot.delivery.send import Niceties, answer_press, deliver, edit
from bot.desk.request import OwnRates
from bot.handlers.flood import Flood, News
from bot.handlers.suggesting import Inline
from bot.i18n import Lang, pick_language, say
from bot.render.message import Message
from bot.store.desk import OpenForm
from tools.errors import CalculatorError

log = logging.getLogger(__name__)

T = TypeVar("T")
TYPING_SECONDS = 4.5
REMEMBERED = 10_000
ADMINS = {ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR}


@dataclass
class Desk:
    """The parts that handlers share. One process has one."""

    assistant: Assistant
    pace: Pace
    admins: tuple[int, ...] = ()
    model_chats: tuple[int, ...] = ()
    feeds: bool = True
    # Stops what another process does for a chat's topic; tells whether there was something.
    stop_elsewhere: Callable[[int, int | None], Awaitable[bool]] | None = None
    niceties: Niceties = field(default_factory=Niceties)
    running: dict[tuple[int, int], asyncio.Task[Any]] = field(default_factory=dict)
    # Chats that were told today that this is no advice: saves asking the store each time.
    advised: set[tuple[int, str]] = field(default_factory=set)
    inline: Inline = field(init=False)
    flood: Flood = field(init=False)
    too_long: News = field(default_factory=lambda: News(10.0))

    def __post_init__(self) -> None:
        """Make what needs another part."""
        self.inline = Inline(self.assistant)
        self.flood = Flood.at(self.pace)


@dataclass(frozen=True, slots=True)
class Here:
    """Where an update happened, and how to speak there."""

    chat_id: int
    thread_id: int | None
    message_id: int | None
    user_id: int
    private: bool
    lang: Lang
    theme: str
    # Whether a reply shows what it answers: in a group, or where that is not the last message.
    quotes: bool = False

    @property
    def key(self) -> tuple[int, int]:
        """Return what tells one conversation from another: chat and topic."""
        return self.chat_id, self.thread_id or 0


@dataclass(frozen=True, slots=True)
class Step:
    """What a typed value makes of a form: how far it is filled in then, and how to show that.

    `data` is empty where the form is complete. `fits` tells whether text that replies to nothing
    may be meant for the step.
    """

    data: str
    error: CalculatorError | None
    show: Callable[[Here], Awaitable[None]]
    fits: bool = True


class BotContext(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """A context that carries the parts, typed."""

    desk: Desk

    @property
    def assistant(self) -> Assistant:
        """Return the product."""
        return self.desk.assistant

    async def here(self, update: Update, text: str = "") -> Here:
        """Return where we are, in the language set, else Telegram's, else that of the text."""
        message, chat, user = (
            update.effective_message,
            update.effective_chat,
            update.effective_user,
        )
        if chat is None:
            raise LookupError("an update without a chat")
        private = chat.type == Chat.PRIVATE
        code = user.language_code if user and private else None
        known = await self.assistant.user(chat.id, code)
        return Here(
            chat_id=chat.id,
            thread_id=_topic(message) if message else None,
            message_id=message.message_id if message else None,
            user_id=user.id if user else 0,
            private=private,
            lang=pick_language(known.lang, known.telegram_lang if private else None, text),
            theme=known.theme,
            quotes=not private or update.edited_message is not None,
        )

    async def reply(self, here: Here, *messages: Message) -> list[int]:
        """Send messages to where we are; as a reply where it would not be clear to what."""
        reply_to = here.message_id if here.quotes else None
        sent: list[int] = []
        for message in messages:
            sent += await deliver(
                self.bot,
                here.chat_id,
                message,
                thread_id=here.thread_id,
                reply_to=reply_to,
                pace=self.desk.pace,
            )
        return sent

    async def say(self, here: Here, key: str, **values: object) -> None:
        """Reply with one sentence of the locales."""
        await self.reply(here, Message(say(here.lang, key, **values)))

    async def edit(self, here: Here, message: Message) -> None:
        """Put a message in the place of the one whose button was pressed."""
        if here.message_id is None:
            await self.reply(here, message)
            return
        await edit(self.bot, here.chat_id, here.message_id, message, pace=self.desk.pace)

    async def form_stands(self, here: Here, data: str) -> None:
        """Keep, for all replicas, how far the form of a message is filled in; "" where it ended."""
        if here.message_id is not None:
            form = OpenForm(here.message_id, data)
            await self.assistant.store.own.put_open(here.chat_id, form)

    async def own_rates(self, here: Here) -> OwnRates:
        """Return the chat's own default rates."""
        return OwnRates(**await self.assistant.store.own.rates(here.chat_id))

    async def is_admin(self, here: Here, update: Update) -> bool:
        """Tell whether who speaks may decide for this chat: in a group only its admins may."""
        if here.private:
            return True
        message = update.effective_message
        if message and message.sender_chat and message.sender_chat.id == here.chat_id:
            return True  # an admin who stays anonymous writes as the group
        member = await self.bot.get_chat_member(here.chat_id, here.user_id)
        return member.status in ADMINS

    async def may_decide(self, here: Here, update: Update, *, pressed: bool = False) -> bool:
        """Tell whether who speaks may decide for this chat; who may not is told so.

        Who `pressed` a button is told above the chat, and nobody else.
        """
        if await self.is_admin(here, update):
            return True
        if pressed:
            await answer_button(self, update, say(here.lang, "chat.only_admins"))
        else:
            await self.say(here, "chat.only_admins")
        return False

    @asynccontextmanager
    async def typing(
        self, here: Here, action: ChatAction = ChatAction.TYPING
    ) -> AsyncIterator[None]:
        """Show that we are at work, anew every few seconds, for as long as it takes."""
        task = asyncio.create_task(self._show(here, action))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _show(self, here: Here, action: ChatAction) -> None:
        while True:
            await self.desk.niceties(
                self.bot.send_chat_action,
                here.chat_id,
                action,
                message_thread_id=here.thread_id,
            )
            await asyncio.sleep(TYPING_SECONDS)

    async def cancellable(self, here: Here, work: Coroutine[Any, Any, T]) -> T | None:
        """Return what the work brings, None where /cancel stopped it."""
        task = asyncio.create_task(work)
        self.desk.running[here.key] = task
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            if self.desk.running.get(here.key) is task:
                del self.desk.running[here.key]
        return None if task.cancelled() else task.result()

    async def advised(self, here: Here, message: Message) -> Message:
        """Return the message, once a day in each chat with the reminder that it is no advice."""
        today = self.assistant.today().isoformat()
        if (here.chat_id, today) in self.desk.advised:
            return message
        if len(self.desk.advised) >= REMEMBERED:
            self.desk.advised.clear()
        self.desk.advised.add((here.chat_id, today))
        if not await self.assistant.first_today(here.chat_id, "not_advice"):
            return message
        words = f"{message.html}\n\n<i>{say(here.lang, 'chat.not_advice')}</i>"
        return Message(words, message.keyboard, message.attachment)


def _topic(message: Any) -> int | None:  # noqa: ANN401  # telegram.MaybeInaccessibleMessage
    """Return the topic of a message; a mere reply chain in a group has an id too, but no topic."""
    if getattr(message, "is_topic_message", False):
        found: int | None = message.message_thread_id
        return found
    return None


BotApplication = Application[
    ExtBot[None], BotContext, dict[Any, Any], dict[Any, Any], dict[Any, Any], None
]


def context_type(desk: Desk) -> type[BotContext]:
    """Return the context class of one bot, carrying its parts."""
    return type("DeskContext", (BotContext,), {"desk": desk})


def is_group(chat: Chat | None) -> bool:
    """Tell whether a chat is a group of any kind."""
    return chat is not None and chat.type in {Chat.GROUP, Chat.SUPERGROUP}


async def answer_button(context: BotContext, update: Update, text: str | None = None) -> None:
    """Tell Telegram that a press was noticed; one that is too old needs no answer any more."""
    query = update.callback_query
    if query is not None:
        await answer_press(query, text, pace=context.desk.pace)
