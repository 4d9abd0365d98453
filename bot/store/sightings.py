"""What came in, by name, and when we first saw it: what is late is late by our own eyes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_into, writing
from bot.store.tables import sightings


@dataclass(frozen=True, slots=True)
class Sightings:
    """The sightings in the store."""

    database: Database

    @writing
    async def first(self, connection: AsyncConnection, name: str) -> datetime:
        """Return when a thing was first seen: now, where it never was before."""
        now = await self.database.now(connection)
        row = insert_into(connection, sightings).values(name=name, at=now)
        await connection.execute(row.on_conflict_do_nothing())
        query = select(sightings.c.at).where(sightings.c.name == name)
        moment: datetime = (await connection.execute(query)).scalar_one()
        return moment

    async def any(self, beginning: str) -> bool:
        """Tell whether anything whose name begins so was ever seen."""
        begins = sightings.c.name.startswith(beginning)
        return await self.database.holds(select(sightings.c.name).where(begins))
