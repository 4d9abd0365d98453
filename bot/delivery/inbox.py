"""Updates from Telegram -> processed, each at least once, also when the process is killed.

An update is stored before Telegram is told that we have it, and done only after its processing
ended. Telegram gives an update again until it is confirmed; the store knows it by its id.
While Telegram or the database is away an update waits, as long as an answer is of use.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from telegram import Bot, Update
from telegram.error import TelegramError

from bot.delivery.again import again, backoff, insist
from bot.delivery.errors import Meaning, classify, is_passing
from bot.delivery.pacing import Pace
from bot.delivery.send import SENT, Sent, reached
from bot.log import outline
from bot.store.arrivals import MAX_ATTEMPTS, Arrival, Arrivals, Claimed
from bot.store.database import is_outage, no_step
from bot.store.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")
Process = Callable[[Update], Awaitable[object]]

WORKERS = 8
URGENT_EXTRA = 4  # /cancel finds a worker when all the others answer questions
LEASE = timedelta(seconds=15)
POLL_SECONDS = 30
LOOK_SECONDS = 1.0
# How long an update waits for what is away: as long as Telegram itself keeps those for us.
USEFUL = timedelta(hours=24)
# Tries of one update that fail as if Telegram were away while it takes others.
ALONE = 8
AGAIN_FIRST, AGAIN_MOST = 2.0, 60.0  # seconds before an update is tried again
REMEMBERED = 256  # updates whose setbacks are known
UNSURE_MOST = 900.0  # the same where each try may arrive: fewer copies
BATCH = 100
BOUND = 10_000
STOP_SECONDS = 8.0
# Others may be answered only by waiting: a chat that blocked us, a request that is wrong.
HOPELESS = {Meaning.BLOCKED, Meaning.GONE}


class TokenRefusedError(Exception):
    """Telegram does not (or no longer) accept the token: nothing can be received or sent."""


class InboxFullError(Exception):
    """More waits than we can deal with: the webhook answers 503 and Telegram comes again."""


def new_owner() -> str:
    """Return a name for this process that no other has, now or later."""
    return f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


def chat_of(raw: dict[str, Any]) -> int | None:
    """Return the chat whose updates must be dealt with in order; None for inline questions."""
    for kind, body in raw.items():
        if kind == "update_id" or not isinstance(body, dict):
            continue
        message = body.get("message") if kind == "callback_query" else body
        chat = message.get("chat") if isinstance(message, dict) else None
        if isinstance(chat, dict) and isinstance(chat.get("id"), int):
            return int(chat["id"])
    return None


def topic_of(raw: Mapping[str, Any]) -> int | None:
    """Return the topic of a group that an update was written in."""
    for kind in ("message", "edited_message", "callback_query"):
        body = raw.get(kind)
        message = body.get("message") if kind == "callback_query" and body else body
        if isinstance(message, dict) and message.get("is_topic_message"):
            return message.get("message_thread_id")
    return None


def _fits(number: object) -> bool:
    """Tell whether a number can be stored; Telegram's have 52 bits at most."""
    return isinstance(number, int) and not isinstance(number, bool) and abs(number) < 2**63


def _written(raw: Mapping[str, Any]) -> str:
    """Return an update as JSON that any database can hold: half a surrogate pair is escaped."""
    body = json.dumps(raw, ensure_ascii=False, separators=(",", ":"))
    return body if body.isascii() or _is_whole(body) else json.dumps(raw, separators=(",", ":"))


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass(slots=True)
class _Setbacks:
    """How often an update met something that was away, how often alone, and what got through."""

    tries: int = 0
    alone: int = 0
    passes: int = 0
    sent: Sent = field(default_factory=Sent)


class Inbox:
    """One bot's way in: `run()` until `stop()`.

    `process` deals with one update and returns when that is finished; what it raises is tried
    again, three times in all, then `on_dead(update, reference)` may apologise. What it raises
    because Telegram or the database is away counts for nothing: the update waits, up to a day.
    `pace` knows whether Telegram is there; while it is not, nothing is taken up. Updates for which
    `bypass` is true, as they came, do not wait for their chat (/cancel); those that `passing` takes
    are never stored. `allowed_updates` as in the Bot API.
    """

    def __init__(
        self,
        store: Store,
        bot: Bot,
        process: Process,
        *,
        bypass: Callable[[Mapping[str, Any]], bool] = lambda _raw: False,
        passing: Callable[[Mapping[str, Any]], bool] = lambda _raw: False,
        on_dead: Callable[[Update, str], Awaitable[object]] | None = None,
        allowed_updates: Sequence[str] | None = None,
        pace: Pace | None = None,
        workers: int = WORKERS,
        lease: timedelta = LEASE,
        bound: int = BOUND,
        poll_seconds: int = POLL_SECONDS,
        again_first: float = AGAIN_FIRST,
        useful: timedelta = USEFUL,
        step: Callable[[str], None] = no_step,
    ) -> None:
        self._store, self._bot, self._process = store, bot, process
        self._bypass, self._passing, self._on_dead = bypass, passing, on_dead
        self._allowed = list(allowed_updates or [])
        self._workers, self._lease, self._bound = workers, lease, bound
        self._poll_seconds = poll_seconds
        self._again_first, self._useful = again_first, useful
        self._pace = pace or Pace()
        self._setbacks: dict[int, _Setbacks] = {}
        self._next_trial = 0.0
        self.given_up = 0
        self._step = step
        self._running: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._rows: Arrivals | None = None

    @property
    def rows(self) -> Arrivals:
        """Return the stored updates; the bot must be initialised, for its id."""
        if self._rows is None:
            self._rows = Arrivals(self._store.database, self._bot.id, new_owner(), self._lease)
        return self._rows

    async def run(self, *, poll: bool = True) -> None:
        """Receive (by polling; else by `accept` from a webhook) and process until stopped.

        Raises TokenRefusedError when Telegram refuses the token; what is stored stays stored.
        """
        await self._recover(alone=self._store.alone)
        receiving = asyncio.create_task(self._receive_until_stopped(poll=poll), name="inbox")
        helpers = [
            asyncio.create_task(self._dispatch(), name="inbox dispatcher"),
            asyncio.create_task(self._keep_alive(), name="inbox heartbeat"),
        ]
        try:
            ended, _ = await asyncio.wait(
                {receiving, *helpers}, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            self._stopping.set()
            await self._drain([receiving, *helpers])
        for task in ended:
            task.result()  # a refused token, or a defect: either is for our caller

    async def _receive_until_stopped(self, *, poll: bool) -> None:
        await (self._poll() if poll else self._stopping.wait())

    async def stop(self) -> None:
        """Ask `run` to end: it takes nothing new, finishes what it can and gives back the rest."""
        self._stopping.set()
        self._wake.set()

    async def accept(self, updates: Iterable[dict[str, Any]]) -> None:
        """Store updates as Telegram sent them; when this returns they may be confirmed."""
        if await self.rows.depth() >= self._bound:
            raise InboxFullError
        lasting = [raw for raw in updates if not self._passing(raw)]
        arrivals = [a for raw in lasting if (a := self._arrival(raw)) is not None]
        if arrivals:
            await self.rows.keep(arrivals)
            self._wake.set()

    async def stop_work(self, chat_id: int, thread_id: int | None) -> bool:
        """Stop what any process does for a topic of a chat; tell whether there was something.

        Another process notices when it next renews its lease. Alone on a file there is none: what
        runs is known to whoever runs it.
        """
        if self._store.alone:
            return False
        gone = await self.rows.take_away(
            chat_id, lambda body: topic_of(json.loads(body)) == thread_id
        )
        for seq in gone:
            if seq in self._running:
                self._running[seq].cancel()
        return bool(gone)

    @property
    def _shut(self) -> bool:
        """Tell whether nothing is to be taken up, since it could not be answered."""
        return self._pace.doubtful or self._pace.ahead() > 0

    def _start(self, claimed: Iterable[Claimed]) -> None:
        for row in claimed:
            task = asyncio.create_task(self._work(row), name=f"update {row.update_id}")
            self._running[row.seq] = task

    def _arrival(self, raw: dict[str, Any]) -> Arrival | None:
        update_id, chat_id = raw.get("update_id"), chat_of(raw)
        if not _fits(update_id) or not (chat_id is None or _fits(chat_id)):
            log.error("an update without a usable id is dropped; it has %d fields", len(raw))
            return None
        return Arrival(int(update_id or 0), chat_id, _written(raw), self._bypass(raw))

    # Receiving

    async def _poll(self) -> None:
        offset: int | None = None
        while True:
            raw = await again(self._stopping, partial(self._store_next, offset), self._trouble)
            if raw is None:
                return
            # After an empty answer all is confirmed. The next id may be lower than the last
            # (Telegram picks one at random after an idle week), so no offset is remembered.
            offset = raw[-1]["update_id"] + 1 if raw else None

    async def _store_next(self, offset: int | None) -> list[dict[str, Any]] | None:
        raw = await self._or_stop(self._receive(offset))
        await self.accept(raw or [])
        return raw

    async def _receive(self, offset: int | None) -> list[dict[str, Any]]:
        """Return the next updates as they came.

        `Bot.get_updates` fails as a whole when one update cannot be read, so that one would be
        given again for ever; the raw answer lets each be judged alone.
        """
        found = await self._bot._post(
            "getUpdates",
            {
                "timeout": self._poll_seconds,
                "limit": BATCH,
                "offset": offset,
                "allowed_updates": self._allowed,
            },
            read_timeout=self._poll_seconds + 10,
        )
        return [raw for raw in found if isinstance(raw, dict)] if isinstance(found, list) else []

    def _trouble(self, error: Exception, failures: int) -> float:
        """Say what is wrong with receiving; return the seconds to wait before trying again."""
        if isinstance(error, InboxFullError):
            return 0.5
        if is_outage(error):
            log.warning("the database is away; updates stay with Telegram: %s", error)
            return backoff(failures, first=0.2, most=5.0)
        if not isinstance(error, TelegramError):
            raise error
        verdict = classify(error)
        if verdict.meaning is Meaning.TOKEN:
            log.error("Telegram refuses the token (TELEGRAM_BOT_TOKEN): %s", error)
            raise TokenRefusedError(str(error)) from error
        if verdict.meaning is Meaning.CONFLICT:
            log.error("another process polls with this token, or a webhook is set: %s", error)
            return backoff(failures, first=5.0)
        log.warning("cannot receive from Telegram, trying again: %s", error)
        return max(verdict.wait_seconds, backoff(failures))

    async def _or_stop(self, receiving: Awaitable[T]) -> T | None:
        """Return what comes, None when asked to stop before: a long poll would hold us up."""
        task = asyncio.ensure_future(receiving)
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            await _cancel([task, stop])

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    # Processing

    async def _dispatch(self) -> None:
        """Hand waiting updates to workers; one that is away for an instant is asked again."""
        while not self._stopping.is_set():
            self._wake.clear()
            if self._shut and not await self._may_try():
                await self._pause(max(0.01, min(self._wait(), LOOK_SECONDS)))
                continue
            claimed = await again(self._stopping, self._claim) or []
            self._start(claimed)
            if not claimed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)

    def _wait(self) -> float:
        """Return the seconds until Telegram may be tried."""
        return max(self._pace.ahead(), self._next_trial - time.monotonic())

    async def _may_try(self) -> bool:
        """Tell whether one update may be taken as a trial: Telegram answers again."""
        if self._wait() > 0 or not await self._or_stop(reached(self._bot, self._pace)):
            return False
        self._next_trial = time.monotonic() + LOOK_SECONDS
        return True

    async def _claim(self) -> list[Claimed]:
        """Claim for the free workers; while all are busy only what is urgent."""
        free = self._workers - len(self._running)
        if free > 0:
            return await self.rows.claim(1 if self._pace.doubtful else free)
        if free + URGENT_EXTRA > 0:
            return await self.rows.claim(free + URGENT_EXTRA, only_urgent=True)
        return []

    async def _work(self, row: Claimed) -> None:
        try:
            await self._attend(row)
        except asyncio.CancelledError:
            self._setbacks.pop(row.seq, None)
            raise
        except Exception:
            log.exception("update %s could not be settled; its lease will run out", row.update_id)
        finally:
            self._running.pop(row.seq, None)
            self._wake.set()

    async def _attend(self, row: Claimed) -> None:
        """Process one update and write down what became of it."""
        try:
            update = Update.de_json(json.loads(row.body), self._bot)
        except Exception:
            log.exception("update %s cannot be read", row.update_id)
            await self._bury(row, "unreadable")
            return
        met = self._met(row.seq)
        met.sent.begin()
        SENT.set(met.sent)  # of this worker's task
        try:
            await self._process(update)
        except Exception as error:
            await self._failed(row, update, error)
        else:
            self._step("processed")
            await insist(lambda: self.rows.finish(row.seq))
            self._setbacks.pop(row.seq, None)

    def _met(self, seq: int) -> _Setbacks:
        """Return what an update met so far; of those that went elsewhere the oldest are dropped."""
        if seq not in self._setbacks:
            if len(self._setbacks) >= REMEMBERED:
                gone = next(iter(self._setbacks.keys() - self._running.keys()), None)
                self._setbacks.pop(gone or 0, None)
            self._setbacks[seq] = _Setbacks(passes=self._pace.passes)
        return self._setbacks[seq]

    async def _failed(self, row: Claimed, update: Update, error: Exception) -> None:
        reason = outline(error)
        if isinstance(error, TelegramError) and classify(error).meaning in HOPELESS:
            self._setbacks.pop(row.seq, None)
            log.info("update %s: the chat does not want an answer: %s", row.update_id, error)
            await insist(lambda: self.rows.finish(row.seq, reason))
            if row.chat_id is not None:
                chat_id = row.chat_id
                await insist(lambda: self._store.pause(chat_id, "blocked"))
        elif is_passing(error):
            await self._put_off(row, update, error, reason)
        elif row.attempts < MAX_ATTEMPTS:
            log.warning("update %s failed, trying again", row.update_id, exc_info=error)
            after = timedelta(seconds=backoff(row.attempts, first=1.0))
            await insist(lambda: self.rows.put_back(row.seq, reason, after))
        else:
            log.error("update %s failed %s times", row.update_id, row.attempts, exc_info=error)
            await self._bury(row, reason)
            await self._apologise(row, update)

    async def _put_off(self, row: Claimed, update: Update, error: Exception, reason: str) -> None:
        """Let an update wait for what is away; give it up when no answer helps any more."""
        verdict = classify(error)
        unsure = verdict.meaning is Meaning.UNCERTAIN
        met = self._met(row.seq)
        met.tries += 1
        met.alone += self._pace.passes > met.passes
        met.passes = self._pace.passes
        age = await insist(self._store.now) - row.received_at
        if age > self._useful or met.alone >= ALONE:
            log.error("update %s is given up after %s: %s", row.update_id, age, reason)
            await self._bury(row, reason)
            if not unsure:  # else the answer may be there
                await self._apologise(row, update)
            return
        wait = backoff(met.tries, self._again_first, UNSURE_MOST if unsure else AGAIN_MOST)
        after = timedelta(seconds=max(wait, verdict.wait_seconds))
        log.warning("update %s waits %.1f s: %s", row.update_id, after.total_seconds(), reason)
        await insist(lambda: self.rows.put_back(row.seq, reason, after, counts=False))

    async def _bury(self, row: Claimed, reason: str) -> None:
        await insist(lambda: self.rows.bury(row.seq, reason))
        self._setbacks.pop(row.seq, None)
        self.given_up += 1

    async def _apologise(self, row: Claimed, update: Update) -> None:
        reference = f"U{row.seq}"
        log.error("update %s is given up, reference %s", row.update_id, reference)
        if self._on_dead is None:
            return
        try:
            await self._on_dead(update, reference)
        except Exception:
            log.exception("the apology %s could not be sent", reference)

    async def _keep_alive(self) -> None:
        """Prolong our leases, and free those of the dead."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            try:
                held = list(self._running)
                kept = await self.rows.renew(held)
                for seq in set(held) - kept:
                    if seq in self._running:
                        log.warning("the lease of an update was lost; its worker stops")
                        self._running[seq].cancel()
                await self._recover(alone=False)
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("the database is away; leases are not renewed: %s", error)

    async def _recover(self, *, alone: bool) -> None:
        """Free what the dead held; apologise for what took its worker down each time."""
        for row in await self.rows.recover(alone=alone):
            self.given_up += 1
            await self._apologise(row, Update.de_json(json.loads(row.body), self._bot))
        self._wake.set()

    async def _drain(self, helpers: list[asyncio.Task[None]]) -> None:
        """Let the workers finish, give back what they cannot finish in time."""
        self._wake.set()
        if self._running:
            await asyncio.wait(self._running.values(), timeout=STOP_SECONDS)
        unfinished = dict(self._running)
        await _cancel(unfinished.values())
        await _cancel(helpers)
        try:
            await asyncio.wait_for(self.rows.release(unfinished), 1.0)
        except Exception as error:
            if not is_outage(error):  # TimeoutError is an outage too
                raise
            log.warning("%s updates keep their leases until they run out", len(unfinished))


async def _cancel(tasks: Iterable[asyncio.Task[Any] | asyncio.Future[Any]]) -> None:
    """Cancel tasks and wait until they are gone; their own errors were reported by themselves."""
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
