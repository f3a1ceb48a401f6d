"""Registries: answers, the query log, look-ups of cases, second judgements with registered facts."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "registry_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_answer")),
    )
    op.create_index(
        "ix_registry_answer_plate", "registry_answer", ["plate", "colour", "subject"], unique=False
    )
    op.create_table(
        "registry_query",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('case', 'trailer', 'near_miss', 'permit')", name=op.f("ck_registry_query_purpose")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_registry_query_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_query")),
    )
    op.create_index("ix_registry_query_case_id", "registry_query", ["case_id"], unique=False)
    op.create_table(
        "case_lookup",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("looked_up_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("read_plate", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("trailer_plate", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("fit", sa.Text(), nullable=False),
        sa.Column("doubts", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("vehicle_answer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("trailer_answer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("permit_answer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("permits", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('identified', 'permitted', 'contradicted', 'unregistered', 'elsewhere', "
            "'no_plate', 'waiting')",
            name=op.f("ck_case_lookup_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_lookup_case_id")),
        sa.ForeignKeyConstraint(["passage_id"], ["passage.id"], name=op.f("fk_case_lookup_passage_id")),
        sa.ForeignKeyConstraint(
            ["permit_answer_id"], ["registry_answer.id"], name=op.f("fk_case_lookup_permit_answer_id")
        ),
        sa.ForeignKeyConstraint(
            ["trailer_answer_id"], ["registry_answer.id"], name=op.f("fk_case_lookup_trailer_answer_id")
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_answer_id"], ["registry_answer.id"], name=op.f("fk_case_lookup_vehicle_answer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_lookup")),
    )
    op.create_index("ix_case_lookup_case_id", "case_lookup", ["case_id"], unique=False)
    op.create_table(
        "registered_judgement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lookup_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("passage_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("limit_kg", sa.BigInteger(), nullable=False),
        sa.Column("limit_rule", sa.Text(), nullable=False),
        sa.Column("decided_kg", sa.BigInteger(), nullable=False),
        sa.Column("excess_kg", sa.BigInteger(), nullable=False),
        sa.Column("doubts", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lookup_id"], ["case_lookup.id"], name=op.f("fk_registered_judgement_lookup_id")
        ),
        sa.ForeignKeyConstraint(
            ["passage_id"], ["passage.id"], name=op.f("fk_registered_judgement_passage_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registered_judgement")),
        sa.UniqueConstraint(
            "lookup_id", "passage_id", name=op.f("uq_registered_judgement_lookup_id_passage_id")
        ),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("registered_judgement")
    op.drop_index("ix_case_lookup_case_id", table_name="case_lookup")
    op.drop_table("case_lookup")
    op.drop_index("ix_registry_query_case_id", table_name="registry_query")
    op.drop_table("registry_query")
    op.drop_index("ix_registry_answer_plate", table_name="registry_answer")
    op.drop_table("registry_answer")
