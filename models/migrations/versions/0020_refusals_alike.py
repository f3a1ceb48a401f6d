"""What is only appended is refused on PostgreSQL as on SQLite: as a breach of integrity."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say it by the code of a check; without one it would pass for a mistake in our own statement."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION only_appended() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is only appended', TG_TABLE_NAME "
            "USING ERRCODE = 'check_violation'; END $$"
        )
