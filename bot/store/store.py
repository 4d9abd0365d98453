"""The store: chats, subscriptions, talk, what came in and what goes out, over one database."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime
from datetime import time as clock_time
from typing import Any, Self

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.reading.schedule import Weekly
from bot.store import budget, people, privacy, talk
from bot.store.alerts import Alerts
from bot.store.database import Database, no_step, read_url
from bot.store.desk import OwnNumbers
from bot.store.migrate import migrate
from bot.store.owner import Ownership, refuse_network
from bot.store.people import Subscription, User
from bot.store.reports import Reports
from bot.store.sightings import Sightings
from bot.store.tables import inbox, outbox, subscriptions, users
from bot.store.talk import Turn

SATURDAY = 5
ACQUAINTED, REMEMBERED_SECONDS = 10_000, 60.0
TEN = clock_time(10, 0)  # New York, after Friday's reports: see the digest's method page


class Store:
    """What must survive a restart. Open it with `await Store.open(url)`, then `await close()`."""

    def __init__(self, database: Database, ownership: Ownership | None) -> None:
        self.database = database
        self.own = OwnNumbers(database)
        self.reports = Reports(database)
        self.alerts = Alerts(database)
        self.sightings = Sightings(database)
        self._ownership = ownership
        # Chats spoken to lately, as (user, until): every update asks who it is from.
        self._acquainted: dict[int, tuple[User, float]] = {}
        self._changes = 0

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
        known, until = self._acquainted.get(chat_id, (None, 0.0))
        if known and time.monotonic() < until and telegram_lang in {None, known.telegram_lang}:
            return known
        changes = self._changes

        async def find(connection: AsyncConnection) -> User | None:
            return await people.find_user(connection, chat_id)

        async def meet(connection: AsyncConnection) -> User:
            now = await self.database.now(connection)
            return await people.meet_user(connection, chat_id, telegram_lang, now)

        found = await self.database.read(find)
        if found is None or telegram_lang not in {None, found.telegram_lang}:
            found = await self.database.write(meet)
        self._acquaint(found, changes)
        return found

    async def acquaintance(self, chat_id: int) -> User | None:
        """Return the user of a chat where we know one; nobody is met by being asked about."""
        known, until = self._acquainted.get(chat_id, (None, 0.0))
        if known and time.monotonic() < until:
            return known

        async def find(connection: AsyncConnection) -> User | None:
            return await people.find_user(connection, chat_id)

        return await self.database.read(find)

    def _acquaint(self, user: User, changes: int) -> None:
        """Remember a user that no change has overtaken; where other processes write, nobody.

        Beside the owner of a file there are guests, which may forget a chat: hence not for long.
        """
        if self._ownership is None or not self._ownership.owner or changes != self._changes:
            return
        if len(self._acquainted) >= ACQUAINTED:
            self._acquainted.clear()
        self._acquainted[user.chat_id] = (user, time.monotonic() + REMEMBERED_SECONDS)

    def _changed(self, *chats: int) -> None:
        """Read these chats' users anew."""
        self._changes += 1
        for chat in chats:
            self._acquainted.pop(chat, None)

    async def set_user(self, chat_id: int, **changes: Any) -> User:  # noqa: ANN401 - one per setting
        """Change `lang`, `tz` or `theme`; ScheduleError `unknown_zone` leaves all as it was."""
        chosen = people.checked_settings(changes)

        async def change(connection: AsyncConnection) -> User:
            now = await self.database.now(connection)
            user = await people.meet_user(connection, chat_id, None, now)
            return await people.change_user(connection, user, chosen)

        changed = await self.database.write(change)
        self._changed(chat_id)
        return changed

    # Subscriptions

    async def subscribe(
        self,
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

        The zone is the user's where none is given; the language the user's, else English.
        """

        async def put(connection: AsyncConnection) -> Subscription:
            now = await self.database.now(connection)
            user = await people.meet_user(connection, chat_id, None, now)
            schedule = Weekly(weekday, local_time, tz or user.tz)
            words = lang or user.lang or "en"
            return await people.put_subscription(
                connection, user, kind, schedule, lang=words, thread_id=thread_id, now=now
            )

        return await self.database.write(put)

    async def subscriptions(self, chat_id: int) -> list[Subscription]:
        """Return the chat's subscriptions, paused ones too."""

        async def read(connection: AsyncConnection) -> list[Subscription]:
            return await people.list_subscriptions(connection, chat_id)

        return await self.database.read(read)

    async def leave_out(
        self, chat_id: int, sections: Collection[str], kind: str = "digest"
    ) -> bool:
        """Keep which sections the chat does not want; False where it is not subscribed."""

        async def keep(connection: AsyncConnection) -> bool:
            return await people.leave_out(connection, chat_id, kind, sections)

        return await self.database.write(keep)

    async def missed(self, chat_id: int, limit: int = 5) -> list[str]:
        """Return the periods that were skipped because we were down, the newest first."""
        query = (
            select(outbox.c.period)
            .where(outbox.c.chat_id == chat_id, outbox.c.state == "skipped")
            .order_by(outbox.c.not_before.desc())
            .limit(limit)
        )

        async def read(connection: AsyncConnection) -> list[str]:
            return list((await connection.execute(query)).scalars())

        return await self.database.read(read)

    async def unsubscribe(self, chat_id: int, kind: str | None = None) -> int:
        """End one kind, or all; what waited is not sent. Return how many ended."""

        async def stop(connection: AsyncConnection) -> int:
            return await people.stop_subscriptions(connection, chat_id, kind)

        return await self.database.write(stop)

    async def pause(self, chat_id: int, reason: str = "blocked") -> int:
        """Pause a chat that `asked`, `blocked` us or is `gone`; return how many were paused."""

        async def pause(connection: AsyncConnection) -> int:
            return await people.pause_subscriptions(connection, chat_id, reason)

        paused = await self.database.write(pause)
        self._changed(chat_id)
        return paused

    async def resume(self, chat_id: int, reason: str = "blocked") -> int:
        """Wake what was paused for that reason; /start wakes the blocked. Return how many woke."""

        async def resume(connection: AsyncConnection) -> int:
            now = await self.database.now(connection)
            return await people.resume_subscriptions(connection, chat_id, reason, now)

        woken = await self.database.write(resume)
        self._changed(chat_id)
        return woken

    # Talk

    async def remember(
        self, chat_id: int, thread_id: int | None, question: str, answer: str
    ) -> None:
        """Keep a turn of this chat's topic."""

        async def add(connection: AsyncConnection) -> None:
            now = await self.database.now(connection)
            await talk.add_turn(connection, chat_id, thread_id, Turn(question, answer, now))

        await self.database.write(add)

    async def recent(self, chat_id: int, thread_id: int | None, limit: int = 6) -> list[Turn]:
        """Return the last turns of this chat's topic, oldest first."""

        async def read(connection: AsyncConnection) -> list[Turn]:
            return await talk.last_turns(connection, chat_id, thread_id, limit)

        return await self.database.read(read)

    async def once(self, chat_id: int, key: str, period: str) -> bool:
        """Return True the first time that this chat meets `key` in `period` (a day, a report)."""

        async def mark(connection: AsyncConnection) -> bool:
            now = await self.database.now(connection)
            return await talk.mark_occasion(connection, chat_id, key, period, now)

        return await self.database.write(mark)

    # Privacy

    async def export(self, chat_id: int) -> dict[str, Any]:
        """Return all that is kept about the chat, in JSON's types, by table."""

        async def read(connection: AsyncConnection) -> dict[str, Any]:
            return await privacy.export_chat(connection, chat_id)

        return await self.database.read(read)

    async def forget(self, chat_id: int) -> dict[str, int]:
        """Delete all that is kept about the chat; return the number of rows by table.

        Ask for the user's language before: asking afterwards meets the chat anew.
        """

        async def forget(connection: AsyncConnection) -> dict[str, int]:
            return await privacy.forget_chat(connection, chat_id)

        gone = await self.database.write(forget)
        self._changed(chat_id)
        await self.database.scrub()
        return gone

    async def move_chat(self, old: int, new: int) -> None:
        """Give everything of a chat to its new id (a group that became a supergroup)."""

        async def move(connection: AsyncConnection) -> None:
            await privacy.move_chat(connection, old, new)

        await self.database.write(move)
        self._changed(old, new)

    async def purge(self) -> dict[str, int]:
        """Delete what is older than /privacy promises to keep."""

        async def purge(connection: AsyncConnection) -> dict[str, int]:
            return await privacy.purge(connection, await self.database.now(connection))

        return await self.database.write(purge)

    # The whole

    async def status(self) -> dict[str, Any]:
        """Return counts for /status and `doctor`: by state, the oldest that waits, uncertain."""

        async def read(connection: AsyncConnection) -> dict[str, Any]:
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

        return await self.database.read(read)


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
