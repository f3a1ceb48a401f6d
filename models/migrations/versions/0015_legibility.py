"""What could be seen of plates, and whether hiding was meant."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WORDS = "'clear', 'doubtful', 'covered', 'dirty', 'damaged', 'missing', 'camera'"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "plate_legibility",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frame_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("judge", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("legibility", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("corners", sa.Text(), nullable=False),
        sa.Column("visible", sa.Text(), nullable=False),
        sa.Column("mask", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.CheckConstraint(f"legibility IN ({WORDS})", name=op.f("ck_plate_legibility_legibility")),
        sa.ForeignKeyConstraint(["frame_id"], ["frame.id"], name=op.f("fk_plate_legibility_frame_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_legibility")),
        sa.UniqueConstraint(
            "frame_id", "judge", "position", name=op.f("uq_plate_legibility_frame_id_judge_position")
        ),
    )
    op.create_table(
        "obscuring",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("judged_at", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_obscuring_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obscuring")),
        sa.UniqueConstraint("passage_id", "number", name=op.f("uq_obscuring_passage_id_number")),
    )
