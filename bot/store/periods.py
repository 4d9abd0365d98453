"""A subscription's schedule and the weeks that it had -> when its next digest really comes.

A week has one digest, whatever becomes of the weekday or the zone: the outbox takes one row a
period. So after a change of schedule the next instant may lie in a week that is used up. A row of
which nothing was sent, because its week was missed or nobody wanted it then, uses up no week.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.reading.schedule import Weekly, next_due
from bot.store.tables import outbox, subscriptions

# Held by who enqueues and by who changes a schedule: neither then misses what the other wrote.
ADVISORY_LOCK = 7_202_027
NOTHING_SENT = and_(
    outbox.c.state.in_(("skipped", "dropped")), outbox.c.part == 0, outbox.c.uncertain == 0
)


async def wait_for_turn(connection: AsyncConnection) -> None:
    """Wait until nobody enqueues, and keep it so until we commit; SQLite's one writer need not."""
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:key)")
        await connection.execute(lock, {"key": ADVISORY_LOCK})


async def first_unused(
    connection: AsyncConnection, sub_id: int | None, kind: str, schedule: Weekly, now: datetime
) -> datetime:
    """Return the first due instant after `now` in a week that is not used up.

    `sub_id` None is a subscription that is not there yet.
    """
    rows = select(outbox.c.period).where(
        outbox.c.kind == kind, outbox.c.sub_id == sub_id, ~NOTHING_SENT
    )
    used = set() if sub_id is None else set((await connection.execute(rows)).scalars())
    due = next_due(schedule, now)
    while due.period in used:
        due = next_due(schedule, due.at)
    return due.at


def has_used(period: str) -> ColumnElement[bool]:
    """Return what is true of subscriptions that had this week already."""
    return exists().where(
        and_(
            outbox.c.kind == subscriptions.c.kind,
            outbox.c.sub_id == subscriptions.c.id,
            outbox.c.period == period,
            ~NOTHING_SENT,
        )
    )
