"""Whatever refers to a passage is found by it: what the archive asks before a month leaves."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the indexes."""
    for table in ("reidentify_candidate", "case_lookup", "registered_judgement"):
        op.create_index(op.f(f"ix_{table}_passage_id"), table, ["passage_id"])
