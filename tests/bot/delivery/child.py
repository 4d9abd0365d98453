"""A process to be killed: it answers updates, or ticks and sends digests, until SIGTERM.

`python -m tests.bot.delivery.child` reads one life a line from its input, the life's settings as
JSON, forks a process that lives it, and prints how each ended. So a life costs no imports, and
`point: n` can kill one at its n-th durable step, and the next at its n-th plus one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from telegram import Bot, Update
from telegram.request import HTTPXRequest

from bot.delivery import sender as sender_module
from bot.delivery.clock import Clock
from bot.delivery.inbox import Inbox, new_owner
from bot.delivery.outbox import Outbox
from bot.delivery.pacing import Pace
from bot.delivery.pools import Pools
from bot.delivery.send import deliver
from bot.delivery.sender import IN_FLIGHT, Sender
from bot.log import set_up
from bot.render.message import Message
from bot.store.budget import Rate
from bot.store.database import is_outage
from bot.store.departures import Look, Policy
from bot.store.errors import StoreError
from bot.store.store import Store
from tests.bot.delivery.telegram_double import TOKEN

log = logging.getLogger("bot.child")
FAST = (100_000, 1.0)


@dataclass(frozen=True)
class Life:
    """What a process does. `until`: it ends by itself once so many are sent or answered."""

    what: str
    store: str
    api: str
    due: str
    point: int = 0
    until: int = 0
    parts: int = 1
    policy: Policy = "resend"
    lease: float = 2.0
    guest: bool = False
    in_flight: int = IN_FLIGHT


def killer(point: int) -> Callable[[str], None]:
    """Return the hook that counts durable steps and kills at the one asked for."""
    left = point

    def step(_name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def client(life: Life) -> Bot:
    return Bot(
        TOKEN,
        base_url=life.api,
        request=Pools(2 * life.in_flight, read_timeout=2.0),
        get_updates_request=HTTPXRequest(),
    )


async def answer(life: Life, store: Store, bot: Bot) -> None:
    pace = Pace(FAST, FAST, FAST)

    async def process(update: Update) -> None:
        assert update.message is not None
        await deliver(bot, update.message.chat_id, Message(f"re: {update.message.text}"), pace=pace)

    step = killer(life.point)
    store.database._step = step
    lease = timedelta(seconds=life.lease)
    inbox = Inbox(store, bot, process, step=step, lease=lease, poll_seconds=1)
    await _live(life, store, "inbox", "done", inbox)


async def digest(life: Life, store: Store, bot: Bot) -> None:
    async def compose(period: str, _at: datetime, look: Look) -> Sequence[Message]:
        return [Message(f"{period} {look.lang} part {number}") for number in range(life.parts)]

    step = killer(life.point)
    store.database._step = step
    lease = timedelta(seconds=life.lease)
    outbox = Outbox(store, {"digest": compose}, owner=new_owner(), policy=life.policy, lease=lease)
    sender = Sender(
        store,
        bot,
        outbox,
        pace=Pace(FAST, FAST, FAST),
        rate=Rate(5000, 5000),
        in_flight=life.in_flight,
        step=step,
    )
    clock = Clock(lambda: outbox.tick(datetime.fromisoformat(life.due)), every_seconds=0.3)
    clock.start()
    await _live(life, store, "outbox", "sent", sender)
    await clock.stop()


async def _live(life: Life, store: Store, table: str, state: str, part: Inbox | Sender) -> None:
    """Run until SIGTERM, or until so many rows are in that state."""
    stop = lambda: asyncio.ensure_future(part.stop())  # noqa: E731 - a signal's handler
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    running = asyncio.create_task(part.run())
    while life.until and not running.done():
        await asyncio.sleep(0.02)
        if (await store.status())[table].get(state) == life.until:
            await part.stop()
            break
    await running


async def opened(life: Life) -> Store:
    """Return the store, as soon as its server can be reached: who supervises us would try again."""
    while True:
        try:
            return await Store.open(life.store, guest=life.guest)
        except StoreError as error:
            if error.code != "store_unreachable":
                raise
        except DBAPIError as error:  # the server went away while the store was being opened
            if not is_outage(error):
                raise
        await asyncio.sleep(0.1)


async def live(life: Life) -> None:
    log.debug("a life begins: %s", life.what)
    store = await opened(life)
    async with client(life) as bot:
        parts = {"answer": [answer], "digest": [digest], "both": [answer, digest]}
        await asyncio.gather(*(part(life, store, bot) for part in parts[life.what]))
    await store.close()


def main() -> None:
    """Fork a process for each life and say how it ended."""
    set_up((TOKEN,), logging.DEBUG)
    sender_module.BETWEEN_PARTS = timedelta(seconds=0.02)
    sender_module.IDLE_SECONDS = 0.02
    sender_module.AFTER_UNCERTAIN = timedelta(seconds=2)
    # A SIGTERM that comes before there is a handler waits for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    for line in sys.stdin:
        life = Life(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            sys.stdin.close()
            asyncio.run(live(life))
            os._exit(0)
        print(json.dumps({"pid": pid}), flush=True)  # noqa: T201 - the answer
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"ended": os.waitstatus_to_exitcode(status)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
