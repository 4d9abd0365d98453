"""Updates that came in: kept until they are dealt with, claimed by one worker at a time.

`pending -> working(owner, lease) -> done | pending(not_before) | dead`. Within a chat one after the
other in the order of arrival, chats side by side; an urgent update (/cancel) overtakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.dml import ReturningUpdate

from bot.store.database import Database, is_one_of
from bot.store.tables import Moment, inbox

MAX_ATTEMPTS = 3
OPEN = ("pending", "working")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One update as it came: its id, the chat it belongs to (None: to none), its JSON."""

    update_id: int
    chat_id: int | None
    body: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """One update in our hands; `attempts` counts this one too."""

    seq: int
    update_id: int
    chat_id: int | None
    body: str
    attempts: int
    received_at: datetime


class Arrivals:
    """The inbox of one bot. `owner` names this process among those that share the database."""

    def __init__(self, database: Database, bot_id: int, owner: str, lease: timedelta) -> None:
        self._db = database
        self._bot_id = bot_id
        self._owner = owner
        self._lease = lease
        # Built once: to build a statement costs more than to run it.
        self._claims = {
            urgent: self._claim_statement(only_urgent=urgent) for urgent in (False, True)
        }
        moments = ("finished_at", "not_before")
        self._settles = {moment: self._settle_statement(moment) for moment in moments}
        self._keep = database.insert(inbox).on_conflict_do_nothing()

    def _mine(self, seqs: Iterable[int]) -> ColumnElement[bool]:
        """Return what is true of claimed rows only while they are still ours."""
        return and_(
            inbox.c.seq.in_(list(seqs)), inbox.c.owner == self._owner, inbox.c.state == "working"
        )

    async def keep(self, arrivals: Sequence[Arrival], take: int = 0) -> list[Claimed]:
        """Store updates, and claim up to `take` of what waits, in one transaction.

        An update that is known already changes nothing.
        """
        if not arrivals:
            return []

        async def keep(connection: AsyncConnection) -> list[Claimed]:
            now = await self._db.now(connection)
            rows = [
                {
                    "bot_id": self._bot_id,
                    "update_id": arrival.update_id,
                    "chat_id": arrival.chat_id,
                    "urgent": arrival.urgent,
                    "body": arrival.body,
                    "state": "pending",
                    "not_before": now,
                    "attempts": 0,
                    "received_at": now,
                }
                for arrival in arrivals
            ]
            await connection.execute(self._keep, rows)
            return await self._take(connection, take, now) if take > 0 else []

        return await self._db.write(keep)

    async def _take(
        self, connection: AsyncConnection, most: int, now: datetime, *, only_urgent: bool = False
    ) -> list[Claimed]:
        given = {"now": now, "until": now + self._lease, "most": most}
        rows = await connection.execute(self._claims[only_urgent], given)
        return sorted((Claimed(**row._mapping) for row in rows), key=lambda row: row.seq)

    async def depth(self) -> int:
        """Return how many updates wait."""
        query = select(func.count()).where(*self._waiting())

        async def count(connection: AsyncConnection) -> int:
            return int((await connection.execute(query)).scalar_one())

        return await self._db.read(count)

    def _waiting(self) -> tuple[ColumnElement[bool], ...]:
        return (inbox.c.bot_id == self._bot_id, is_one_of(inbox.c.state, "pending"))

    def _claim_statement(self, *, only_urgent: bool) -> ReturningUpdate[Any]:
        """Return the claim of `most` updates at `now`, leased `until`."""
        chosen = (
            select(inbox.c.seq)
            .where(self._claimable(only_urgent=only_urgent))
            .order_by(inbox.c.seq)
            .limit(bindparam("most", type_=Integer()))
            .with_for_update(skip_locked=True)
            .cte("chosen")  # run once; see Departures
        )
        return (
            update(inbox)
            .where(inbox.c.seq.in_(select(chosen.c.seq)), inbox.c.state == "pending")
            .values(
                state="working",
                owner=self._owner,
                lease_until=bindparam("until", type_=Moment()),
                attempts=inbox.c.attempts + 1,
            )
            .returning(
                inbox.c.seq,
                inbox.c.update_id,
                inbox.c.chat_id,
                inbox.c.body,
                inbox.c.attempts,
                inbox.c.received_at,
            )
        )

    def _settle_statement(self, moment: str) -> Update:
        """Return what writes down what became of the update `of_seq`, if it is still ours."""
        return (
            update(inbox)
            .where(
                inbox.c.seq == bindparam("of_seq"),
                inbox.c.owner == self._owner,
                inbox.c.state == "working",
            )
            .values(
                {
                    "state": bindparam("to_state"),
                    "error": bindparam("to_error"),
                    moment: bindparam("at", type_=Moment()),
                    "attempts": inbox.c.attempts - bindparam("untried", type_=Integer()),
                    "owner": None,
                    "lease_until": None,
                }
            )
        )

    def _claimable(self, *, only_urgent: bool) -> ColumnElement[bool]:
        """Return which rows may be claimed: the first open one of each chat, and urgent ones."""
        before = inbox.alias("before")
        someone_first = exists().where(
            before.c.bot_id == inbox.c.bot_id,
            before.c.chat_id == inbox.c.chat_id,
            is_one_of(before.c.state, *OPEN),
            before.c.urgent.is_(False),
            before.c.seq < inbox.c.seq,
        )
        turn = inbox.c.urgent.is_(True) if only_urgent else or_(inbox.c.urgent, ~someone_first)
        due = inbox.c.not_before <= bindparam("now", type_=Moment())
        return and_(*self._waiting(), due, turn)

    async def claim(
        self, limit: int, *, only_urgent: bool = False, look_first: bool = True
    ) -> list[Claimed]:
        """Take up to `limit` updates, oldest first.

        `look_first`: begin no writing transaction where nothing waits; whoever knows that
        something does saves the look.
        """
        if look_first and await self._idle():
            return []

        async def claim(connection: AsyncConnection) -> list[Claimed]:
            now = await self._db.now(connection)
            return await self._take(connection, limit, now, only_urgent=only_urgent)

        return await self._db.write(claim)

    async def _idle(self) -> bool:
        """Tell whether nothing waits at all: then no writing transaction is begun."""
        query = select(inbox.c.seq).where(*self._waiting()).limit(1)

        async def look(connection: AsyncConnection) -> bool:
            return (await connection.execute(query)).first() is None

        return await self._db.read(look)

    async def renew(self, seqs: Iterable[int]) -> set[int]:
        """Prolong the leases; return the rows that are still ours."""
        wanted = list(seqs)
        if not wanted:
            return set()

        async def renew(connection: AsyncConnection) -> set[int]:
            until = await self._db.now(connection) + self._lease
            statement = (
                update(inbox)
                .where(self._mine(wanted))
                .values(lease_until=until)
                .returning(inbox.c.seq)
            )
            return set((await connection.execute(statement)).scalars())

        return await self._db.write(renew)

    async def finish(self, seq: int, error: str | None = None) -> None:
        """Mark an update dealt with; `error` says what could not be helped."""
        await self._settle(seq, {"to_state": "done", "to_error": error})

    async def bury(self, seq: int, error: str) -> None:
        """Mark an update that cannot be dealt with."""
        await self._settle(seq, {"to_state": "dead", "to_error": error})

    async def put_back(
        self, seq: int, error: str, after: timedelta, *, counts: bool = True
    ) -> None:
        """Let an update wait for another try; one that does not count is none of its three."""
        values = {"to_state": "pending", "to_error": error, "untried": 0 if counts else 1}
        await self._settle(seq, values, after)

    async def _settle(
        self, seq: int, values: dict[str, Any], after: timedelta | None = None
    ) -> None:
        statement = self._settles["finished_at" if after is None else "not_before"]

        async def settle(connection: AsyncConnection) -> None:
            now = await self._db.now(connection)
            given = {"of_seq": seq, "at": now + (after or timedelta(0)), "untried": 0}
            await connection.execute(statement, {**given, **values})

        await self._db.write(settle)

    async def take_away(self, chat_id: int, is_meant: Callable[[str], bool]) -> list[int]:
        """Take the updates of a chat out of the hands that hold them, ours or another process's.

        Of those that are at work, urgent ones apart, `is_meant` chooses by their JSON. Whoever held
        one finds its lease lost and stops. Return the rows.
        """
        held = select(inbox.c.seq, inbox.c.body).where(
            inbox.c.bot_id == self._bot_id,
            inbox.c.chat_id == chat_id,
            is_one_of(inbox.c.state, *OPEN),  # the index's words
            inbox.c.state == "working",
            inbox.c.urgent.is_(False),
        )

        async def take_away(connection: AsyncConnection) -> list[int]:
            seqs = [row.seq for row in await connection.execute(held) if is_meant(row.body)]
            now = await self._db.now(connection)
            ended = {"state": "done", "error": "stopped by /cancel", "finished_at": now}
            statement = (
                update(inbox)
                .where(inbox.c.seq.in_(seqs), inbox.c.state == "working")
                .values(**ended, owner=None, lease_until=None)
                .returning(inbox.c.seq)
            )
            return list((await connection.execute(statement)).scalars()) if seqs else []

        return await self._db.write(take_away)

    async def release(self, seqs: Iterable[int]) -> None:
        """Give back what was claimed but not dealt with, as if it had never been claimed."""
        wanted = list(seqs)
        if not wanted:
            return

        async def release(connection: AsyncConnection) -> None:
            await connection.execute(
                update(inbox)
                .where(self._mine(wanted))
                .values(
                    state="pending",
                    owner=None,
                    lease_until=None,
                    attempts=inbox.c.attempts - 1,
                )
            )

        await self._db.write(release)

    async def recover(self, *, alone: bool) -> list[Claimed]:
        """Free what the dead held (all that is held, when we are alone); return what died of it.

        An update that took its worker down `MAX_ATTEMPTS` times is not tried again.
        """

        async def recover(connection: AsyncConnection) -> list[Claimed]:
            now = await self._db.now(connection)
            lost = [
                inbox.c.bot_id == self._bot_id,
                is_one_of(inbox.c.state, *OPEN),  # the index's words
                inbox.c.state == "working",
            ]
            if not alone:
                lost.append(inbox.c.lease_until < now)
            spent = inbox.c.attempts >= MAX_ATTEMPTS
            statement = (
                update(inbox)
                .where(*lost)
                .values(
                    state=case((spent, "dead"), else_="pending"),
                    error=case((spent, "its worker died each time"), else_=inbox.c.error),
                    finished_at=case((spent, literal(now, Moment())), else_=None),
                    owner=None,
                    lease_until=None,
                )
                .returning(inbox)
            )
            rows = (await connection.execute(statement)).all()
            names = ("seq", "update_id", "chat_id", "body", "attempts", "received_at")
            return [
                Claimed(**{name: getattr(row, name) for name in names})
                for row in rows
                if row.state == "dead"
            ]

        return await self._db.write(recover)
