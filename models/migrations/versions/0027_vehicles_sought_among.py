"""Among how many vehicles an unread one was sought: the passages of a few trucks are no large fleet."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what was sought before it was counted names nobody likely."""
    op.add_column(
        "reidentify_search", sa.Column("vehicles", sa.BigInteger(), server_default="0", nullable=False)
    )
