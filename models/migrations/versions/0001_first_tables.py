"""The first tables: files, passages, frames, ledger, judgements, findings, cases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("passed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index("ix_cases_station_id_passed_at", "cases", ["station_id", "passed_at"], unique=False)
    op.create_table(
        "chunk",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('planned', 'done', 'failed')", name=op.f("ck_chunk_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chunk")),
        sa.UniqueConstraint("station_id", "day", "number", name=op.f("uq_chunk_station_id_day_number")),
    )
    op.create_index("ix_chunk_day_state", "chunk", ["day", "state"], unique=False)
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_index("ix_lease_holder", "lease", ["holder"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'mended', 'superseded')", name=op.f("ck_quarantine_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint(
            "station_id", "sha256", "name", "row", name=op.f("uq_quarantine_station_id_sha256_name_row")
        ),
    )
    op.create_table(
        "source_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("rows_new", sa.BigInteger(), nullable=False),
        sa.Column("rows_known", sa.BigInteger(), nullable=False),
        sa.Column("rows_quarantined", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('records', 'frame')", name=op.f("ck_source_file_kind")),
        sa.CheckConstraint("state IN ('taken', 'quarantined')", name=op.f("ck_source_file_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_file")),
        sa.UniqueConstraint(
            "station_id", "sha256", "name", name=op.f("uq_source_file_station_id_sha256_name")
        ),
    )
    op.create_table(
        "passage",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("passed_at", sa.BigInteger(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("content_key", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("axle_count", sa.Integer(), nullable=False),
        sa.Column("gross_kg", sa.BigInteger(), nullable=False),
        sa.Column("axle_kg", sa.Text(), nullable=False),
        sa.Column("left_kg", sa.Text(), nullable=False),
        sa.Column("spacing_mm", sa.Text(), nullable=False),
        sa.Column("speed_kmh", sa.Double(), nullable=True),
        sa.Column("length_mm", sa.BigInteger(), nullable=False),
        sa.Column("plate_front", sa.Text(), nullable=False),
        sa.Column("plate_rear", sa.Text(), nullable=False),
        sa.Column("plate_colour", sa.Text(), nullable=False),
        sa.Column("chunk_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["chunk_id"], ["chunk.id"], name=op.f("fk_passage_chunk_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source_file.id"], name=op.f("fk_passage_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
        sa.UniqueConstraint(
            "station_id", "passed_at", "record_key", name=op.f("uq_passage_station_id_passed_at_record_key")
        ),
    )
    op.create_index("ix_passage_chunk_id", "passage", ["chunk_id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_finding_case_id")),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_finding_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("passage_id", "kind", name=op.f("uq_finding_passage_id_kind")),
    )
    op.create_index("ix_finding_case_id", "finding", ["case_id"], unique=False)
    op.create_table(
        "frame",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_frame_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frame")),
        sa.UniqueConstraint("station_id", "name", "sha256", name=op.f("uq_frame_station_id_name_sha256")),
    )
    op.create_index("ix_frame_passage_id", "frame", ["passage_id"], unique=False)
    op.create_index("ix_frame_station_id_taken_at", "frame", ["station_id", "taken_at"], unique=False)
    op.create_table(
        "frame_reference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_frame_reference_passage_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frame_reference")),
        sa.UniqueConstraint("passage_id", "name", name=op.f("uq_frame_reference_passage_id_name")),
    )
    op.create_index("ix_frame_reference_name", "frame_reference", ["name"], unique=False)
    op.create_table(
        "judgement",
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("limit_kg", sa.BigInteger(), nullable=False),
        sa.Column("decided_kg", sa.BigInteger(), nullable=False),
        sa.Column("excess_kg", sa.BigInteger(), nullable=False),
        sa.Column("doubts", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("plate_colour", sa.Text(), nullable=False),
        sa.Column("plate_confidence", sa.Double(), nullable=False),
        sa.Column("plate_frame_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "severity IN ('accepted', 'note', 'doubt', 'reject')", name=op.f("ck_judgement_severity")
        ),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_judgement_passage_id")),
        sa.ForeignKeyConstraint(["plate_frame_id"], ["frame.id"], name=op.f("fk_judgement_plate_frame_id")),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_judgement")),
    )
    op.create_table(
        "plate_reading",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frame_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("corners", sa.Text(), nullable=False),
        sa.Column("characters", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["frame_id"], ["frame.id"], name=op.f("fk_plate_reading_frame_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_reading")),
        sa.UniqueConstraint(
            "frame_id", "reader", "position", name=op.f("uq_plate_reading_frame_id_reader_position")
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("plate_reading")
    op.drop_table("judgement")
    op.drop_index("ix_frame_reference_name", table_name="frame_reference")
    op.drop_table("frame_reference")
    op.drop_index("ix_frame_station_id_taken_at", table_name="frame")
    op.drop_index("ix_frame_passage_id", table_name="frame")
    op.drop_table("frame")
    op.drop_index("ix_finding_case_id", table_name="finding")
    op.drop_table("finding")
    op.drop_index("ix_passage_chunk_id", table_name="passage")
    op.drop_table("passage")
    op.drop_table("source_file")
    op.drop_table("quarantine")
    op.drop_index("ix_lease_holder", table_name="lease")
    op.drop_table("lease")
    op.drop_index("ix_chunk_day_state", table_name="chunk")
    op.drop_table("chunk")
    op.drop_index("ix_cases_station_id_passed_at", table_name="cases")
    op.drop_table("cases")
