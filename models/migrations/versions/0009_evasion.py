"""Evasion: what devices state of the driving, and the manoeuvres that were seen."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "passage_driving",
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("acceleration_ms2", sa.Double(), nullable=True),
        sa.Column("second_lane", sa.Integer(), nullable=False),
        sa.Column("reversed_axles", sa.Integer(), nullable=False),
        sa.Column("offset_mm", sa.Double(), nullable=True),
        sa.Column("axle_speed_kmh", sa.Text(), nullable=False),
        sa.Column("axle_offset_mm", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_passage_driving_passage_id")),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_passage_driving")),
    )
    op.create_table(
        "manoeuvre",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("excused", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('straddling', 'lane_edge', 'brake_tapping', 'braking', 'accelerating', 'weaving', "
            "'stop_and_go', 'crawling', 'tailgating', 'side_by_side', 'reversing', 'unstated')",
            name=op.f("ck_manoeuvre_kind"),
        ),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_manoeuvre_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manoeuvre")),
        sa.UniqueConstraint("passage_id", "kind", name=op.f("uq_manoeuvre_passage_id_kind")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("manoeuvre")
    op.drop_table("passage_driving")
