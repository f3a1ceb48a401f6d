"""Passages with a plate, by station and time: what re-identification looks among."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table and note what is there."""
    op.create_table(
        "named_passage",
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("passed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_named_passage_passage_id")),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_named_passage")),
    )
    op.execute(
        "INSERT INTO named_passage SELECT passage.id, station_id, passed_at "
        "FROM passage JOIN judgement ON judgement.passage_id = passage.id "
        "WHERE plate <> '' OR plate_front <> ''"
    )
    op.create_index("ix_named_passage_station_id_passed_at", "named_passage", ["station_id", "passed_at"])
