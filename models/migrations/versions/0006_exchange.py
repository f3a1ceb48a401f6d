"""The exchange between agencies: claims, log, messages to be sent, incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "exchange_incident",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_incident")),
        sa.UniqueConstraint("partner", "sha256", name=op.f("uq_exchange_incident_partner_sha256")),
    )
    op.create_table(
        "exchange_log",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("direction IN ('sent', 'received')", name=op.f("ck_exchange_log_direction")),
        sa.PrimaryKeyConstraint("partner", "number", name=op.f("pk_exchange_log")),
        sa.UniqueConstraint(
            "partner", "direction", "message_id", name=op.f("uq_exchange_log_partner_direction_message_id")
        ),
    )
    op.create_table(
        "exchange_partner",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("incarnation", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("partner", name=op.f("pk_exchange_partner")),
    )
    op.create_table(
        "exchange_state",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("steps", sa.BigInteger(), nullable=False),
        sa.Column("incarnation", sa.BigInteger(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_exchange_state_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_state")),
    )
    op.create_table(
        "own_claim",
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("vehicle", sa.Text(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "standing IN ('blocked', 'waiting', 'held', 'decided', 'closed')",
            name=op.f("ck_own_claim_standing"),
        ),
        sa.CheckConstraint(
            "standing NOT IN ('held', 'decided') OR granted_by = scope", name=op.f("ck_own_claim_granted")
        ),
        sa.CheckConstraint("epoch >= 1", name=op.f("ck_own_claim_epoch")),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_own_claim")),
    )
    op.create_index("ix_own_claim_vehicle", "own_claim", ["vehicle"], unique=False)
    op.create_table(
        "their_claim",
        sa.Column("claim_id", sa.Text(), nullable=False),
        sa.Column("vehicle", sa.Text(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("bound", sa.Integer(), nullable=False),
        sa.Column("deferred", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "bound >= 0 AND deferred >= 0 AND closed >= 0", name=op.f("ck_their_claim_epochs")
        ),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_their_claim")),
    )
    op.create_index("ix_their_claim_vehicle", "their_claim", ["vehicle"], unique=False)
    op.create_table(
        "outgoing",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner", "number"],
            ["exchange_log.partner", "exchange_log.number"],
            name=op.f("fk_outgoing_partner_number"),
        ),
        sa.PrimaryKeyConstraint("partner", "number", name=op.f("pk_outgoing")),
    )
    op.create_index("ix_outgoing_partner_due_at", "outgoing", ["partner", "due_at"], unique=False)
    op.execute("INSERT INTO exchange_state (id, steps, incarnation, frozen) VALUES (1, 0, 1, '')")


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_outgoing_partner_due_at", table_name="outgoing")
    op.drop_table("outgoing")
    op.drop_index("ix_their_claim_vehicle", table_name="their_claim")
    op.drop_table("their_claim")
    op.drop_index("ix_own_claim_vehicle", table_name="own_claim")
    op.drop_table("own_claim")
    op.drop_table("exchange_state")
    op.drop_table("exchange_partner")
    op.drop_table("exchange_log")
    op.drop_table("exchange_incident")
