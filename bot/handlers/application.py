"""Parts -> a python-telegram-bot application: which handler takes which update, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Bot, Message, Update
from telegram.ext import (
    Application,
    ApplicationBuilder,
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.delivery.errors import is_passing
from bot.delivery.pools import Pools
from bot.desk.commands import ANSWERS
from bot.handlers import (
    alerting,
    asking,
    checking,
    desk,
    guarding,
    inline,
    person,
    plain,
    standing,
    subscribing,
    trouble,
    uploading,
    weekly,
)
from bot.handlers.context import (
    BotApplication,
    BotContext,
    Desk,
    answer_button,
    context_type,
)
from bot.i18n import say
from bot.render.chat import TOPICS
from bot.settings import Settings

COMMANDS = {
    "start": person.start,
    "help": person.help_,
    "ask": asking.ask,
    "b": desk.handler("basis"),
    **{name: desk.handler(name) for name in ANSWERS},
    "position": desk.position,
    "positions": weekly.positions,
    "market": weekly.market,
    "chart": weekly.chart,
    "digest": weekly.digest,
    "subscribe": subscribing.subscribe,
    "alert": alerting.alert,
    "alerts": alerting.alert,
    "unsubscribe": subscribing.unsubscribe,
    "stop": subscribing.stop,
    "factcheck": checking.factcheck,
    "sources": person.sources,
    "drop": uploading.drop,
    "label": uploading.label,
    "settings": person.settings,
    "status": standing.status,
    "privacy": person.privacy,
    "export": person.export,
    "forget": person.forget,
    "cancel": asking.cancel,
}
# What no button of ours carries is no button of ours.
BUTTONS = {
    r"^k:": desk.button,
    r"^w:[^:]+:\d+:": desk.form_button,
    r"^wn:": desk.form_opener,
    r"^ex:": desk.example_button,
    r"^fc:": desk.form_cancel,
    r"^q:[^:]*:": asking.question_button,
    r"^fk:": checking.button,
    r"^dg:": weekly.digest_button,
    r"^su:": subscribing.subscribe_button,
    r"^al:": alerting.button,
    r"^se:(?:lang|theme):": person.settings_button,
    rf"^he:(?:{'|'.join(TOPICS)})?$": person.help_button,
    r"^pr:": person.privacy,
    r"^fo:": person.forget_button,
    r"^rd:\d{1,18}$": uploading.drop_button,
    r"^r[pt]:\d{1,18}:": uploading.name_button,
}
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "inline_query", "my_chat_member")
NEW = filters.UpdateType.MESSAGE
# In a private chat words that were changed are read again: who mends a slip waits for an answer.
WRITTEN = NEW | (filters.UpdateType.EDITED_MESSAGE & filters.ChatType.PRIVATE)


# Loose by need: python-telegram-bot types a builder by each of its six parts.
Builder = ApplicationBuilder[Any, Any, Any, Any, Any, Any]
Handler = BaseHandler[Any, BotContext, None]


class Durable(Application[Any, Any, Any, Any, Any, Any]):
    """An application whose caller learns that Telegram or the database was away.

    All other errors go to the error handler, after which the update counts as dealt with; so do
    the library's own applications with every error.
    """

    async def process_error(
        self,
        update: object,
        error: Exception,
        job: Any = None,  # noqa: ANN401 - as in the library
        coroutine: Any = None,  # noqa: ANN401 - as in the library
    ) -> bool:
        """Raise what ends by waiting: the inbox keeps the update for later.

        So is raised that the word about an error of ours could not be said.
        """
        if is_passing(error):
            raise error
        trouble.UNSAID.set(None)
        handled = await super().process_error(update, error, job, coroutine)
        if (away := trouble.UNSAID.get()) is not None:
            raise away
        return handled


class ForUs(filters.MessageFilter):
    """Lets a group's message through that mentions us or replies to us."""

    def __init__(self, bot: Bot) -> None:
        super().__init__(name="for us")
        self._bot = bot

    def filter(self, message: Message) -> bool:
        """Tell whether the message is meant for us."""
        return asking.is_for_us(message, self._bot.username)


class CommandForUs(filters.MessageFilter):
    """Lets a command through that names us; in a private chat every command does.

    Telegram hands a bot in privacy mode a bare command only where it was meant for it, so the
    commands that we know need no name; one that we do not know may be another bot's.
    """

    def __init__(self, bot: Bot) -> None:
        super().__init__(name="command for us")
        self._bot = bot

    def filter(self, message: Message) -> bool:
        """Tell whether the command is meant for us, also where we do not know it."""
        _, _, name = (message.text or "").split(maxsplit=1)[0].partition("@")
        if message.chat.type == message.chat.PRIVATE:
            return True
        return name.lower() == self._bot.username.lower()


def build(settings: Settings, desk: Desk, builder: Builder | None = None) -> BotApplication:
    """Return the application; `builder` may bring its own transport.

    It has no updater: updates come from the durable inbox, one after the other in each chat.
    """
    made = (builder or _builder(settings)).application_class(Durable)
    made = made.updater(None).context_types(ContextTypes(context=context_type(desk)))
    application: BotApplication = made.job_queue(None).build()
    application.add_handler(TypeHandler(Update, guarding.check), group=-1)
    application.add_handlers(handlers(application.bot))
    application.add_error_handler(trouble.failed)
    return application


def _builder(settings: Settings) -> Builder:
    return (
        ApplicationBuilder()
        .token(settings.token or "")
        .base_url(settings.api_base_url)
        .base_file_url(settings.api_file_url)
        # One connection for each update at work, and some for typing, digests and menus.
        .request(Pools(64 if settings.paid_rate else 24, pool_timeout=30))
    )


def handlers(bot: Bot) -> list[Handler]:
    """Return the handlers of one group, in the order in which they are asked."""
    commands: list[Handler] = [
        CommandHandler(name, do, filters=WRITTEN) for name, do in COMMANDS.items()
    ]
    buttons: list[Handler] = [CallbackQueryHandler(do, pattern) for pattern, do in BUTTONS.items()]
    private, group = filters.ChatType.PRIVATE, filters.ChatType.GROUPS
    words = filters.TEXT & ~filters.COMMAND & WRITTEN
    return [
        InlineQueryHandler(inline.answer),
        # Before all that reads messages: what we sent by somebody's hand asks us nothing.
        MessageHandler(inline.SentByUs(bot), inline.leave),
        *commands,
        # After all commands: what begins with "/" and is none of them.
        MessageHandler(filters.COMMAND & WRITTEN & CommandForUs(bot), trouble.unknown_command),
        *buttons,
        # After all buttons: one that an older version of us sent.
        CallbackQueryHandler(_old_button),
        ChatMemberHandler(person.membership, ChatMemberHandler.MY_CHAT_MEMBER),
        MessageHandler(filters.StatusUpdate.MIGRATE, person.migrated),
        MessageHandler(words & (private | group & ForUs(bot)), plain.words),
        MessageHandler(
            filters.Document.FileExtension("csv") & NEW & (private | group & desk.BasketForUs(bot)),
            desk.basket_file,
        ),
        MessageHandler(
            filters.Document.ALL & NEW & (private | group & uploading.CaptionForUs(bot)),
            uploading.document,
        ),
        # Last: a private message that is no text.
        MessageHandler(private & NEW & ~filters.TEXT & ~filters.StatusUpdate.ALL, asking.not_text),
    ]


async def _old_button(update: Update, context: BotContext) -> None:
    here = await context.here(update)
    await answer_button(context, update, say(here.lang, "chat.button_old"))


def is_cancel(raw: Mapping[str, Any]) -> bool:
    """Tell whether an update, as it came, is /cancel: it does not wait for what it is to stop."""
    message = raw.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    word = text.split(maxsplit=1) if isinstance(text, str) else []
    return bool(word) and word[0].partition("@")[0].lower() == "/cancel"
