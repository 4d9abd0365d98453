"""What is due is enqueued once a period: late, twice, by two, after weeks, with a wrong clock."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery.outbox import Outbox
from bot.reading.schedule import Due, Reckoning
from bot.render.message import Attachment, Message
from bot.store import departures
from bot.store.arrivals import Arrival, Arrivals
from bot.store.budget import Rate
from bot.store.departures import Look, Settlement
from bot.store.store import Store
from bot.store.tables import outbox, payload_parts
from tests.bot.engines import both_engines
from tests.bot.store.clock import Hands

pytestmark = both_engines

SATURDAY_10_NEW_YORK = datetime(2026, 7, 18, 14, tzinfo=UTC)


class Press:
    """Renders a digest and remembers for whom."""

    def __init__(self) -> None:
        self.printed: list[tuple[str, datetime, str, str]] = []
        self.broken = False

    async def __call__(self, period: str, scheduled: datetime, look: Look) -> Sequence[Message]:
        lang, theme = look.lang, look.theme
        if self.broken:
            raise RuntimeError("no feeds")
        self.printed.append((period, scheduled, lang, theme))
        chart = Attachment("chart.png", f"{period}{theme}".encode())
        return [Message(f"Digest {period} {lang}"), Message("Chart", attachment=chart)]


@pytest.fixture
def press() -> Press:
    return Press()


def outbox_of(store: Store, press: Press, owner: str = "one") -> Outbox:
    return Outbox(store, {"digest": press}, owner=owner)


async def rows(store: Store) -> list[tuple[int, str, str]]:
    """Return (chat, period, state) of the whole outbox."""

    async def read(connection: AsyncConnection) -> list[tuple[int, str, str]]:
        query = select(outbox.c.chat_id, outbox.c.period, outbox.c.state).order_by(
            outbox.c.chat_id, outbox.c.period
        )
        return [tuple(row) for row in await connection.execute(query)]

    return await store.database.read(read)


async def test_nothing_is_enqueued_early_and_all_is_on_time(
    store: Store, hands: Hands, press: Press
) -> None:
    await store.subscribe(1)
    await store.subscribe(2, lang="zh")
    out = outbox_of(store, press)
    hands.at = SATURDAY_10_NEW_YORK - timedelta(microseconds=1)
    assert await out.tick() == 0
    hands.at = SATURDAY_10_NEW_YORK
    assert await out.tick() == 2
    assert await rows(store) == [(1, "2026-W29", "pending"), (2, "2026-W29", "pending")]
    assert (await store.subscriptions(1))[0].next_due == SATURDAY_10_NEW_YORK + timedelta(days=7)


async def test_a_digest_is_rendered_once_for_all_who_get_the_same(
    store: Store, hands: Hands, press: Press
) -> None:
    for chat in range(1, 41):
        await store.subscribe(chat, lang="zh" if chat % 2 else "en")
    await store.set_user(4, theme="dark")
    hands.at = SATURDAY_10_NEW_YORK
    await outbox_of(store, press).tick()
    assert sorted(press.printed) == [
        ("2026-W29", SATURDAY_10_NEW_YORK, "en", "dark"),
        ("2026-W29", SATURDAY_10_NEW_YORK, "en", "light"),
        ("2026-W29", SATURDAY_10_NEW_YORK, "zh", "light"),
    ]

    async def blobs(connection: AsyncConnection) -> int:
        query = select(func.count()).where(payload_parts.c.attachment.is_not(None))
        return (await connection.execute(query)).scalar_one()

    assert await store.database.read(blobs) == 3


async def test_a_monday_reader_gets_mondays_digest(
    store: Store, hands: Hands, press: Press
) -> None:
    """The same week, another instant: what was published in between is in it."""
    await store.subscribe(1, weekday=5)
    await store.subscribe(2, weekday=0, local_time=time(8), tz="Asia/Shanghai")
    out = outbox_of(store, press)
    for _ in range(9):
        hands.pass_by(days=1)
        await out.tick()
    assert [(period, at.isoformat()) for period, at, _, _ in press.printed] == [
        ("2026-W29", "2026-07-18T14:00:00+00:00"),
        ("2026-W30", "2026-07-20T00:00:00+00:00"),
    ]


async def test_ticking_again_changes_nothing(store: Store, hands: Hands, press: Press) -> None:
    await store.subscribe(1)
    hands.at = SATURDAY_10_NEW_YORK
    out = outbox_of(store, press)
    assert [await out.tick() for _ in range(3)] == [1, 0, 0]
    assert len(await rows(store)) == 1


async def test_two_that_tick_at_the_same_instant_enqueue_once(
    store: Store, hands: Hands, press: Press
) -> None:
    for chat in range(1, 101):
        await store.subscribe(chat)
    hands.at = SATURDAY_10_NEW_YORK
    ticks = [outbox_of(store, press, owner=f"replica {n}").tick() for n in range(4)]
    assert sum(await asyncio.gather(*ticks)) == 100
    assert len(await rows(store)) == 100


async def test_a_large_group_is_enqueued_in_chunks(
    store: Store, hands: Hands, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departures, "CHUNK", 7)
    for chat in range(1, 31):
        await store.subscribe(chat, lang="zh" if chat % 3 else "en")
    hands.at = SATURDAY_10_NEW_YORK
    assert await outbox_of(store, press).tick() == 30
    assert {chat for chat, _, _ in await rows(store)} == set(range(1, 31))


async def test_three_weeks_down_sends_the_newest_only(
    store: Store, hands: Hands, press: Press
) -> None:
    await store.subscribe(1)
    hands.at = SATURDAY_10_NEW_YORK + timedelta(days=21, hours=5)
    await outbox_of(store, press).tick()
    assert await rows(store) == [
        (1, "2026-W29", "skipped"),
        (1, "2026-W30", "skipped"),
        (1, "2026-W31", "skipped"),
        (1, "2026-W32", "pending"),
    ]
    assert [period for period, *_ in press.printed] == ["2026-W32"]
    assert (await store.subscriptions(1))[0].next_due == SATURDAY_10_NEW_YORK + timedelta(days=28)
    assert (await store.status())["outbox"] == {"pending": 1, "skipped": 3}


async def test_a_clock_that_goes_back_sends_nothing_twice_and_nothing_early(
    store: Store, hands: Hands, press: Press
) -> None:
    await store.subscribe(1)
    out = outbox_of(store, press)
    hands.at = SATURDAY_10_NEW_YORK + timedelta(minutes=1)
    await out.tick()
    hands.pass_by(hours=-1)
    await out.tick()
    hands.pass_by(hours=2)
    await out.tick()
    assert await rows(store) == [(1, "2026-W29", "pending")]


async def test_a_clock_that_was_a_year_ahead_silences_nobody(
    store: Store, hands: Hands, press: Press
) -> None:
    await store.subscribe(1)
    out = outbox_of(store, press)
    hands.pass_by(days=365)
    await out.tick()
    hands.pass_by(days=-365)
    await out.tick()
    assert (await store.subscriptions(1))[0].next_due == SATURDAY_10_NEW_YORK


async def test_a_new_zone_or_day_in_the_same_week_brings_no_second_digest(
    store: Store, hands: Hands, press: Press
) -> None:
    await store.subscribe(1, weekday=3, local_time=time(9), tz="Asia/Tokyo")
    out = outbox_of(store, press)
    hands.at = datetime(2026, 7, 16, 1, tzinfo=UTC)
    await out.tick()
    await store.subscribe(1, weekday=4, local_time=time(9), tz="America/New_York")
    hands.pass_by(days=2)
    await out.tick()
    assert await rows(store) == [(1, "2026-W29", "pending")]
    hands.pass_by(days=7)
    await out.tick()
    assert len(await rows(store)) == 2


async def test_what_cannot_be_composed_stays_due_and_others_do_not_wait(
    store: Store, hands: Hands, press: Press, caplog: pytest.LogCaptureFixture
) -> None:
    await store.subscribe(1)
    await store.subscribe(2, kind="other")
    out = outbox_of(store, press)
    hands.at = SATURDAY_10_NEW_YORK
    assert await out.tick() == 1
    assert "stays due" in caplog.text
    press.broken = True
    await store.subscribe(3)
    hands.pass_by(days=7)
    assert await out.tick() == 0
    press.broken = False
    assert await out.tick() == 2


async def test_paused_and_ended_subscriptions_are_not_due(
    store: Store, hands: Hands, press: Press
) -> None:
    for chat in (1, 2, 3):
        await store.subscribe(chat)
    await store.pause(1, "asked")
    await store.unsubscribe(2)
    hands.at = SATURDAY_10_NEW_YORK
    await outbox_of(store, press).tick()
    assert await rows(store) == [(3, "2026-W29", "pending")]


async def test_unsubscribing_drops_what_waits_and_forgetting_deletes_it(
    store: Store, hands: Hands, press: Press
) -> None:
    for chat in (1, 2, 3):
        await store.subscribe(chat)
    hands.at = SATURDAY_10_NEW_YORK
    await outbox_of(store, press).tick()
    await store.unsubscribe(1)
    assert (await store.forget(2))["outbox"] == 1
    assert await rows(store) == [(1, "2026-W29", "dropped"), (3, "2026-W29", "pending")]


async def test_an_announcement_reaches_each_subscription_once(
    store: Store, hands: Hands, press: Press
) -> None:
    for chat in range(1, 31):
        await store.subscribe(chat, lang="zh" if chat % 2 else "en")
    await store.pause(30, "asked")

    async def addendum(lang: str, theme: str) -> Sequence[Message]:
        return [Message(f"The CFTC report is here ({lang}, {theme})")]

    out = outbox_of(store, press)
    for _ in range(2):
        await out.announce("addendum", "2026-07-14", addendum)
    assert await rows(store) == [(chat, "2026-07-14", "pending") for chat in range(1, 30)]


async def test_a_notice_reaches_a_chat_once_a_key(store: Store, press: Press) -> None:
    out = outbox_of(store, press)
    assert await out.notice(5, "score>65 2026-W29", [Message("Score 66.1")])
    assert not await out.notice(5, "score>65 2026-W29", [Message("Score 66.1")])
    assert await out.notice(6, "score>65 2026-W29", [Message("Score 66.1")])
    assert len(await rows(store)) == 2


async def test_old_deliveries_and_their_payloads_are_purged(
    store: Store, hands: Hands, press: Press
) -> None:
    await store.subscribe(1)
    hands.at = SATURDAY_10_NEW_YORK
    await outbox_of(store, press).tick()
    hands.pass_by(days=62)
    gone = await store.purge()
    assert (gone["outbox"], gone["payloads"], gone["payload_parts"]) == (1, 1, 2)


async def test_the_queries_that_run_all_day_use_their_indexes(
    store: Store, hands: Hands, press: Press
) -> None:
    """With a million rows a scan or a sort here would stop the bot."""
    if not store.database.sqlite:
        pytest.skip("PostgreSQL's planner scans small tables whatever the index")
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    file = store.database._on_file
    assert file is not None
    engines = (file.pen._engine, file.eyes._engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    await store.subscribe(1)
    out = outbox_of(store, press)
    hands.at = SATURDAY_10_NEW_YORK
    asked.clear()
    await out.rows.due_groups(hands())
    groups = await out.rows.due_groups(hands())
    due = Due(hands(), "2026-W29")
    await out.rows.enqueue(groups[0], Reckoning(due, (), due), payload_id=1, policy="resend")
    ready = (await out.rows.claim(5, Rate(), 0)).ready
    await out.rows.intend(ready)
    await out.rows.settle([Settlement(ready[0], "sent")])
    await out.rows.recover()
    inbox = Arrivals(store.database, 1, "one", timedelta(seconds=9))
    await inbox.keep([Arrival(1, 1, "{}")])
    await inbox.claim(8)
    await inbox.claim(8, only_urgent=True)
    await inbox.recover(alone=False)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)

    async def plan(connection: AsyncConnection) -> list[str]:
        lines = []
        for statement in dict.fromkeys(s for s in asked if s.startswith(("SELECT", "UPDATE"))):
            nothing = (0,) * statement.count("?")
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", nothing)
            lines += [f"{row[3]}    in    {statement}" for row in rows]
        return lines

    steps = await store.database.read(plan)
    assert len(steps) > 15
    scans = [step for step in steps if step.startswith("SCAN") and "rate_buckets" not in step]
    # What a query chose by an index may be gone through once more: a chunk, a batch.
    assert [step for step in scans if not step.startswith(("SCAN anon", "SCAN (subquery"))] == []
    assert [step for step in steps if "B-TREE FOR ORDER BY" in step] == []
    # By its bot an update is found among all that were ever kept: as good as a scan.
    assert [step for step in steps if "uq_inbox_bot_id_update_id (bot_id=?)" in step] == []
