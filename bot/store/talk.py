"""What was said lately in a chat, and what is said only once a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert_into
from bot.store.tables import occasions, turns


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what we answered."""

    question: str
    answer: str
    at: datetime


async def add_turn(
    connection: AsyncConnection, chat_id: int, thread_id: int | None, turn: Turn
) -> None:
    """Keep a turn of the chat's topic."""
    row = {"question": turn.question, "answer": turn.answer, "at": turn.at}
    await connection.execute(insert(turns).values(chat_id=chat_id, thread_id=thread_id or 0, **row))


async def last_turns(
    connection: AsyncConnection, chat_id: int, thread_id: int | None, limit: int
) -> list[Turn]:
    """Return the last turns of the chat's topic, oldest first."""
    query = (
        select(turns.c.question, turns.c.answer, turns.c.at)
        .where(turns.c.chat_id == chat_id, turns.c.thread_id == (thread_id or 0))
        .order_by(turns.c.id.desc())
        .limit(limit)
    )
    found = [Turn(**row._mapping) for row in await connection.execute(query)]
    return found[::-1]


async def mark_occasion(
    connection: AsyncConnection, chat_id: int, key: str, period: str, now: datetime
) -> bool:
    """Return True the first time that the chat meets this key in this period."""
    statement = (
        insert_into(connection, occasions)
        .values(chat_id=chat_id, key=key, period=period, at=now)
        .on_conflict_do_nothing()
    )
    return (await connection.execute(statement)).rowcount == 1
