"""What is sent, rendered once for all who get the same: the parts of a message with their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_into, writing
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


@dataclass(frozen=True, slots=True)
class Payloads:
    """The payloads in the store."""

    database: Database

    async def find(self, edition: Edition) -> int | None:
        """Return the id of an edition that was rendered already."""
        return next((row.id for row in await self.database.rows(_by_edition(edition))), None)

    @writing
    async def put(
        self, connection: AsyncConnection, edition: Edition, parts: Sequence[Part]
    ) -> int:
        """Store an edition and return its id; where another was quicker, theirs stands."""
        statement = insert_into(connection, payloads).values(
            kind=edition.kind,
            edition=edition.key,
            lang=edition.lang,
            theme=edition.theme,
            parts=len(parts),
            created=await self.database.now(connection),
        )
        once = statement.on_conflict_do_nothing().returning(payloads.c.id)
        made = (await connection.execute(once)).scalar_one_or_none()
        if made is None:
            return int((await connection.execute(_by_edition(edition))).scalar_one())
        rows = [
            {"payload_id": made, "part": number, **asdict(part)}
            for number, part in enumerate(parts)
        ]
        await connection.execute(insert(payload_parts), rows)
        return int(made)

    async def get(self, payload_id: int) -> Payload:
        """Return a payload with all its parts."""
        query = (
            select(*[payload_parts.c[name] for name in Part.__slots__])
            .where(payload_parts.c.payload_id == payload_id)
            .order_by(payload_parts.c.part)
        )
        rows = await self.database.rows(query)
        return Payload(payload_id, tuple(Part(**row._mapping) for row in rows))

    async def uploaded(self, payload_id: int, part: int, file_id: str | None) -> None:
        """Keep Telegram's name for a part's file; None when Telegram no longer knows it."""
        mine = (payload_parts.c.payload_id == payload_id) & (payload_parts.c.part == part)
        await self.database.change(update(payload_parts).where(mine).values(file_id=file_id))


def _by_edition(edition: Edition) -> Select[int]:
    return select(payloads.c.id).where(
        payloads.c.kind == edition.kind,
        payloads.c.edition == edition.key,
        payloads.c.lang == edition.lang,
        payloads.c.theme == edition.theme,
    )
