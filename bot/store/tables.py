"""The tables: what must survive a restart, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """An aware datetime: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column's type in that engine."""
        own = DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger()
        return dialect.type_descriptor(own)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        """Write an aware datetime; a naive one has no meaning here."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs its zone: {value}")
        return value if dialect.name == "postgresql" else (value - EPOCH) // MICROSECOND

    def process_result_value(
        self, value: datetime | int | None, dialect: Dialect
    ) -> datetime | None:
        """Read an aware datetime in UTC."""
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return None if value is None else EPOCH + value * MICROSECOND


class WallTime(TypeDecorator[time]):
    """A local time of day as people write it, `HH:MM`."""

    impl = String(5)
    cache_ok = True

    def process_bind_param(self, value: time | None, dialect: Dialect) -> str | None:
        """Write `HH:MM`."""
        return None if value is None else value.strftime("%H:%M")

    def process_result_value(self, value: str | None, dialect: Dialect) -> time | None:
        """Read a time without a zone."""
        return None if value is None else time.fromisoformat(value)


# SQLite counts rows by themselves only for INTEGER PRIMARY KEY.
Id = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _index_where(
    condition: str, table: Table, name: str, *columns: str, unique: bool = False
) -> None:
    """Index the rows that fulfil a condition, on either engine."""
    where, which = text(condition), [table.c[column] for column in columns]
    Index(name, *which, unique=unique, sqlite_where=where, postgresql_where=where)


users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", BigInteger, nullable=False, unique=True),
    Column("lang", String(2)),
    Column("telegram_lang", String(35)),
    Column("tz", String(64), nullable=False),
    Column("theme", String(8), nullable=False),
    Column("status", String(8), nullable=False),
    Column("created", Moment, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("local_time", WallTime, nullable=False),
    Column("tz", String(64), nullable=False),
    # Language and theme as the user set them, repeated here: a tick groups by them a million times.
    Column("lang", String(2), nullable=False),
    Column("theme", String(8), nullable=False),
    # The sections that this chat does not want, by name; what is new is wanted until it says so.
    Column("left_out", String(128), nullable=False, server_default=""),
    Column("thread_id", BigInteger),
    Column("next_due", Moment, nullable=False),
    Column("status", String(8), nullable=False),
    Column("created", Moment, nullable=False),
    UniqueConstraint("user_id", "kind"),
)
_index_where("status = 'active'", subscriptions, "ix_subscriptions_due", "next_due", "id")

payloads = Table(
    "payloads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(32), nullable=False),
    # What tells renderings apart: the scheduled instant of a digest, the key of a notice.
    Column("edition", String(128), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("theme", String(8), nullable=False),
    Column("parts", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    UniqueConstraint("kind", "edition", "lang", "theme"),
)

payload_parts = Table(
    "payload_parts",
    metadata,
    Column("payload_id", Id, ForeignKey("payloads.id"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("html", Text, nullable=False),
    Column("keyboard", Text, nullable=False),
    Column("attachment_name", Text),
    Column("attachment", LargeBinary),
    Column("picture", Boolean, nullable=False),
    # Telegram's own name for the attachment once it was uploaded: a million chats, one upload.
    Column("file_id", Text),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("sub_id", Id),
    Column("period", String(128), nullable=False),
    # NULLs are distinct in a unique constraint: without a subscription a message has its own key.
    Column("notice_key", String(160)),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger),
    Column("payload_id", Id),
    Column("part", Integer, nullable=False, default=0),
    Column("policy", String(8), nullable=False),
    Column("state", String(10), nullable=False, default="pending"),
    Column("not_before", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("owner", String(64)),
    Column("epoch", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("uncertain", Integer, nullable=False, default=0),
    Column("message_id", BigInteger),
    Column("error", Text),
    Column("created", Moment, nullable=False),
    Column("sent_at", Moment),
    UniqueConstraint("kind", "sub_id", "period"),
    Index("ix_outbox_chat_id", "chat_id"),
)
_index_where("notice_key IS NOT NULL", outbox, "uq_outbox_notice_key", "notice_key", unique=True)
_index_where("state = 'pending'", outbox, "ix_outbox_pending", "not_before", "id")
_index_where("state IN ('claimed', 'sending')", outbox, "ix_outbox_leased", "lease_until")

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger),
    Column("measure", String(32), nullable=False),
    Column("above", Boolean, nullable=False),
    Column("bound", Float, nullable=False),
    Column("lang", String(2), nullable=False),
    # Whether the bound is crossed, as of when that was last looked at, and how often it was.
    Column("crossed", Boolean, nullable=False),
    Column("as_of", String(10), nullable=False),
    Column("crossings", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    UniqueConstraint("chat_id", "measure", "above", "bound"),
    # An old button must not drop the alert that took its number.
    sqlite_autoincrement=True,
)

sightings = Table(
    "sightings",
    metadata,
    # What came in, for instance a report's date, and when we first saw it.
    Column("name", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("seq", Id, primary_key=True),
    Column("bot_id", BigInteger, nullable=False),
    Column("update_id", BigInteger, nullable=False),
    Column("chat_id", BigInteger),
    Column("urgent", Boolean, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False, default="pending"),
    Column("not_before", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("owner", String(64)),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("received_at", Moment, nullable=False),
    Column("finished_at", Moment),
    UniqueConstraint("bot_id", "update_id"),
)
_index_where("state IN ('pending', 'working')", inbox, "ix_inbox_open", "bot_id", "chat_id", "seq")
_index_where("state = 'pending'", inbox, "ix_inbox_waiting", "bot_id", "seq")

rate_buckets = Table(
    "rate_buckets",
    metadata,
    Column("name", String(32), primary_key=True),
    # GCRA's theoretical arrival time: the moment when the bucket is full again.
    Column("full_at", Moment, nullable=False),
    Column("paused_until", Moment, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger, nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_turns_chat", "chat_id", "thread_id", "id"),
)

occasions = Table(
    "occasions",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(64), primary_key=True),
    Column("period", String(32), primary_key=True),
    Column("at", Moment, nullable=False),
)

# A chat's own numbers, and the calculations behind its buttons and forms.

positions = Table(
    "positions",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(32), primary_key=True),
    # The trade in the words of the grammar, so that every calculator reads it alike.
    Column("words", Text, nullable=False),
    Column("created", Moment, nullable=False),
)

own_rates = Table(
    "own_rates",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(16), primary_key=True),
    Column("value", Float, nullable=False),
    Column("created", Moment, nullable=False),
)

calculations = Table(
    "calculations",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(12), primary_key=True),
    Column("command", String(16), nullable=False),
    Column("words", Text, nullable=False),
    # The day in New York that the answer is about: a button pressed next week asks the same again.
    Column("asked", String(10), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_calculations_at", "at"),
)

forms = Table(
    "forms",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", String(12), primary_key=True),
    Column("command", String(16), nullable=False),
    # What was chosen step by step, as a JSON list of texts.
    Column("chosen", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_forms_at", "at"),
)

# Reports that a chat brought: what was read of them. The files themselves are not kept.
# The library that every chat can ask has the chat number 0, which Telegram gives to nobody.

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    # How people name it: /drop 3. Numbers of a chat are not given twice while others stand.
    Column("number", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("simhash", String(16), nullable=False),
    Column("label", Text, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("title", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("published", String(24), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("pages", Integer, nullable=False),
    # Pages that hold pictures without text.
    Column("unread", Integer, nullable=False, server_default="0"),
    Column("passages", Integer, nullable=False),
    Column("figures", Integer, nullable=False),
    # Changed with every change, so that a copy in memory knows that it is old.
    Column("stamp", String(32), nullable=False),
    Column("added", Moment, nullable=False),
    UniqueConstraint("chat_id", "sha256"),
    UniqueConstraint("chat_id", "number"),
    # Vectors that are made for a report must not meet the one that took its place.
    sqlite_autoincrement=True,
)

report_passages = Table(
    "report_passages",
    metadata,
    Column("report_id", Id, ForeignKey("reports.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("section", Text, nullable=False),
    Column("page", Integer),
    Column("start_at", Integer, nullable=False),
    Column("end_at", Integer, nullable=False),
    Column("text", Text, nullable=False),
    # The hash of what is embedded: passages that say the same share a vector.
    Column("key", String(20), nullable=False),
    Index("ix_report_passages_chat_id", "chat_id"),
)

report_vectors = Table(
    "report_vectors",
    metadata,
    Column("report_id", Id, ForeignKey("reports.id"), primary_key=True),
    Column("model", String(160), primary_key=True),
    Column("key", String(20), primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Index("ix_report_vectors_chat_id", "chat_id"),
)

report_figures = Table(
    "report_figures",
    metadata,
    Column("report_id", Id, ForeignKey("reports.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("piece", Integer, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("group", String(32), nullable=False),
    Column("measure_en", Text, nullable=False),
    Column("measure_zh", Text, nullable=False),
    Column("entity_en", Text, nullable=False),
    Column("entity_zh", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("unit", String(16), nullable=False),
    Column("scale", Float, nullable=False),
    Column("written", Text, nullable=False),
    Column("as_of", String(24), nullable=False),
    Column("sentence", Text, nullable=False),
    Index("ix_report_figures_chat_id", "chat_id"),
)
