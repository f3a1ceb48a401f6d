"""How many plates of a day were held against where else they passed, and the rules of conflicts."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and add the column."""
    op.create_table(
        "plate_check",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("plates", sa.Integer(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "station_id", name=op.f("pk_plate_check")),
    )
    op.add_column("plate_conflict", sa.Column("rules", sa.Text(), server_default="", nullable=False))
