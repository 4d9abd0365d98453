"""The reports of a chat: what was read of them, in and out, always of one chat and no other's."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Table, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_into, reading, writing
from bot.store.tables import report_figures, report_passages, report_vectors, reports, users
from knowledge.chunking import content_hash
from knowledge.errors import KnowledgeError
from knowledge.parsing.pieces import Piece
from knowledge.parsing.readings import Reading
from knowledge.parsing.report import Report, is_near

log = logging.getLogger(__name__)

# The owner of reports that every chat may ask; no chat of Telegram has this number.
EVERYBODY = 0
MOST_REPORTS = 50
MOST_PASSAGES = 20_000
_ROWS = 500
_PARTS = (report_figures, report_vectors, report_passages)

Outcome = Literal["added", "same", "replaced", "forgotten"]


@dataclass(frozen=True, slots=True)
class Stored:
    """One report of a chat, as its list shows it."""

    id: int
    chat_id: int
    number: int
    label: str
    kind: str
    title: str
    publisher: str
    published: str
    lang: str
    pages: int
    unread: int
    passages: int
    figures: int
    stamp: str
    added: datetime


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a report: `report` is its row (None when the chat was forgotten meanwhile)."""

    outcome: Outcome
    report: Stored | None = None
    near: Stored | None = None


@dataclass(frozen=True)
class Content:
    """All that is kept of a report; `vectors` by the passages' keys, as far as they are made."""

    report: Stored
    pieces: tuple[Piece, ...]
    keys: tuple[str, ...]
    readings: tuple[Reading, ...]
    vectors: Mapping[str, bytes]

    @property
    def complete(self) -> bool:
        """Tell whether each passage has its vector."""
        return all(key in self.vectors for key in self.keys)


def owned(chat_id: int) -> int:
    """Return the owner, or raise KnowledgeError (owner_missing) where none is named."""
    if isinstance(chat_id, bool) or not isinstance(chat_id, int):
        raise KnowledgeError("owner_missing", culprit=repr(chat_id))
    return chat_id


def vector_text(title: str, piece: Piece) -> str:
    """Return what a passage is embedded by; a publisher told later changes nothing of it."""
    return f"{' | '.join(filter(None, (title, piece.section)))}\n{piece.text}"


@dataclass
class Reports:
    """The reports of all chats, asked for one chat at a time."""

    database: Database

    async def add(
        self, chat_id: int, report: Report, label: str, user_id: int | None = None
    ) -> Added:
        """Keep a report; the same file changes nothing, another one of the same name replaces it.

        With `user_id` (the row of the chat when the upload began) nothing is kept where the chat
        was forgotten since. Raises KnowledgeError (report_library_full). Where anything is raised
        nothing is kept: once the report is committed, what fails after it is logged.
        """
        owned(chat_id)
        kept: Added | None = None

        async def put(connection: AsyncConnection) -> Added:
            nonlocal kept
            kept = await self._put(connection, chat_id, report, label, user_id)
            return kept

        try:
            added = await self.database.write(put)
        except Exception as error:
            # The way back from a commit may break: what the store holds now is what happened.
            if kept is None or not await self._holds(kept):
                raise
            log.warning("A report was kept, and then: %s", type(error).__name__)
            added = kept
        if added.outcome == "replaced":
            await self._scrubbed()
        return added

    async def _put(
        self,
        connection: AsyncConnection,
        chat_id: int,
        report: Report,
        label: str,
        user_id: int | None,
    ) -> Added:
        if user_id is not None and not await _is_user(connection, chat_id, user_id):
            return Added("forgotten")
        known = await _found(connection, chat_id)
        same = await _one(connection, chat_id, reports.c.sha256 == report.sha256)
        if same is not None:
            return Added("same", same)
        old = next((r for r in known if r.label == label), None)
        _check_room(known, old, report)
        now = await self.database.now(connection)
        near = await _near(connection, chat_id, report, old)
        cached = await _vectors(connection, old) if old else {}
        number = old.number if old else 1 + max((r.number for r in known), default=0)
        if old is not None:
            await _remove(connection, old)
        stored = await _insert(connection, chat_id, number, report, label=label, now=now)
        await _keep_vectors(connection, stored, cached)
        return Added("replaced" if old else "added", stored, near)

    async def _holds(self, added: Added) -> bool:
        row = added.report
        return row is not None and any(r.stamp == row.stamp for r in await self.listed(row.chat_id))

    async def _scrubbed(self) -> None:
        """Leave nothing of deleted rows on the disk; deleted they are, even where that fails."""
        try:
            await self.database.scrub()
        except Exception:
            log.exception("Deleted rows may leave copies in the store's file for now.")

    @reading
    async def listed(self, connection: AsyncConnection, chat_id: int) -> list[Stored]:
        """Return the chat's reports by their numbers."""
        return await _found(connection, owned(chat_id))

    async def any(self) -> bool:
        """Tell whether any chat has a report at all."""
        return await self.database.holds(select(reports.c.id))

    @reading
    async def content(
        self, connection: AsyncConnection, chat_id: int, report_id: int, model: str = ""
    ) -> Content | None:
        """Return all of one report of the chat, with the vectors of a model."""
        stored = await _one(connection, owned(chat_id), reports.c.id == report_id)
        return None if stored is None else await _content(connection, stored, model)

    async def unfinished(self, model: str) -> list[tuple[int, int]]:
        """Return (chat, report) of what has passages without a vector, the oldest first."""
        made = exists().where(
            report_vectors.c.report_id == report_passages.c.report_id,
            report_vectors.c.key == report_passages.c.key,
            report_vectors.c.model == model,
        )
        query = (
            select(report_passages.c.chat_id, report_passages.c.report_id)
            .where(~made)
            .distinct()
            .order_by(report_passages.c.report_id)
        )
        return [(row.chat_id, row.report_id) for row in await self.database.rows(query)]

    @writing
    async def put_vectors(
        self,
        connection: AsyncConnection,
        chat_id: int,
        report_id: int,
        model: str,
        vectors: Mapping[str, bytes],
    ) -> bool:
        """Keep vectors by their keys; return False where the report is gone, and keep nothing."""
        stored = await _one(connection, owned(chat_id), reports.c.id == report_id)
        if stored is None:
            return False
        rows = [_vector_row(stored, model, key, vector) for key, vector in vectors.items()]
        statement = insert_into(connection, report_vectors).on_conflict_do_nothing()
        if rows:
            await connection.execute(statement, rows)
            await _change(connection, stored)
        return True

    async def drop(self, chat_id: int, report_id: int) -> Stored | None:
        """Delete one report of the chat with all that was read of it; return what it was."""
        gone = await self._drop(owned(chat_id), report_id)
        if gone is not None:
            await self._scrubbed()
        return gone

    @writing
    async def _drop(
        self, connection: AsyncConnection, chat_id: int, report_id: int
    ) -> Stored | None:
        stored = await _one(connection, chat_id, reports.c.id == report_id)
        if stored is not None:
            await _remove(connection, stored)
        return stored

    @writing
    async def label(
        self,
        connection: AsyncConnection,
        chat_id: int,
        number: int,
        publisher: str,
        published: str,
    ) -> Stored | None:
        """Say who published a report and when; what is empty stays. Return it as it is now."""
        stored = await _one(connection, owned(chat_id), reports.c.number == number)
        said = {"publisher": publisher, "published": published}
        changes = {name: value for name, value in said.items() if value}
        if stored is None or not changes:
            return stored
        await _change(connection, stored, **changes)
        return await _one(connection, chat_id, reports.c.id == stored.id)


# Rows


async def _is_user(connection: AsyncConnection, chat_id: int, user_id: int) -> bool:
    query = select(users.c.id).where(users.c.chat_id == chat_id, users.c.id == user_id)
    return (await connection.execute(query)).first() is not None


async def _found(
    connection: AsyncConnection, chat_id: int, *which: ColumnElement[bool]
) -> list[Stored]:
    """Return those reports of the chat, or all, by their numbers."""
    columns = [reports.c[name] for name in Stored.__slots__]
    query = select(*columns).where(reports.c.chat_id == chat_id, *which).order_by(reports.c.number)
    return [Stored(**row._mapping) for row in await connection.execute(query)]


async def _one(
    connection: AsyncConnection, chat_id: int, which: ColumnElement[bool]
) -> Stored | None:
    return next(iter(await _found(connection, chat_id, which)), None)


def _check_room(known: Sequence[Stored], old: Stored | None, report: Report) -> None:
    others = [r for r in known if r != old]
    passages = sum(r.passages for r in others) + len(report.pieces)
    if len(others) >= MOST_REPORTS or passages > MOST_PASSAGES:
        raise KnowledgeError("report_library_full", value=len(others))


async def _near(
    connection: AsyncConnection, chat_id: int, report: Report, old: Stored | None
) -> Stored | None:
    """Return the chat's report that says nearly the same, other than the one replaced."""
    query = select(reports.c.id, reports.c.simhash).where(reports.c.chat_id == chat_id)
    for row in await connection.execute(query.order_by(reports.c.number)):
        if is_near(int(row.simhash, 16), report.simhash) and (old is None or row.id != old.id):
            return await _one(connection, chat_id, reports.c.id == row.id)
    return None


async def _insert(
    connection: AsyncConnection,
    chat_id: int,
    number: int,
    report: Report,
    *,
    label: str,
    now: datetime,
) -> Stored:
    row = {
        "chat_id": chat_id,
        "number": number,
        "sha256": report.sha256,
        "simhash": f"{report.simhash:016x}",
        "label": label,
        "kind": report.kind,
        "title": report.title,
        "publisher": report.publisher,
        "published": report.published[:24],
        "lang": report.lang,
        "pages": report.pages,
        "unread": report.unread_pages,
        "passages": len(report.pieces),
        "figures": len(report.readings),
        "stamp": secrets.token_hex(8),
        "added": now,
    }
    columns = [reports.c[name] for name in Stored.__slots__]
    made = await connection.execute(insert(reports).values(**row).returning(*columns))
    stored = Stored(**made.one()._mapping)
    mine = {"report_id": stored.id, "chat_id": chat_id}
    passages = [_passage_row(stored.title, piece) for piece in report.pieces]
    parts = ((report_passages, passages), (report_figures, [asdict(r) for r in report.readings]))
    for table, read in parts:
        rows = [{**mine, "seq": seq, **values} for seq, values in enumerate(read)]
        for start in range(0, len(rows), _ROWS):
            await connection.execute(insert(table), rows[start : start + _ROWS])
    return stored


def _passage_row(title: str, piece: Piece) -> dict[str, object]:
    return {
        "kind": piece.kind,
        "lang": piece.lang,
        "section": piece.section,
        "page": piece.page,
        "start_at": piece.start,
        "end_at": piece.end,
        "text": piece.text,
        "key": content_hash(vector_text(title, piece)),
    }


async def _content(connection: AsyncConnection, stored: Stored, model: str) -> Content:
    rows = await _parts(connection, report_passages, stored)
    figures = await _parts(connection, report_figures, stored)
    names = tuple(Reading.__dataclass_fields__)
    vectors = await _vectors(connection, stored)
    return Content(
        report=stored,
        pieces=tuple(
            Piece(r.text, r.kind, r.lang, r.section, r.page, r.start_at, r.end_at) for r in rows
        ),
        keys=tuple(r.key for r in rows),
        readings=tuple(Reading(**{name: r._mapping[name] for name in names}) for r in figures),
        vectors={key: vector for (m, key), vector in vectors.items() if m == model},
    )


async def _parts(connection: AsyncConnection, table: Table, stored: Stored) -> list[Row[Any]]:
    query = select(table).where(table.c.report_id == stored.id).order_by(table.c.seq)
    return list(await connection.execute(query))


async def _vectors(connection: AsyncConnection, stored: Stored) -> dict[tuple[str, str], bytes]:
    query = select(report_vectors).where(report_vectors.c.report_id == stored.id)
    return {(row.model, row.key): row.vector for row in await connection.execute(query)}


async def _keep_vectors(
    connection: AsyncConnection, stored: Stored, cached: Mapping[tuple[str, str], bytes]
) -> None:
    """Give a report the vectors of the one it replaces, for what both say."""
    query = select(report_passages.c.key).where(report_passages.c.report_id == stored.id)
    keys = set((await connection.execute(query)).scalars())
    rows = [_vector_row(stored, m, key, v) for (m, key), v in cached.items() if key in keys]
    if rows:
        await connection.execute(insert(report_vectors), rows)


def _vector_row(stored: Stored, model: str, key: str, vector: bytes) -> dict[str, object]:
    return {
        "report_id": stored.id,
        "chat_id": stored.chat_id,
        "model": model,
        "key": key,
        "vector": vector,
    }


async def _change(connection: AsyncConnection, stored: Stored, **changes: str) -> None:
    """Change a report; copies in memory know by its stamp that they are old."""
    mine = update(reports).where(reports.c.id == stored.id)
    await connection.execute(mine.values(stamp=secrets.token_hex(8), **changes))


async def _remove(connection: AsyncConnection, stored: Stored) -> None:
    for table in _PARTS:
        await connection.execute(delete(table).where(table.c.report_id == stored.id))
    await connection.execute(delete(reports).where(reports.c.id == stored.id))


async def move_reports(connection: AsyncConnection, old: int, new: int) -> None:
    """Give a chat's reports to its new id; they come after the ones that it has by then."""
    known = {r.number for r in await _found(connection, new)}
    hashes = select(reports.c.sha256).where(reports.c.chat_id == new)
    for twice in await _found(connection, old, reports.c.sha256.in_(hashes)):
        await _remove(connection, twice)
    for stored in await _found(connection, old):
        number = stored.number if stored.number not in known else 1 + max(known)
        known.add(number)
        mine = update(reports).where(reports.c.id == stored.id)
        await connection.execute(mine.values(chat_id=new, number=number))
    for table in _PARTS:
        await connection.execute(update(table).where(table.c.chat_id == old).values(chat_id=new))
