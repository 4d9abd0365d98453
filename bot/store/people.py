"""Chats and what they chose: language, zone, theme, weekly subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.reading.schedule import Weekly, zone
from bot.store.database import insert_into
from bot.store.tables import outbox, subscriptions, users

HOME_ZONE = "America/New_York"  # where the data are published
SETTINGS = frozenset({"lang", "tz", "theme"})
THEMES = ("light", "dark")

# A subscription's status, and what put it there.
ACTIVE, PAUSED, BLOCKED, STOPPED = "active", "paused", "blocked", "stopped"
GOING_ON = (ACTIVE, PAUSED, BLOCKED)
PAUSE_REASONS = {"asked": PAUSED, "blocked": BLOCKED, "gone": BLOCKED}


@dataclass(frozen=True, slots=True)
class User:
    """A chat that has spoken to us. `lang` is None until chosen; `status` is active or blocked."""

    id: int
    chat_id: int
    lang: str | None
    telegram_lang: str | None
    tz: str
    theme: str
    status: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """A weekly message for a chat: when (weekday 0 is Monday, local time, zone), in which words."""

    id: int
    chat_id: int
    kind: str
    weekday: int
    local_time: time
    tz: str
    lang: str
    theme: str
    left_out: str
    thread_id: int | None
    next_due: datetime
    status: str
    created: datetime

    @property
    def schedule(self) -> Weekly:
        """Return when it is due."""
        return Weekly(self.weekday, self.local_time, self.tz)

    @property
    def unwanted(self) -> frozenset[str]:
        """Return the names of the sections that the chat does not want."""
        return frozenset(self.left_out.split())


async def meet_user(
    connection: AsyncConnection, chat_id: int, telegram_lang: str | None, now: datetime
) -> User:
    """Return the user of a chat, made where new, with the language code Telegram last gave."""
    insert = insert_into(connection, users).values(
        chat_id=chat_id,
        telegram_lang=telegram_lang,
        tz=HOME_ZONE,
        theme=THEMES[0],
        status=ACTIVE,
        created=now,
    )
    latest = func.coalesce(insert.excluded.telegram_lang, users.c.telegram_lang)
    statement = insert.on_conflict_do_update(
        index_elements=["chat_id"], set_={"telegram_lang": latest}
    ).returning(users)
    return User(**(await connection.execute(statement)).one()._mapping)


def checked_settings(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the changes if each is one that a user can make; else raise."""
    if strange := changes.keys() - SETTINGS:
        raise TypeError(f"not a setting: {', '.join(sorted(strange))}")
    if "tz" in changes:
        zone(changes["tz"])
    if "theme" in changes and changes["theme"] not in THEMES:
        raise ValueError(f"theme: {changes['theme']}")
    return changes


def subscribed(chat_id: int, *statuses: str) -> ColumnElement[bool]:
    """Return what is true of a chat's subscriptions, or of those in the states named."""
    theirs = subscriptions.c.user_id.in_(select(users.c.id).where(users.c.chat_id == chat_id))
    return and_(theirs, subscriptions.c.status.in_(statuses)) if statuses else theirs


def subscription_rows(*which: ColumnElement[bool]) -> Select[Any]:
    """Return the query of subscriptions with their chats, oldest first, for `Subscription`."""
    columns = [c for c in subscriptions.c if c.name != "user_id"]
    joined = select(*columns, users.c.chat_id).join(users, users.c.id == subscriptions.c.user_id)
    return joined.where(*which).order_by(subscriptions.c.id)


async def drop_waiting(
    connection: AsyncConnection, chat_id: int, sub_ids: list[int], reason: str
) -> None:
    """Drop the messages that wait for these subscriptions; one already on its way still goes."""
    statement = (
        update(outbox)
        .where(
            outbox.c.chat_id == chat_id,
            outbox.c.sub_id.in_(sub_ids),
            outbox.c.state.in_(("pending", "claimed")),
        )
        .values(state="dropped", error=reason, owner=None, lease_until=None)
    )
    await connection.execute(statement)
