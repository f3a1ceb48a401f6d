"""How far a partner's log was compared with ours."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; every log is compared anew from its start."""
    start = "0" * 64
    with op.batch_alter_table("exchange_partner") as table:
        table.add_column(sa.Column("seen_number", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("seen_hash", sa.Text(), nullable=False, server_default=start))
        table.add_column(sa.Column("seen_at", sa.BigInteger(), nullable=False, server_default="0"))
    with op.batch_alter_table("exchange_partner") as table:
        for name in ("seen_number", "seen_hash", "seen_at"):
            table.alter_column(name, server_default=None)
