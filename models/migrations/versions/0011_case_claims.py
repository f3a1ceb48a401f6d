"""Claims of cases; a decision that carries no fine needs no grant."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

GRANTED = "state NOT IN ('decided', 'served') OR grant_number IS NOT NULL OR no_partner OR no_fine"
CLOSED = "state <> 'closed' OR grant_number IS NOT NULL OR no_partner OR no_fine OR partner_fine IS NOT NULL"


def upgrade() -> None:
    """Create the table, and widen what a decision asks for."""
    op.create_table(
        "case_claim",
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_case_claim_number")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_claim_case_id")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_case_claim")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_case_claim_case_id_number")),
    )
    with op.batch_alter_table("case_life") as batch:
        batch.add_column(sa.Column("no_fine", sa.Boolean(), nullable=False, server_default=sa.false()))
        for name, holds in (("granted", GRANTED), ("closed", CLOSED)):
            batch.drop_constraint(op.f(f"ck_case_life_{name}"), type_="check")
            batch.create_check_constraint(op.f(f"ck_case_life_{name}"), holds)
