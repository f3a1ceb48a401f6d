"""Fines lowered after a statement was accepted in part."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "lowered_fine"
# A decision on another amount than the one that was lowered to.
OTHERWISE = (
    "NEW.state = 'sealed' AND NEW.kind = 'decision' AND coalesce(NEW.amount_fen, -1) <>"
    " (SELECT lowered.amount_fen FROM lowered_fine lowered WHERE lowered.case_id = NEW.case_id"
    " ORDER BY lowered.answer_id DESC LIMIT 1)"
)
SAYS = "the decision must be on the fine that was lowered"
RULES = (("document_lowered", "UPDATE"), ("document_lowered_new", "INSERT"))


def upgrade() -> None:
    """Create the table and the rule."""
    op.create_table(
        TABLE,
        sa.Column("answer_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("told_fen", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_fen > 0 AND amount_fen < told_fen", name=op.f("ck_lowered_fine_lower")),
        sa.CheckConstraint(
            "ground IN ('harm_undone', 'coerced', 'told_unknown', 'helped', 'other_law')",
            name=op.f("ck_lowered_fine_ground"),
        ),
        sa.ForeignKeyConstraint(["answer_id"], ["defence_answer.id"], name=op.f("fk_lowered_fine_answer_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_lowered_fine_case_id")),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_lowered_fine")),
    )
    op.create_index("ix_lowered_fine_case_id", TABLE, ["case_id"], unique=False)
    postgresql = op.get_bind().dialect.name == "postgresql"
    for verb in ("UPDATE", "DELETE"):
        act = (
            "FOR EACH ROW EXECUTE FUNCTION only_appended()"
            if postgresql
            else f"BEGIN SELECT RAISE(ABORT, '{TABLE} is only appended'); END"
        )
        op.execute(f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} {act}")
    for name, verb in RULES:
        if postgresql:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF {OTHERWISE} THEN RAISE EXCEPTION '{SAYS}' USING ERRCODE = 'check_violation'; END IF;"
                " RETURN NEW; END $$"
            )
            act = f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        else:
            act = f"WHEN {OTHERWISE} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
        op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON document {act}")


def downgrade() -> None:
    """Drop the rule and the table."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, _ in RULES:
        op.execute(f"DROP TRIGGER {name} ON document" if postgresql else f"DROP TRIGGER {name}")
        if postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table(TABLE)
