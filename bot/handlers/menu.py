"""The menus and profile texts of the bot, in both languages; none of it is needed to work."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from bot.delivery.send import Niceties
from bot.i18n import Lang, say
from bot.render.chat import COMMANDS, GROUP_ADMIN_COMMANDS, GROUP_COMMANDS

# Telegram's language codes: "" is everybody whose language has no menu of its own.
LANGUAGES: tuple[tuple[str, Lang], ...] = (("", "en"), ("zh", "zh"))


def scopes() -> tuple[tuple[BotCommandScope, Sequence[str]], ...]:
    """Return each scope with the commands of its menu."""
    return (
        (BotCommandScopeDefault(), COMMANDS),
        (BotCommandScopeAllPrivateChats(), COMMANDS),
        (BotCommandScopeAllGroupChats(), GROUP_COMMANDS),
        (BotCommandScopeAllChatAdministrators(), GROUP_ADMIN_COMMANDS),
    )


async def set_menus(bot: Bot, niceties: Niceties) -> None:
    """Set menus and texts; what this server does not know is logged and left out."""
    for code, lang in LANGUAGES:
        language = {"language_code": code} if code else {}
        for scope, names in scopes():
            commands = [BotCommand(name, say(lang, f"command.{name}")) for name in names]
            await niceties(bot.set_my_commands, commands, scope=scope, **language)
        await niceties(bot.set_my_description, say(lang, "chat.description"), **language)
        short = say(lang, "chat.short_description")
        await niceties(bot.set_my_short_description, short, **language)
