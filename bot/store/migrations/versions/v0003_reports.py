"""Add the reports that chats brought: passages, vectors, figures."""

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "reports",
        sa.Column("id", Id, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("simhash", sa.String(length=16), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("published", sa.String(length=24), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("figures", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.Column("added", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("chat_id", "sha256", name=op.f("uq_reports_chat_id_sha256")),
        sa.UniqueConstraint("chat_id", "number", name=op.f("uq_reports_chat_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "report_passages",
        sa.Column("report_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("lang", sa.String(length=2), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("start_at", sa.Integer(), nullable=False),
        sa.Column("end_at", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_passages_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "seq", name=op.f("pk_report_passages")),
    )
    op.create_index("ix_report_passages_chat_id", "report_passages", ["chat_id"], unique=False)
    op.create_table(
        "report_vectors",
        sa.Column("report_id", Id, nullable=False),
        sa.Column("model", sa.String(length=160), nullable=False),
        sa.Column("key", sa.String(length=20), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_vectors_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "model", "key", name=op.f("pk_report_vectors")),
    )
    op.create_index("ix_report_vectors_chat_id", "report_vectors", ["chat_id"], unique=False)
    op.create_table(
        "report_figures",
        sa.Column("report_id", Id, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(length=32), nullable=False),
        sa.Column("measure_en", sa.Text(), nullable=False),
        sa.Column("measure_zh", sa.Text(), nullable=False),
        sa.Column("entity_en", sa.Text(), nullable=False),
        sa.Column("entity_zh", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("scale", sa.Float(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("as_of", sa.String(length=24), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_figures_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "seq", name=op.f("pk_report_figures")),
    )
    op.create_index("ix_report_figures_chat_id", "report_figures", ["chat_id"], unique=False)
