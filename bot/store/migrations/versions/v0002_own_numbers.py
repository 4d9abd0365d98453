"""Add a chat's own numbers, and the calculations behind its buttons and forms."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "positions",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "name", name=op.f("pk_positions")),
    )
    op.create_table(
        "own_rates",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("created", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "name", name=op.f("pk_own_rates")),
    )
    op.create_table(
        "calculations",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("command", sa.String(length=16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("asked", sa.String(length=10), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "key", name=op.f("pk_calculations")),
    )
    op.create_index("ix_calculations_at", "calculations", ["at"], unique=False)
    op.create_table(
        "forms",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("command", sa.String(length=16), nullable=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "key", name=op.f("pk_forms")),
    )
    op.create_index("ix_forms_at", "forms", ["at"], unique=False)
