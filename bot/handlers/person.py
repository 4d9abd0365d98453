"""/start /help /settings /sources /privacy /export /forget: the chat and the product."""

from __future__ import annotations

import asyncio
import json

from telegram import ChatMemberUpdated, Update
from telegram.constants import ChatMemberStatus

from bot.desk.steps import COMMANDS as DESK_COMMANDS
from bot.handlers import uploading
from bot.handlers.asking import words_after_command
from bot.handlers.context import BotContext, Here, answer_button, is_group
from bot.handlers.rates import is_rate, rate_lines, set_rate
from bot.i18n import Lang, say
from bot.reading.words import words as read_words
from bot.render.chat import (
    TOPICS,
    export_message,
    forget_message,
    help_message,
    privacy_message,
    settings_message,
    sources_message,
    start_message,
)
from bot.render.desk.help import desk_help
from bot.render.html import escape
from bot.render.message import Message
from bot.store.people import THEMES

GONE = {ChatMemberStatus.BANNED, ChatMemberStatus.LEFT}


async def start(update: Update, context: BotContext) -> None:
    """Greet with buttons that work at once; in a chat that had blocked us, wake what slept."""
    here = await context.here(update)
    await context.assistant.store.resume(here.chat_id)
    if is_group(update.effective_chat):
        await context.say(here, "chat.start_group", name=context.bot.username)
        return
    example = await asyncio.to_thread(context.assistant.example)
    await context.reply(here, start_message(here.lang, example))


async def how_to_ask(update: Update, context: BotContext) -> None:
    """Say in a group, to who only said our name, how we are asked."""
    await context.say(await context.here(update), "chat.start_group", name=context.bot.username)


async def help_(update: Update, context: BotContext) -> None:
    """Show the help, or the topic after the command."""
    topic = words_after_command(update).strip().lower().removeprefix("/")
    here = await context.here(update)
    if topic in DESK_COMMANDS:
        today = context.assistant.today()
        await context.reply(here, await asyncio.to_thread(desk_help, topic, here.lang, today))
        return
    example = await asyncio.to_thread(context.assistant.example)
    named = {"basis": "calculate", "subscribe": "digest"}.get(topic, topic)
    shown = named if named in TOPICS else ""
    await context.reply(here, help_message(here.lang, example, shown))


async def help_button(update: Update, context: BotContext) -> None:
    """Show a topic of the help in place of what was there."""
    query = update.callback_query
    topic = ((query.data or "") if query else "").partition(":")[2]
    here = await context.here(update)
    await answer_button(context, update)
    example = await asyncio.to_thread(context.assistant.example)
    await context.edit(here, help_message(here.lang, example, topic))


async def sources(update: Update, context: BotContext) -> None:
    """Say what the answers rest on."""
    here = await context.here(update)
    holdings = await asyncio.to_thread(context.assistant.holdings, here.lang)
    own = await uploading.listing(context, here)
    await context.reply(here, sources_message(here.lang, holdings, own))


# Settings


async def settings(update: Update, context: BotContext) -> None:
    """Show the settings, or change one in words: `language zh`, `theme dark`, `repo 4.3`."""
    words = words_after_command(update).lower().split()
    here = await context.here(update)
    if not words:
        await context.reply(here, await _settings(context, here))
        return
    if not await context.may_decide(here, update):
        return
    reads = [word.read.lower() for word in read_words(words_after_command(update))]
    if is_rate(reads):
        await context.reply(here, await set_rate(context, here, reads))
        return
    choice = setting_of(words)
    if choice is None:
        culprit = escape(" ".join(words)[:40])
        await context.say(here, "settings.bad_words", culprit=culprit)
        return
    await context.reply(here, await _change(context, here, *choice))


async def _settings(context: BotContext, here: Here) -> Message:
    """Return the settings as they are, the chat's default rates among them."""
    rates = await context.assistant.store.own.rates(here.chat_id)
    return settings_message(here.lang, here.theme, rate_lines(rates, here.lang))


_LANGUAGES = {
    **dict.fromkeys(("en", "english", "英文", "英语"), "en"),
    **dict.fromkeys(("zh", "chinese", "中文", "汉语", "zh-cn", "zh-tw", "cn"), "zh"),
}
_THEMES = {"light": "light", "dark": "dark", "浅色": "light", "深色": "dark"}


def setting_of(words: list[str]) -> tuple[str, str] | None:
    """Return the setting and the value that words name, None where they name none."""
    value = words[-1]
    kind = words[0] if len(words) > 1 else ""
    if value in _LANGUAGES and kind in {"", "language", "lang", "语言"}:
        return "lang", _LANGUAGES[value]
    if value in _THEMES and kind in {"", "theme", "charts", "主题", "图表"}:
        return "theme", _THEMES[value]
    return None


async def settings_button(update: Update, context: BotContext) -> None:
    """Change a setting and show how the settings are now."""
    query = update.callback_query
    _, name, value = ((query.data or "") if query else "").split(":", 2)
    here = await context.here(update)
    if not await context.may_decide(here, update, pressed=True):
        return
    await answer_button(context, update)
    known = {"lang": {"en", "zh"}, "theme": set(THEMES)}
    if value not in known.get(name, set()):
        return
    await _change(context, here, name, value)
    now = await context.here(update)
    if is_start(query.message if query else None):
        example = await asyncio.to_thread(context.assistant.example)
        await context.edit(now, start_message(now.lang, example))
    else:
        await context.edit(now, await _settings(context, now))


def is_start(message: object) -> bool:
    """Tell whether a message is the greeting, by the buttons that only it has."""
    markup = getattr(message, "reply_markup", None)
    rows = markup.inline_keyboard if markup else ()
    return any(str(b.callback_data).startswith("ex:") for row in rows for b in row)


async def _change(context: BotContext, here: Here, name: str, value: str) -> Message:
    await context.assistant.store.set_user(here.chat_id, **{name: value})
    if name == "lang":
        lang: Lang = "zh" if value == "zh" else "en"
        return Message(say(lang, "settings.language_set"))
    theme = say(here.lang, f"settings.theme_{value}")
    return Message(say(here.lang, "settings.theme_set", theme=theme))


# What is kept


async def privacy(update: Update, context: BotContext) -> None:
    """Say what is kept, how long, and how to take it away."""
    here = await context.here(update)
    await answer_button(context, update)
    await context.reply(here, privacy_message(here.lang, context.assistant.model))


async def export(update: Update, context: BotContext) -> None:
    """Send everything kept about the chat as a file."""
    here = await context.here(update)
    if not await context.may_decide(here, update):
        return
    kept = await context.assistant.store.export(here.chat_id)
    rows = sum(len(table) for table in kept.values() if isinstance(table, list))
    text = json.dumps(kept, ensure_ascii=False, indent=1)
    await context.reply(here, export_message(here.lang, text, rows))


async def forget(update: Update, context: BotContext) -> None:
    """Ask whether everything is to be deleted."""
    here = await context.here(update)
    if not await context.may_decide(here, update):
        return
    await context.reply(here, forget_message(here.lang))


async def forget_button(update: Update, context: BotContext) -> None:
    """Delete everything kept about the chat, or nothing."""
    query = update.callback_query
    here = await context.here(update)
    if not await context.may_decide(here, update, pressed=True):
        return
    await answer_button(context, update)
    if query is None or query.data != "fo:yes":
        await context.edit(here, Message(say(here.lang, "privacy.kept")))
        return
    running = context.desk.running.pop(here.key, None)
    if running is not None:
        running.cancel()
    gone = await context.assistant.store.forget(here.chat_id)
    context.assistant.reports.forget(here.chat_id)
    rows = sum(gone.values())
    await context.edit(here, Message(say(here.lang, "privacy.forgotten", rows=rows)))


# What Telegram tells about the chat


async def membership(update: Update, context: BotContext) -> None:
    """Pause what a chat that blocked or removed us would get; wake it when it lets us in again."""
    change = update.my_chat_member
    if not isinstance(change, ChatMemberUpdated):
        return
    store = context.assistant.store
    if change.new_chat_member.status in GONE:
        await store.pause(change.chat.id, "blocked")
    else:
        await store.resume(change.chat.id)


async def migrated(update: Update, context: BotContext) -> None:
    """Follow a group that became a supergroup."""
    message = update.effective_message
    if message and message.migrate_to_chat_id:
        await context.assistant.store.move_chat(message.chat.id, message.migrate_to_chat_id)
        context.assistant.reports.forget(message.chat.id)
