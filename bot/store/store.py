"""The store: chats, subscriptions, talk, what came in and what goes out, over one database."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from datetime import time as clock_time
from typing import Any, Self

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.reading.schedule import Weekly
from bot.store import budget, privacy
from bot.store.alerts import Alerts
from bot.store.database import Database, insert_into, no_step, read_url, reading, writing
from bot.store.desk import OwnNumbers
from bot.store.migrate import migrate
from bot.store.owner import Ownership, refuse_network
from bot.store.people import (
    ACTIVE,
    BLOCKED,
    GOING_ON,
    PAUSE_REASONS,
    STOPPED,
    Subscription,
    User,
    checked_settings,
    drop_waiting,
    meet_user,
    subscribed,
    subscription_rows,
)
from bot.store.periods import first_unused, wait_for_turn
from bot.store.reports import Reports
from bot.store.sightings import Sightings
from bot.store.tables import alerts, inbox, occasions, outbox, subscriptions, turns, users

SATURDAY = 5
TEN = clock_time(10, 0)  # New York, after Friday's reports: see the digest's method page


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what we answered."""

    question: str
    answer: str
    at: datetime


class Store:
    """What must survive a restart. Open it with `await Store.open(url)`, then `await close()`."""

    def __init__(self, database: Database, ownership: Ownership | None) -> None:
        self.database = database
        self.own = OwnNumbers(database)
        self.reports = Reports(database)
        self.alerts = Alerts(database)
        self.sightings = Sightings(database)
        self._ownership = ownership

    @classmethod
    async def open(
        cls,
        url: str,
        now: Callable[[], datetime] | None = None,
        *,
        guest: bool = False,
        auto_migrate: bool = True,
        step: Callable[[str], None] = no_step,
    ) -> Self:
        """Open the store at this version's tables.

        `now` fixes the clock (tests); by default the database's own rules. A SQLite store has one
        owner at a time; a `guest` (an export, a second sender) may come beside it. Raises
        StoreError with a code that says what to do.
        """
        database = Database(read_url(url), now, step)
        ownership = _enter(database, guest=guest)
        try:
            await database.start()
            await migrate(database, allowed=auto_migrate)
        except BaseException:
            await database.close()
            if ownership is not None:
                ownership.release()
            raise
        return cls(database, ownership)

    async def close(self) -> None:
        """Finish the writes that wait and let the database go."""
        await self.database.close()
        if self._ownership is not None:
            self._ownership.release()

    @property
    def alone(self) -> bool:
        """Tell whether no other process can hold a lease: we own the file and had no guests."""
        return self._ownership is not None and self._ownership.alone

    async def now(self) -> datetime:
        """Return the time by which leases and schedules are judged."""
        return await self.database.read(self.database.now)

    # Chats

    async def user(self, chat_id: int, telegram_lang: str | None = None) -> User:
        """Return the user of a chat, made where new. `telegram_lang` is Telegram's code for it."""
        known = await self.acquaintance(chat_id)
        if known is None or telegram_lang not in {None, known.telegram_lang}:
            return await self._meet(chat_id, telegram_lang)
        return known

    async def acquaintance(self, chat_id: int) -> User | None:
        """Return the user of a chat where we know one; nobody is met by being asked about."""
        rows = await self.database.rows(select(users).where(users.c.chat_id == chat_id))
        return next((User(**row._mapping) for row in rows), None)

    @writing
    async def _meet(
        self, connection: AsyncConnection, chat_id: int, telegram_lang: str | None
    ) -> User:
        now = await self.database.now(connection)
        return await meet_user(connection, chat_id, telegram_lang, now)

    async def set_user(self, chat_id: int, **changes: Any) -> User:  # noqa: ANN401 - one per setting
        """Change `lang`, `tz` or `theme`; ScheduleError `unknown_zone` leaves all as it was.

        Language and theme also hold for the subscriptions at once.
        """
        return await self._set(chat_id, checked_settings(changes))

    @writing
    async def _set(
        self, connection: AsyncConnection, chat_id: int, changes: dict[str, Any]
    ) -> User:
        user = await meet_user(connection, chat_id, None, await self.database.now(connection))
        if not changes:
            return user
        statement = update(users).where(users.c.id == user.id).values(**changes).returning(users)
        changed = (await connection.execute(statement)).one()
        looks = {k: v for k, v in changes.items() if k in {"lang", "theme"} and v is not None}
        if looks:
            await connection.execute(update(subscriptions).where(subscribed(chat_id)).values(looks))
        if lang := looks.get("lang"):
            mine = alerts.c.chat_id == chat_id
            await connection.execute(update(alerts).where(mine).values(lang=lang))
        return User(**changed._mapping)

    # Subscriptions

    @writing
    async def subscribe(
        self,
        connection: AsyncConnection,
        chat_id: int,
        kind: str = "digest",
        *,
        weekday: int = SATURDAY,
        local_time: clock_time = TEN,
        tz: str | None = None,
        lang: str | None = None,
        thread_id: int | None = None,
    ) -> Subscription:
        """Subscribe the chat, or change its subscription of that kind, and say when it is due.

        The zone is the user's where none is given; the language the user's, else English. Its id
        stays, and so its periods: a week already sent is not sent again after a change of weekday
        or zone, the next digest then comes in the first week that had none.
        """
        now = await self.database.now(connection)
        user = await meet_user(connection, chat_id, None, now)
        schedule = Weekly(weekday, local_time, tz or user.tz)
        await wait_for_turn(connection)
        mine = and_(subscriptions.c.user_id == user.id, subscriptions.c.kind == kind)
        known = await connection.execute(select(subscriptions.c.id).where(mine))
        due = await first_unused(connection, known.scalar_one_or_none(), kind, schedule, now)
        chosen = {
            "weekday": weekday,
            "local_time": local_time,
            "tz": schedule.tz,
            "lang": lang or user.lang or "en",
            "theme": user.theme,
            "thread_id": thread_id,
            "next_due": due,
            "status": ACTIVE,
        }
        insert = insert_into(connection, subscriptions).values(
            user_id=user.id, kind=kind, created=now, **chosen
        )
        await connection.execute(
            insert.on_conflict_do_update(index_elements=["user_id", "kind"], set_=chosen)
        )
        row = (await connection.execute(subscription_rows(mine))).one()
        return Subscription(**row._mapping)

    async def subscriptions(self, chat_id: int) -> list[Subscription]:
        """Return the chat's subscriptions, oldest first, paused ones too but not what it ended."""
        rows = await self.database.rows(subscription_rows(subscribed(chat_id, *GOING_ON)))
        return [Subscription(**row._mapping) for row in rows]

    async def leave_out(
        self, chat_id: int, sections: Collection[str], kind: str = "digest"
    ) -> bool:
        """Keep which sections the chat does not want; False where it is not subscribed."""
        mine = and_(subscribed(chat_id, *GOING_ON), subscriptions.c.kind == kind)
        unwanted = " ".join(sorted(sections))
        statement = update(subscriptions).where(mine).values(left_out=unwanted)
        return await self.database.change(statement) == 1

    async def missed(self, chat_id: int, limit: int = 5) -> list[str]:
        """Return the periods that were skipped because we were down, the newest first."""
        query = (
            select(outbox.c.period)
            .where(outbox.c.chat_id == chat_id, outbox.c.state == "skipped")
            .order_by(outbox.c.not_before.desc())
            .limit(limit)
        )
        return [row.period for row in await self.database.rows(query)]

    @writing
    async def unsubscribe(
        self, connection: AsyncConnection, chat_id: int, kind: str | None = None
    ) -> int:
        """End one kind, or all; what waited is not sent. Return how many ended."""
        ended = subscribed(chat_id, *GOING_ON)
        if kind is not None:
            ended = and_(ended, subscriptions.c.kind == kind)
        return await self._still(connection, chat_id, ended, STOPPED, "unsubscribed")

    @writing
    async def pause(
        self, connection: AsyncConnection, chat_id: int, reason: str = "blocked"
    ) -> int:
        """Pause a chat that `asked`, `blocked` us or is `gone`; return how many were paused."""
        status = PAUSE_REASONS[reason]
        if status == BLOCKED:  # and the chat is marked as such too
            chat = update(users).where(users.c.chat_id == chat_id)
            await connection.execute(chat.values(status=reason))
        active = subscribed(chat_id, ACTIVE)
        return await self._still(connection, chat_id, active, status, reason)

    @staticmethod
    async def _still(
        connection: AsyncConnection,
        chat_id: int,
        which: ColumnElement[bool],
        status: str,
        reason: str,
    ) -> int:
        """Give subscriptions a status in which nothing is sent, and drop what waits for them."""
        statement = update(subscriptions).where(which).values(status=status)
        ids = (await connection.execute(statement.returning(subscriptions.c.id))).scalars().all()
        await drop_waiting(connection, chat_id, list(ids), reason)
        return len(ids)

    @writing
    async def resume(
        self, connection: AsyncConnection, chat_id: int, reason: str = "blocked"
    ) -> int:
        """Wake what was paused for that reason; /start wakes the blocked. Return how many woke.

        Each is next due from now on, nothing is made up.
        """
        await wait_for_turn(connection)
        now, status = await self.database.now(connection), PAUSE_REASONS[reason]
        if status == BLOCKED:
            chat = update(users).where(users.c.chat_id == chat_id)
            await connection.execute(chat.values(status=ACTIVE))
        asleep = subscription_rows(subscribed(chat_id, status))
        woken = [Subscription(**row._mapping) for row in await connection.execute(asleep)]
        for one in woken:
            due = await first_unused(connection, one.id, one.kind, one.schedule, now)
            mine = update(subscriptions).where(subscriptions.c.id == one.id)
            await connection.execute(mine.values(status=ACTIVE, next_due=due))
        return len(woken)

    # Talk

    @writing
    async def remember(
        self,
        connection: AsyncConnection,
        chat_id: int,
        thread_id: int | None,
        question: str,
        answer: str,
    ) -> None:
        """Keep a turn of this chat's topic."""
        said = {"question": question, "answer": answer, "at": await self.database.now(connection)}
        where = {"chat_id": chat_id, "thread_id": thread_id or 0}
        await connection.execute(insert(turns).values(**where, **said))

    async def recent(self, chat_id: int, thread_id: int | None, limit: int = 6) -> list[Turn]:
        """Return the last turns of this chat's topic, oldest first."""
        query = (
            select(turns.c.question, turns.c.answer, turns.c.at)
            .where(turns.c.chat_id == chat_id, turns.c.thread_id == (thread_id or 0))
            .order_by(turns.c.id.desc())
            .limit(limit)
        )
        return [Turn(**row._mapping) for row in await self.database.rows(query)][::-1]

    @writing
    async def once(self, connection: AsyncConnection, chat_id: int, key: str, period: str) -> bool:
        """Return True the first time that this chat meets `key` in `period` (a day, a report)."""
        now = await self.database.now(connection)
        met = insert_into(connection, occasions).values(
            chat_id=chat_id, key=key, period=period, at=now
        )
        return (await connection.execute(met.on_conflict_do_nothing())).rowcount == 1

    # Privacy

    async def export(self, chat_id: int) -> dict[str, Any]:
        """Return all that is kept about the chat, in JSON's types, by table."""
        return await self.database.read(lambda c: privacy.export_chat(c, chat_id))

    async def forget(self, chat_id: int) -> dict[str, int]:
        """Delete all that is kept about the chat; return the number of rows by table.

        Ask for the user's language before: asking afterwards meets the chat anew.
        """
        gone = await self.database.write(lambda c: privacy.forget_chat(c, chat_id))
        await self.database.scrub()
        return gone

    async def move_chat(self, old: int, new: int) -> None:
        """Give everything of a chat to its new id (a group that became a supergroup)."""
        await self.database.write(lambda c: privacy.move_chat(c, old, new))

    @writing
    async def purge(self, connection: AsyncConnection) -> dict[str, int]:
        """Delete what is older than /privacy promises to keep."""
        return await privacy.purge(connection, await self.database.now(connection))

    # The whole

    @reading
    async def status(self, connection: AsyncConnection) -> dict[str, Any]:
        """Return counts for /status and `doctor`: by state, the oldest that waits, uncertain."""
        now = await self.database.now(connection)
        waits = select(func.min(outbox.c.created)).where(outbox.c.state == "pending")
        oldest = (await connection.execute(waits)).scalar()
        unsure = select(func.coalesce(func.sum(outbox.c.uncertain), 0))
        paused = await budget.paused_until(connection)
        return {
            "engine": connection.dialect.name,
            "users": await privacy.counts(connection, users.c.status),
            "subscriptions": await privacy.counts(connection, subscriptions.c.status),
            "outbox": await privacy.counts(connection, outbox.c.state),
            "inbox": await privacy.counts(connection, inbox.c.state),
            "uncertain": int((await connection.execute(unsure)).scalar_one()),
            "oldest_pending_seconds": (now - oldest).total_seconds() if oldest else None,
            "paused_seconds": max(0.0, (paused - now).total_seconds()) if paused else 0.0,
        }


def _enter(database: Database, *, guest: bool) -> Ownership | None:
    """Take the place of owner or guest at a SQLite file; PostgreSQL needs neither."""
    if database.file is None:
        return None
    refuse_network(database.file.parent)
    ownership = Ownership(database.file)
    if guest:
        ownership.visit()
    else:
        ownership.own()
    return ownership
