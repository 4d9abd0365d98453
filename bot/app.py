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
    from tools.market.store import MarketShelf

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
    set_up(settings.secrets)
    stopping = stop or asyncio.Event()
    _stop_on_signals(stopping)
    _make_folder(settings.data_dir)
    await _check_embedding(settings)
    if settings.unknown:
        _tell(lang, "unknown_settings", names=", ".join(settings.unknown))
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(_open_store(settings))
        live = settings.token is not None
        if not live and settings.webhook_url:
            _tell(lang, "webhook_ignored")
            settings = replace(settings, webhook_url=None)
        if not live and builder is None:
            settings = await stack.enter_async_context(_sandbox(settings, lang))
        settings = replace(settings, feeds=settings.feeds and recorded is None)
        shelf = _shelf(settings, recorded)
        if recorded is not None:
            await asyncio.to_thread(shelf)  # a folder that cannot be read is said now
        assistant = make_assistant(settings, store, now=now, shelf=shelf)
        stack.callback(assistant.close)
        fetched = _fetching(settings, shelf, now, stack)
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
    set_up(settings.secrets, logging.WARNING)
    _make_folder(settings.data_dir)
    await _check_embedding(settings)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(_open_store(settings, now, guest=True))
        sandbox = await stack.enter_async_context(_unseen_sandbox(now))
        # Messages are numbered on: those of an earlier conversation may still be known by theirs.
        sandbox.world.last_message_id = int(time.time() * 1000)
        settings = replace(_with_telegram(settings, sandbox), feeds=False, model=None)
        shelf = _shelf(settings, recorded)
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


@asynccontextmanager
async def _open_store(
    settings: Settings, now: Callable[[], datetime] | None = None, *, guest: bool = False
) -> AsyncIterator[Store]:
    from bot.store.store import Store

    store = await Store.open(settings.database, now, guest=guest)
    try:
        yield store
    finally:
        await store.close()


def _shelf(settings: Settings, recorded: Path | None) -> MarketShelf:
    from tools.market.store import MarketShelf

    return MarketShelf(settings.data_dir, recorded)


def _fetching(
    settings: Settings, shelf: MarketShelf, now: Callable[[], datetime], stack: AsyncExitStack
) -> Fetching | None:
    """Start to fetch in the background, unless the operator wants no feeds."""
    if not settings.feeds:
        return None
    made = fetching(settings, shelf, now)
    stack.push_async_callback(made.stop)
    made.start()
    return made


@asynccontextmanager
async def _sandbox(settings: Settings, lang: Lang) -> AsyncIterator[Settings]:
    """Start the sandbox and yield the settings that make it our Telegram."""
    from bot.sandbox.server import Sandbox

    sandbox = Sandbox()
    try:
        page = await sandbox.start(settings.sandbox_port)
    except OSError as error:
        raise RunError("port_taken", port=settings.sandbox_port) from error
    _tell(lang, "sandbox_open", url=page)
    try:
        yield _with_telegram(settings, sandbox)
    finally:
        await sandbox.stop()


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

    async def meet() -> None:
        try:
            await application.initialize()
        except TelegramError:
            await application.bot.shutdown()
            raise

    try:
        return await _until_reached(meet, stopping)
    except InvalidToken as error:
        raise RunError("bad_token") from error


async def _until_reached(call: Callable[[], Awaitable[object]], stopping: asyncio.Event) -> bool:
    """Make a call of Telegram until it gets through; False where we were told to stop before."""
    from telegram.error import BadRequest, NetworkError, RetryAfter

    from bot.delivery.errors import classify
    from bot.delivery.pacing import backoff

    tries = 0
    while not stopping.is_set():
        try:
            await call()
        except BadRequest:  # a NetworkError to python-telegram-bot, yet it would be refused again
            raise
        except (NetworkError, RetryAfter) as error:
            tries += 1
            log.warning("Telegram cannot be reached, trying again: %s", error)
            wait = max(classify(error).wait_seconds, backoff(tries, first=1.0))
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), wait)
        else:
            return True
    return False


async def _say_how_we_receive(registration: Registration, stopping: asyncio.Event) -> None:
    """Set the webhook, or take one away; RunError where Telegram does not take it."""
    from telegram.error import TelegramError

    try:
        await _until_reached(registration.tell, stopping)
    except TelegramError as error:
        if registration.url:
            raise RunError("webhook_refused", url=registration.url, reason=error) from error
        # Polling goes on: where a webhook is set, it says so itself.
        log.warning("a webhook that may be set could not be taken away: %s", error)


@asynccontextmanager
async def _webhook(
    settings: Settings, inbox: Inbox, pulse: Pulse, lang: Lang
) -> AsyncIterator[None]:
    """Take updates at the webhook's address, where one is set."""
    if settings.webhook_url is None:
        yield
        return
    from bot.delivery.webhook import Webhook

    webhook = Webhook(settings.webhook_secret or "", inbox.accept, pulse.doubt, pulse.figures)
    host, port = settings.webhook_host, settings.webhook_port
    try:
        await webhook.start(host, port, settings.webhook_path)
    except OSError as error:
        raise RunError(
            "webhook_port_taken", host=host, port=port, reason=error.strerror or error
        ) from error
    _tell(lang, "webhook_open", url=settings.webhook_url, host=host, port=webhook.port)
    try:
        yield
    finally:
        await webhook.stop()


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
    async with _webhook(settings, inbox, pulse, lang):
        url, secret = settings.webhook_url or "", settings.webhook_secret or ""
        registration = Registration(bot, url, secret, ALLOWED_UPDATES)
        await _say_how_we_receive(registration, stopping)
        clock.start()
        endless = [_heartbeat(settings.data_dir), desk.assistant.reports.work()]
        if url:
            endless.append(registration.watch())
        menus = set_menus(bot, desk.niceties)
        try:
            await _until_told(inbox, sender, clock, stopping, endless, menus=menus, poll=not url)
        finally:
            await passing.stop()


async def _until_told(
    inbox: Inbox,
    sender: Sender,
    clock: Clock,
    stopping: asyncio.Event,
    endless: Sequence[Coroutine[Any, Any, object]],
    *,
    menus: Coroutine[Any, Any, object],
    poll: bool,
) -> None:
    """Let the parts work until told to stop; `endless` ones have nothing to finish and are cut."""
    from bot.delivery.inbox import TokenRefusedError

    cut = [asyncio.create_task(work) for work in endless]
    tasks = [asyncio.create_task(inbox.run(poll=poll)), asyncio.create_task(sender.run()), *cut]
    setting_menus = asyncio.create_task(menus)
    waiting = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({*tasks, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.set()
        await _wind_down(inbox, sender, clock, tasks, [setting_menus, waiting, *cut])
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


async def _wind_down(
    inbox: Inbox,
    sender: Sender,
    clock: Clock,
    tasks: Sequence[asyncio.Task[Any]],
    others: Sequence[asyncio.Task[Any]],
) -> None:
    """Take nothing new, finish what is in flight, then cut what is left."""
    await clock.stop()
    await asyncio.gather(inbox.stop(), sender.stop())
    for task in others:
        task.cancel()
    await asyncio.wait(tasks, timeout=STOP_SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, *others, return_exceptions=True)


def watcher(outbox: Outbox, assistant: Assistant, operators: Sequence[int] = ()) -> Watch:
    """Return what looks at new data: alerts that are crossed, a report that was late or is lost."""
    from bot.delivery.watching import Watch
    from bot.render.alerts import crossed_message
    from bot.render.digest.messages import addendum_message, silence_message

    async def addendum(_report: date, lang: str, _theme: str) -> Sequence[Message]:
        def work() -> Message:
            return addendum_message(assistant.digest(None), "zh" if lang == "zh" else "en")

        return [await asyncio.to_thread(work)]

    def crossed(alert: Alert, reading: Reading) -> Sequence[Message]:
        return [crossed_message("zh" if alert.lang == "zh" else "en", alert, reading)]

    def silent(lang: str, newest: date) -> Message:
        return silence_message("zh" if lang.startswith("zh") else "en", newest)

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
        spoken: Lang = "zh" if lang.startswith("zh") else "en"
        return paused_message(spoken, pause.seconds, pause.reason)

    def lost(lang: str, count: int) -> Message:
        return lost_message("zh" if lang.startswith("zh") else "en", count)

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
            lang: Lang = "zh" if look.lang == "zh" else "en"
            return digest_messages(found, lang, look.theme, look.left_out)

        if fetched is not None:
            await fetched.settled()
        return await asyncio.to_thread(work)

    return compose
