"""A chat's own numbers: saved positions, default rates, the calculations behind its buttons."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_into
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

    async def open_form(self, chat_id: int, message_id: int | None = None) -> OpenForm | None:
        """Return what a form's message stands at; without one, the form last touched today."""

        async def read(connection: AsyncConnection) -> OpenForm | None:
            query = select(forms.c.key, forms.c.chosen).where(
                forms.c.chat_id == chat_id, forms.c.command == OPEN
            )
            if message_id is not None:
                query = query.where(forms.c.key == _key_of_message(message_id))
            else:
                since = await self._database.now(connection) - OPEN_FOR
                query = query.where(forms.c.at > since)
            newest = query.order_by(forms.c.at.desc(), forms.c.key.desc()).limit(1)
            row = (await connection.execute(newest)).one_or_none()
            return None if row is None else OpenForm(int(row.key[1:]), *json.loads(row.chosen))

        return await self._database.read(read)

    async def put_open(self, chat_id: int, form: OpenForm) -> None:
        """Keep what a form's message stands at."""

        async def put(connection: AsyncConnection) -> None:
            row = {
                "chat_id": chat_id,
                "key": _key_of_message(form.message_id),
                "command": OPEN,
                "chosen": form.kept(),
                "at": await self._database.now(connection),
            }
            await _put(connection, forms, ("chat_id", "key"), row)

        await self._database.write(put)

    async def move_open(self, chat_id: int, before: OpenForm, after: OpenForm) -> bool:
        """Move a form on from where it was seen; False where somebody else has moved it."""

        async def move(connection: AsyncConnection) -> bool:
            statement = (
                update(forms)
                .where(
                    forms.c.chat_id == chat_id,
                    forms.c.key == _key_of_message(before.message_id),
                    forms.c.chosen == before.kept(),
                )
                .values(chosen=after.kept(), at=await self._database.now(connection))
            )
            return (await connection.execute(statement)).rowcount == 1

        return await self._database.write(move)

    async def close_forms(self, chat_id: int) -> None:
        """Close all forms of a chat: nothing that is typed later is for them."""

        async def close(connection: AsyncConnection) -> None:
            statement = update(forms).where(forms.c.chat_id == chat_id, forms.c.command == OPEN)
            await connection.execute(statement.values(chosen=OpenForm(0, "").kept()))

        await self._database.write(close)


def _key_of_message(message_id: int) -> str:
    return f"m{message_id}"


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
