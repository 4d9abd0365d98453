"""A message -> Telegram: cut to its limits, one call a piece, what can be mended is mended."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from telegram import (
    Bot,
    CallbackQuery,
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.error import EndPointNotFound, InvalidToken, TelegramError

from bot.delivery.errors import Meaning, Verdict, classify, is_away
from bot.delivery.pacing import PATIENCE, Pace
from bot.render.html import CAPTION_LIMIT, measure, plain, split_html
from bot.render.message import Button, Keyboard, Message

log = logging.getLogger(__name__)

T = TypeVar("T")

CALLBACK_BYTES = 64
COPY_UNITS = 256
TRIES = 5
UNSURE = 2  # sends of one piece of which we do not know whether they arrived
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: a chat, a topic in it, the message that it answers."""

    chat_id: int
    thread_id: int | None = None
    reply_to: int | None = None


def pieces(message: Message) -> list[Message]:
    """Return the message as Telegram takes it: each within the limits, the keyboard on the last.

    A caption that is too long goes out as text under its picture.
    """
    if message.attachment is not None and _is_caption(message.html):
        return [message]
    texts = [Message(html) for html in split_html(message.html)]
    if message.attachment is not None:
        texts.insert(0, Message("", attachment=message.attachment))
    if not texts:
        raise ValueError("a message without words, picture or file")
    texts[-1] = replace(texts[-1], keyboard=message.keyboard)
    return texts


def _is_caption(html: str) -> bool:
    units, entities = measure(html)
    return units <= CAPTION_LIMIT and entities <= 100


def markup(keyboard: Keyboard) -> InlineKeyboardMarkup | None:
    """Return the inline keyboard, None where there are no buttons."""
    if not keyboard:
        return None
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in keyboard])


def _button(button: Button) -> InlineKeyboardButton:
    """Return Telegram's button; what is too long fails here, not at Telegram."""
    if button.data is not None and len(button.data.encode()) > CALLBACK_BYTES:
        raise ValueError(f"callback data over {CALLBACK_BYTES} bytes: {button.data}")
    copy = None if button.copy is None else CopyTextButton(button.copy[:COPY_UNITS])
    return InlineKeyboardButton(
        button.text, callback_data=button.data, url=button.url, copy_text=copy
    )


async def send_piece(
    bot: Bot,
    place: Place,
    piece: Message,
    *,
    html: bool = True,
    file_id: str | None = None,
    paid: bool = False,
) -> TelegramMessage:
    """Send one piece in one call: as plain words without `html`, without an upload by `file_id`."""
    common: dict[str, Any] = {
        "chat_id": place.chat_id,
        "message_thread_id": place.thread_id,
        "reply_markup": markup(piece.keyboard),
        "parse_mode": ParseMode.HTML if html else None,
        "allow_paid_broadcast": paid or None,
    }
    if place.reply_to is not None:
        common["reply_parameters"] = ReplyParameters(
            place.reply_to, allow_sending_without_reply=True
        )
    words = piece.html if html else plain(piece.html)
    attachment = piece.attachment
    if attachment is None:
        return await bot.send_message(text=words, link_preview_options=NO_PREVIEW, **common)
    caption = words or None
    if attachment.picture:
        photo = file_id or attachment.data
        return await bot.send_photo(
            photo=photo, caption=caption, filename=attachment.name, **common
        )
    document = file_id or attachment.data
    return await bot.send_document(
        document=document, caption=caption, filename=attachment.name, **common
    )


def file_id_of(sent: TelegramMessage) -> str | None:
    """Return Telegram's own name for what was uploaded with a message."""
    if sent.photo:
        return sent.photo[-1].file_id
    return sent.document.file_id if sent.document else None


@dataclass(slots=True)
class Attempt:
    """One piece on its way: how it is sent now, changed as Telegram objects."""

    place: Place
    piece: Message
    html: bool = True
    file_id: str | None = None
    paid: bool = False

    def mend(self, verdict: Verdict) -> bool:
        """Change what Telegram objected to; return whether there is something new to try."""
        match verdict.meaning:
            case Meaning.MARKUP if self.html:
                self.html = False
            case Meaning.TOPIC if self.place.thread_id is not None:
                self.place = replace(self.place, thread_id=None)
            case Meaning.FILE if self.file_id is not None:
                self.file_id = None
            case Meaning.PICTURE if self.piece.attachment and self.piece.attachment.picture:
                as_file = replace(self.piece.attachment, picture=False)
                self.piece = replace(self.piece, attachment=as_file)
            case Meaning.MOVED if verdict.new_chat_id not in {None, self.place.chat_id}:
                self.place = replace(self.place, chat_id=verdict.new_chat_id or 0)
            case _:
                return False
        return True

    async def once(self, bot: Bot) -> TelegramMessage:
        """Try it as it is."""
        return await send_piece(
            bot, self.place, self.piece, html=self.html, file_id=self.file_id, paid=self.paid
        )


class Sent:
    """What the tries of one update got through to Telegram, so that a later try repeats less."""

    def __init__(self) -> None:
        self._earlier: dict[tuple[Place, Message], list[int]] = {}
        self._now: dict[tuple[Place, Message], list[int]] = {}

    def begin(self) -> None:
        """Begin another try: what was sent so far was sent by earlier ones."""
        for key, ids in self._now.items():
            self._earlier.setdefault(key, []).extend(ids)
        self._now = {}

    def before(self, place: Place, piece: Message) -> int | None:
        """Return the id under which an earlier try sent this piece to this place, once for each."""
        ids = self._earlier.get((place, piece))
        if not ids:
            return None
        self.note(place, piece, ids[0])
        return ids.pop(0)

    def note(self, place: Place, piece: Message, message_id: int) -> None:
        """Remember that a piece is there."""
        self._now.setdefault((place, piece), []).append(message_id)


# Set for each update by the inbox; the handlers of an update run in its context.
SENT: ContextVar[Sent | None] = ContextVar("SENT", default=None)


async def deliver(
    bot: Bot,
    chat_id: int,
    message: Message,
    *,
    thread_id: int | None = None,
    reply_to: int | None = None,
    pace: Pace | None = None,
) -> list[int]:
    """Send a reply, in as many messages as it needs, and return their ids.

    Waits for the chat's turn and as long as Telegram asks, up to a minute; tries again what did not
    arrive, and once, when Telegram answers again, what may not have arrived; sends the words
    plainly where the HTML does not parse. What cannot be helped so soon is raised as
    python-telegram-bot's error (`classify` says what it means). What an earlier try of the same
    update got through (`SENT`) is not sent again.
    """
    pace = pace or Pace()
    place = Place(chat_id, thread_id, reply_to)
    ids: list[int] = []
    sent = SENT.get() or Sent()
    for piece in pieces(message):
        attempt = Attempt(place, piece)
        known = sent.before(place, piece)
        if known is None:
            known = (await _persist(bot, partial(attempt.once, bot), pace, attempt)).message_id
            sent.note(place, piece, known)
        ids.append(known)
        place = replace(attempt.place, reply_to=None)
    return ids


async def edit(
    bot: Bot, chat_id: int, message_id: int, message: Message, *, pace: Pace | None = None
) -> list[int]:
    """Put a message in the place of one that we sent; return the ids that now show it.

    What does not fit into one message, a picture, or a message that can no longer be edited is
    sent anew. An edit that changes nothing is no error.
    """
    pace = pace or Pace()
    if message.attachment is not None:
        return await deliver(bot, chat_id, message, pace=pace)
    first, *rest = pieces(message)
    attempt = Attempt(Place(chat_id), first)

    async def change() -> object:
        return await bot.edit_message_text(
            first.html if attempt.html else plain(first.html),
            chat_id=chat_id,
            message_id=message_id,
            parse_mode=ParseMode.HTML if attempt.html else None,
            link_preview_options=NO_PREVIEW,
            reply_markup=markup(first.keyboard),
        )

    try:
        await _persist(bot, change, pace, attempt)
    except TelegramError as error:
        meaning = classify(error).meaning
        if meaning is Meaning.UNEDITABLE:
            return await deliver(bot, chat_id, message, pace=pace)
        if meaning is not Meaning.UNCHANGED:
            raise
    ids = [message_id]
    for piece in rest:
        ids += await deliver(bot, chat_id, piece, pace=pace)
    return ids


async def answer_press(query: CallbackQuery, text: str | None = None, *, pace: Pace) -> None:
    """Tell Telegram that a press was noticed, with words above the chat if there are any.

    A press that is too old for an answer needs none. Raises as `deliver` does where Telegram is
    away.
    """
    try:
        await _persist(
            query.get_bot(), partial(query.answer, text, show_alert=bool(text)), pace, None
        )
    except TelegramError as error:
        if is_away(error):
            raise
        log.info("a press was not answered: %s", error)


async def _persist(
    bot: Bot, call: Callable[[], Awaitable[T]], pace: Pace, attempt: Attempt | None
) -> T:
    """Make a call until it succeeds or cannot be helped; bounded in tries and in time.

    Without an attempt (an answer to a press) it takes no turn of a chat and has nothing to mend.
    """
    unsure = 0
    for tries in itertools.count(1):
        await (pace.reply(attempt.place.chat_id) if attempt else pace.silence())
        try:
            result = await call()
        except TelegramError as error:
            verdict = classify(error)
            pace.counts[verdict.meaning.name.lower()] += 1
            unsure += verdict.meaning is Meaning.UNCERTAIN
            mended = attempt is not None and attempt.mend(verdict)
            if tries >= TRIES or unsure >= UNSURE:
                _note(pace, verdict)
                raise
            if not mended and not await _may_try_again(bot, pace, verdict):
                raise
            log.warning("sending again: %s", verdict.reason)
        else:
            pace.passed()
            return result
    raise AssertionError("counting has no end")


async def _may_try_again(bot: Bot, pace: Pace, verdict: Verdict) -> bool:
    """Wait as the error asks for; return whether the same call may pass now."""
    _note(pace, verdict)
    match verdict.meaning:
        case Meaning.LATER:
            return verdict.wait_seconds <= PATIENCE
        case Meaning.UNSENT | Meaning.UNCERTAIN:
            return await _is_back(bot, pace)
        case _:
            return False


def _note(pace: Pace, verdict: Verdict) -> None:
    """Let all who send know what an error says about Telegram."""
    if verdict.meaning is Meaning.LATER:
        pace.pause(verdict.wait_seconds, verdict.reason)
    elif verdict.meaning in {Meaning.UNSENT, Meaning.UNCERTAIN}:
        pace.stumble()


async def _is_back(bot: Bot, pace: Pace) -> bool:
    """Wait until Telegram answers again; return False where a reply's patience ends before."""
    waited = 0.0
    while (ahead := pace.ahead()) + waited <= PATIENCE:
        waited += ahead
        await pace.sleep(ahead)
        if pace.ahead() <= 0 and await reached(bot, pace):
            return True
    return False


async def reached(bot: Bot, pace: Pace) -> bool:
    """Ask Telegram something that nobody sees; return whether it answers."""
    try:
        await bot.get_me()
    except TelegramError as error:
        verdict = classify(error)
        log.info("Telegram is still away: %s", verdict.reason)
        if verdict.meaning is Meaning.LATER:
            pace.pause(verdict.wait_seconds, verdict.reason)
        else:
            pace.stumble()
        return False
    return True


class Niceties:
    """Calls that a bot can do without: menus, profile texts, drafts.

    `await optional(bot.set_my_commands, commands)` returns whether it worked. A failure is logged
    and never raised; a method that this server does not know is not asked for again.
    """

    def __init__(self) -> None:
        self._unknown: set[str] = set()

    async def __call__(
        self, call: Callable[..., Awaitable[object]], *args: object, **kwargs: object
    ) -> bool:
        """Make the call unless this server is known not to have it."""
        name = getattr(call, "__name__", repr(type(call)))
        name = str(args[0]) if name == "do_api_request" and args else name
        if name in self._unknown:
            return False
        try:
            await call(*args, **kwargs)
        except TelegramError as error:
            # An ordinary method that is unknown answers 404, which the library takes for the token.
            if isinstance(error, EndPointNotFound | InvalidToken):
                self._unknown.add(name)
            log.warning("%s did not work, going on without: %s", name, error)
            return False
        return True
