"""Add alerts, sightings of reports, and the sections that a subscription leaves out."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id, Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make two tables and a column."""
    op.add_column(
        "subscriptions",
        sa.Column("left_out", sa.String(length=128), nullable=False, server_default=""),
    )
    op.create_table(
        "alerts",
        sa.Column("id", Id, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=True),
        sa.Column("measure", sa.String(length=32), nullable=False),
        sa.Column("above", sa.Boolean(), nullable=False),
        sa.Column("bound", sa.Float(), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("crossed", sa.Boolean(), nullable=False),
        sa.Column("as_of", sa.String(length=10), nullable=False),
        sa.Column("crossings", sa.Integer(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint(
            "chat_id",
            "measure",
            "above",
            "bound",
            name=op.f("uq_alerts_chat_id_measure_above_bound"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sightings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sightings")),
    )
