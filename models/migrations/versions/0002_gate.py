"""The station gate: lane references, lane days, persons' overrides, decisions on findings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "gate_override",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "standing IN ('trusted', 'watched', 'barred', 'measured')", name=op.f("ck_gate_override_standing")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_override")),
    )
    op.create_index("ix_gate_override_station_id_lane", "gate_override", ["station_id", "lane"], unique=False)
    op.create_table(
        "lane_reference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane_reference")),
        sa.UniqueConstraint(
            "station_id", "lane", "certificate", name=op.f("uq_lane_reference_station_id_lane_certificate")
        ),
    )
    op.create_table(
        "lane_day",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("measured_at", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("reference_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("decided_kind", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("standing IN ('trusted', 'watched', 'barred')", name=op.f("ck_lane_day_standing")),
        sa.ForeignKeyConstraint(
            ["reference_id"], ["lane_reference.id"], name=op.f("fk_lane_day_reference_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lane_day")),
        sa.UniqueConstraint(
            "station_id", "lane", "day", "passages", name=op.f("uq_lane_day_station_id_lane_day_passages")
        ),
    )
    op.create_table(
        "gate_decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("obstacles", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("lane_day_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("override_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("outcome IN ('case', 'lead')", name=op.f("ck_gate_decision_outcome")),
        sa.CheckConstraint(
            "standing IN ('trusted', 'watched', 'barred')", name=op.f("ck_gate_decision_standing")
        ),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_gate_decision_passage_id")),
        sa.ForeignKeyConstraint(["lane_day_id"], ["lane_day.id"], name=op.f("fk_gate_decision_lane_day_id")),
        sa.ForeignKeyConstraint(
            ["override_id"], ["gate_override.id"], name=op.f("fk_gate_decision_override_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_decision")),
        sa.UniqueConstraint("passage_id", "number", name=op.f("uq_gate_decision_passage_id_number")),
    )
    op.create_index("ix_gate_decision_lane_day_id", "gate_decision", ["lane_day_id"], unique=False)
