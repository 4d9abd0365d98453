"""The outbox -> Telegram: each message once, at the pace allowed, and its fate written down.

Before the call the intent is committed, after it the result; so after a crash we know which
messages are certain and which are not. Between Telegram's acceptance and our commit nothing can
be exactly once: there are at most as many in doubt as were in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import timedelta

from telegram import Bot
from telegram import Message as TelegramMessage
from telegram.error import TelegramError

from bot.delivery.again import again, backoff, insist
from bot.delivery.errors import Meaning, Verdict, classify
from bot.delivery.inbox import TokenRefusedError
from bot.delivery.outbox import Outbox, to_message
from bot.delivery.pacing import Pace
from bot.delivery.send import Attempt, Place, file_id_of, reached
from bot.delivery.together import Together
from bot.store.budget import Rate
from bot.store.database import is_outage, no_step
from bot.store.departures import MAX_UNCERTAIN, Ready, Settlement
from bot.store.payloads import Payload
from bot.store.store import Store

log = logging.getLogger(__name__)

IN_FLIGHT = 8  # enough for 30 a second; what is in flight at a kill may arrive twice
MOST_IN_FLIGHT = 64
IDLE_SECONDS = 1.0
STOP_SECONDS = 9.0
BETWEEN_PARTS = timedelta(seconds=1)  # to one chat; they keep their order by it too
AFTER_UNCERTAIN = timedelta(seconds=60)
AFTER_429 = 1.0  # seconds more than Telegram asked for: waiting replies go first
TOO_OLD = timedelta(days=6)  # a message that could not be sent until the next one is due
CACHED_PAYLOADS = 16


class Sender:
    """Sends what the outbox holds: `run()` until `stop()`.

    `rate` is the budget of all processes together; `pace` is shared with this process's replies.
    With a `paid_rate` (messages a second) Telegram charges for each message, replies excepted.
    """

    def __init__(
        self,
        store: Store,
        bot: Bot,
        outbox: Outbox,
        *,
        pace: Pace | None = None,
        rate: Rate | None = None,
        paid_rate: int | None = None,
        in_flight: int = IN_FLIGHT,
        step: Callable[[str], None] = no_step,
    ) -> None:
        self._store, self._bot, self._outbox = store, bot, outbox
        self._rows = outbox.rows
        self._pace = pace or Pace()
        self._rate = rate or (Rate.paid(paid_rate) if paid_rate else Rate())
        self._paid = paid_rate is not None
        self._in_flight = max(in_flight, min(MOST_IN_FLIGHT, (paid_rate or 0) // 15))
        self._step = step
        self._buffer: list[Ready] = []
        self._active: dict[int, Ready] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._payloads: dict[int, Payload] = {}
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._next_claim = 0.0
        self._refused: TelegramError | None = None
        self._intend = Together(self._rows.intend)
        self._settle = Together(self._insist_on_settling)

    async def run(self) -> None:
        """Send until stopped. Raises TokenRefusedError when Telegram refuses the token."""
        await insist(lambda: self._rows.recover(alone=self._store.alone))
        heartbeat = asyncio.create_task(self._keep_alive(), name="outbox heartbeat")
        try:
            while not self._stopping.is_set():
                if heartbeat.done():
                    heartbeat.result()
                await self._round()
        finally:
            await self._drain()
            heartbeat.cancel()
            await asyncio.gather(heartbeat, return_exceptions=True)
        if self._refused is not None:
            raise TokenRefusedError(str(self._refused)) from self._refused

    async def stop(self) -> None:
        """Ask `run` to end: nothing new is claimed, what is in flight is finished."""
        self._stopping.set()
        self._wake.set()

    async def _round(self) -> None:
        """Claim what fits, hand it out, wait until there is room or something due."""
        self._wake.clear()
        if (ahead := self._pace.ahead()) > 0:
            await self._rest(min(ahead, IDLE_SECONDS))
            return
        await self._fill()
        if self._buffer and self._pace.doubtful and not await reached(self._bot, self._pace):
            return
        room = 1 if self._pace.doubtful else self._in_flight  # one message is the trial
        while self._buffer and len(self._active) < room:
            ready = self._buffer.pop(0)
            self._active[ready.id] = ready
            task = asyncio.create_task(self._work(ready), name=f"send {ready.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if len(self._active) >= room:
            await self._wake.wait()
        elif not self._buffer:
            await self._rest(self._next_claim)

    async def _fill(self) -> None:
        """Claim another batch when less than a round is left."""
        if len(self._buffer) >= self._in_flight:
            return
        wanted, spent = 2 * self._in_flight - len(self._buffer), self._pace.take_spent()
        claimed = await again(self._stopping, lambda: self._rows.claim(wanted, self._rate, spent))
        if claimed is None:
            return
        self._buffer += claimed.ready
        self._next_claim = min(IDLE_SECONDS, claimed.wait_seconds or IDLE_SECONDS)

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _work(self, ready: Ready) -> None:
        try:
            settlement = await self._send(ready)
            if settlement is not None:
                await self._settle(settlement)
        except Exception:
            log.exception("message %s could not be dealt with; its lease runs out", ready.id)
        finally:
            self._active.pop(ready.id, None)
            self._wake.set()

    async def _send(self, ready: Ready) -> Settlement | None:
        """Send one part; return what became of it, None where it must not be sent."""
        wait = self._pace.wait(ready.chat_id)
        if wait > 0:
            return Settlement(ready, "pending", after=timedelta(seconds=wait))
        payload = await insist(lambda: self._payload(ready.payload_id))
        attempt = _attempt(ready, payload, paid=self._paid)
        if not await insist(lambda: self._intend(ready)):
            return None
        while True:
            self._step("send")
            try:
                sent = await attempt.once(self._bot)
            except TelegramError as error:
                verdict = classify(error)
                self._pace.counts[verdict.meaning.name.lower()] += 1
                if await self._mended(attempt, ready, verdict):
                    continue
                return await self._failed(ready, payload, verdict, error)
            self._step("sent")
            self._pace.passed()
            await self._note_upload(ready, payload, attempt, sent)
            return _succeeded(ready, payload, sent)

    async def _payload(self, payload_id: int) -> Payload:
        """Return a payload; the few that are being sent stay in memory."""
        if payload_id not in self._payloads:
            if len(self._payloads) >= CACHED_PAYLOADS:
                self._payloads.pop(next(iter(self._payloads)))
            self._payloads[payload_id] = await self._outbox.payloads.get(payload_id)
        return self._payloads[payload_id]

    async def _note_upload(
        self, ready: Ready, payload: Payload, attempt: Attempt, sent: TelegramMessage
    ) -> None:
        """Keep Telegram's name for the file, so that the next chat needs no upload."""
        part = payload.parts[ready.part]
        file_id = file_id_of(sent) if attempt.html else None
        as_it_was = (
            attempt.piece.attachment is None or attempt.piece.attachment.picture == part.picture
        )
        if file_id is None or part.file_id is not None or not as_it_was:
            return
        self._payloads.pop(ready.payload_id, None)
        await insist(lambda: self._outbox.payloads.uploaded(ready.payload_id, ready.part, file_id))

    async def _mended(self, attempt: Attempt, ready: Ready, verdict: Verdict) -> bool:
        """Change what Telegram objected to. It refused, so trying at once repeats nothing."""
        if not attempt.mend(verdict):
            return False
        log.warning("message %s is sent differently: %s", ready.id, verdict.reason)
        if verdict.meaning is Meaning.MOVED and verdict.new_chat_id is not None:
            new = verdict.new_chat_id
            await insist(lambda: self._store.move_chat(ready.chat_id, new))
        elif verdict.meaning is Meaning.FILE:
            self._payloads.pop(ready.payload_id, None)
            await insist(lambda: self._outbox.payloads.uploaded(ready.payload_id, ready.part, None))
        return True

    async def _failed(
        self, ready: Ready, payload: Payload, verdict: Verdict, error: TelegramError
    ) -> Settlement:
        """Return what becomes of a message that Telegram did not take, or may not have taken."""
        reason = f"{verdict.meaning.name} {verdict.reason}"[:500]
        match verdict.meaning:
            case Meaning.LATER:
                seconds = verdict.wait_seconds + AFTER_429
                self._pace.pause(verdict.wait_seconds, verdict.reason)
                await insist(lambda: self._rows.pause(seconds))
                return Settlement(ready, "pending", timedelta(seconds=seconds), error=reason)
            case Meaning.TOKEN:
                log.error("Telegram refuses the token (TELEGRAM_BOT_TOKEN): %s", error)
                self._refused = error
                await self.stop()
                return Settlement(ready, "pending", error=reason)
            case Meaning.UNCERTAIN:
                self._pace.stumble()
                return _uncertain(ready, payload, reason)
            case Meaning.BLOCKED | Meaning.GONE:
                await self._unwanted(ready, verdict.meaning)
                return Settlement(ready, "dead", error=reason)
            case Meaning.UNSENT | Meaning.CONFLICT:
                return await self._not_sent(ready, reason)
            case _:
                log.error("message %s is refused: %s", ready.id, verdict.reason)
                return Settlement(ready, "dead", error=reason)

    async def _not_sent(self, ready: Ready, reason: str) -> Settlement:
        """Try again later; with each failure in a row all who send slow down too."""
        self._pace.stumble()
        if await insist(self._store.now) - ready.created > TOO_OLD:
            return Settlement(ready, "dead", attempts=1, error=reason)
        after = timedelta(seconds=backoff(ready.attempts + 1, first=1.0, most=300.0))
        return Settlement(ready, "pending", after, attempts=1, error=reason)

    async def _unwanted(self, ready: Ready, meaning: Meaning) -> None:
        """Pause a chat that does not want us; one that is not found, at the second time."""
        if meaning is Meaning.BLOCKED:
            await insist(lambda: self._store.pause(ready.chat_id, "blocked"))
        elif await self._rows.gone_before(ready):
            await insist(lambda: self._store.pause(ready.chat_id, "gone"))

    async def _insist_on_settling(self, lot: list[Settlement]) -> list[None]:
        """Commit results, however long the database is away: a lost result is a second copy."""
        return await insist(lambda: self._rows.settle(lot))

    async def _keep_alive(self) -> None:
        """Prolong our leases, and free those of the dead."""
        while True:
            await asyncio.sleep(self._rows.lease.total_seconds() / 4)
            in_hand = [*self._active.values(), *self._buffer]
            try:
                await self._rows.renew(in_hand)
                await self._rows.recover({ready.id for ready in in_hand})
            except Exception as error:
                if not is_outage(error):
                    raise
                log.warning("the database is away; leases are not renewed: %s", error)

    async def _drain(self) -> None:
        """Finish what is in flight, give back what is not."""
        left, self._buffer = self._buffer, []
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await asyncio.wait_for(self._rows.release(left), 1.0)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("%s messages keep their leases until they run out", len(left))


def _attempt(ready: Ready, payload: Payload, *, paid: bool) -> Attempt:
    part = payload.parts[ready.part]
    place = Place(ready.chat_id, ready.thread_id)
    return Attempt(place, to_message(part), file_id=part.file_id, paid=paid)


def _next_part(ready: Ready, payload: Payload) -> bool:
    return ready.part + 1 < len(payload.parts)


def _succeeded(ready: Ready, payload: Payload, sent: TelegramMessage) -> Settlement:
    if _next_part(ready, payload):
        return Settlement(ready, "pending", BETWEEN_PARTS, advance=1, message_id=sent.message_id)
    return Settlement(ready, "sent", message_id=sent.message_id)


def _uncertain(ready: Ready, payload: Payload, reason: str) -> Settlement:
    """Apply the policy to a message that may have arrived; each is counted."""
    log.warning("message %s may have arrived (%s): %s", ready.id, ready.policy, reason)
    if ready.policy == "resend" and ready.uncertain + 1 < MAX_UNCERTAIN:
        return Settlement(ready, "pending", AFTER_UNCERTAIN, uncertain=1, error=reason)
    if ready.policy == "skip" and _next_part(ready, payload):
        return Settlement(ready, "pending", BETWEEN_PARTS, advance=1, uncertain=1, error=reason)
    return Settlement(ready, "uncertain", uncertain=1, error=reason)
