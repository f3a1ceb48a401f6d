"""The digest of a sealed file before a time-stamp was added to it: that file may have left."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("document", sa.Column("unstamped_sha256", sa.Text(), nullable=True))
