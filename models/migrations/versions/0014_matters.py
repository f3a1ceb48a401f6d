"""Matters between the agencies, their attachments, rulings."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MESSAGE = ("partner", "direction", "message_id")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "matter",
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*MESSAGE, "kind")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("case_id", ID, nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("answer_id", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("direction IN ('sent', 'received')", name=op.f("ck_matter_direction")),
        sa.CheckConstraint(
            "stage IN ('accepted', 'delivered', 'opened', 'served')", name=op.f("ck_matter_stage")
        ),
        sa.CheckConstraint("(answer_id = '') = (answered_at IS NULL)", name=op.f("ck_matter_answered")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_matter_case_id")),
        sa.PrimaryKeyConstraint(*MESSAGE, name=op.f("pk_matter")),
    )
    op.create_index("ix_matter_kind", "matter", ["kind", "direction", "answered_at", "due_at"])
    op.create_index("ix_matter_plate", "matter", ["plate"])
    op.create_index("ix_matter_case_id", "matter", ["case_id"])
    op.create_table(
        "attachment",
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*MESSAGE, "sha256", "name", "media_type")),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("direction IN ('sent', 'received')", name=op.f("ck_attachment_direction")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_attachment_size")),
        sa.CheckConstraint("state IN ('awaited', 'whole', 'spoiled')", name=op.f("ck_attachment_state")),
        sa.ForeignKeyConstraint(
            MESSAGE,
            [f"matter.{name}" for name in MESSAGE],
            name=op.f("fk_attachment_partner_direction_message_id"),
        ),
        sa.PrimaryKeyConstraint(*MESSAGE, "sha256", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_sha256", "attachment", ["partner", "sha256"])
    op.create_table(
        "ruling",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("partner", "ruling", "contents")),
        sa.Column("ours_at", sa.BigInteger(), nullable=True),
        sa.Column("theirs_at", sa.BigInteger(), nullable=True),
        sa.Column("applied_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("ours_at IS NOT NULL OR theirs_at IS NOT NULL", name=op.f("ck_ruling_said")),
        sa.PrimaryKeyConstraint("partner", "ruling", name=op.f("pk_ruling")),
    )
