"""The one composer: Settings -> parts -> an assistant, or a running bot."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.assistant import NEW_YORK, Assistant, make_assistant, utc_now
from bot.delivery.doctor import beat, still
from bot.delivery.fetching import Fetching, fetching
from bot.delivery.pacing import Pace
from bot.i18n import Lang, say
from bot.log import set_up
from bot.settings import Secret, Settings

if TYPE_CHECKING:
    from telegram import Update

    from bot.delivery.clock import Clock
    from bot.delivery.inbox import Inbox
    from bot.delivery.notices import Notices
    from bot.delivery.outbox import Outbox
    from bot.delivery.pacing import LongPause
    from bot.delivery.pulse import Pulse
    from bot.delivery.registration import Registration
    from bot.delivery.sender import Sender
    from bot.delivery.watching import Watch
    from bot.handlers.application import Builder
    from bot.handlers.context import BotApplication, Desk
    from bot.render.message import Message
    from bot.sandbox.server import Sandbox
    from bot.store.alerts import Alert
    from bot.store.departures import Look
    from bot.store.store import Store
    from tools.market.measures import Reading

log = logging.getLogger(__name__)

BEAT_SECONDS = 15.0
STOP_SECONDS = 9.5
DIGEST = "digest"
NO_PACE = (1000, 1.0)  # for a Telegram that takes all


class RunError(Exception):
    """A bot that cannot run; `code` names the sentence `console.<code>`, `values` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code} {values}")
        self.code = code
        self.values = values


async def run(
    settings: Settings,
    *,
    builder: Builder | None = None,
    stop: asyncio.Event | None = None,
    lang: Lang = "en",
    pace: Pace | None = None,
    now: Callable[[], datetime] = utc_now,
    warm: bool = True,
    recorded: Path | None = None,
) -> int:
    """Run the bot until `stop` is set or SIGINT or SIGTERM comes; return the exit code.

    Without a token the sandbox is the Telegram that it talks to. `builder` may bring its own
    transport, `pace` its own haste. With a folder of `recorded` market files no feed is asked.
    Raises RunError where it cannot run, StoreError where its store cannot be used, KnowledgeError
    where its embedding cannot.
    """
    from bot.store.store import Store
    from tools.market.store import MarketShelf

    set_up(settings.secrets)
    stopping = stop or asyncio.Event()
    _stop_on_signals(stopping)
    _make_folder(settings.data_dir)
    await _check_embedding(settings)
    if settings.unknown:
        _tell(lang, "unknown_settings", names=", ".join(settings.unknown))
    async with AsyncExitStack() as stack:
        store = await Store.open(settings.database)
        stack.push_async_callback(store.close)
        live = settings.token is not None
        if not live and settings.webhook_url:
            _tell(lang, "webhook_ignored")
            settings = replace(settings, webhook_url=None)
        if not live and builder is None:
            settings = await _sandbox(settings, lang, stack)
        settings = replace(settings, feeds=settings.feeds and recorded is None)
        shelf = MarketShelf(settings.data_dir, recorded)
        if recorded is not None:
            await asyncio.to_thread(shelf)  # a folder that cannot be read is said now
        assistant = make_assistant(settings, store, now=now, shelf=shelf)
        stack.callback(assistant.close)
        fetched = fetching(settings, shelf, now) if settings.feeds else None
        if fetched is not None:
            stack.push_async_callback(fetched.stop)
            fetched.start()
        application, desk = _application(settings, assistant, builder, pace or Pace())
        if not await _meet_telegram(application, stopping):
            return 0
        stack.push_async_callback(application.shutdown)
        if live:
            _tell(lang, "live", name=application.bot.username)
        if warm:
            _warm(assistant)
        await _work(settings, application, desk, stopping, fetched=fetched, lang=lang)
    _tell(lang, "stopped")
    return 0


@dataclass(frozen=True, slots=True)
class LocalBot:
    """The bot with a Telegram of its own: what people do in `sandbox`, `attend` deals with."""

    sandbox: Sandbox
    application: BotApplication

    async def attend(self) -> None:
        """Let the handlers deal with all that people did, in the order in which they did it."""
        from telegram import Update

        waiting = self.sandbox.world.updates.waiting
        while waiting:
            update = Update.de_json(waiting.popleft(), self.application.bot)
            await self.application.process_update(update)


@asynccontextmanager
async def local_bot(
    settings: Settings, *, now: Callable[[], datetime] = utc_now, recorded: Path | None = None
) -> AsyncIterator[LocalBot]:
    """Yield the bot with a Telegram on this machine, which nobody else can reach.

    It comes beside a running bot, over the same store, and sends only what answers: digests and
    alerts are the running bot's. It asks no feed and no model. Raises as `run` does.
    """
    from bot.store.store import Store
    from tools.market.store import MarketShelf

    set_up(settings.secrets, logging.WARNING)
    _make_folder(settings.data_dir)
    await _check_embedding(settings)
    async with AsyncExitStack() as stack:
        store = await Store.open(settings.database, now, guest=True)
        stack.push_async_callback(store.close)
        sandbox = await stack.enter_async_context(_unseen_sandbox(now))
        # Messages are numbered on: those of an earlier conversation may still be known by theirs.
        sandbox.world.last_message_id = int(time.time() * 1000)
        settings = replace(_with_telegram(settings, sandbox), feeds=False, model=None)
        shelf = MarketShelf(settings.data_dir, recorded)
        await asyncio.to_thread(shelf)
        assistant = make_assistant(settings, store, now=now, shelf=shelf)
        stack.callback(assistant.close)
        application, _ = _application(settings, assistant, None, Pace(NO_PACE, NO_PACE, NO_PACE))
        await application.initialize()
        stack.push_async_callback(application.shutdown)
        embedding = asyncio.create_task(assistant.reports.work())
        stack.push_async_callback(_cut, embedding)
        yield LocalBot(sandbox, application)


async def _cut(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def _unseen_sandbox(now: Callable[[], datetime]) -> AsyncIterator[Sandbox]:
    """Start a sandbox at any free port, whose clock is the conversation's."""
    from bot.sandbox.server import Sandbox

    sandbox = Sandbox(clock=lambda: now().timestamp())
    await sandbox.start()
    try:
        yield sandbox
    finally:
        await sandbox.stop()


def _tell(lang: Lang, key: str, **values: object) -> None:
    """Say on stdout how far we are; a log line would be lost among others."""
    sys.stdout.write(f"{say(lang, f'console.{key}', **values)}\n")
    sys.stdout.flush()


def _stop_on_signals(stopping: asyncio.Event) -> None:
    """Stop cleanly at the first SIGINT or SIGTERM, at once at the second."""
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        if stopping.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        # Not everywhere (Windows), nor outside the main thread (tests).
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop, number)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError("data_not_writable", path=path) from error


async def _check_embedding(settings: Settings) -> None:
    """Raise KnowledgeError for an embedding that cannot be had: now, not at each question."""
    if settings.embedding:
        from knowledge.embedding import load_embedder

        await asyncio.to_thread(load_embedder, settings.embedding)


async def _sandbox(settings: Settings, lang: Lang, stack: AsyncExitStack) -> Settings:
    """Start the sandbox; return the settings that make it our Telegram."""
    from bot.sandbox.server import Sandbox

    sandbox = Sandbox()
    try:
        page = await sandbox.start(settings.sandbox_port)
    except OSError as error:
        raise RunError("port_taken", port=settings.sandbox_port) from error
    stack.push_async_callback(sandbox.stop)
    _tell(lang, "sandbox_open", url=page)
    return _with_telegram(settings, sandbox)


def _with_telegram(settings: Settings, sandbox: Sandbox) -> Settings:
    """Return the settings that make a sandbox our Telegram."""
    return replace(
        settings,
        token=Secret(sandbox.token),
        api_base_url=sandbox.api_base_url,
        api_file_url=sandbox.file_url,
    )


def _application(
    settings: Settings, assistant: Assistant, builder: Builder | None, pace: Pace
) -> tuple[BotApplication, Desk]:
    from bot.handlers.application import build
    from bot.handlers.context import Desk

    desk = Desk(
        assistant,
        pace,
        admins=settings.admins,
        model_chats=settings.may_use_model if settings.model else (),
        feeds=settings.feeds,
    )
    return build(settings, desk, builder), desk


async def _meet_telegram(application: BotApplication, stopping: asyncio.Event) -> bool:
    """Make ourselves known; return False where we were told to stop before that was possible."""
    from telegram.error import InvalidToken, TelegramError

    from bot.delivery.again import again

    async def meet() -> bool:
        try:
            await application.initialize()
        except TelegramError:
            await application.bot.shutdown()
            raise
        return True

    try:
        return bool(await again(stopping, meet, _telegram_is_back))
    except InvalidToken as error:
        raise RunError("bad_token") from error


def _telegram_is_back(error: Exception, tries: int) -> float | None:
    """Wait while Telegram is away; what it refused would be refused again."""
    from bot.delivery.again import backoff
    from bot.delivery.errors import Meaning, classify

    verdict = classify(error)
    if verdict.meaning not in {Meaning.LATER, Meaning.UNSENT, Meaning.UNCERTAIN}:
        return None
    log.warning("Telegram cannot be reached, trying again: %s", error)
    return max(verdict.wait_seconds, backoff(tries, first=1.0))


async def _say_how_we_receive(registration: Registration, stopping: asyncio.Event) -> None:
    """Set the webhook, or take one away; RunError where Telegram does not take it."""
    from telegram.error import TelegramError

    from bot.delivery.again import again

    try:
        await again(stopping, registration.tell, _telegram_is_back)
    except TelegramError as error:
        if registration.url:
            raise RunError("webhook_refused", url=registration.url, reason=error) from error
        # Polling goes on: where a webhook is set, it says so itself.
        log.warning("a webhook that may be set could not be taken away: %s", error)


async def _webhook(
    settings: Settings, inbox: Inbox, pulse: Pulse, lang: Lang, stack: AsyncExitStack
) -> None:
    """Take updates at the webhook's address, where one is set."""
    from bot.delivery.webhook import Webhook

    if settings.webhook_url is None:
        return
    webhook = Webhook(settings.webhook_secret or "", inbox.accept, pulse.doubt, pulse.figures)
    where: dict[str, Any] = {"host": settings.webhook_host, "port": settings.webhook_port}
    try:
        await webhook.start(**where, path=settings.webhook_path)
    except OSError as error:
        reason = error.strerror or error
        raise RunError("webhook_port_taken", **where, reason=reason) from error
    stack.push_async_callback(webhook.stop)
    _tell(lang, "webhook_open", url=settings.webhook_url, **{**where, "port": webhook.port})


async def _work(
    settings: Settings,
    application: BotApplication,
    desk: Desk,
    stopping: asyncio.Event,
    *,
    fetched: Fetching | None,
    lang: Lang,
) -> None:
    """Receive, answer, send and tick until told to stop; raise what ends any of these early."""
    from bot.delivery.clock import Clock
    from bot.delivery.inbox import Inbox, new_owner
    from bot.delivery.outbox import Outbox
    from bot.delivery.passing import Passing
    from bot.delivery.pulse import Pulse
    from bot.delivery.registration import Registration
    from bot.delivery.sender import Sender
    from bot.handlers import trouble
    from bot.handlers.application import ALLOWED_UPDATES, is_cancel
    from bot.handlers.menu import set_menus

    store, bot = desk.assistant.store, application.bot

    async def apologise(update: Update, reference: str) -> None:
        await trouble.apologise(bot, desk, update, reference)

    passing = Passing(bot, application.process_update)
    inbox = Inbox(
        store,
        bot,
        application.process_update,
        bypass=is_cancel,
        passing=passing.take,
        on_dead=apologise,
        pace=desk.pace,
        allowed_updates=ALLOWED_UPDATES,
    )
    desk.stop_elsewhere = inbox.stop_work
    outbox = Outbox(store, {DIGEST: composer(desk.assistant, fetched)}, owner=new_owner())
    sender = Sender(store, bot, outbox, pace=desk.pace, paid_rate=settings.paid_rate)
    watch = watcher(outbox, desk.assistant, settings.admins)

    notices = noticer(store, outbox, desk.pace, lambda: inbox.given_up, settings.admins)

    async def tick() -> None:
        await outbox.tick()
        await watch.tick(desk.assistant.now())
        await notices.tick()

    clock = Clock(tick)
    pulse = Pulse(store, desk.pace, lambda: clock.last_success)
    async with AsyncExitStack() as stack:
        await _webhook(settings, inbox, pulse, lang, stack)
        url, secret = settings.webhook_url or "", settings.webhook_secret or ""
        registration = Registration(bot, url, secret, ALLOWED_UPDATES)
        await _say_how_we_receive(registration, stopping)
        clock.start()
        # These have nothing to finish.
        endless = [_heartbeat(settings.data_dir), desk.assistant.reports.work()]
        if url:
            endless.append(registration.watch())
        menus = asyncio.create_task(set_menus(bot, desk.niceties))
        stack.push_async_callback(passing.stop)
        await _until_told(inbox, sender, clock, stopping, endless, menus=menus, poll=not url)


async def _until_told(
    inbox: Inbox,
    sender: Sender,
    clock: Clock,
    stopping: asyncio.Event,
    endless: Sequence[Coroutine[Any, Any, object]],
    *,
    menus: asyncio.Task[Any],
    poll: bool,
) -> None:
    """Let all work until told to stop or one ends; take nothing new, finish, then cut the rest."""
    from bot.delivery.inbox import TokenRefusedError

    cut = [asyncio.create_task(work) for work in endless]
    tasks = [asyncio.create_task(inbox.run(poll=poll)), asyncio.create_task(sender.run()), *cut]
    waiting = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({*tasks, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.set()
        await clock.stop()
        await asyncio.gather(inbox.stop(), sender.stop())
        for task in (menus, waiting, *cut):
            task.cancel()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, menus, waiting, return_exceptions=True)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()):
            if isinstance(error, TokenRefusedError):
                raise RunError("bad_token") from error
            raise error


def _warm(assistant: Assistant) -> None:
    """Load what the first question would wait for, while the bot already answers."""

    def work() -> None:
        try:
            assistant.warm()
        except Exception:
            log.exception("warming up failed; it will be tried at the first question")

    # A daemon: a bot that is told to stop does not wait for a model to be loaded.
    threading.Thread(target=work, name="warm", daemon=True).start()


async def _heartbeat(data_dir: Path) -> None:
    """Say every few seconds that the event loop is alive; `basisbot healthcheck` reads it."""
    try:
        while True:
            try:
                beat(data_dir, time.time())
            except OSError as error:
                log.warning("the heartbeat could not be written: %s", error)
            await asyncio.sleep(BEAT_SECONDS)
    finally:
        still(data_dir)


def _spoken(lang: str) -> Lang:
    """Return the language that we speak for what a chat or Telegram calls it."""
    return "zh" if lang.startswith("zh") else "en"


def watcher(outbox: Outbox, assistant: Assistant, operators: Sequence[int] = ()) -> Watch:
    """Return what looks at new data: alerts that are crossed, a report that was late or is lost."""
    from bot.delivery.watching import Watch
    from bot.render.alerts import crossed_message
    from bot.render.digest.messages import addendum_message, silence_message

    async def addendum(_report: date, lang: str, _theme: str) -> Sequence[Message]:
        def work() -> Message:
            return addendum_message(assistant.digest(None), _spoken(lang))

        return [await asyncio.to_thread(work)]

    def crossed(alert: Alert, reading: Reading) -> Sequence[Message]:
        return [crossed_message(_spoken(alert.lang), alert, reading)]

    def silent(lang: str, newest: date) -> Message:
        return silence_message(_spoken(lang), newest)

    market = assistant.load_market
    return Watch(outbox, assistant.store, market, crossed, addendum, silent, operators)


def noticer(
    store: Store,
    outbox: Outbox,
    pace: Pace,
    given_up: Callable[[], int],
    operators: Sequence[int] = (),
) -> Notices:
    """Return what tells the operators of long pauses and of updates that were given up."""
    from bot.delivery.notices import Notices
    from bot.render.operator import lost_message, paused_message

    def paused(lang: str, pause: LongPause) -> Message:
        return paused_message(_spoken(lang), pause.seconds, pause.reason)

    def lost(lang: str, count: int) -> Message:
        return lost_message(_spoken(lang), count)

    return Notices(store, outbox, pace, given_up, paused, lost, operators)


Compose = Callable[[str, datetime, "Look"], Awaitable[Sequence["Message"]]]


def composer(assistant: Assistant, fetched: Fetching | None = None) -> Compose:
    """Return what renders the digest for all who get the same: at a moment, in a language.

    It waits a while for a fetch that is due, as after a start on a Saturday morning.
    """

    async def compose(_period: str, due: datetime, look: Look) -> Sequence[Message]:
        from bot.render.digest.messages import digest_messages

        def work() -> Sequence[Message]:
            found = assistant.digest(due.astimezone(NEW_YORK).date())
            return digest_messages(found, _spoken(look.lang), look.theme, look.left_out)

        if fetched is not None:
            await fetched.settled()
        return await asyncio.to_thread(work)

    return compose
