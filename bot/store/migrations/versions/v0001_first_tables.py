"""The tables of 0.1: where every store begins.

An empty database gets the newest tables at once (`bot.store.migrate`), so there is nothing to do
here. A migration after this one brings a store that is at this version on.
"""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do nothing: no store is older."""
