"""Manoeuvres that later records show otherwise: another row is appended, and the last one stands."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a number to the rows; what was seen so far is the first of each."""
    with op.batch_alter_table("manoeuvre") as batch:
        batch.add_column(sa.Column("number", sa.Integer(), nullable=False, server_default=sa.text("1")))
        batch.drop_constraint(op.f("uq_manoeuvre_passage_id_kind"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_manoeuvre_passage_id_kind_number"), ["passage_id", "kind", "number"]
        )
