"""Documents: numbers, and the sealed files that bear them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "document_counter",
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "kind", "year", name=op.f("pk_document_counter")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("sealed_by", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=True),
        sa.Column("stamped_at", sa.BigInteger(), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('reserved', 'sealed', 'void')", name=op.f("ck_document_state")),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_document_sequence")),
        sa.CheckConstraint(
            "(sha256 = '' AND sealed_by = '' AND certificate = '' AND sealed_at IS NULL)"
            " OR (length(sha256) = 64 AND sealed_by <> '' AND length(certificate) = 64"
            " AND sealed_at IS NOT NULL)",
            name=op.f("ck_document_sealed"),
        ),
        sa.CheckConstraint("state <> 'sealed' OR sha256 <> ''", name=op.f("ck_document_sealed_state")),
        sa.CheckConstraint("state <> 'reserved' OR sha256 = ''", name=op.f("ck_document_reserved_state")),
        sa.CheckConstraint("state <> 'void' OR reason <> ''", name=op.f("ck_document_void_reason")),
        sa.CheckConstraint("left_at IS NULL OR sha256 <> ''", name=op.f("ck_document_left_sealed")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_document_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "agency", "kind", "year", "sequence", name=op.f("uq_document_agency_kind_year_sequence")
        ),
        sa.UniqueConstraint("case_id", "kind", "copy", name=op.f("uq_document_case_id_kind_copy")),
        sa.UniqueConstraint("number", name=op.f("uq_document_number")),
        sa.UniqueConstraint("code", name=op.f("uq_document_code")),
    )
    op.create_index("ix_document_state", "document", ["state"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_document_state", table_name="document")
    op.drop_table("document")
    op.drop_table("document_counter")
