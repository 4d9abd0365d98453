"""One digest a period at the right local time, whatever clocks and people do: a table of cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery.outbox import Outbox
from bot.render.message import Message
from bot.store.departures import Look
from bot.store.store import Store
from bot.store.tables import outbox
from tests.bot.engines import both_engines
from tests.bot.store.clock import Hands

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
NEW_YORK, BERLIN, SYDNEY = "America/New_York", "Europe/Berlin", "Australia/Sydney"
EVERY = timedelta(hours=3)


@dataclass(frozen=True)
class Case:
    """A subscription, what happens on the way (moments in UTC), and what comes when.

    `zone` moves to another zone at the same hour, `when` to another day, `clock` sets the clock by
    so many hours, `down` lets nothing run for so many days, `pause` and `resume` do what they say.
    """

    name: str
    zone: str
    when: str
    begins: str
    ends: str
    comes: str
    happens: tuple[tuple[str, str, str], ...] = ()

    def __str__(self) -> str:
        return self.name


CASES = [
    # Saturday 10:00 is 15:00 UTC in winter, 14:00 in summer.
    Case("New York springs forward", NEW_YORK, "Sat 10:00", "2026-03-06", "2026-03-22",
         "W10 03-07 15:00, W11 03-14 14:00, W12 03-21 14:00"),
    Case("New York falls back", NEW_YORK, "Sat 10:00", "2026-10-30", "2026-11-15",
         "W44 10-31 14:00, W45 11-07 15:00, W46 11-14 15:00"),
    Case("the hour that New York skips", NEW_YORK, "Sun 02:30", "2026-03-01", "2026-03-16",
         "W09 03-01 07:30, W10 03-08 07:30, W11 03-15 06:30"),
    Case("the hour that New York has twice", NEW_YORK, "Sun 01:30", "2026-10-31", "2026-11-09",
         "W44 11-01 05:30, W45 11-08 06:30"),
    Case("Berlin springs forward", BERLIN, "Mon 08:00", "2026-03-20", "2026-04-01",
         "W13 03-23 07:00, W14 03-30 06:00"),
    Case("Berlin falls back in the hour that comes twice", BERLIN, "Sun 02:30",
         "2026-10-24", "2026-11-02", "W43 10-25 00:30, W44 11-01 01:30"),
    Case("the hour that Berlin skips", BERLIN, "Sun 02:30", "2026-03-21", "2026-04-06",
         "W12 03-22 01:30, W13 03-29 01:30, W14 04-05 00:30"),
    Case("Sydney falls back in April", SYDNEY, "Mon 09:00", "2026-03-29", "2026-04-14",
         "W14 03-29 22:00, W15 04-05 23:00, W16 04-12 23:00"),
    Case("Sydney springs forward in October", SYDNEY, "Sun 02:30", "2026-10-02", "2026-10-12",
         "W40 10-03 16:30, W41 10-10 15:30"),
    Case("the hour that Sydney has twice", SYDNEY, "Sun 02:30", "2026-03-27", "2026-04-13",
         "W13 03-28 15:30, W14 04-04 15:30, W15 04-11 16:30"),
    Case("Shanghai never does", "Asia/Shanghai", "Mon 08:00", "2026-03-06", "2026-03-24",
         "W11 03-09 00:00, W12 03-16 00:00, W13 03-23 00:00"),
    # Who moves gets the next digest by the new clock, and none twice.
    Case("from New York to Tokyo before the digest", NEW_YORK, "Sat 10:00",
         "2026-07-14", "2026-07-26", "W29 07-18 01:00, W30 07-25 01:00",
         (("2026-07-16 12:00", "zone", "Asia/Tokyo"),)),
    Case("from Tokyo to New York after the digest", "Asia/Tokyo", "Sat 10:00",
         "2026-07-14", "2026-07-26", "W29 07-18 01:00, W30 07-25 14:00",
         (("2026-07-18 06:00", "zone", NEW_YORK),)),
    Case("to a zone where the hour has passed", NEW_YORK, "Sat 10:00",
         "2026-07-14", "2026-07-26", "W30 07-25 01:00",
         (("2026-07-18 06:00", "zone", "Asia/Tokyo"),)),
    # Who chooses another day within the week gets none twice; who pauses gets none in between.
    Case("to a later day of the week after the digest", NEW_YORK, "Sat 10:00",
         "2026-07-14", "2026-07-28", "W29 07-18 14:00, W30 07-26 14:00",
         (("2026-07-18 18:00", "when", "Sun 10:00"),)),
    Case("to an earlier day of the next week", NEW_YORK, "Sat 10:00",
         "2026-07-14", "2026-07-28", "W29 07-18 14:00, W30 07-20 14:00, W31 07-27 14:00",
         (("2026-07-18 18:00", "when", "Mon 10:00"),)),
    Case("paused over a digest", NEW_YORK, "Sat 10:00", "2026-07-14", "2026-07-28",
         "W30 07-25 14:00",
         (("2026-07-17 12:00", "pause", ""), ("2026-07-20 12:00", "resume", ""))),
    # A clock that is wrong for a while.
    Case("the clock goes back an hour after the digest", NEW_YORK, "Sat 10:00",
         "2026-07-17", "2026-07-26", "W29 07-18 14:00, W30 07-25 14:00",
         (("2026-07-18 14:30", "clock", "-1"),)),
    Case("the clock goes back a day after the digest", NEW_YORK, "Sat 10:00",
         "2026-07-17", "2026-07-26", "W29 07-18 14:00, W30 07-25 14:00",
         (("2026-07-18 15:00", "clock", "-24"),)),
    Case("the clock jumps six hours ahead over the digest", NEW_YORK, "Sat 10:00",
         "2026-07-17", "2026-07-26", "W29 07-18 14:00, W30 07-25 14:00",
         (("2026-07-18 11:00", "clock", "6"),)),
    Case("the clock goes six hours ahead over the digest and back", NEW_YORK, "Sat 10:00",
         "2026-07-17", "2026-07-26", "W29 07-18 14:00, W30 07-25 14:00",
         (("2026-07-18 11:00", "clock", "6"), ("2026-07-18 20:00", "clock", "-6"))),
    Case("the clock goes back two days before the digest and ahead again", NEW_YORK, "Sat 10:00",
         "2026-07-17", "2026-07-26", "W29 07-18 14:00, W30 07-25 14:00",
         (("2026-07-18 11:00", "clock", "-48"), ("2026-07-16 17:00", "clock", "48"))),
    Case("down for a day over the digest", NEW_YORK, "Sat 10:00", "2026-07-17", "2026-07-26",
         "W29 07-18 14:00, W30 07-25 14:00", (("2026-07-18 12:00", "down", "1"),)),
    Case("down for three weeks", NEW_YORK, "Sat 10:00", "2026-07-17", "2026-08-16",
         "W29 07-18 skipped, W30 07-25 skipped, W31 08-01 skipped, W32 08-08 14:00, "
         "W33 08-15 14:00", (("2026-07-18 12:00", "down", "21.5"),)),
    Case("down for three weeks over a clock change", NEW_YORK, "Sat 10:00",
         "2026-10-23", "2026-11-22", "W43 10-24 skipped, W44 10-31 skipped, W45 11-07 15:00, "
         "W46 11-14 15:00, W47 11-21 15:00", (("2026-10-24 12:00", "down", "16"),)),
]  # fmt: skip


async def compose(period: str, _at: datetime, _look: Look) -> Sequence[Message]:
    return [Message(period)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def subscribe(store: Store, case: Case, zone: str) -> None:
    day, at = case.when.split()
    await store.subscribe(1, weekday=DAYS.index(day), local_time=time.fromisoformat(at), tz=zone)


async def happen(store: Store, case: Case, hands: Hands, what: str, how: str) -> None:
    if what == "zone":
        await subscribe(store, case, how)
    elif what == "when":
        await subscribe(store, replace(case, when=how), case.zone)
    elif what == "pause":
        await store.pause(1, "asked")
    elif what == "resume":
        await store.resume(1, "asked")
    elif what == "clock":
        hands.pass_by(hours=float(how))
    else:
        hands.pass_by(days=float(how))


async def come(store: Store) -> str:
    """Return what is in the outbox: period, date and time in UTC, or that it was skipped."""

    async def read(connection: AsyncConnection) -> str:
        query = select(outbox.c.period, outbox.c.not_before, outbox.c.state)
        rows = await connection.execute(query.order_by(outbox.c.not_before))
        return ", ".join(
            f"{period[5:]} {at:%m-%d} {'skipped' if state == 'skipped' else f'{at:%H:%M}'}"
            for period, at, state in rows
        )

    return await store.database.read(read)


@both_engines
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_one_digest_a_period_at_the_right_local_time(
    store: Store, hands: Hands, case: Case
) -> None:
    hands.at = utc(case.begins)
    await subscribe(store, case, case.zone)
    out = Outbox(store, {"digest": compose}, owner="one")
    left = list(case.happens)
    while hands.at < utc(case.ends):
        if left and hands.at >= utc(left[0][0]):
            _, what, how = left.pop(0)
            await happen(store, case, hands, what, how)
        await out.tick()
        hands.at += EVERY
    assert await come(store) == case.comes
