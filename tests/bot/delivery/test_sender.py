"""Each message once: at the pace allowed, in order, with its fate written down."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Bot

from bot.delivery.inbox import TokenRefusedError
from bot.delivery.outbox import Outbox
from bot.delivery.pacing import Pace
from bot.delivery.send import deliver
from bot.delivery.sender import Sender
from bot.render.message import Attachment, Message
from bot.store.budget import Rate
from bot.store.departures import Look
from bot.store.store import Store
from bot.store.tables import outbox, payload_parts
from tests.bot.delivery.telegram_double import SENDS, Call, Double, Fault, refusal
from tests.bot.engines import both_engines
from tests.bot.store.clock import Hands

FAST = Rate(overall=2000, broadcast=2000)
DUE = datetime(2026, 7, 18, 14, tzinfo=UTC)
Fate = dict[str, object]


async def digest(period: str, _at: datetime, look: Look) -> Sequence[Message]:
    return [Message(f"Digest {period} {look.lang}")]


async def illustrated(period: str, _at: datetime, look: Look) -> Sequence[Message]:
    picture = Attachment("chart.png", b"png")
    table = Attachment("data.csv", b"a,b", picture=False)
    return [
        Message(f"Digest {period} {look.lang}"),
        Message("chart", attachment=picture),
        Message("data", attachment=table),
    ]


class Post:
    """A store with subscribers whose digest is due, and the parts that send it."""

    def __init__(self, store: Store, bot: Bot, hands: Hands, owner: str = "one") -> None:
        self.store, self.bot, self.hands = store, bot, hands
        self.outbox = Outbox(store, {"digest": digest}, owner=owner)
        self.pace = Pace(private=(99, 1), group=(99, 1))

    def sender(self, rate: Rate = FAST, in_flight: int = 8) -> Sender:
        return Sender(
            self.store, self.bot, self.outbox, pace=self.pace, rate=rate, in_flight=in_flight
        )

    async def due(self, chats: Sequence[int], compose=digest, policy: str = "resend") -> None:  # noqa: ANN001
        self.outbox._composers = {"digest": compose}
        self.outbox._policy = policy
        for chat in chats:
            await self.store.subscribe(chat)
        self.hands.at = DUE
        await self.outbox.tick()

    async def fates(self) -> dict[int, Fate]:
        """Return what is known of each chat's message."""
        names = ("chat_id", "state", "uncertain", "attempts", "part", "error", "message_id")

        async def read(connection: AsyncConnection) -> dict[int, Fate]:
            rows = await connection.execute(select(*[outbox.c[name] for name in names]))
            return {row.chat_id: dict(row._mapping) for row in rows}

        return await self.store.database.read(read)

    async def states(self) -> dict[str, int]:
        return dict((await self.store.status())["outbox"])


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for what is due more often than a real sender needs to."""
    monkeypatch.setattr("bot.delivery.sender.IDLE_SECONDS", 0.05)


@pytest.fixture
def post(store: Store, bot: Bot, hands: Hands) -> Post:
    return Post(store, bot, hands)


@contextlib.asynccontextmanager
async def running(*senders: Sender) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(sender.run()) for sender in senders]
    try:
        yield
    finally:
        for sender in senders:
            await sender.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), 15)


async def until_settled(
    post: Post, seconds: float = 20, wanted: str = "sent", step: float = 0.1
) -> None:
    """Wait until nothing is on its way; the clock moves, so that what waits comes due."""
    deadline = asyncio.get_running_loop().time() + seconds
    while (states := await post.states()).keys() & {"pending", "claimed", "sending"}:
        assert asyncio.get_running_loop().time() < deadline, f"not settled in time: {states}"
        post.hands.pass_by(seconds=step)
        await asyncio.sleep(0.02)
    assert wanted in states


async def until(post: Post, wanted: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something to happen while the store's clock stands."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not wanted():
        assert asyncio.get_running_loop().time() < deadline, f"not in time: {await post.states()}"
        await asyncio.sleep(0.02)


def once(fault: Fault) -> Callable[[Call], Fault | None]:
    """Fail the first send to each chat."""
    failed: set[int] = set()

    def decide(call: Call) -> Fault | None:
        if not call.method.startswith("send") or call.chat_id in failed:
            return None
        failed.add(call.chat_id)
        return fault

    return decide


@both_engines
async def test_everybody_gets_the_digest_once(post: Post, double: Double) -> None:
    await post.due(range(1, 101))
    async with running(post.sender()):
        await until_settled(post)
    assert double.texts() == {(chat, "Digest 2026-W29 en"): 1 for chat in range(1, 101)}
    fates = await post.fates()
    assert all(fate["state"] == "sent" and fate["message_id"] for fate in fates.values())


async def test_parts_arrive_in_order_and_a_file_is_uploaded_once(
    post: Post, double: Double
) -> None:
    await post.due([1, 2, 3, 4], illustrated)
    async with running(post.sender(in_flight=1)):
        await until_settled(post)
    for chat in (1, 2, 3, 4):
        calls = [call for call in double.taken if call.chat_id == chat]
        assert [call.method for call in calls] == ["sendMessage", "sendPhoto", "sendDocument"]
    uploads = [call for call in double.taken if call.files]
    assert [call.method for call in uploads] == ["sendPhoto", "sendDocument"]


async def test_a_second_part_waits_a_second(post: Post, double: Double) -> None:
    await post.due([1], illustrated)
    async with running(post.sender()):
        await until(post, lambda: len(double.taken) == 1)
        await asyncio.sleep(0.3)
        assert len(double.taken) == 1
        post.hands.pass_by(seconds=1)
        await until(post, lambda: len(double.taken) == 2)


async def test_a_file_that_telegram_forgot_is_uploaded_again(post: Post, double: Double) -> None:
    await post.due([1], illustrated)

    async def stale(connection: AsyncConnection) -> None:
        await connection.execute(update(payload_parts).values(file_id="of another bot"))

    await post.store.database.write(stale)
    double.fault = lambda call: (
        refusal(400, "Bad Request: wrong file identifier/HTTP URL specified")
        if "of another bot" in call.fields.values()
        else None
    )
    async with running(post.sender()):
        await until_settled(post)
    assert len(double.taken) == 3
    assert sum(bool(call.files) for call in double.taken) == 2


@both_engines
async def test_two_senders_share_the_work_without_doubling_it(
    post: Post, double: Double, store: Store, bot: Bot, hands: Hands
) -> None:
    await post.due(range(1, 151))
    double.latency = 0.01
    other = Post(store, bot, hands, owner="two")
    async with running(post.sender(), other.sender()):
        await until_settled(post)
    assert set(double.texts().values()) == {1}
    assert len(double.taken) == 150


@pytest.mark.parametrize(
    "fault",
    [
        Fault(503, "Service Unavailable"),
        Fault(500, ""),
        refusal(500, "Internal Server Error"),
        refusal(502, "Bad Gateway"),
    ],
)
async def test_what_telegram_failed_to_take_is_sent_later(
    post: Post, double: Double, fault: Fault
) -> None:
    await post.due(range(1, 6))
    double.fault = once(fault)
    async with running(post.sender()):
        await until_settled(post)
    assert set(double.texts().values()) == {1}
    assert all(f["attempts"] == 1 and f["uncertain"] == 0 for f in (await post.fates()).values())


async def test_a_server_that_is_away_is_not_hammered(post: Post, double: Double) -> None:
    await post.due(range(1, 31))
    double.fault = lambda call: refusal(500, "Internal Server Error")
    async with running(post.sender()):
        await asyncio.sleep(1.2)
        assert len(double.calls) <= 32, "four rounds at most"
        double.fault = lambda call: None
        post.hands.pass_by(minutes=5)
        await until_settled(post)
    assert len(double.taken) == 30


async def test_resend_repeats_an_uncertain_message_later_and_counts_it(
    post: Post, double: Double
) -> None:
    await post.due([1, 2])
    double.fault = once(Fault(delay=5, accepts=True))
    async with running(post.sender()):
        await until(post, lambda: len(double.taken) == 2)
        await asyncio.sleep(0.8)
        assert (await post.states()) == {"pending": 2}
        assert len(double.taken) == 2, "an uncertain message is not repeated at once"
        post.hands.pass_by(seconds=61)
        await until_settled(post)
    assert set(double.texts().values()) == {2}
    assert (await post.store.status())["uncertain"] == 2


async def test_skip_never_repeats_an_uncertain_message(post: Post, double: Double) -> None:
    await post.due([1, 2], policy="skip")
    double.fault = once(Fault(hangs_up=True, accepts=True))
    async with running(post.sender()):
        await until_settled(post, wanted="uncertain")
        post.hands.pass_by(hours=1)
        await asyncio.sleep(0.1)
    assert set(double.texts().values()) == {1}
    assert await post.states() == {"uncertain": 2}


@both_engines
async def test_skip_goes_on_with_the_next_part(post: Post, double: Double) -> None:
    await post.due([1], illustrated, policy="skip")
    double.fault = once(Fault(200, "<html>", accepts=True))
    async with running(post.sender()):
        await until_settled(post)
    assert [call.method for call in double.taken] == ["sendMessage", "sendPhoto", "sendDocument"]
    assert (await post.store.status())["uncertain"] == 1


async def test_endless_uncertainty_ends_after_three(post: Post, double: Double) -> None:
    await post.due([1])
    lost = Fault(200, "{", accepts=True)
    double.fault = lambda call: lost if call.method == "sendMessage" else None
    async with running(post.sender()):
        await until_settled(post, wanted="uncertain", step=61)
    assert len(double.taken) == 3


async def test_a_long_outage_makes_no_digest_uncertain_for_good(post: Post, double: Double) -> None:
    """While nothing answers, nothing in doubt is sent again: the three tries are not used up."""
    await post.due(range(1, 21))
    double.fault = lambda _call: Fault(502, "<html>")
    async with running(post.sender()):
        for _ in range(8):
            await asyncio.sleep(0.15)
            post.hands.pass_by(seconds=61)
        assert "uncertain" not in await post.states()
        assert sum(call.method == "sendMessage" for call in double.calls) <= 8
        double.fault = lambda _call: None
        await until_settled(post, step=61)
    assert set(double.texts().values()) == {1}
    assert len(double.taken) == 20


async def test_a_429_of_a_day_pauses_the_digests_for_a_quarter_of_an_hour(
    post: Post, double: Double
) -> None:
    """Then one goes out as a trial; what it says counts for all."""
    await post.due(range(1, 21))
    double.fault = lambda call: (
        refusal(429, "Too Many Requests", retry_after=86_400) if call.method in SENDS else None
    )
    async with running(post.sender(in_flight=1)):
        await until(post, lambda: post.pace.long_pause is not None)
        held = await post.store.status()
        assert 890 < held["paused_seconds"] <= 901
        post.pace._paused_until = 0
        post.hands.pass_by(seconds=902)
        await until(post, lambda: len(double.calls) >= 3)
        assert [call.method for call in double.calls] == ["sendMessage", "getMe", "sendMessage"]
        double.fault = lambda _call: None
        post.pace._paused_until = 0
        post.hands.pass_by(seconds=902)
        await until_settled(post)
    assert len(double.taken) == 20


async def test_429_pauses_all_sending_and_loses_nothing(post: Post, double: Double) -> None:
    await post.due(range(1, 41))
    limited = [refusal(429, "Too Many Requests: retry after 35", retry_after=35)]
    double.fault = lambda call: limited.pop() if limited and call.chat_id == 5 else None
    async with running(post.sender(in_flight=2)):
        await until(post, lambda: not limited)
        await asyncio.sleep(0.4)
        before = len(double.taken)
        assert before < 10
        post.hands.pass_by(seconds=34)
        await asyncio.sleep(0.4)
        assert len(double.taken) == before
        post.pace._paused_until = 0
        post.hands.pass_by(seconds=3)
        await until_settled(post)
    assert set(double.texts().values()) == {1}
    assert len(double.taken) == 40


@both_engines
async def test_the_budget_holds_and_replies_are_charged_to_it(
    post: Post, store: Store, hands: Hands
) -> None:
    """By the store's clock: 25 a second alone, less what replies have spent."""
    await post.due(range(1, 201))
    rows, rate = post.outbox.rows, Rate()
    claimed = []
    for _ in range(40):
        claimed.append(len((await rows.claim(100, rate, 0)).ready))
        hands.pass_by(seconds=0.05)
    assert max(claimed) == 5, "what is saved up stays below a burst"
    assert 25 * 2 <= sum(claimed) <= 25 * 2 + 5
    hands.pass_by(seconds=1)
    with_replies = 0
    for _ in range(20):
        with_replies += len((await rows.claim(100, rate, 1)).ready)
        hands.pass_by(seconds=0.05)
    assert with_replies + 20 <= 30 + 5
    assert with_replies >= 7


async def test_a_blocked_chat_is_paused_and_its_other_messages_dropped(
    post: Post, double: Double
) -> None:
    await post.due([1, 2], illustrated)
    blocked = refusal(403, "Forbidden: bot was blocked by the user")
    double.fault = lambda call: blocked if call.fields.get("chat_id") == "1" else None
    async with running(post.sender()):
        await until_settled(post)
    assert {c: f["state"] for c, f in (await post.fates()).items()} == {1: "dead", 2: "sent"}
    (subscription,) = await post.store.subscriptions(1)
    assert subscription.status == "blocked"
    assert await post.store.resume(1) == 1


async def test_a_chat_that_is_not_found_twice_is_gone(post: Post, double: Double) -> None:
    await post.due([1])
    double.fault = lambda _call: refusal(400, "Bad Request: chat not found")
    async with running(post.sender()):
        await until_settled(post, wanted="dead")
        assert (await post.store.subscriptions(1))[0].status == "active"
        post.hands.at = DUE + timedelta(days=7)
        await post.outbox.tick()
        await until_settled(post, wanted="dead")
    assert (await post.store.user(1)).status == "gone"
    assert (await post.store.subscriptions(1))[0].status == "blocked"


@both_engines
async def test_a_group_that_moved_gets_one_message_and_a_new_id(post: Post, double: Double) -> None:
    await post.due([-5], illustrated)
    moved = refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009)
    double.fault = lambda call: moved if call.fields.get("chat_id") == "-5" else None
    async with running(post.sender()):
        await until_settled(post)
    assert [call.chat_id for call in double.taken] == [-1009] * 3
    assert len(await post.store.subscriptions(-1009)) == 1


async def test_html_that_does_not_parse_goes_out_plainly(post: Post, double: Double) -> None:
    await post.due([1])
    double.fault = once(refusal(400, "Bad Request: can't parse entities: x"))
    async with running(post.sender()):
        await until_settled(post)
    assert "parse_mode" not in double.taken[0].fields
    assert post.pace.counts["markup"] == 1


async def test_a_message_that_is_refused_is_dead_with_its_reason(
    post: Post, double: Double
) -> None:
    await post.due([1, 2])
    bad = refusal(400, "Bad Request: message is too long")
    double.fault = lambda call: bad if call.fields.get("chat_id") == "1" else None
    async with running(post.sender()):
        await until_settled(post)
    fate = (await post.fates())[1]
    assert fate["state"] == "dead"
    assert "Message is too long" in str(fate["error"])
    assert len([call for call in double.calls if call.fields.get("chat_id") == "1"]) == 1


async def test_a_refused_token_stops_sending_and_loses_nothing(post: Post, double: Double) -> None:
    await post.due(range(1, 21))
    double.fault = lambda _call: refusal(401, "Unauthorized")
    with pytest.raises(TokenRefusedError):
        await asyncio.wait_for(post.sender().run(), 10)
    assert await post.states() == {"pending": 20}


@both_engines
async def test_stopping_finishes_what_is_in_flight_and_gives_back_the_rest(
    post: Post, double: Double
) -> None:
    await post.due(range(1, 101))
    double.latency = 0.2
    async with running(post.sender()):
        await until(post, lambda: len(double.taken) >= 8)
    states = await post.states()
    assert set(states) == {"sent", "pending"}
    assert states["sent"] == len(double.taken)
    double.latency = 0
    async with running(Post(post.store, post.bot, post.hands, "next").sender()):
        await until_settled(post)
    assert set(double.texts().values()) == {1}
    assert len(double.taken) == 100


@both_engines
async def test_what_the_dead_claimed_is_sent_and_what_they_were_sending_follows_the_policy(
    post: Post, double: Double, hands: Hands
) -> None:
    await post.due([1, 2])
    await post.outbox.notice(3, "alert", [Message("Score 66")], policy="skip")
    dead = Post(post.store, post.bot, hands, "dead").outbox.rows
    ready = (await dead.claim(10, FAST, 0)).ready
    assert len(ready) == 3
    sending = [one for one in ready if one.chat_id != 1]
    assert await dead.intend(sending) == [True, True]
    if post.store.alone:
        post.store._ownership.alone = False
    hands.pass_by(seconds=61)
    async with running(post.sender()):
        await until_settled(post)
    states = {chat: fate["state"] for chat, fate in (await post.fates()).items()}
    assert states == {1: "sent", 2: "sent", 3: "uncertain"}
    assert double.texts().keys() == {(1, "Digest 2026-W29 en"), (2, "Digest 2026-W29 en")}


@both_engines
async def test_a_sender_that_lost_its_lease_cannot_send(post: Post, hands: Hands) -> None:
    await post.due([1])
    asleep = Post(post.store, post.bot, hands, "asleep").outbox.rows
    ready = (await asleep.claim(1, FAST, 0)).ready
    hands.pass_by(seconds=61)
    await post.outbox.rows.recover()
    taken = (await post.outbox.rows.claim(1, FAST, 0)).ready
    assert await asleep.intend(ready) == [False]
    assert await post.outbox.rows.intend(taken) == [True]


@both_engines
async def test_unsubscribing_and_forgetting_hold_from_their_commit_on(
    post: Post, double: Double
) -> None:
    await post.due([1, 2, 3])
    rows = post.outbox.rows
    ready = (await rows.claim(10, FAST, 0)).ready
    await post.store.unsubscribe(1)
    await post.store.forget(2)
    granted = await rows.intend(ready)
    assert [one.chat_id for one, yes in zip(ready, granted, strict=True) if yes] == [3]
    strange = replace(ready[2], epoch=ready[2].epoch + 1)
    assert await rows.intend([strange]) == [False]


@both_engines
async def test_a_subscription_that_ended_while_it_was_enqueued_is_not_sent(
    post: Post, double: Double
) -> None:
    """A tick on another machine may enqueue what an unsubscribe could not see yet."""
    await post.due([1, 2])

    async def revive(connection: AsyncConnection) -> None:
        await connection.execute(update(outbox).values(state="pending", error=None))

    await post.store.unsubscribe(1)
    await post.store.database.write(revive)
    async with running(post.sender()):
        await until_settled(post)
    assert {call.chat_id for call in double.taken} == {2}
    assert (await post.fates())[1]["state"] == "dropped"


async def test_results_are_committed_when_the_database_is_back(
    post: Post, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result that is lost is a second copy for the reader."""
    await post.due(range(1, 9))
    settle = post.outbox.rows.settle
    away = [6]

    async def flaky(lot):  # noqa: ANN001, ANN202
        if away[0]:
            away[0] -= 1
            raise OSError("the database is away")
        return await settle(lot)

    monkeypatch.setattr(post.outbox.rows, "settle", flaky)
    async with running(post.sender()):
        await until_settled(post)
    assert away == [0]
    assert set(double.texts().values()) == {1}


async def test_a_paid_rate_is_asked_for_and_replies_are_not_charged(
    post: Post, double: Double
) -> None:
    await post.due([1])
    sender = Sender(post.store, post.bot, post.outbox, pace=post.pace, paid_rate=600)
    assert (sender._rate, sender._in_flight) == (Rate(600, 595), 40)
    async with running(sender):
        await until(post, lambda: len(double.taken) == 1)
    assert double.taken[0].fields["allow_paid_broadcast"] == "true"
    await deliver(post.bot, 2, Message("a reply"))
    assert "allow_paid_broadcast" not in double.taken[1].fields
