"""Re-identification: searches, candidates, plates that two vehicles bear."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "plate_conflict",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("other_passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('signature', 'travel_time')", name=op.f("ck_plate_conflict_kind")),
        sa.ForeignKeyConstraint(
            ["other_passage_id"], ["passage.id"], name=op.f("fk_plate_conflict_other_passage_id")
        ),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_plate_conflict_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_conflict")),
        sa.UniqueConstraint(
            "passage_id",
            "other_passage_id",
            "kind",
            name=op.f("uq_plate_conflict_passage_id_other_passage_id_kind"),
        ),
    )
    op.create_index(
        "ix_plate_conflict_other_passage_id", "plate_conflict", ["other_passage_id"], unique=False
    )
    op.create_table(
        "reidentify_search",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("searched_at", sa.BigInteger(), nullable=False),
        sa.Column("fleet", sa.BigInteger(), nullable=False),
        sa.Column("unknown", sa.Double(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_reidentify_search_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reidentify_search")),
        sa.UniqueConstraint("passage_id", name=op.f("uq_reidentify_search_passage_id")),
    )
    op.create_table(
        "reidentify_candidate",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("search_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["passage_id"], ["passage.id"], name=op.f("fk_reidentify_candidate_passage_id")
        ),
        sa.ForeignKeyConstraint(
            ["search_id"], ["reidentify_search.id"], name=op.f("fk_reidentify_candidate_search_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reidentify_candidate")),
        sa.UniqueConstraint("search_id", "place", name=op.f("uq_reidentify_candidate_search_id_place")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("reidentify_candidate")
    op.drop_table("reidentify_search")
    op.drop_index("ix_plate_conflict_other_passage_id", table_name="plate_conflict")
    op.drop_table("plate_conflict")
