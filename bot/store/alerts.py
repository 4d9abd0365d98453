"""Alerts that chats set: a measure, a bound, and whether the bound is crossed at the moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_into, writing
from bot.store.people import ACTIVE
from bot.store.tables import alerts, users

MOST_ALERTS = 20
_COLUMNS = [c for c in alerts.c if c.name != "created"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One bound of one chat. `above`: it is crossed upwards, else downwards.

    `crossed` is how it stood at the figure of `as_of`; `crossings` counts what was told.
    """

    id: int
    chat_id: int
    thread_id: int | None
    measure: str
    above: bool
    bound: float
    lang: str
    crossed: bool
    as_of: date
    crossings: int


def _alert(row: Row[Any]) -> Alert:
    values = dict(row._mapping)
    return Alert(**{**values, "as_of": date.fromisoformat(values["as_of"])})


@dataclass(frozen=True, slots=True)
class Alerts:
    """The alerts in the store."""

    database: Database

    @writing
    async def add(
        self,
        connection: AsyncConnection,
        chat_id: int,
        measure: str,
        *,
        above: bool,
        bound: float,
        lang: str,
        thread_id: int | None,
        crossed: bool,
        as_of: date,
    ) -> Alert | None:
        """Keep an alert and return it, the old one where the chat has it; None if it has many."""
        key = {"chat_id": chat_id, "measure": measure, "above": above, "bound": bound}
        same = select(*_COLUMNS).where(*(alerts.c[name] == value for name, value in key.items()))
        found = (await connection.execute(same)).one_or_none()
        if found is not None:
            return _alert(found)
        others = select(func.count()).where(alerts.c.chat_id == chat_id)
        if (await connection.execute(others)).scalar_one() >= MOST_ALERTS:
            return None
        made = insert_into(connection, alerts).values(
            **key,
            lang=lang,
            thread_id=thread_id,
            crossed=crossed,
            as_of=as_of.isoformat(),
            crossings=0,
            created=await self.database.now(connection),
        )
        await connection.execute(made.on_conflict_do_nothing())
        return _alert((await connection.execute(same)).one())

    async def of_chat(self, chat_id: int) -> list[Alert]:
        """Return a chat's alerts, oldest first."""
        return await self._find(alerts.c.chat_id == chat_id)

    async def by_measure(self) -> dict[str, list[Alert]]:
        """Return all alerts of chats that can be written to, by what they watch."""
        reachable = select(users.c.chat_id).where(users.c.status == ACTIVE)
        found: dict[str, list[Alert]] = {}
        for alert in await self._find(alerts.c.chat_id.in_(reachable)):
            found.setdefault(alert.measure, []).append(alert)
        return found

    async def _find(self, which: ColumnElement[bool]) -> list[Alert]:
        query = select(*_COLUMNS).where(which).order_by(alerts.c.id)
        return [_alert(row) for row in await self.database.rows(query)]

    async def drop(self, chat_id: int, alert_id: int | None = None) -> int:
        """Delete one of the chat's alerts, or all; return how many went."""
        statement = delete(alerts).where(alerts.c.chat_id == chat_id)
        if alert_id is not None:
            statement = statement.where(alerts.c.id == alert_id)
        return await self.database.change(statement)

    @writing
    async def note(
        self,
        connection: AsyncConnection,
        looked_at: Sequence[tuple[Alert, bool, bool]],
        as_of: date,
    ) -> None:
        """Keep how alerts stand at the figure of `as_of`: (alert, crossed now, was told)."""
        for alert, crossed, told in looked_at:
            crossings = alert.crossings + int(told)
            as_it_was = (alerts.c.id == alert.id, alerts.c.crossings == alert.crossings)
            stands = {"crossed": crossed, "as_of": as_of.isoformat(), "crossings": crossings}
            await connection.execute(update(alerts).where(*as_it_was).values(**stands))
