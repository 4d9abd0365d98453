"""Updates that came in: kept until they are dealt with, claimed by one worker at a time.

`pending -> working(owner, lease) -> done | pending(not_before) | dead`. Within a chat one after the
other in the order of arrival, chats side by side; an urgent update (/cancel) overtakes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
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

from bot.store.database import Database, insert_into, is_one_of, writing
from bot.store.tables import Moment, inbox

MAX_ATTEMPTS = 3
OPEN = ("pending", "working")
_FREE = {"owner": None, "lease_until": None}


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


_CLAIMED = [inbox.c[name] for name in Claimed.__slots__]


class Arrivals:
    """The inbox of one bot. `owner` names this process among those that share the database."""

    def __init__(self, database: Database, bot_id: int, owner: str, lease: timedelta) -> None:
        self.database = database
        self._bot_id = bot_id
        self._owner = owner
        self._lease = lease
        # Built once: to build a statement costs more than to run it (2.1 against 3.3 ms an update).
        self._claims = {urgent: self._claim(only_urgent=urgent) for urgent in (False, True)}
        self._settled = self._settlement()

    def _is(self, *states: str) -> ColumnElement[bool]:
        """Return what is true of this bot's updates in these states, in the words of an index."""
        return and_(inbox.c.bot_id == self._bot_id, is_one_of(inbox.c.state, *states))

    def _mine(self, seqs: Iterable[int]) -> ColumnElement[bool]:
        """Return what is true of claimed rows only while they are still ours."""
        return and_(
            inbox.c.seq.in_(list(seqs)), inbox.c.owner == self._owner, inbox.c.state == "working"
        )

    @writing
    async def keep(self, connection: AsyncConnection, arrivals: Sequence[Arrival]) -> None:
        """Store updates; one that is known already changes nothing."""
        now = await self.database.now(connection)
        same = {"bot_id": self._bot_id, "not_before": now, "received_at": now}
        rows = [{**asdict(arrival), **same} for arrival in arrivals]
        await connection.execute(insert_into(connection, inbox).on_conflict_do_nothing(), rows)

    async def depth(self) -> int:
        """Return how many updates wait."""
        query = select(func.count().label("depth")).where(self._is("pending"))
        return sum(row.depth for row in await self.database.rows(query))

    @writing
    async def claim(
        self, connection: AsyncConnection, limit: int, *, only_urgent: bool = False
    ) -> list[Claimed]:
        """Take up to `limit` updates, oldest first: the first open one of each chat, and urgent."""
        now = await self.database.now(connection)
        given = {"now": now, "until": now + self._lease, "most": limit}
        rows = await connection.execute(self._claims[only_urgent], given)
        return sorted((Claimed(**row._mapping) for row in rows), key=lambda row: row.seq)

    def _claim(self, *, only_urgent: bool) -> ReturningUpdate[Any]:
        """Return the claim of `most` updates at `now`, leased `until`."""
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
        chosen = (
            select(inbox.c.seq)
            .where(self._is("pending"), due, turn)
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
            .returning(*_CLAIMED)
        )

    @writing
    async def renew(self, connection: AsyncConnection, seqs: Iterable[int]) -> set[int]:
        """Prolong the leases; return the rows that are still ours."""
        until = await self.database.now(connection) + self._lease
        statement = update(inbox).where(self._mine(seqs)).values(lease_until=until)
        return set((await connection.execute(statement.returning(inbox.c.seq))).scalars())

    async def finish(self, seq: int, error: str | None = None) -> None:
        """Mark an update dealt with; `error` says what could not be helped."""
        await self._settle(seq, "done", error)

    async def bury(self, seq: int, error: str) -> None:
        """Mark an update that cannot be dealt with."""
        await self._settle(seq, "dead", error)

    async def put_back(
        self, seq: int, error: str, after: timedelta, *, counts: bool = True
    ) -> None:
        """Let an update wait for another try; one that does not count is none of its three."""
        await self._settle(seq, "pending", error, after=after, untried=int(not counts))

    @writing
    async def _settle(
        self,
        connection: AsyncConnection,
        seq: int,
        state: str,
        error: str | None,
        *,
        after: timedelta | None = None,
        untried: int = 0,
    ) -> None:
        now = await self.database.now(connection)
        became = {"to_state": state, "to_error": error, "untried": untried}
        ended, due = (now, None) if after is None else (None, now + after)
        given = {"of_seq": seq, **became, "ended": ended, "due": due}
        await connection.execute(self._settled, given)

    def _settlement(self) -> Update:
        """Return what writes down what became of the update `of_seq`, if it is still ours."""
        due = bindparam("due", type_=Moment())
        return (
            update(inbox)
            .where(
                inbox.c.seq == bindparam("of_seq"),
                inbox.c.owner == self._owner,
                inbox.c.state == "working",
            )
            .values(
                state=bindparam("to_state"),
                error=bindparam("to_error"),
                finished_at=bindparam("ended", type_=Moment()),
                not_before=func.coalesce(due, inbox.c.not_before),
                attempts=inbox.c.attempts - bindparam("untried", type_=Integer()),
                **_FREE,
            )
        )

    @writing
    async def take_away(
        self, connection: AsyncConnection, chat_id: int, is_meant: Callable[[str], bool]
    ) -> list[int]:
        """Take the updates of a chat out of the hands that hold them, ours or another process's.

        Of those that are at work, urgent ones apart, `is_meant` chooses by their JSON. Whoever held
        one finds its lease lost and stops. Return the rows.
        """
        held = select(inbox.c.seq, inbox.c.body).where(
            self._is(*OPEN),
            inbox.c.chat_id == chat_id,
            inbox.c.state == "working",
            inbox.c.urgent.is_(False),
        )
        seqs = [row.seq for row in await connection.execute(held) if is_meant(row.body)]
        now = await self.database.now(connection)
        ended = {"state": "done", "error": "stopped by /cancel", "finished_at": now}
        theirs = update(inbox).where(inbox.c.seq.in_(seqs), inbox.c.state == "working")
        gone = theirs.values(**ended, **_FREE).returning(inbox.c.seq)
        return list((await connection.execute(gone)).scalars())

    async def release(self, seqs: Iterable[int]) -> None:
        """Give back what was claimed but not dealt with, as if it had never been claimed."""
        untouched = {"state": "pending", "attempts": inbox.c.attempts - 1, **_FREE}
        await self.database.change(update(inbox).where(self._mine(seqs)).values(**untouched))

    @writing
    async def recover(self, connection: AsyncConnection, *, alone: bool) -> list[Claimed]:
        """Free what the dead held (all that is held, when we are alone); return what died of it.

        An update that took its worker down `MAX_ATTEMPTS` times is not tried again.
        """
        now = await self.database.now(connection)
        lost = [self._is(*OPEN), inbox.c.state == "working"]
        if not alone:
            lost.append(inbox.c.lease_until < now)
        spent = inbox.c.attempts >= MAX_ATTEMPTS
        freed = {
            "state": case((spent, "dead"), else_="pending"),
            "error": case((spent, "its worker died each time"), else_=inbox.c.error),
            "finished_at": case((spent, literal(now, Moment())), else_=None),
        }
        statement = update(inbox).where(*lost).values(**freed, **_FREE)
        rows = await connection.execute(statement.returning(inbox.c.state, *_CLAIMED))
        return [Claimed(*row[1:]) for row in rows if row.state == "dead"]
