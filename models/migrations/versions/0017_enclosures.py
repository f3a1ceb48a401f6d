"""Files that parties hand in with a statement; sealed data may be sealed anew under another key."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "defence_enclosure"
# What stays as it was; the seal itself is bound to its row and can't be made without the key.
KEPT = {
    "service_contact": ("id", "case_id", "at", "officer_id", "electronic", "confirmation_sha256"),
    "defence": (
        "id", "document_id", "case_id", "kind", "receipt", "at", "late", "officer_id", "text_sha256"
    ),
}  # fmt: skip


def upgrade() -> None:
    """Create the table, and let nothing in it be changed."""
    op.create_table(
        TABLE,
        sa.Column("id", ID, nullable=False),
        sa.Column("defence_id", ID, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_defence_enclosure_digest")),
        sa.CheckConstraint(
            "media_type IN ('application/pdf', 'image/jpeg', 'image/png')",
            name=op.f("ck_defence_enclosure_media_type"),
        ),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_defence_enclosure_size")),
        sa.ForeignKeyConstraint(["defence_id"], ["defence.id"], name=op.f("fk_defence_enclosure_defence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_defence_enclosure")),
        sa.UniqueConstraint("defence_id", "sha256", name=op.f("uq_defence_enclosure_defence_id_sha256")),
    )
    for verb in ("UPDATE", "DELETE"):
        _refuse(TABLE, verb, verb)
    for table, columns in KEPT.items():
        _drop(table)
        _refuse(table, "UPDATE", f"UPDATE OF {', '.join(columns)}")


def _refuse(table: str, verb: str, when: str) -> None:
    act = (
        "FOR EACH ROW EXECUTE FUNCTION only_appended()"
        if op.get_bind().dialect.name == "postgresql"
        else f"BEGIN SELECT RAISE(ABORT, '{table} is only appended'); END"
    )
    op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {when} ON {table} {act}")


def _drop(table: str) -> None:
    on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"DROP TRIGGER {table}_no_update{on}")


def downgrade() -> None:
    """Drop the table, and let no seal be changed."""
    op.drop_table(TABLE)
    for table in KEPT:
        _drop(table)
        _refuse(table, "UPDATE", "UPDATE")
