"""A file -> what was read of it, kept for this chat alone; /drop and /label, and their buttons."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from telegram import Bot, Document, MessageEntity, Update
from telegram import Message as TelegramMessage
from telegram.error import TelegramError
from telegram.ext import filters

from bot.delivery.errors import is_away, is_passing
from bot.handlers import asking
from bot.handlers.context import BotContext, Here, answer_button
from bot.i18n import Lang, say
from bot.render.html import escape
from bot.render.message import Message
from bot.render.reports import found_message, refusal_text
from bot.store.reports import EVERYBODY, Added, Stored
from knowledge.errors import KnowledgeError
from knowledge.figures import not_in_calendar
from knowledge.parsing.facts import publisher_in
from knowledge.parsing.reading import LIMITS, clean_label

log = logging.getLogger(__name__)

# An edit of a message a few seconds apart: a chat may be sent one message a second.
PROGRESS_SECONDS = 4.0
SHARE = "/share"


class CaptionForUs(filters.MessageFilter):
    """Lets a group's file through whose caption mentions us."""

    def __init__(self, bot: Bot) -> None:
        super().__init__(name="caption for us")
        self._bot = bot

    def filter(self, message: TelegramMessage) -> bool:
        """Tell whether the caption mentions us."""
        return bool(_mentions(message, self._bot.username))


def _mentions(message: TelegramMessage, username: str) -> list[str]:
    found = message.parse_caption_entities([MessageEntity.MENTION]).values()
    return [name for name in found if name.lower() == f"@{username}".lower()]


async def document(update: Update, context: BotContext) -> None:
    """Read a file, say what was found, and make it searchable by meaning meanwhile."""
    message = update.effective_message
    if message is None or message.document is None:
        return
    words = _caption(message, context.bot.username)
    here = await context.here(update, words)
    label = clean_label(message.document.file_name or "")
    reading = Message(say(here.lang, "upload.reading", name=escape(label)))
    place = replace(here, message_id=(await context.reply(here, reading))[-1])
    try:
        async with context.typing(here):
            work = _take(context, here, message.document, label, words)
            added = await context.cancellable(here, work)
    except KnowledgeError as error:
        await context.edit(place, Message(refusal_text(here.lang, error)))
        return
    except Exception as error:
        if not is_passing(error):  # else it is tried again
            await context.edit(place, Message(say(here.lang, "upload.not_kept")))
        raise
    if added is None:
        await context.edit(place, Message(say(here.lang, "chat.cancelled")))
        return
    await _tell(context, place, added, words)
    if _is_question(words) and added.report is not None:
        await asking.answer(context, here, words)


async def _take(context: BotContext, here: Here, file: Document, label: str, words: str) -> Added:
    """Fetch a file and keep what it says; raise KnowledgeError where it cannot be read."""
    if (file.file_size or 0) > LIMITS.bytes:
        size = f"{(file.file_size or 0) / 2**20:.1f}"
        raise KnowledgeError("report_too_big", value=size, highest=LIMITS.bytes // 2**20)
    user = await context.assistant.user(here.chat_id)
    data = await _fetch(file)
    owner = EVERYBODY if _shares(context, here, words) else here.chat_id
    said = "" if _is_question(words) else words.removeprefix(SHARE).strip()
    return await context.assistant.reports.take(
        owner, data, label, words=said, user_id=user.id if owner == here.chat_id else None
    )


async def _fetch(file: Document) -> bytes:
    try:
        remote = await file.get_file()
        return bytes(await remote.download_as_bytearray())
    except TelegramError as error:
        if is_away(error):
            raise
        code = "too_big" if "too big" in str(error).lower() else "fetch_failed"
        values = {"value": ">20", "highest": LIMITS.bytes // 2**20} if code == "too_big" else {}
        raise KnowledgeError(f"report_{code}", **values) from error


def _caption(message: TelegramMessage, username: str) -> str:
    words = message.caption or ""
    for name in _mentions(message, username):
        words = words.replace(name, " ")
    return " ".join(words.split())


def _is_question(words: str) -> bool:
    return "?" in words or "\uff1f" in words


def _shares(context: BotContext, here: Here, words: str) -> bool:
    """Tell whether an operator puts a file into everybody's library, in a private chat."""
    wants = words.split(maxsplit=1)[:1] == [SHARE]
    return wants and here.private and here.user_id in context.desk.admins


def _remarks(here: Here, added: Added, words: str) -> list[str]:
    """Return for whom a file is kept where somebody wished to share it, and what is no date."""
    found: list[str] = []
    if added.report is not None and added.report.chat_id == EVERYBODY:
        found.append(say(here.lang, "upload.shared"))
    elif words.startswith(SHARE):
        found.append(say(here.lang, "upload.kept_private"))
    missing = [] if _is_question(words) else not_in_calendar(words)
    if missing and added.report is not None:
        culprit = escape(", ".join(missing))
        number = added.report.number
        found.append(say(here.lang, "upload.no_such_day", culprit=culprit, number=number))
    return found


async def _tell(context: BotContext, place: Here, added: Added, words: str) -> None:
    """Say what was found in what is kept by now; where that fails, that it is kept all the same."""
    try:
        await _show(context, place, added, _remarks(place, added, words))
    except Exception as error:
        if is_passing(error) or added.report is None:
            raise
        log.exception("A report was kept, and what was found in it could not be shown.")
        report = added.report
        kept = say(place.lang, "upload.kept", number=report.number, name=escape(report.label))
        await context.reply(place, Message(kept))


async def _show(context: BotContext, place: Here, added: Added, remarks: Sequence[str]) -> None:
    """Say what was found, then, in the same message, how far the search by meaning is."""
    lang, reports = place.lang, context.assistant.reports
    report = added.report
    if report is None or added.outcome == "same":
        await context.edit(place, found_message(lang, added))
        return
    names = await reports.suggestions(report.chat_id, report, context.assistant.today())
    if not await reports.can_embed():
        words_only = say(lang, "upload.words_only")
        await context.edit(place, found_message(lang, added, words_only, remarks, names))
        return
    shown, last, one_at_a_time = -1, 0.0, asyncio.Lock()

    async def progress(done: int, total: int) -> None:
        nonlocal shown, last
        async with one_at_a_time:
            soon = time.monotonic() - last < PROGRESS_SECONDS
            if done <= shown or (done < total and soon):
                return
            shown, last = done, time.monotonic()
            key = "upload.ready" if done >= total else "upload.progress"
            state = say(lang, key, done=done, total=total)
            # Who published it may have been told meanwhile.
            as_it_is = replace(added, report=await reports.now(report))
            await context.edit(place, found_message(lang, as_it_is, state, remarks, names))

    await progress(0, report.passages)
    try:
        await reports.watch(report, progress)
    except Exception as error:  # what was found stands already; only its progress is not told
        if is_passing(error):
            raise
        log.exception("How far the search by meaning is cannot be told.")


# /drop and /label


async def drop(update: Update, context: BotContext) -> None:
    """Delete the report whose number follows the command."""
    words = asking.words_after_command(update).strip().removeprefix("#")
    here = await context.here(update)
    if not await context.may_decide(here, update):
        return
    reports = context.assistant.reports
    if not words.isdecimal():
        known = await reports.listed(here.chat_id)
        if not known:
            await context.say(here, "upload.none", highest=LIMITS.bytes // 2**20)
            return
        await context.say(here, "upload.drop_what", number=known[-1].number)
        return
    gone = await reports.drop_number(here.chat_id, int(words))
    if gone is None:
        await context.say(here, "upload.no_such", number=int(words))
        return
    await context.say(here, "upload.dropped", title=escape(gone.title))


async def drop_button(update: Update, context: BotContext) -> None:
    """Delete the report that a button belongs to."""
    query = update.callback_query
    here = await context.here(update)
    if not await context.may_decide(here, update, pressed=True):
        return
    await answer_button(context, update)
    report_id = int(((query.data or "") if query else "").partition(":")[2] or 0)
    reports = context.assistant.reports
    gone = await reports.drop(here.chat_id, report_id)
    if gone is None and here.private and here.user_id in context.desk.admins:
        gone = await reports.drop(EVERYBODY, report_id)
    if gone is None:
        await context.edit(here, Message(say(here.lang, "upload.gone_already")))
        return
    await context.edit(here, Message(say(here.lang, "upload.dropped", title=escape(gone.title))))


async def name_button(update: Update, context: BotContext) -> None:
    """Take from a button who published a report, or when, and ask for what is still missing."""
    query = update.callback_query
    here = await context.here(update)
    if not await context.may_decide(here, update, pressed=True):
        return
    await answer_button(context, update)
    report_id, _, words = ((query.data or "") if query else "").partition(":")[2].partition(":")
    owners = [here.chat_id]
    if here.private and here.user_id in context.desk.admins:
        owners.append(EVERYBODY)
    named = await context.assistant.reports.label_id(owners, int(report_id or 0), words)
    if named is None:
        await context.edit(here, Message(say(here.lang, "upload.gone_already")))
        return
    reports, today = context.assistant.reports, context.assistant.today()
    names = await reports.suggestions(named.chat_id, named, today)
    state = say(here.lang, "upload.labelled", **_label_words(here.lang, named))
    message = found_message(here.lang, Added("added", named), state, suggestions=names)
    await context.edit(here, message)


def _label_words(lang: Lang, report: Stored) -> dict[str, object]:
    return {
        "number": report.number,
        "publisher": escape(
            publisher_in(lang, report.publisher) or say(lang, "upload.no_publisher")
        ),
        "published": escape(report.published or say(lang, "upload.no_date")),
    }


async def label(update: Update, context: BotContext) -> None:
    """Say who published a report and when: `/label 3 Morgan Stanley, 2026-01-14`."""
    number, _, words = asking.words_after_command(update).strip().partition(" ")
    here = await context.here(update)
    if not await context.may_decide(here, update):
        return
    if not number.isdecimal() or not words.strip():
        await context.say(here, "upload.label_what", number=number if number.isdecimal() else 1)
        return
    if missing := not_in_calendar(words):
        culprit = escape(", ".join(missing))
        await context.say(here, "upload.no_such_day", culprit=culprit, number=int(number))
        return
    named = await context.assistant.reports.label(here.chat_id, int(number), words)
    if named is None:
        await context.say(here, "upload.no_such", number=int(number))
        return
    await context.say(here, "upload.labelled", **_label_words(here.lang, named))


async def listing(context: BotContext, here: Here) -> str:
    """Return the reports that a chat may ask, for /sources."""
    from bot.render.reports import list_text

    reports = context.assistant.reports
    own, shared = await asyncio.gather(reports.listed(here.chat_id), reports.listed(EVERYBODY))
    return list_text(here.lang, own, shared)
