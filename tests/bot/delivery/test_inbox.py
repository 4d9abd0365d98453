"""Updates: each processed at least once, in order within a chat, nobody waiting for a stranger."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Bot, Update
from telegram.error import Forbidden, NetworkError, RetryAfter, TelegramError

from bot.delivery.again import insist
from bot.delivery.inbox import (
    ALONE,
    Inbox,
    InboxFullError,
    TokenRefusedError,
    chat_of,
)
from bot.delivery.pacing import Pace
from bot.delivery.send import deliver
from bot.render.message import Message
from bot.store.database import DatabaseAwayError
from bot.store.store import Store
from bot.store.tables import inbox as inbox_table
from tests.bot.delivery.telegram_double import Double, Fault, refusal


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/store.db")
    yield opened
    await opened.close()


@contextlib.asynccontextmanager
async def running(inbox: Inbox) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(inbox.run())
    try:
        yield task
    finally:
        await inbox.stop()
        await asyncio.wait_for(task, 10)


async def until(true: Callable[[], bool], seconds: float = 8) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def states(store: Store) -> dict[str, int]:
    counted: dict[str, int] = (await store.status())["inbox"]
    return counted


class Answers:
    """Processes updates as told and remembers them."""

    def __init__(self, how: Callable[[Update], Awaitable[None]] | None = None) -> None:
        self.seen: list[int] = []
        self.done: list[int] = []
        self._how = how

    async def __call__(self, update: Update) -> None:
        self.seen.append(update.update_id)
        if self._how is not None:
            await self._how(update)
        self.done.append(update.update_id)


async def test_every_update_is_processed_once_and_confirmed(
    store: Store, bot: Bot, double: Double
) -> None:
    answers = Answers()
    for number in range(1, 251):
        double.ask(number)
    async with running(Inbox(store, bot, answers)):
        await until(lambda: len(answers.done) == 250 and not double.updates)
    assert sorted(answers.done) == list(range(1, 251))
    assert await states(store) == {"done": 250}


async def test_an_update_is_stored_before_it_is_confirmed(
    store: Store, bot: Bot, double: Double
) -> None:
    """At every confirmation all that it confirms lies in the store already."""
    stored_at_confirm: list[int] = []
    poll = double.poll

    async def watched(call):  # noqa: ANN001, ANN202 - as in the double
        if "offset" in call.fields:
            stored_at_confirm.append(sum((await states(store)).values()))
        return await poll(call)

    double.poll = watched  # type: ignore[method-assign]
    for number in range(1, 151):
        double.ask(number)
    async with running(Inbox(store, bot, Answers())):
        await until(lambda: not double.updates)
    assert stored_at_confirm[:2] == [100, 150]


async def test_a_chat_is_served_in_order_and_chats_side_by_side(
    store: Store, bot: Bot, double: Double
) -> None:
    at_once: dict[int, int] = {}
    most = [0]

    async def slow(update: Update) -> None:
        chat = update.effective_chat.id
        at_once[chat] = at_once.get(chat, 0) + 1
        assert at_once[chat] == 1, "two updates of one chat at the same time"
        most[0] = max(most[0], sum(at_once.values()))
        await asyncio.sleep(0.01)
        at_once[chat] -= 1

    answers = Answers(slow)
    for number in range(1, 121):
        double.ask(number, chat_id=1 + number % 12)
    async with running(Inbox(store, bot, answers)):
        await until(lambda: len(answers.done) == 120)
    for chat in range(12):
        mine = [n for n in answers.done if n % 12 == chat]
        assert mine == sorted(mine)
    assert most[0] == 8


async def test_a_slow_answer_in_one_chat_does_not_hold_up_another(
    store: Store, bot: Bot, double: Double
) -> None:
    release = asyncio.Event()

    async def slow(update: Update) -> None:
        if update.effective_chat.id == 1:
            await release.wait()

    answers = Answers(slow)
    for number in range(1, 30):
        double.ask(number, chat_id=1)
    double.ask(99, chat_id=2)
    async with running(Inbox(store, bot, answers)):
        await until(lambda: 99 in answers.done)
        assert answers.seen == [1, 99]
        release.set()
        await until(lambda: len(answers.done) == 30)


async def test_cancel_overtakes_the_answer_of_its_own_chat(
    store: Store, bot: Bot, double: Double
) -> None:
    release = asyncio.Event()

    async def slow(update: Update) -> None:
        if update.message.text == "/cancel":
            release.set()
        elif update.update_id == 1:
            await release.wait()

    answers = Answers(slow)

    def cancels(raw: Mapping[str, Any]) -> bool:
        return raw["message"]["text"] == "/cancel"

    inbox = Inbox(store, bot, answers, bypass=cancels, workers=1)
    double.ask(1, chat_id=1)
    double.ask(2, chat_id=1)
    double.ask(3, chat_id=1, text="/cancel")
    async with running(inbox):
        await until(lambda: len(answers.done) == 3)
    assert answers.seen == [1, 3, 2]


async def test_a_failing_update_is_tried_three_times_and_apologised_for(
    store: Store, bot: Bot, double: Double
) -> None:
    sorry: list[tuple[int, str]] = []

    async def fails(update: Update) -> None:
        if update.update_id == 1:
            raise RuntimeError("no luck")

    async def apologise(update: Update, reference: str) -> None:
        sorry.append((update.update_id, reference))
        raise RuntimeError("not even that")

    answers = Answers(fails)
    double.ask(1, chat_id=1)
    double.ask(2, chat_id=1)
    async with running(Inbox(store, bot, answers, on_dead=apologise)):
        await until(lambda: answers.done == [2])
    assert answers.seen == [1, 1, 1, 2]
    assert sorry == [(1, "U1")]
    assert await states(store) == {"dead": 1, "done": 1}


async def row_of(store: Store, update_id: int) -> dict[str, Any]:
    async def read(connection: AsyncConnection) -> dict[str, Any]:
        query = select(inbox_table).where(inbox_table.c.update_id == update_id)
        return dict((await connection.execute(query)).one()._mapping)

    return await store.database.read(read)


AWAY = [
    NetworkError("Internal Server Error"),
    NetworkError("Bad Gateway (502). Parsing the server response b'' failed"),
    TelegramError("Invalid server response"),
    RetryAfter(1),
    OperationalError("SELECT 1", {}, Exception("the server closed the connection")),
    DatabaseAwayError("Connection refused"),
]


@pytest.mark.parametrize("away", AWAY, ids=[type(error).__name__ for error in AWAY])
async def test_what_is_away_takes_none_of_the_three_tries_and_no_turn(
    store: Store, bot: Bot, double: Double, away: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five failures, and the chat's next update still waits for its turn."""
    monkeypatch.setattr("bot.delivery.inbox.LOOK_SECONDS", 0.02)
    left = [1 if isinstance(away, RetryAfter) else 5]

    async def answer(update: Update) -> None:
        if update.update_id == 1 and left[0]:
            left[0] -= 1
            raise away

    sorry: list[str] = []

    async def apologise(_update: Update, reference: str) -> None:
        sorry.append(reference)

    answers = Answers(answer)
    double.ask(1, chat_id=1)
    double.ask(2, chat_id=1)
    async with running(Inbox(store, bot, answers, on_dead=apologise, again_first=0.01)):
        await until(lambda: answers.done == [1, 2])
        await asyncio.sleep(0.05)
    assert await states(store) == {"done": 2}
    assert (await row_of(store, 1))["attempts"] == 1
    assert sorry == []


@pytest.mark.parametrize(("away", "apologies"), [(AWAY[0], 1), (AWAY[1], 0)])
async def test_what_is_away_for_longer_than_an_answer_is_of_use_is_given_up_visibly(
    store: Store, bot: Bot, double: Double, away: Exception, apologies: int
) -> None:
    """An apology would be false where the answer may have arrived."""
    sorry: list[str] = []

    async def fails(_update: Update) -> None:
        raise away

    async def apologise(_update: Update, reference: str) -> None:
        sorry.append(reference)

    double.ask(1)
    useful = timedelta(seconds=0.3)
    box = Inbox(store, bot, Answers(fails), on_dead=apologise, again_first=0.05, useful=useful)
    async with running(box):
        await until(lambda: box.given_up == 1)
        await asyncio.sleep(0.05)
    assert await states(store) == {"dead": 1}
    assert type(away).__name__ in (await row_of(store, 1))["error"]
    assert len(sorry) == apologies


async def test_an_update_that_alone_fails_does_not_hold_its_chat_for_a_day(
    store: Store, bot: Bot, double: Double
) -> None:
    pace = Pace()

    async def fails(update: Update) -> None:
        if update.update_id == 1:
            raise AWAY[0]
        pace.passed()

    answers = Answers(fails)
    double.ask(1, chat_id=1)
    for number in range(2, 30):
        double.ask(number, chat_id=number)
    double.ask(30, chat_id=1)
    box = Inbox(store, bot, answers, pace=pace, again_first=0.001)
    async with running(box):
        for number in range(31, 60):
            await asyncio.sleep(0.03)
            await box.accept([{**double_update(number), "update_id": number}])
        await until(lambda: 30 in answers.done)
    assert answers.seen.count(1) <= 2 * ALONE
    assert (await states(store))["dead"] == 1


def double_update(number: int) -> dict[str, Any]:
    chat = {"id": 5000 + number, "type": "private"}
    return {"message": {"message_id": number, "date": 1, "chat": chat, "text": "x"}}


async def test_while_telegram_is_away_nothing_is_taken_but_a_trial(
    store: Store, bot: Bot, double: Double
) -> None:
    """Forty wait; those in hand fail, then only a harmless call is made until it answers."""
    away = [True]
    double.fault = lambda call: (
        Fault(502, "<html>") if away[0] and call.method != "getUpdates" else None
    )
    pace = Pace()

    async def answer(update: Update) -> None:
        assert update.effective_chat is not None
        await deliver(bot, update.effective_chat.id, Message("re"), pace=pace)

    answers = Answers(answer)
    for number in range(1, 41):
        double.ask(number, chat_id=number)
    async with running(Inbox(store, bot, answers, pace=pace, again_first=0.05)):
        await until(lambda: pace.doubtful and not double.updates)
        await asyncio.sleep(1.0)
        assert len(set(answers.seen)) == 8
        assert sum(call.method == "sendMessage" for call in double.calls) <= 8
        away[0] = False
        await until(lambda: len(answers.done) == 40, seconds=15)
    assert set(double.texts().values()) == {1}


async def test_what_cannot_be_read_is_buried_and_the_rest_goes_on(
    store: Store, bot: Bot, double: Double
) -> None:
    strange = [
        {"update_id": 1, "message": {"message_id": "x", "chat": "no chat", "date": "never"}},
        {"update_id": 2, "something_new": {"chat": {"id": 5}}},
        {"update_id": 3, "message": []},
        {"no_id": True},
        {"update_id": 5, "deep": json.loads("[" * 900 + "]" * 900)},
    ]
    double.updates.extend(strange)
    double.ask(6)
    answers = Answers()
    inbox = Inbox(store, bot, answers)
    async with running(inbox):
        await until(lambda: 6 in answers.done)
    assert sum((await states(store)).values()) == 5
    assert "pending" not in await states(store)


async def test_an_id_that_jumps_down_is_processed(store: Store, bot: Bot, double: Double) -> None:
    """After an idle week Telegram picks the next id at random."""
    answers = Answers()
    double.ask(900_000_000)
    async with running(Inbox(store, bot, answers)):
        await until(lambda: len(answers.done) == 1)
        polls = len(double.calls)
        await until(lambda: len(double.calls) >= polls + 2)
        double.ask(17)
        await until(lambda: len(answers.done) == 2)


async def test_an_update_given_twice_is_processed_once(
    store: Store, bot: Bot, double: Double
) -> None:
    answers = Answers()
    inbox = Inbox(store, bot, answers)
    double.ask(1)
    update = double.updates[0]
    async with running(inbox):
        await until(lambda: answers.done == [1])
        await inbox.accept([update, update])
        await inbox.accept([update])
        await asyncio.sleep(0.1)
    assert answers.done == [1]


async def test_what_a_dead_process_held_is_processed_after_a_restart(
    store: Store, bot: Bot, double: Double
) -> None:
    dead = Inbox(store, bot, Answers())
    double.ask(1)
    await dead.accept(double.updates)
    assert len(await dead.rows.claim(8)) == 1
    answers = Answers()
    assert store.alone
    async with running(Inbox(store, bot, answers)):
        await until(lambda: answers.done == [1], seconds=2)


async def test_beside_others_only_what_ran_out_is_freed(
    store: Store, bot: Bot, double: Double
) -> None:
    lease = timedelta(seconds=0.6)
    other = Inbox(store, bot, Answers(), lease=lease)
    double.ask(1)
    await other.accept(double.updates)
    double.updates.clear()
    assert len(await other.rows.claim(8)) == 1
    store._ownership.alone = False
    answers = Answers()
    async with running(Inbox(store, bot, answers, lease=lease)):
        await asyncio.sleep(0.3)
        assert answers.seen == []
        await until(lambda: answers.done == [1], seconds=3)


async def test_a_long_answer_keeps_its_lease(store: Store, bot: Bot, double: Double) -> None:
    async def long(_update: Update) -> None:
        await asyncio.sleep(1.2)

    answers = Answers(long)
    double.ask(1)
    async with running(Inbox(store, bot, answers, lease=timedelta(seconds=0.4))):
        await until(lambda: answers.done == [1])
    assert answers.seen == [1]


async def test_an_update_that_kills_its_worker_each_time_is_given_up(
    store: Store, bot: Bot, double: Double
) -> None:
    """Three processes claimed it and died: the fourth apologises and goes on."""
    sorry: list[str] = []

    async def apologise(_update: Update, reference: str) -> None:
        sorry.append(reference)

    double.ask(1)
    killer = double.updates[0]
    for life in range(3):
        dead = Inbox(store, bot, Answers())
        await dead.accept([killer])
        assert len(await dead.rows.claim(8)) == 1
        if life < 2:
            assert await dead.rows.recover(alone=True) == []
    answers = Answers()
    async with running(Inbox(store, bot, answers, on_dead=apologise)):
        await until(lambda: bool(sorry))
    assert (answers.seen, await states(store)) == ([], {"dead": 1})


async def test_stopping_finishes_what_is_short_and_gives_back_what_is_long(
    store: Store, bot: Bot, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.delivery.inbox.STOP_SECONDS", 0.5)

    async def sleep(update: Update) -> None:
        await asyncio.sleep(0.2 if update.update_id == 1 else 60)

    answers = Answers(sleep)
    double.ask(1, chat_id=1)
    double.ask(2, chat_id=2)
    inbox = Inbox(store, bot, answers)
    started = asyncio.get_running_loop().time()
    async with running(inbox):
        await until(lambda: len(answers.seen) == 2)
    assert asyncio.get_running_loop().time() - started < 3
    assert answers.done == [1]
    assert await states(store) == {"done": 1, "pending": 1}
    again = Inbox(store, bot, answers)
    (row,) = await again.rows.claim(8)
    assert row.attempts == 1, "a stop is no attempt"


async def test_stopping_does_not_wait_for_a_long_poll(
    store: Store, bot: Bot, double: Double
) -> None:
    double.fault = lambda call: Fault(delay=20) if call.method == "getUpdates" else None
    started = asyncio.get_running_loop().time()
    async with running(Inbox(store, bot, Answers())):
        await asyncio.sleep(0.1)
    assert asyncio.get_running_loop().time() - started < 2


async def test_a_refused_token_ends_with_its_name(
    store: Store, bot: Bot, double: Double, caplog: pytest.LogCaptureFixture
) -> None:
    double.fault = lambda _call: refusal(401, "Unauthorized")
    with pytest.raises(TokenRefusedError):
        await asyncio.wait_for(Inbox(store, bot, Answers()).run(), 5)
    assert "TELEGRAM_BOT_TOKEN" in caplog.text


async def test_two_pollers_say_the_cause_and_back_off(
    store: Store, bot: Bot, double: Double, caplog: pytest.LogCaptureFixture
) -> None:
    double.fault = lambda _call: refusal(
        409, "Conflict: terminated by other getUpdates request; make sure that only one bot runs"
    )
    async with running(Inbox(store, bot, Answers())):
        await until(lambda: "another process polls" in caplog.text)
        await asyncio.sleep(0.5)
        assert len(double.calls) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(502, "<html>Bad Gateway</html>"),
        Fault(200, '{"ok": tr'),
        Fault(200, ""),
        Fault(hangs_up=True),
        refusal(429, "Too Many Requests", retry_after=1),
        refusal(500, "Internal Server Error"),
    ],
)
async def test_trouble_with_receiving_is_survived_without_a_busy_loop(
    store: Store, bot: Bot, double: Double, fault: Fault
) -> None:
    failing = [True]
    double.fault = lambda _call: fault if failing[0] else None
    answers = Answers()
    double.ask(1)
    async with running(Inbox(store, bot, answers)):
        await asyncio.sleep(0.6)
        assert 1 <= len(double.calls) <= 3
        failing[0] = False
        await until(lambda: answers.done == [1])


async def test_no_server_at_all_is_survived(store: Store, double: Double) -> None:
    async with double.bot() as bot:
        port = double.port
        await double.stop()
        answers = Answers()
        async with running(Inbox(store, bot, answers)):
            await asyncio.sleep(0.3)
            again = Double(port=port)
            await again.start()
            again.ask(1)
            await until(lambda: answers.done == [1])
        await again.stop()


async def test_a_chat_that_blocked_us_is_paused_not_tried_again(
    store: Store, bot: Bot, double: Double
) -> None:
    async def blocked(_update: Update) -> None:
        raise Forbidden("Forbidden: bot was blocked by the user")

    await store.subscribe(5)
    answers = Answers(blocked)
    double.ask(1, chat_id=5)
    async with running(Inbox(store, bot, answers)):
        await until(lambda: bool(answers.seen))
        await asyncio.sleep(0.2)
    assert answers.seen == [1]
    assert (await store.user(5)).status == "blocked"


async def test_a_full_inbox_refuses_and_polling_waits(
    store: Store, bot: Bot, double: Double
) -> None:
    inbox = Inbox(store, bot, Answers(), bound=3)
    for number in range(1, 8):
        double.ask(number)
    await inbox.accept(double.updates[:3])
    with pytest.raises(InboxFullError):
        await inbox.accept(double.updates[3:])


async def test_two_bots_share_a_store_without_mixing(
    store: Store, bot: Bot, double: Double
) -> None:
    answers = Answers()
    inbox = Inbox(store, bot, answers)
    other = Inbox(store, bot, Answers())
    other.rows._bot_id = 777
    double.ask(1)
    await other.accept(double.updates)
    async with running(inbox):
        await until(lambda: answers.done == [1])
    assert await states(store) == {"done": 1, "pending": 1}


async def test_done_updates_are_purged_after_a_week(
    tmp_path: Path, bot: Bot, double: Double
) -> None:
    from datetime import UTC, datetime

    from tests.bot.store.clock import Hands

    hands = Hands(datetime(2026, 7, 1, tzinfo=UTC))
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/aged.db", now=hands)
    answers = Answers()
    double.ask(1)
    async with running(Inbox(store, bot, answers)):
        await until(lambda: answers.done == [1])
    hands.pass_by(days=6, hours=23)
    assert (await store.purge())["inbox"] == 0
    hands.pass_by(hours=2)
    assert (await store.purge())["inbox"] == 1
    await store.close()


def test_an_updates_chat_is_found_wherever_it_stands() -> None:
    assert chat_of({"update_id": 1, "message": {"chat": {"id": 5}}}) == 5
    assert chat_of({"update_id": 1, "callback_query": {"message": {"chat": {"id": -7}}}}) == -7
    assert chat_of({"update_id": 1, "my_chat_member": {"chat": {"id": 9}}}) == 9
    assert chat_of({"update_id": 1, "inline_query": {"from": {"id": 3}}}) is None
    assert chat_of({"update_id": 1, "callback_query": {"message": None}}) is None


async def test_the_database_is_asked_until_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    away = [OSError("connection refused")] * 3

    async def call() -> str:
        if away:
            raise away.pop()
        return "back"

    assert await insist(call) == "back"
    with pytest.raises(ZeroDivisionError):
        await insist(_divide)


async def _divide() -> float:
    return 1 / 0


@pytest.mark.parametrize(
    "url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
async def test_cancel_reaches_the_replica_that_works(url: str, bot: Bot) -> None:
    """Two processes on one database: the one that is told stops what the other does."""
    store = await Store.open(url)
    started, stopped = asyncio.Event(), asyncio.Event()

    async def slow(update: Update) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    here = Inbox(store, bot, Answers())
    there = Inbox(store, bot, slow, lease=timedelta(seconds=0.6))
    working = asyncio.create_task(there.run(poll=False))
    chat = {"id": 7, "type": "private", "first_name": "You"}
    message = {"message_id": 1, "date": 1, "chat": chat, "text": "how big?"}
    await there.accept([{"update_id": 5, "message": message}])
    await asyncio.wait_for(started.wait(), 5)
    assert not await here.stop_work(7, 99)  # another topic
    assert not await here.stop_work(8, None)
    assert await here.stop_work(7, None)
    await asyncio.wait_for(stopped.wait(), 5)
    await there.stop()
    await asyncio.wait_for(working, 10)
    assert await states(store) == {"done": 1}
    await store.close()
