"""Everything kept about a chat -> a copy for its owner, or nothing; and what time takes away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Row,
    Select,
    Table,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.desk import move_own_numbers
from bot.store.people import subscribed
from bot.store.reports import move_reports
from bot.store.tables import (
    alerts,
    calculations,
    forms,
    inbox,
    occasions,
    outbox,
    own_rates,
    payload_parts,
    payloads,
    positions,
    report_figures,
    report_passages,
    report_vectors,
    reports,
    subscriptions,
    turns,
    users,
)

# How long things are kept, as /privacy says.
UPDATES_KEPT = timedelta(days=7)
TURNS_KEPT = timedelta(days=90)
DELIVERIES_KEPT = timedelta(days=60)
OCCASIONS_KEPT = timedelta(days=60)
CALCULATIONS_KEPT = timedelta(days=60)

# Children before parents: the rows of a chat, table by table.
OF_CHAT: tuple[Table, ...] = (
    outbox,
    inbox,
    alerts,
    turns,
    occasions,
    positions,
    own_rates,
    calculations,
    forms,
    report_figures,
    report_vectors,
    report_passages,
    reports,
)
# Numbers that a machine made of the passages, which are given in full.
NOT_EXPORTED = frozenset({report_vectors})


def _kept(chat_id: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Yield each table that keeps rows of a chat, with what is true of these."""
    for table in OF_CHAT:
        yield table, table.c.chat_id == chat_id
    yield subscriptions, subscribed(chat_id)
    yield users, users.c.chat_id == chat_id


def _plain(row: Row[Any]) -> dict[str, Any]:
    """Return a row in JSON's types; moments and times in ISO form."""
    values = row._mapping.items()
    return {
        key: value.astimezone(UTC).isoformat()
        if isinstance(value, datetime)
        else value.isoformat("minutes")
        if hasattr(value, "isoformat")
        else value
        for key, value in values
    }


async def export_chat(connection: AsyncConnection, chat_id: int) -> dict[str, Any]:
    """Return all that is kept about a chat, in JSON's types."""
    kept: dict[str, Any] = {"chat_id": chat_id}
    for table, theirs in _kept(chat_id):
        if table not in NOT_EXPORTED:
            rows = await connection.execute(select(table).where(theirs))
            kept[table.name] = [_plain(row) for row in rows]
    return kept


async def forget_chat(connection: AsyncConnection, chat_id: int) -> dict[str, int]:
    """Delete all that is kept about a chat; return the number of rows by table."""
    return await _delete(connection, _kept(chat_id))


async def _delete(
    connection: AsyncConnection, what: Iterable[tuple[Table, ColumnElement[bool]]]
) -> dict[str, int]:
    return {
        table.name: (await connection.execute(delete(table).where(rows))).rowcount
        for table, rows in what
    }


async def move_chat(connection: AsyncConnection, old: int, new: int) -> None:
    """Give everything of a chat to its new id (a group that became a supergroup)."""
    for table in (outbox, turns):
        await connection.execute(update(table).where(table.c.chat_id == old).values(chat_id=new))
    await connection.execute(delete(occasions).where(occasions.c.chat_id == old))
    await _move_alerts(connection, old, new)
    await move_own_numbers(connection, old, new)
    await move_reports(connection, old, new)
    known = select(users.c.id).where(users.c.chat_id == new)
    heir = (await connection.execute(known)).scalar_one_or_none()
    if heir is None:
        await connection.execute(update(users).where(users.c.chat_id == old).values(chat_id=new))
        return
    # The new chat has spoken already: what it chose since then stands, the rest is inherited.
    has = select(subscriptions.c.kind).where(subscriptions.c.user_id == heir)
    kinds = list((await connection.execute(has)).scalars())
    await connection.execute(
        delete(subscriptions).where(subscribed(old), subscriptions.c.kind.in_(kinds))
    )
    await connection.execute(update(subscriptions).where(subscribed(old)).values(user_id=heir))
    await connection.execute(delete(users).where(users.c.chat_id == old))


async def _move_alerts(connection: AsyncConnection, old: int, new: int) -> None:
    """Move a chat's alerts, but for those that the new chat has set too."""
    theirs = alerts.alias("theirs")
    twice = exists().where(
        theirs.c.chat_id == new,
        *(theirs.c[name] == alerts.c[name] for name in ("measure", "above", "bound")),
    )
    await connection.execute(delete(alerts).where(alerts.c.chat_id == old, twice))
    await connection.execute(update(alerts).where(alerts.c.chat_id == old).values(chat_id=new))


async def purge(connection: AsyncConnection, now: datetime) -> dict[str, int]:
    """Delete what is older than we promise to keep; return the number of rows by table."""
    over = (
        (inbox, inbox.c.finished_at < now - UPDATES_KEPT),
        (turns, turns.c.at < now - TURNS_KEPT),
        (occasions, occasions.c.at < now - OCCASIONS_KEPT),
        (outbox, outbox.c.created < now - DELIVERIES_KEPT),
        (calculations, calculations.c.at < now - CALCULATIONS_KEPT),
        (forms, forms.c.at < now - CALCULATIONS_KEPT),
        (payload_parts, payload_parts.c.payload_id.in_(_old_payloads(now))),
        (payloads, payloads.c.id.in_(_old_payloads(now))),
    )
    return await _delete(connection, over)


def _old_payloads(now: datetime) -> Select[Any]:
    """Return the payloads that no delivery can refer to any more: a day older than the oldest."""
    return select(payloads.c.id).where(
        payloads.c.created < now - DELIVERIES_KEPT - timedelta(days=1)
    )


async def counts(connection: AsyncConnection, column: Column[str]) -> dict[str, int]:
    """Return how many rows there are by the value of a column."""
    query = select(column, func.count()).group_by(column)
    return {str(value): number for value, number in await connection.execute(query)}
