"""New data -> alerts once a crossing, and an addendum once a late report, to whom it is due."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.app import watcher
from bot.assistant import make_assistant
from bot.delivery.outbox import Outbox
from bot.delivery.watching import Watch
from bot.render.message import Message
from bot.settings import Settings
from bot.store.alerts import Alert
from bot.store.budget import Rate
from bot.store.database import no_step
from bot.store.departures import Look
from bot.store.store import Store
from bot.store.tables import outbox as rows
from tests.bot.engines import both_engines
from tests.bot.store.clock import Hands
from tests.recorded import recorded_market
from tools.market.bundled import bundled_market
from tools.market.data import MarketData
from tools.market.measures import Reading
from tools.market.store import MarketShelf
from tools.positions import Report, Short

ANA, BO, OPERATOR = 1001, 1002, 1003
TUESDAY = date(2026, 7, 7)
SATURDAY = datetime(2026, 7, 18, 14, tzinfo=UTC)


@dataclass
class Desk:
    """A market that the test moves, and what was said."""

    store: Store
    hands: Hands
    market: MarketData = field(init=False)
    watch: Watch = field(init=False)
    outbox: Outbox = field(init=False)

    def __post_init__(self) -> None:
        self.market = replace(bundled_market(), origin="fetched", reports=())
        self.outbox = Outbox(self.store, {"digest": self.digest}, owner="one")
        self.restart()

    def restart(self) -> None:
        market = lambda: self.market  # noqa: E731 - the test moves it
        self.watch = Watch(
            self.outbox, self.store, market, tell, self.addendum, warn, operators=(OPERATOR,)
        )

    async def digest(self, period: str, _at: datetime, _look: Look) -> Sequence[Message]:
        return [Message(f"Digest {period}")]

    async def addendum(self, report: date, lang: str, _theme: str) -> Sequence[Message]:
        return [Message(f"Report of {report} ({lang})")]

    def report(self, as_of: date, ty: int = 1_000) -> None:
        """Let a report arrive now."""
        made = Report(as_of, self.hands.at, (Short("TY", ty),))
        self.market = replace(self.market, reports=(*self.market.reports, made))

    async def tick(self) -> int:
        return await self.watch.tick(self.hands.at)

    async def sent(self, kind: str) -> list[tuple[int, str]]:
        """Return (chat, key) of what is in the outbox."""

        async def read(connection: AsyncConnection) -> list[tuple[int, str]]:
            query = select(rows.c.chat_id, rows.c.period).where(rows.c.kind == kind)
            return [tuple(row) for row in await connection.execute(query.order_by(rows.c.id))]

        return await self.store.database.read(read)


def tell(alert: Alert, reading: Reading) -> Sequence[Message]:
    return [Message(f"{alert.measure} {reading.value} {reading.as_of}")]


def warn(lang: str, newest: date) -> Message:
    return Message(f"Nothing since {newest} ({lang})")


@pytest.fixture
def desk(store: Store, hands: Hands) -> Desk:
    return Desk(store, hands)


async def set_alert(store: Store, chat: int, bound: float, measure: str = "net:TY") -> Alert:
    await store.user(chat)
    made = await store.alerts.add(
        chat, measure, above=True, bound=bound, lang="en", thread_id=None,
        crossed=False, as_of=TUESDAY,
    )  # fmt: skip
    assert made is not None
    return made


@both_engines
async def test_an_alert_is_told_once_a_crossing(desk: Desk) -> None:
    made = await set_alert(desk.store, ANA, bound=2_000)
    await set_alert(desk.store, BO, bound=9_000)
    told = []
    for week, net in enumerate((1_000, 2_500, 3_000, 1_500, 2_001)):
        desk.report(TUESDAY + timedelta(weeks=week), net)
        desk.hands.pass_by(weeks=1)
        told.append(await desk.tick())
        assert await desk.tick() == 0
        desk.restart()
        assert await desk.tick() == 0, "a restart sees nothing new"
    assert told == [0, 1, 0, 0, 1]
    assert await desk.sent("alert") == [(ANA, f"{made.id}:1"), (ANA, f"{made.id}:2")]


async def test_a_crash_between_telling_and_noting_tells_once(desk: Desk) -> None:
    made = await set_alert(desk.store, ANA, bound=2_000)
    desk.report(TUESDAY, 2_500)
    await desk.watch._notice(made, Reading(TUESDAY, 2_500))
    await desk.tick()
    assert await desk.sent("alert") == [(ANA, f"{made.id}:1")]
    assert [a.crossings for a in await desk.store.alerts.of_chat(ANA)] == [1]


class CrashedError(Exception):
    """As if the process had been killed here."""


def crash_at(point: int) -> Callable[[str], None]:
    """Return a hook of the store that crashes at the durable step asked for, and at none after."""
    steps = itertools.count(1)

    def step(name: str) -> None:
        if next(steps) == point:
            raise CrashedError(name)

    return step


async def crashed(desk: Desk, point: int) -> str | None:
    """Tick with a crash at a step, then again as after a restart; return where it crashed."""
    desk.store.database._step = crash_at(point)
    try:
        await desk.tick()
        where = None
    except CrashedError as error:
        where = str(error)
    desk.store.database._step = no_step
    desk.restart()
    await desk.tick()
    return where


@both_engines
async def test_a_crash_at_any_durable_step_tells_each_alert_and_addendum_once(desk: Desk) -> None:
    """Week after week: at step 1, then 2, ... until a look at the market needs no more steps."""
    await desk.store.subscribe(ANA, tz="UTC")
    made = await set_alert(desk.store, ANA, bound=2_000)
    await week_of_a_holiday(desk)
    places: set[str | None] = set()
    report = date(2026, 7, 14)
    for point in itertools.count(1):
        desk.hands.pass_by(days=2)
        desk.report(report, 1_000 + 2_000 * (point % 2))  # crossed in odd weeks
        where = await crashed(desk, point)
        places.add(where)
        assert (await desk.sent("addendum")).count((ANA, report.isoformat())) == 1
        alerts = [key for _, key in await desk.sent("alert")]
        assert alerts[-1] == f"{made.id}:{(point + 1) // 2}"
        assert len(set(alerts)) == len(alerts)
        if where is None and point % 2:
            break
        report += timedelta(weeks=1)
        desk.hands.pass_by(days=5)
        await desk.outbox.tick()
    assert places == {"commit", "committed", None}
    assert point > 10, "a look at the market has more steps than that"


async def test_two_reports_at_once_are_judged_one_after_the_other(desk: Desk) -> None:
    """A peak is told also where the figure has fallen again since the last look."""
    await set_alert(desk.store, ANA, bound=2_000)
    desk.report(TUESDAY, 2_500)
    desk.report(TUESDAY + timedelta(weeks=1), 1_000)
    assert await desk.tick() == 1
    [alert] = await desk.store.alerts.of_chat(ANA)
    assert not alert.crossed


async def test_a_chat_that_blocked_us_or_dropped_its_alert_hears_nothing(desk: Desk) -> None:
    made = await set_alert(desk.store, ANA, bound=2_000)
    await set_alert(desk.store, BO, bound=2_000)
    assert await desk.store.alerts.drop(ANA, made.id) == 1
    await desk.store.pause(BO, "blocked")
    desk.report(TUESDAY, 2_500)
    assert await desk.tick() == 0


# The addendum


async def week_of_a_holiday(desk: Desk) -> None:
    """The report of 7 July came on its Friday; that of 14 July does not."""
    desk.hands.at = datetime(2026, 7, 10, 20, tzinfo=UTC)
    desk.report(TUESDAY)
    await desk.tick()
    desk.hands.at = SATURDAY
    await desk.outbox.tick()
    await desk.tick()


@both_engines
async def test_a_late_report_reaches_once_those_whose_digest_lacked_it(desk: Desk) -> None:
    await desk.store.subscribe(ANA)
    await desk.store.subscribe(BO, weekday=1)  # Tuesday's digest will have it
    await week_of_a_holiday(desk)
    assert await desk.sent("addendum") == []
    desk.hands.at = datetime(2026, 7, 20, 20, 20, tzinfo=UTC)
    desk.report(date(2026, 7, 14))
    for _ in range(2):
        await desk.tick()
        desk.restart()
    assert await desk.sent("addendum") == [(ANA, "2026-07-14")]


async def test_a_report_on_time_has_no_addendum(desk: Desk) -> None:
    await desk.store.subscribe(ANA)
    await week_of_a_holiday(desk)
    desk.hands.at = datetime(2026, 7, 24, 19, 45, tzinfo=UTC)
    desk.report(date(2026, 7, 14))
    desk.report(date(2026, 7, 21))
    await desk.tick()
    desk.hands.at = datetime(2026, 7, 25, 14, tzinfo=UTC)
    await desk.outbox.tick()
    await desk.tick()
    assert await desk.sent("addendum") == []


async def test_the_first_report_ever_seen_is_no_late_one(desk: Desk) -> None:
    await desk.store.subscribe(ANA)
    desk.hands.at = SATURDAY
    await desk.outbox.tick()
    desk.hands.pass_by(days=2)
    desk.report(date(2026, 7, 14))
    await desk.tick()
    assert await desk.sent("addendum") == []


# Silence


async def test_two_reports_that_do_not_come_are_told_to_the_operator_once(desk: Desk) -> None:
    desk.hands.at = datetime(2026, 7, 10, 20, tzinfo=UTC)
    desk.report(TUESDAY)
    for day in (17, 24):
        desk.hands.at = datetime(2026, 7, day, 19, tzinfo=UTC)
        await desk.tick()
        assert await desk.sent("notice") == []
    for _ in range(3):
        desk.hands.pass_by(days=1)
        desk.restart()
        await desk.tick()
    assert await desk.sent("notice") == [(OPERATOR, "silence:2026-07-07")]


async def test_a_shutdown_on_the_calendar_is_no_silence(desk: Desk) -> None:
    """The report of 30 September 2025 was announced for 19 November."""
    desk.hands.at = datetime(2025, 9, 26, 20, tzinfo=UTC)
    desk.report(date(2025, 9, 23))
    desk.hands.at = datetime(2025, 11, 19, 12, tzinfo=UTC)
    await desk.tick()
    assert await desk.sent("notice") == []
    desk.hands.pass_by(days=2)
    await desk.tick()
    assert await desk.sent("notice") == [(OPERATOR, "silence:2025-09-23")]


async def test_figures_from_the_box_bring_no_addendum(desk: Desk) -> None:
    await desk.store.subscribe(ANA)
    await week_of_a_holiday(desk)
    desk.market = bundled_market()
    desk.hands.pass_by(days=2)
    await desk.tick()
    assert await desk.sent("addendum") == []


# As the bot wires it


async def test_the_bot_tells_the_peak_of_october_2025_in_the_chats_language(
    store: Store, tmp_path: Path
) -> None:
    now = datetime(2025, 11, 4, 13, tzinfo=UTC)
    shelf = MarketShelf(None)
    shelf._held = recorded_market()
    settings = Settings(data_dir=tmp_path, feeds=False)
    assistant = make_assistant(settings, store, now=lambda: now, shelf=shelf)
    out = Outbox(store, {}, owner="one")
    await store.user(ANA)
    for lang, bound in (("en", 30.0), ("zh", 31.0)):
        await store.alerts.add(
            ANA, "sofr_iorb", above=True, bound=bound, lang=lang, thread_id=None,
            crossed=False, as_of=date(2025, 10, 30),
        )  # fmt: skip
    assert await watcher(out, assistant).tick(now) == 2
    claimed = (await out.rows.claim(9, Rate(100, 100), 0)).ready
    texts = [(await out.payloads.get(ready.payload_id)).parts[0].html for ready in claimed]
    assert "SOFR over IORB is 32 bp as of 2025-10-31" in texts[0]
    assert "SOFR 减 IORB\uff0c现为 32 个基点" in texts[1]
    assert {ready.policy for ready in claimed} == {"skip"}
    [addendum] = await watcher(out, assistant).compose(date(2025, 9, 23), "en", "light")
    assert "Late CFTC report" in addendum.html
