"""What is sent, rendered once for all who get the same: the parts of a message with their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_into
from bot.store.tables import payload_parts, payloads


@dataclass(frozen=True, slots=True)
class Edition:
    """What tells one rendering from another: the kind, its instant or key, language, theme."""

    kind: str
    key: str
    lang: str
    theme: str


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a payload; `keyboard` is JSON, `file_id` Telegram's name once uploaded."""

    html: str
    keyboard: str = "[]"
    attachment_name: str | None = None
    attachment: bytes | None = None
    picture: bool = False
    file_id: str | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """The parts in the order of sending."""

    id: int
    parts: tuple[Part, ...]


class Payloads:
    """The payloads in the store."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def find(self, edition: Edition) -> int | None:
        """Return the id of an edition that was rendered already."""

        async def find(connection: AsyncConnection) -> int | None:
            return (await connection.execute(_by_edition(edition))).scalar_one_or_none()

        return await self._db.read(find)

    async def put(self, edition: Edition, parts: Sequence[Part]) -> int:
        """Store an edition and return its id; where another was quicker, theirs stands."""

        async def put(connection: AsyncConnection) -> int:
            statement = (
                insert_into(connection, payloads)
                .values(
                    kind=edition.kind,
                    edition=edition.key,
                    lang=edition.lang,
                    theme=edition.theme,
                    parts=len(parts),
                    created=await self._db.now(connection),
                )
                .on_conflict_do_nothing()
                .returning(payloads.c.id)
            )
            made = (await connection.execute(statement)).scalar_one_or_none()
            if made is None:
                return int((await connection.execute(_by_edition(edition))).scalar_one())
            rows = [
                {
                    "payload_id": made,
                    "part": number,
                    "html": part.html,
                    "keyboard": part.keyboard,
                    "attachment_name": part.attachment_name,
                    "attachment": part.attachment,
                    "picture": part.picture,
                }
                for number, part in enumerate(parts)
            ]
            await connection.execute(insert(payload_parts), rows)
            return int(made)

        return await self._db.write(put)

    async def get(self, payload_id: int) -> Payload:
        """Return a payload with all its parts."""
        columns = [c for c in payload_parts.c if c.name not in {"payload_id", "part"}]
        query = (
            select(*columns)
            .where(payload_parts.c.payload_id == payload_id)
            .order_by(payload_parts.c.part)
        )

        async def get(connection: AsyncConnection) -> Payload:
            rows = await connection.execute(query)
            return Payload(payload_id, tuple(Part(**row._mapping) for row in rows))

        return await self._db.read(get)

    async def uploaded(self, payload_id: int, part: int, file_id: str | None) -> None:
        """Keep Telegram's name for a part's file; None when Telegram no longer knows it."""
        mine = (payload_parts.c.payload_id == payload_id) & (payload_parts.c.part == part)

        async def keep(connection: AsyncConnection) -> None:
            statement = update(payload_parts).where(mine).values(file_id=file_id)
            await connection.execute(statement)

        await self._db.write(keep)


def _by_edition(edition: Edition) -> Select[int]:
    return select(payloads.c.id).where(
        payloads.c.kind == edition.kind,
        payloads.c.edition == edition.key,
        payloads.c.lang == edition.lang,
        payloads.c.theme == edition.theme,
    )
