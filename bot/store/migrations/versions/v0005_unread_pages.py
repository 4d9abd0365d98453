"""Add to reports how many of their pages hold pictures without text, which nobody has read."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make a column; of reports read before, it is not known and counts as none."""
    op.add_column("reports", sa.Column("unread", sa.Integer(), nullable=False, server_default="0"))
