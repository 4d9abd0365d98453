"""A chat's own numbers: saved positions, default rates, the calculations behind its buttons."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_into
from bot.store.tables import calculations, forms, own_rates, positions

MOST_POSITIONS = 50
LONGEST_NAME = 32


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


class OwnNumbers:
    """What a chat keeps for its calculators; everything is one chat's and no other's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def positions(self, chat_id: int) -> dict[str, str]:
        """Return the saved positions by name, oldest first, each in the grammar's words."""

        async def read(connection: AsyncConnection) -> dict[str, str]:
            query = (
                select(positions.c.name, positions.c.words)
                .where(positions.c.chat_id == chat_id)
                .order_by(positions.c.created, positions.c.name)
            )
            return {row.name: row.words for row in await connection.execute(query)}

        return await self._database.read(read)

    async def save_position(self, chat_id: int, name: str, words: str) -> bool:
        """Save a position, in place of one of that name; False where the chat has too many."""

        async def save(connection: AsyncConnection) -> bool:
            others = select(func.count()).where(
                positions.c.chat_id == chat_id, positions.c.name != name
            )
            if (await connection.execute(others)).scalar_one() >= MOST_POSITIONS:
                return False
            now = await self._database.now(connection)
            row = {"chat_id": chat_id, "name": name, "words": words, "created": now}
            await _put(connection, positions, ("chat_id", "name"), row)
            return True

        return await self._database.write(save)

    async def drop_position(self, chat_id: int, name: str) -> bool:
        """Delete a position; False where there is none of that name."""

        async def drop(connection: AsyncConnection) -> bool:
            statement = delete(positions).where(
                positions.c.chat_id == chat_id, positions.c.name == name
            )
            return (await connection.execute(statement)).rowcount > 0

        return await self._database.write(drop)

    async def rates(self, chat_id: int) -> dict[str, float]:
        """Return the chat's default rates by the name of their input."""

        async def read(connection: AsyncConnection) -> dict[str, float]:
            query = select(own_rates.c.name, own_rates.c.value).where(
                own_rates.c.chat_id == chat_id
            )
            return {row.name: row.value for row in await connection.execute(query)}

        return await self._database.read(read)

    async def set_rate(self, chat_id: int, name: str, value: float | None) -> None:
        """Keep a default rate, or drop it where `value` is None."""

        async def put(connection: AsyncConnection) -> None:
            if value is None:
                statement = delete(own_rates).where(
                    own_rates.c.chat_id == chat_id, own_rates.c.name == name
                )
                await connection.execute(statement)
                return
            now = await self._database.now(connection)
            row = {"chat_id": chat_id, "name": name, "value": value, "created": now}
            await _put(connection, own_rates, ("chat_id", "name"), row)

        await self._database.write(put)

    async def keep(self, chat_id: int, command: str, words: str, asked: date) -> str:
        """Keep a calculation for its buttons; return its key, the same for the same calculation."""
        key = key_of(command, words, asked.isoformat())

        async def put(connection: AsyncConnection) -> str:
            now = await self._database.now(connection)
            row = {
                "chat_id": chat_id,
                "key": key,
                "command": command,
                "words": words,
                "asked": asked.isoformat(),
                "at": now,
            }
            await _put(connection, calculations, ("chat_id", "key"), row)
            return key

        return await self._database.write(put)

    async def kept(self, chat_id: int, key: str) -> Calculation | None:
        """Return a calculation of this chat, None where it is unknown or was forgotten."""

        async def read(connection: AsyncConnection) -> Calculation | None:
            columns = (calculations.c.command, calculations.c.words, calculations.c.asked)
            query = select(*columns).where(
                calculations.c.chat_id == chat_id, calculations.c.key == key
            )
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                return None
            return Calculation(key, row.command, row.words, date.fromisoformat(row.asked))

        return await self._database.read(read)

    async def put_form(self, chat_id: int, key: str, command: str, chosen: Sequence[str]) -> None:
        """Keep a form as it stands."""

        async def put(connection: AsyncConnection) -> None:
            now = await self._database.now(connection)
            row = {
                "chat_id": chat_id,
                "key": key,
                "command": command,
                "chosen": json.dumps(list(chosen), ensure_ascii=False),
                "at": now,
            }
            await _put(connection, forms, ("chat_id", "key"), row)

        await self._database.write(put)

    async def form(self, chat_id: int, key: str) -> Form | None:
        """Return a form of this chat, None where it is unknown."""

        async def read(connection: AsyncConnection) -> Form | None:
            query = select(forms.c.command, forms.c.chosen).where(
                forms.c.chat_id == chat_id, forms.c.key == key
            )
            row = (await connection.execute(query)).one_or_none()
            return None if row is None else Form(key, row.command, tuple(json.loads(row.chosen)))

        return await self._database.read(read)


def key_of(*parts: str) -> str:
    """Return the short name of a calculation: twelve characters that a button can carry."""
    digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=9).digest()
    return base64.urlsafe_b64encode(digest).decode()


async def _put(
    connection: AsyncConnection, table: Table, unique: tuple[str, ...], row: dict[str, object]
) -> None:
    insert = insert_into(connection, table).values(**row)
    changed = {name: value for name, value in row.items() if name not in unique}
    await connection.execute(
        insert.on_conflict_do_update(index_elements=list(unique), set_=changed)
    )


async def move_own_numbers(connection: AsyncConnection, old: int, new: int) -> None:
    """Give a chat's own numbers to its new id; what the new one already has stands."""
    for table, name in ((positions, "name"), (own_rates, "name"), (calculations, "key")):
        column = table.c[name]
        theirs = select(column).where(table.c.chat_id == new)
        await connection.execute(
            update(table).where(table.c.chat_id == old, column.not_in(theirs)).values(chat_id=new)
        )
        await connection.execute(delete(table).where(table.c.chat_id == old))
    await connection.execute(delete(forms).where(forms.c.chat_id == old))
