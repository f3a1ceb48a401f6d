"""A person's word on a mass that was weighed under a manoeuvre; manoeuvres that spoil no weighing."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; what was seen so far spoils the weighing, as it did."""
    op.add_column(
        "manoeuvre", sa.Column("spoils", sa.Boolean(), nullable=False, server_default=sa.text("true"))
    )
    op.create_table(
        "weighing_word",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("word IN ('stands', 'no_case')", name=op.f("ck_weighing_word_word")),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_weighing_word_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weighing_word")),
    )
    op.create_index("ix_weighing_word_passage_id", "weighing_word", ["passage_id"])
