"""Push: stations' credentials, deliveries, heartbeats and silences."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "station_credential",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_for", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_credential")),
    )
    op.create_index("ix_station_credential_station_id", "station_credential", ["station_id"], unique=False)
    op.create_table(
        "push_delivery",
        sa.Column("id", number, nullable=False),
        sa.Column("source_id", number, nullable=False),
        sa.Column("credential_id", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("via IN ('http', 'broker')", name=op.f("ck_push_delivery_via")),
        sa.ForeignKeyConstraint(["source_id"], ["source_file.id"], name=op.f("fk_push_delivery_source_id")),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["station_credential.id"], name=op.f("fk_push_delivery_credential_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_delivery")),
        sa.UniqueConstraint(
            "source_id", "credential_id", name=op.f("uq_push_delivery_source_id_credential_id")
        ),
    )
    op.create_index("ix_push_delivery_credential_id", "push_delivery", ["credential_id"], unique=False)
    op.create_table(
        "station_heard",
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=True),
        sa.Column("clock_ahead_ms", sa.BigInteger(), nullable=True),
        sa.Column("waiting", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("station_id", name=op.f("pk_station_heard")),
    )
    op.create_table(
        "station_silence",
        sa.Column("id", number, nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_silence")),
        sa.UniqueConstraint("station_id", "since", name=op.f("uq_station_silence_station_id_since")),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("station_silence")
    op.drop_table("station_heard")
    op.drop_index("ix_push_delivery_credential_id", table_name="push_delivery")
    op.drop_table("push_delivery")
    op.drop_index("ix_station_credential_station_id", table_name="station_credential")
    op.drop_table("station_credential")
