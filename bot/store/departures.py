"""Messages that must go out: enqueued once a period, claimed, sent, and what became of each.

`pending -> claimed(owner, epoch, lease) -> sending -> sent | pending(not_before) | dead |
uncertain`, besides `skipped` (a period missed) and `dropped` (nobody wants it any more). A row is
one message to one chat in one period; `part` is the next of its payload's parts.

`owner` is a process's own name, `epoch` the number of its claim: together they fence. Whoever lost
a row's lease cannot send it or write about it any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.reading.schedule import Due, Reckoning, Weekly
from bot.store import budget
from bot.store.budget import Rate
from bot.store.database import Database, insert_into, is_one_of, reading, writing
from bot.store.people import ACTIVE
from bot.store.periods import ADVISORY_LOCK, NOTHING_SENT, first_unused, has_used
from bot.store.tables import Moment, outbox, payloads, subscriptions, users

Policy = Literal["resend", "skip"]
Row = dict[str, ColumnElement[Any]]

CHUNK = 4_000  # subscriptions enqueued in one transaction: a reply waits no longer than that
MAX_UNCERTAIN = 3  # sends of one message that may have arrived before it is left alone
# Further ahead no digest is due: a week that is used up, and half a week more between two zones,
# may lie before the next one.
STRAY = timedelta(days=22)


@dataclass(frozen=True, slots=True)
class Look:
    """In which language and theme a message is rendered, and without which of its sections."""

    lang: str
    theme: str
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """All subscriptions that are due alike: same kind, schedule, instant, words and looks."""

    kind: str
    weekday: int
    local_time: time
    tz: str
    next_due: datetime
    lang: str
    theme: str
    left_out: str

    @property
    def look(self) -> Look:
        """Return what the digest looks like for them."""
        return Look(self.lang, self.theme, frozenset(self.left_out.split()))

    @property
    def schedule(self) -> Weekly:
        """Return when they are due."""
        return Weekly(self.weekday, self.local_time, self.tz)

    def members(self) -> ColumnElement[bool]:
        """Return what is true of these subscriptions only."""
        same = [subscriptions.c[name] == getattr(self, name) for name in _GROUPED]
        return and_(_IS_ACTIVE, *same)


_IS_ACTIVE = is_one_of(subscriptions.c.status, ACTIVE)
_FREE = {"owner": None, "lease_until": None}
_ANEW = {**_FREE, "message_id": None, "sent_at": None, "epoch": 0, "attempts": 0}
_GROUPED = ("kind", "weekday", "local_time", "tz", "next_due", "lang", "theme", "left_out")


@dataclass(frozen=True, slots=True)
class Ready:
    """One message in our hands, to be sent if `intend` says so."""

    id: int
    epoch: int
    kind: str
    sub_id: int | None
    period: str
    chat_id: int
    thread_id: int | None
    payload_id: int
    part: int
    policy: Policy
    attempts: int
    uncertain: int
    created: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What was claimed; `wait_seconds` until the budget gives more, None where nothing is due."""

    ready: list[Ready]
    wait_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a message that we were sending."""

    ready: Ready
    state: str
    after: timedelta = timedelta(0)
    advance: int = 0
    attempts: int = 0
    uncertain: int = 0
    message_id: int | None = None
    error: str | None = None


class Departures:
    """The outbox. `owner` names this process among those that share the database."""

    def __init__(self, database: Database, owner: str, lease: timedelta) -> None:
        self.database = database
        self._owner = owner
        self.lease = lease
        self._claims = 0

    # Enqueuing

    async def due_groups(self, now: datetime) -> list[Group]:
        """Return the groups whose time has come, and those whose time lies absurdly far ahead."""
        columns = [subscriptions.c[name] for name in _GROUPED]
        active = select(*columns).where(_IS_ACTIVE).distinct()
        # A clock that was wrong for a while may have moved a subscription months ahead. Two ranges
        # of the index, where an OR would go through all of it.
        query = union(
            active.where(subscriptions.c.next_due <= now),
            active.where(subscriptions.c.next_due > now + STRAY),
        )
        found = [Group(**row._mapping) for row in await self.database.rows(query)]
        return sorted(found, key=lambda g: (g.next_due, g.lang, g.theme, g.left_out))

    @writing
    async def enqueue(
        self,
        connection: AsyncConnection,
        group: Group,
        reckoning: Reckoning,
        *,
        payload_id: int | None,
        policy: Policy,
        after_id: int = 0,
    ) -> tuple[int, int] | None:
        """Enqueue one chunk of a group and move it on; return (last subscription's id, size).

        None when there are no more after `after_id`, or another process is at it. Idempotent: a
        period that is enqueued already stays as it is.
        """
        if not await _alone_at_it(connection):
            return None
        # The groups of one instant lie mixed in the index: each chunk goes on where the last
        # ended, else it would go through all that the others have still to move.
        last, size, chunk = await _chunk(connection, group.members(), after_id)
        if last is None:
            return None
        now = await self.database.now(connection)
        row: Row = {
            "kind": subscriptions.c.kind,
            "policy": literal(policy),
            "created": _moment(now),
        }
        for due in reckoning.skipped:
            missed: Row = {"state": literal("skipped"), "error": literal("missed")}
            statement = _digest(connection, chunk, due, {**row, **missed})
            await connection.execute(statement.on_conflict_do_nothing())
        if reckoning.send is not None:
            ready: Row = {
                "state": literal("pending"),
                "error": null(),
                "payload_id": literal(payload_id, outbox.c.payload_id.type),
            }
            statement = _digest(connection, chunk, reckoning.send, {**row, **ready})
            # Also over a row of that week of which nothing was sent.
            written = ("chat_id", "thread_id", "not_before", *row, *ready)
            anew = {name: statement.excluded[name] for name in written} | _ANEW
            key = [outbox.c.kind, outbox.c.sub_id, outbox.c.period]
            await connection.execute(
                statement.on_conflict_do_update(index_elements=key, set_=anew, where=NOTHING_SENT)
            )
        ahead = select(subscriptions.c.id).where(chunk, has_used(reckoning.then.period))
        used = list((await connection.execute(ahead)).scalars())
        await connection.execute(
            update(subscriptions).where(chunk).values(next_due=reckoning.then.at)
        )
        for sub_id in used:  # few: a zone west of the one that had this week before
            then = await first_unused(connection, sub_id, group.kind, group.schedule, now)
            one = update(subscriptions).where(subscriptions.c.id == sub_id)
            await connection.execute(one.values(next_due=then))
        return last, size

    @writing
    async def announce(
        self,
        connection: AsyncConnection,
        kind: str,
        key: str,
        to: ColumnElement[bool],
        *,
        payload_id: int,
        after_id: int,
    ) -> int | None:
        """Enqueue a message that no schedule asks for to one chunk of subscriptions.

        Returns the last subscription's id, None when there are no more after `after_id`. The same
        kind and key reaches a subscription once.
        """
        last, _, chunk = await _chunk(connection, and_(_IS_ACTIVE, to), after_id)
        now = await self.database.now(connection)
        row: Row = {
            "kind": literal(kind),
            "policy": literal("resend"),
            "created": _moment(now),
            "payload_id": literal(payload_id),
        }
        if last is not None:
            statement = _digest(connection, chunk, Due(now, key), row)
            await connection.execute(statement.on_conflict_do_nothing())
        return last

    async def nobody(self, to: ColumnElement[bool]) -> bool:
        """Tell whether no active subscription is like that."""
        return not await self.database.holds(select(subscriptions.c.id).where(_IS_ACTIVE, to))

    @writing
    async def notice(
        self,
        connection: AsyncConnection,
        chat_id: int,
        key: str,
        payload_id: int,
        *,
        kind: str,
        policy: Policy,
        thread_id: int | None,
    ) -> bool:
        """Enqueue a message to one chat outside any schedule; the same key only once."""
        now = await self.database.now(connection)
        statement = insert_into(connection, outbox).values(
            kind=kind,
            period=key,
            notice_key=f"{kind}:{chat_id}:{key}",
            chat_id=chat_id,
            thread_id=thread_id,
            payload_id=payload_id,
            policy=policy,
            not_before=now,
            created=now,
        )
        return (await connection.execute(statement.on_conflict_do_nothing())).rowcount == 1

    # Sending

    async def claim(self, limit: int, rate: Rate, replies: int) -> Claim:
        """Take up to `limit` messages, no more than the budget allows; charge it for replies."""
        if not replies and await self._nothing_due():
            return Claim([])
        self._claims += 1
        return await self._claim(limit, rate, replies, self._claims)

    @reading
    async def _nothing_due(self, connection: AsyncConnection) -> bool:
        """Tell whether nothing may be claimed: then no writing transaction is begun."""
        due = _due(await self.database.now(connection))
        return (await connection.execute(due.limit(1))).first() is None

    @writing
    async def _claim(
        self, connection: AsyncConnection, limit: int, rate: Rate, replies: int, epoch: int
    ) -> Claim:
        full_at, paused_until = await budget.open_bucket(connection)
        now = await self.database.now(connection)
        full_at = max(full_at, now) + rate.cost(0, replies)
        allowed = 0 if paused_until > now else rate.available(full_at, now)
        found = await self._take(connection, min(limit, allowed), epoch, now)
        if found or replies:
            await budget.charge(connection, full_at + rate.cost(len(found), 0))
        paused = (paused_until - now).total_seconds()
        return Claim(found, max(paused, 1 / rate.broadcast))

    async def _take(
        self, connection: AsyncConnection, limit: int, epoch: int, now: datetime
    ) -> list[Ready]:
        if limit <= 0:
            return []
        oldest = (
            _due(now)
            .order_by(outbox.c.not_before, outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            # A subquery in its place could be run again for each row on PostgreSQL, and the limit
            # with it; a common table expression that locks is run once.
            .cte("oldest")
        )
        statement = (
            update(outbox)
            .where(outbox.c.id.in_(select(oldest.c.id)), outbox.c.state == "pending")
            .values(state="claimed", owner=self._owner, epoch=epoch, lease_until=now + self.lease)
            .returning(*[outbox.c[name] for name in Ready.__slots__])
        )
        rows = [Ready(**row._mapping) for row in await connection.execute(statement)]
        return sorted(rows, key=lambda ready: ready.id)

    def _ours(self, ready: Iterable[Ready], *states: str) -> ColumnElement[bool]:
        """Return what is true of these rows only while they are still ours, of the same claim."""
        claims = [and_(outbox.c.id == one.id, outbox.c.epoch == one.epoch) for one in ready]
        return and_(
            or_(false(), *claims),
            outbox.c.owner == self._owner,
            outbox.c.state.in_(states),
        )

    @writing
    async def intend(self, connection: AsyncConnection, ready: Sequence[Ready]) -> list[bool]:
        """Write down that these are about to be sent; False where one must not be.

        It must not when the lease was lost, the chat was forgotten or the subscription has ended.
        """
        wanted = or_(
            outbox.c.sub_id.is_(None),
            exists().where(subscriptions.c.id == outbox.c.sub_id, subscriptions.c.status == ACTIVE),
        )
        mine = self._ours(ready, "claimed")
        until = await self.database.now(connection) + self.lease
        sending = update(outbox).where(mine, wanted).values(state="sending", lease_until=until)
        granted = set((await connection.execute(sending.returning(outbox.c.id))).scalars())
        if len(granted) < len(ready):
            ended = update(outbox).where(mine, ~wanted)
            await connection.execute(ended.values(state="dropped", error="unsubscribed"))
        return [one.id in granted for one in ready]

    @writing
    async def settle(
        self, connection: AsyncConnection, settlements: Sequence[Settlement]
    ) -> list[None]:
        """Write down what became of messages; what is no longer ours stays as it is."""
        statement = (
            update(outbox)
            .where(
                outbox.c.id == bindparam("of_id"),
                outbox.c.epoch == bindparam("of_epoch"),
                outbox.c.owner == self._owner,
                is_one_of(outbox.c.state, "claimed", "sending"),
            )
            .values(
                state=bindparam("to_state"),
                not_before=bindparam("to_not_before"),
                part=outbox.c.part + bindparam("by_parts"),
                attempts=outbox.c.attempts + bindparam("by_attempts"),
                uncertain=outbox.c.uncertain + bindparam("by_uncertain"),
                message_id=func.coalesce(bindparam("to_message_id"), outbox.c.message_id),
                error=bindparam("to_error"),
                sent_at=bindparam("to_sent_at"),
                **_FREE,
            )
        )
        now = await self.database.now(connection)
        await connection.execute(statement, [_settled(one, now) for one in settlements])
        return [None] * len(settlements)

    @writing
    async def renew(self, connection: AsyncConnection, ready: Collection[Ready]) -> None:
        """Prolong the leases of what is in our hands."""
        until = await self.database.now(connection) + self.lease
        mine = self._ours(ready, "claimed", "sending")
        await connection.execute(update(outbox).where(mine).values(lease_until=until))

    async def release(self, ready: Collection[Ready]) -> None:
        """Give back what was claimed and not sent."""
        mine = update(outbox).where(self._ours(ready, "claimed"))
        await self.database.change(mine.values(state="pending", **_FREE))

    @writing
    async def recover(
        self,
        connection: AsyncConnection,
        in_hand: Collection[int] = (),
        *,
        alone: bool = False,
    ) -> None:
        """Free what the dead held (all that is held, when we are alone), but nothing `in_hand`.

        Claimed was never sent. Sending is uncertain: sent again by the policy `resend`, a few
        times at most; with `skip` the message goes on with its next part, or ends as uncertain.
        """
        parts = select(payloads.c.parts).where(payloads.c.id == outbox.c.payload_id)
        more = outbox.c.part + 1 < parts.scalar_subquery()
        uncertain = outbox.c.state == "sending"
        skip = outbox.c.policy == "skip"
        again = and_(~skip, outbox.c.uncertain + 1 < MAX_UNCERTAIN)
        state = case(
            (~uncertain, "pending"), (again, "pending"), (and_(skip, more), "pending"),
            else_="uncertain",
        )  # fmt: skip
        now = await self.database.now(connection)
        lost: list[ColumnElement[bool]] = [is_one_of(outbox.c.state, "claimed", "sending")]
        if not alone:
            lost.append(outbox.c.lease_until < now)
        if in_hand:
            lost.append(or_(outbox.c.owner != self._owner, outbox.c.id.not_in(list(in_hand))))
        later = case((outbox.c.not_before > now, outbox.c.not_before), else_=_moment(now))
        await connection.execute(
            update(outbox)
            .where(*lost)
            .values(
                state=state,
                part=outbox.c.part + case((and_(uncertain, skip, more), 1), else_=0),
                uncertain=outbox.c.uncertain + case((uncertain, 1), else_=0),
                not_before=later,
                **_FREE,
            )
        )

    @writing
    async def pause(self, connection: AsyncConnection, seconds: float) -> None:
        """Let no process broadcast for so long: Telegram said so."""
        now = await self.database.now(connection)
        await budget.pause(connection, now + timedelta(seconds=seconds))

    async def gone_before(self, ready: Ready) -> bool:
        """Tell whether the chat was not found in an earlier period already."""
        query = select(outbox.c.id).where(
            outbox.c.chat_id == ready.chat_id,
            outbox.c.period != ready.period,
            outbox.c.state == "dead",
            outbox.c.error.like("GONE%"),
        )
        return await self.database.holds(query)


def addressees(
    kind: str, lang: str, theme: str, got: tuple[datetime, datetime] | None = None
) -> ColumnElement[bool]:
    """Return what is true of the subscriptions of a kind, a language and a theme.

    With `got`, only of those whose message was enqueued within it, its end excluded.
    """
    whom = and_(
        subscriptions.c.kind == kind,
        subscriptions.c.lang == lang,
        subscriptions.c.theme == theme,
    )
    if got is None:
        return whom
    enqueued = exists().where(
        outbox.c.kind == kind,
        outbox.c.sub_id == subscriptions.c.id,
        outbox.c.created >= got[0],
        outbox.c.created < got[1],
        outbox.c.state.not_in(("skipped", "dropped")),
    )
    return and_(whom, enqueued)


async def _alone_at_it(connection: AsyncConnection) -> bool:
    """Tell whether we are the one process that enqueues; SQLite's writer always is."""
    if connection.dialect.name == "sqlite":
        return True
    lock = text("SELECT pg_try_advisory_xact_lock(:key)")
    return bool((await connection.execute(lock, {"key": ADVISORY_LOCK})).scalar())


async def _chunk(
    connection: AsyncConnection, whom: ColumnElement[bool], after_id: int
) -> tuple[int | None, int, ColumnElement[bool]]:
    """Return the first chunk of these after one: its last id, size, and what is true of it."""
    rest = and_(whom, subscriptions.c.id > after_id)
    chosen = (
        select(subscriptions.c.id).where(rest).order_by(subscriptions.c.id).limit(CHUNK).subquery()
    )
    last, size = (await connection.execute(select(func.max(chosen.c.id), func.count()))).one()
    return last, size, and_(rest, subscriptions.c.id <= (last or 0))


def _digest(
    connection: AsyncConnection,
    chunk: ColumnElement[bool],
    due: Due,
    row: Row,
) -> sqlite.Insert | postgresql.Insert:
    """Return the statement that writes one row for each subscription of the chunk."""
    values = {
        **row,
        "sub_id": subscriptions.c.id,
        "period": literal(due.period),
        "chat_id": users.c.chat_id,
        "thread_id": subscriptions.c.thread_id,
        "not_before": _moment(due.at),
    }
    rows = (
        select(*values.values())
        .join_from(subscriptions, users, users.c.id == subscriptions.c.user_id)
        .where(chunk)
    )
    return insert_into(connection, outbox).from_select(list(values), rows)


def _moment(moment: datetime) -> ColumnElement[datetime]:
    return literal(moment, Moment())


def _due(now: datetime) -> Select[int]:
    """Return the query of what may be sent, in the words of its index."""
    pending = is_one_of(outbox.c.state, "pending")
    return select(outbox.c.id).where(pending, outbox.c.not_before <= now)


def _settled(one: Settlement, now: datetime) -> dict[str, Any]:
    return {
        "of_id": one.ready.id,
        "of_epoch": one.ready.epoch,
        "to_state": one.state,
        "to_not_before": now + one.after,
        "by_parts": one.advance,
        "by_attempts": one.attempts,
        "by_uncertain": one.uncertain,
        "to_message_id": one.message_id,
        "to_error": one.error,
        "to_sent_at": now if one.state == "sent" else None,
    }
