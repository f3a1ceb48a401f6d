"""A second signature over a sealed document, SM2 with SM3."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("document", sa.Column("sm2", sa.Text(), nullable=True))
