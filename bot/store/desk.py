"""A chat's own numbers: saved positions, default rates, the calculations behind its buttons."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_into, reading, writing
from bot.store.tables import calculations, forms, own_rates, positions

MOST_POSITIONS = 50


@dataclass(frozen=True, slots=True)
class Calculation:
    """What stands behind the buttons of an answer: a command, its words, the day it is about."""

    key: str
    command: str
    words: str
    asked: date


@dataclass(frozen=True, slots=True)
class Form:
    """A form being filled in: for which command, and what was chosen step by step."""

    key: str
    command: str
    chosen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenForm:
    """A message that is a form: how far it is filled in, as its buttons say it; "" once closed.

    `by` is the message that was typed into it last, `before` how far it was before that: an update
    that is dealt with a second time fills in the same step again, not the next one.
    """

    message_id: int
    data: str
    by: int = 0
    before: str = ""

    def kept(self) -> str:
        """Return all but the message as the store keeps it."""
        return json.dumps([self.data, self.by, self.before], ensure_ascii=False)


# A form's message is a row beside what its steps hold, told apart by this in place of a command.
OPEN = "open"
OPEN_FOR = timedelta(days=1)  # after that, text without a reply is not meant for the form


@dataclass
class OwnNumbers:
    """What a chat keeps for its calculators; everything is one chat's and no other's."""

    database: Database

    async def positions(self, chat_id: int) -> dict[str, str]:
        """Return the saved positions by name, oldest first, each in the grammar's words."""
        rows = await self.database.rows(_of(positions, chat_id).order_by("created", "name"))
        return {row.name: row.words for row in rows}

    @writing
    async def save_position(
        self, connection: AsyncConnection, chat_id: int, name: str, words: str
    ) -> bool:
        """Save a position, in place of one of that name; False where the chat has too many."""
        others = _of(positions, chat_id).where(positions.c.name != name)
        if len((await connection.execute(others)).all()) >= MOST_POSITIONS:
            return False
        await self._put(connection, positions, chat_id, name, words=words)
        return True

    async def drop_position(self, chat_id: int, name: str) -> bool:
        """Delete a position; False where there is none of that name."""
        return await self._drop(positions, chat_id, name)

    async def rates(self, chat_id: int) -> dict[str, float]:
        """Return the chat's default rates by the name of their input."""
        rows = await self.database.rows(_of(own_rates, chat_id))
        return {row.name: row.value for row in rows}

    async def set_rate(self, chat_id: int, name: str, value: float | None) -> None:
        """Keep a default rate, or drop it where `value` is None."""
        if value is None:
            await self._drop(own_rates, chat_id, name)
        else:
            await self._keep(own_rates, chat_id, name, value=value)

    async def keep(self, chat_id: int, command: str, words: str, asked: date) -> str:
        """Keep a calculation for its buttons; return its key, the same for the same calculation."""
        day = asked.isoformat()
        key = key_of(command, words, day)
        await self._keep(calculations, chat_id, key, command=command, words=words, asked=day)
        return key

    async def kept(self, chat_id: int, key: str) -> Calculation | None:
        """Return a calculation of this chat, None where it is unknown or was forgotten."""
        for row in await self.database.rows(_of(calculations, chat_id, key)):
            return Calculation(key, row.command, row.words, date.fromisoformat(row.asked))
        return None

    async def put_form(self, chat_id: int, key: str, command: str, chosen: Sequence[str]) -> None:
        """Keep a form as it stands."""
        steps = json.dumps(list(chosen), ensure_ascii=False)
        await self._keep(forms, chat_id, key, command=command, chosen=steps)

    async def form(self, chat_id: int, key: str) -> Form | None:
        """Return a form of this chat, None where it is unknown."""
        for row in await self.database.rows(_of(forms, chat_id, key)):
            return Form(key, row.command, tuple(json.loads(row.chosen)))
        return None

    @reading
    async def open_form(
        self, connection: AsyncConnection, chat_id: int, message_id: int | None = None
    ) -> OpenForm | None:
        """Return what a form's message stands at; without one, the form last touched today."""
        if message_id is not None:
            query = _of(forms, chat_id, _key_of_message(message_id))
        else:
            since = await self.database.now(connection) - OPEN_FOR
            query = _of(forms, chat_id).where(forms.c.at > since)
        newest = query.where(forms.c.command == OPEN).order_by(
            forms.c.at.desc(), forms.c.key.desc()
        )
        row = (await connection.execute(newest.limit(1))).one_or_none()
        return None if row is None else OpenForm(int(row.key[1:]), *json.loads(row.chosen))

    async def put_open(self, chat_id: int, form: OpenForm) -> None:
        """Keep what a form's message stands at."""
        key = _key_of_message(form.message_id)
        await self._keep(forms, chat_id, key, command=OPEN, chosen=form.kept())

    @writing
    async def move_open(
        self, connection: AsyncConnection, chat_id: int, before: OpenForm, after: OpenForm
    ) -> bool:
        """Move a form on from where it was seen; False where somebody else has moved it."""
        as_seen = (
            *_mine(forms, chat_id, _key_of_message(before.message_id)),
            forms.c.chosen == before.kept(),
        )
        now = await self.database.now(connection)
        moved = update(forms).where(*as_seen).values(chosen=after.kept(), at=now)
        return (await connection.execute(moved)).rowcount == 1

    async def close_forms(self, chat_id: int) -> None:
        """Close all forms of a chat: nothing that is typed later is for them."""
        theirs = update(forms).where(*_mine(forms, chat_id), forms.c.command == OPEN)
        await self.database.change(theirs.values(chosen=OpenForm(0, "").kept()))

    # The four tables are alike: of a chat, by a name or key, with the moment of the last change.

    @writing
    async def _keep(
        self, connection: AsyncConnection, /, table: Table, chat_id: int, key: str, **values: object
    ) -> None:
        await self._put(connection, table, chat_id, key, **values)

    async def _put(
        self, connection: AsyncConnection, table: Table, chat_id: int, key: str, **values: object
    ) -> None:
        moment = list(table.columns)[-1].name
        changed = {**values, moment: await self.database.now(connection)}
        row = {"chat_id": chat_id, _key(table).name: key, **changed}
        insert = insert_into(connection, table).values(**row)
        await connection.execute(
            insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
        )

    async def _drop(self, table: Table, chat_id: int, key: str) -> bool:
        return await self.database.change(delete(table).where(*_mine(table, chat_id, key))) > 0


def _key(table: Table) -> Column[str]:
    return table.columns[1]


def _mine(table: Table, chat_id: int, key: str | None = None) -> list[ColumnElement[bool]]:
    """Return what is true of a chat's rows, or of the one of that name or key."""
    owned = table.c.chat_id == chat_id
    return [owned] if key is None else [owned, _key(table) == key]


def _of(table: Table, chat_id: int, key: str | None = None) -> Select[Any]:
    return select(table).where(*_mine(table, chat_id, key))


def _key_of_message(message_id: int) -> str:
    return f"m{message_id}"


def key_of(*parts: str) -> str:
    """Return the short name of a calculation: twelve characters that a button can carry."""
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=9).digest()
    return base64.urlsafe_b64encode(digest).decode()


async def move_own_numbers(connection: AsyncConnection, old: int, new: int) -> None:
    """Give a chat's own numbers to its new id; what the new one already has stands."""
    for table in (positions, own_rates, calculations):
        column = _key(table)
        theirs = select(column).where(table.c.chat_id == new)
        await connection.execute(
            update(table).where(table.c.chat_id == old, column.not_in(theirs)).values(chat_id=new)
        )
        await connection.execute(delete(table).where(table.c.chat_id == old))
    await connection.execute(delete(forms).where(forms.c.chat_id == old))
