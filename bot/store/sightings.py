"""What came in, by name, and when we first saw it: what is late is late by our own eyes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_into
from bot.store.tables import sightings


class Sightings:
    """The sightings in the store."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def first(self, name: str) -> datetime:
        """Return when a thing was first seen: now, where it never was before."""

        async def see(connection: AsyncConnection) -> datetime:
            row = insert_into(connection, sightings).values(
                name=name, at=await self._db.now(connection)
            )
            await connection.execute(row.on_conflict_do_nothing())
            query = select(sightings.c.at).where(sightings.c.name == name)
            moment: datetime = (await connection.execute(query)).scalar_one()
            return moment

        return await self._db.write(see)

    async def any(self, beginning: str) -> bool:
        """Tell whether anything whose name begins so was ever seen."""
        query = select(sightings.c.name).where(sightings.c.name.startswith(beginning)).limit(1)

        async def look(connection: AsyncConnection) -> bool:
            return (await connection.execute(query)).first() is not None

        return await self._db.read(look)
