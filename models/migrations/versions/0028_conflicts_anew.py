"""Conflicts of plates that stand no more: another row is appended, and the last one stands."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was told so far is the first of each, and stands."""
    with op.batch_alter_table("plate_conflict") as batch:
        batch.add_column(sa.Column("number", sa.Integer(), nullable=False, server_default=sa.text("1")))
        batch.add_column(sa.Column("withdrawn", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("actor", sa.Text(), nullable=False, server_default=""))
        batch.drop_constraint(op.f("uq_plate_conflict_passage_id_other_passage_id_kind"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_plate_conflict_passage_id_other_passage_id_kind_number"),
            ["passage_id", "other_passage_id", "kind", "number"],
        )
