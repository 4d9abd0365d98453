"""How many messages may go out now, for all processes together: one row, taken from per batch.

A generic cell rate algorithm: the row keeps the moment when the bucket is full again. Replies are
not asked for; each process charges what its replies spent, so broadcasts yield to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert_into
from bot.store.tables import EPOCH, rate_buckets

BUCKET = "telegram"


@dataclass(frozen=True, slots=True)
class Rate:
    """What Telegram allows: `overall` a second, of which broadcasts take at most `broadcast`.

    The default is the free rate, less five a second that are kept for replies. `burst_seconds` is
    how much may be saved up; a second's worth of sending plus the burst stays within `overall`.
    """

    overall: float = 30.0
    broadcast: float = 25.0
    burst_seconds: float = 0.2

    @classmethod
    def paid(cls, a_second: int) -> Rate:
        """Return a rate that is paid for; a tenth, five at most, is kept for replies."""
        return cls(float(a_second), a_second - min(5.0, a_second / 10))

    def cost(self, broadcasts: int, replies: int) -> timedelta:
        """Return how much later the bucket is full."""
        return timedelta(seconds=broadcasts / self.broadcast + replies / self.overall)

    def available(self, full_at: datetime, now: datetime) -> int:
        """Return how many broadcasts may go out now."""
        room = now + timedelta(seconds=self.burst_seconds) - max(full_at, now)
        return max(0, int(room.total_seconds() * self.broadcast + 1e-6))


async def open_bucket(connection: AsyncConnection) -> tuple[datetime, datetime]:
    """Return (full at, paused until), the row locked for this transaction, made where missing."""
    query = select(rate_buckets.c.full_at, rate_buckets.c.paused_until).where(
        rate_buckets.c.name == BUCKET
    )
    row = (await connection.execute(query.with_for_update())).one_or_none()
    if row is None:
        made = insert_into(connection, rate_buckets).values(
            name=BUCKET, full_at=EPOCH, paused_until=EPOCH
        )
        await connection.execute(made.on_conflict_do_nothing())
        row = (await connection.execute(query.with_for_update())).one()
    return row.full_at, row.paused_until


async def paused_until(connection: AsyncConnection) -> datetime | None:
    """Return until when Telegram wanted nothing from us; None where nothing was ever sent."""
    query = select(rate_buckets.c.paused_until).where(rate_buckets.c.name == BUCKET)
    return (await connection.execute(query)).scalar()


async def charge(connection: AsyncConnection, full_at: datetime) -> None:
    """Write down when the bucket is full again."""
    mine = rate_buckets.c.name == BUCKET
    await connection.execute(update(rate_buckets).where(mine).values(full_at=full_at))


async def pause(connection: AsyncConnection, until: datetime) -> None:
    """Let no process broadcast before `until`; an earlier moment changes nothing."""
    await open_bucket(connection)
    later = (rate_buckets.c.name == BUCKET) & (rate_buckets.c.paused_until < until)
    await connection.execute(update(rate_buckets).where(later).values(paused_until=until))
