"""Chats and what they chose: language, zone, theme, weekly subscriptions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.reading.schedule import Weekly, zone
from bot.store.database import insert_into
from bot.store.periods import first_unused, wait_for_turn
from bot.store.tables import alerts, outbox, subscriptions, users

HOME_ZONE = "America/New_York"  # where the data are published
SETTINGS = frozenset({"lang", "tz", "theme"})
THEMES = ("light", "dark")

# A subscription's status, and what put it there.
ACTIVE, PAUSED, BLOCKED, STOPPED = "active", "paused", "blocked", "stopped"
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


def _user(row: Row[Any]) -> User:
    return User(**row._mapping)


async def find_user(connection: AsyncConnection, chat_id: int) -> User | None:
    """Return the user of a chat, None for a chat we never met (or forgot)."""
    found = await connection.execute(select(users).where(users.c.chat_id == chat_id))
    row = found.one_or_none()
    return None if row is None else _user(row)


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
    return _user((await connection.execute(statement)).one())


def checked_settings(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the changes if each is one that a user can make; else raise."""
    if strange := changes.keys() - SETTINGS:
        raise TypeError(f"not a setting: {', '.join(sorted(strange))}")
    if "tz" in changes:
        zone(changes["tz"])
    if "theme" in changes and changes["theme"] not in THEMES:
        raise ValueError(f"theme: {changes['theme']}")
    return changes


async def change_user(connection: AsyncConnection, user: User, changes: dict[str, Any]) -> User:
    """Change settings; language and theme also hold for the subscriptions at once."""
    if not changes:
        return user
    statement = update(users).where(users.c.id == user.id).values(**changes).returning(users)
    changed = _user((await connection.execute(statement)).one())
    looks = {k: v for k, v in changes.items() if k in {"lang", "theme"} and v is not None}
    if looks:
        theirs = subscriptions.c.user_id == user.id
        await connection.execute(update(subscriptions).where(theirs).values(**looks))
    if lang := looks.get("lang"):
        mine = alerts.c.chat_id == user.chat_id
        await connection.execute(update(alerts).where(mine).values(lang=lang))
    return changed


def subscription_rows() -> Select[Any]:
    """Return the query of subscriptions with their chats, for `Subscription(**row)`."""
    columns = [c for c in subscriptions.c if c.name != "user_id"]
    return select(*columns, users.c.chat_id).join(users, users.c.id == subscriptions.c.user_id)


async def list_subscriptions(connection: AsyncConnection, chat_id: int) -> list[Subscription]:
    """Return a chat's subscriptions, oldest first, without those it ended."""
    query = (
        subscription_rows()
        .where(users.c.chat_id == chat_id, subscriptions.c.status != STOPPED)
        .order_by(subscriptions.c.id)
    )
    return [Subscription(**row._mapping) for row in await connection.execute(query)]


async def put_subscription(
    connection: AsyncConnection,
    user: User,
    kind: str,
    schedule: Weekly,
    *,
    lang: str,
    thread_id: int | None,
    now: datetime,
) -> Subscription:
    """Make or change the chat's one subscription of that kind; its id stays, and so its periods.

    A week already sent is not sent again after a change of weekday or zone: the next digest then
    comes in the first week that had none.
    """
    await wait_for_turn(connection)
    mine = select(subscriptions.c.id).where(
        subscriptions.c.user_id == user.id, subscriptions.c.kind == kind
    )
    sub_id = (await connection.execute(mine)).scalar_one_or_none()
    chosen = {
        "weekday": schedule.weekday,
        "local_time": schedule.local_time,
        "tz": schedule.tz,
        "lang": lang,
        "theme": user.theme,
        "thread_id": thread_id,
        "next_due": await first_unused(connection, sub_id, kind, schedule, now),
        "status": ACTIVE,
    }
    insert = insert_into(connection, subscriptions).values(
        user_id=user.id, kind=kind, created=now, **chosen
    )
    statement = insert.on_conflict_do_update(index_elements=["user_id", "kind"], set_=chosen)
    await connection.execute(statement)
    query = subscription_rows().where(
        subscriptions.c.user_id == user.id, subscriptions.c.kind == kind
    )
    return Subscription(**(await connection.execute(query)).one()._mapping)


async def leave_out(
    connection: AsyncConnection, chat_id: int, kind: str, sections: Collection[str]
) -> bool:
    """Keep which sections the chat does not want; False where it has no such subscription."""
    statement = (
        update(subscriptions)
        .where(
            subscriptions.c.user_id.in_(select(users.c.id).where(users.c.chat_id == chat_id)),
            subscriptions.c.kind == kind,
            subscriptions.c.status != STOPPED,
        )
        .values(left_out=" ".join(sorted(sections)))
    )
    return (await connection.execute(statement)).rowcount == 1


async def stop_subscriptions(connection: AsyncConnection, chat_id: int, kind: str | None) -> int:
    """End a chat's subscriptions and drop what waits for it; return how many ended."""
    ended = (
        update(subscriptions)
        .where(
            subscriptions.c.user_id.in_(select(users.c.id).where(users.c.chat_id == chat_id)),
            subscriptions.c.status != STOPPED,
        )
        .values(status=STOPPED)
        .returning(subscriptions.c.id)
    )
    if kind is not None:
        ended = ended.where(subscriptions.c.kind == kind)
    ids = list((await connection.execute(ended)).scalars())
    await drop_waiting(connection, chat_id, ids, "unsubscribed")
    return len(ids)


async def drop_waiting(
    connection: AsyncConnection, chat_id: int, sub_ids: list[int], reason: str
) -> int:
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
    return (await connection.execute(statement)).rowcount


async def pause_subscriptions(connection: AsyncConnection, chat_id: int, reason: str) -> int:
    """Pause a chat's active subscriptions; blocked or gone chats are marked as such too."""
    status = PAUSE_REASONS[reason]
    ids = select(users.c.id).where(users.c.chat_id == chat_id)
    if status == BLOCKED:
        await connection.execute(
            update(users).where(users.c.chat_id == chat_id).values(status=reason)
        )
    statement = (
        update(subscriptions)
        .where(subscriptions.c.user_id.in_(ids), subscriptions.c.status == ACTIVE)
        .values(status=status)
        .returning(subscriptions.c.id)
    )
    paused = list((await connection.execute(statement)).scalars())
    await drop_waiting(connection, chat_id, paused, reason)
    return len(paused)


async def resume_subscriptions(
    connection: AsyncConnection, chat_id: int, reason: str, now: datetime
) -> int:
    """Wake what was paused for that reason; each is next due from now on, nothing is made up."""
    await wait_for_turn(connection)
    if PAUSE_REASONS[reason] == BLOCKED:
        await connection.execute(
            update(users).where(users.c.chat_id == chat_id).values(status=ACTIVE)
        )
    query = subscription_rows().where(
        users.c.chat_id == chat_id, subscriptions.c.status == PAUSE_REASONS[reason]
    )
    asleep = [Subscription(**row._mapping) for row in await connection.execute(query)]
    for one in asleep:
        due = await first_unused(connection, one.id, one.kind, one.schedule, now)
        await connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id == one.id)
            .values(status=ACTIVE, next_due=due)
        )
    return len(asleep)
