"""Service of documents, and the party's side: attempts, proofs, visits, defences and answers."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPENDED = (
    "service_contact",
    "service_attempt",
    "service_result",
    "served_document",
    "defence",
    "defence_answer",
)
NOT_SEALED = (
    "NOT EXISTS (SELECT 1 FROM document WHERE document.id = NEW.document_id"
    " AND document.state = 'sealed' AND document.left_at IS NOT NULL AND document.sha256 = NEW.sha256)"
)
# Told: every notice that left, and still stands or was answered with a defence (行政处罚法 arts 44, 45).
HEAVIER = (
    "NEW.state = 'sealed' AND NEW.kind IN ('violation_notice', 'decision') AND NEW.amount_fen >"
    " (SELECT min(told.amount_fen) FROM document told WHERE told.case_id = NEW.case_id"
    " AND told.kind = 'violation_notice' AND told.id <> NEW.id AND told.left_at IS NOT NULL"
    " AND (told.state = 'sealed' OR EXISTS (SELECT 1 FROM defence WHERE defence.case_id = NEW.case_id)))"
    " AND (NEW.kind = 'decision' OR EXISTS (SELECT 1 FROM defence WHERE defence.case_id = NEW.case_id))"
)
UNHEARD = (
    "NEW.to_state = 'decided' AND EXISTS (SELECT 1 FROM defence WHERE defence.case_id = NEW.case_id"
    " AND NOT EXISTS (SELECT 1 FROM defence_answer"
    " WHERE defence_answer.defence_id = defence.id AND defence_answer.settled))"
)
# Name of the rule, table, act, when it is broken, and what is said then.
RULES = (
    ("service_attempt_sealed", "service_attempt", "INSERT", NOT_SEALED, "only a sealed document is served"),
    ("document_no_heavier", "document", "UPDATE", HEAVIER, "no heavier penalty than the party was told"),
    ("document_no_heavier_new", "document", "INSERT", HEAVIER, "no heavier penalty than the party was told"),
    ("case_event_heard", "case_event", "INSERT", UNHEARD, "a defence waits for its answer"),
)


def upgrade() -> None:
    """Create the tables and the rules."""
    _service()
    _defences()
    op.add_column("document", sa.Column("amount_fen", sa.BigInteger(), nullable=True))
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in APPENDED:
        for verb in ("UPDATE", "DELETE"):
            act = (
                "FOR EACH ROW EXECUTE FUNCTION only_appended()"
                if postgresql
                else f"BEGIN SELECT RAISE(ABORT, '{table} is only appended'); END"
            )
            op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {act}")
    for rule in RULES:
        _hold(*rule, postgresql=postgresql)


def _service() -> None:
    op.create_table(
        "service_contact",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", ID, nullable=True),
        sa.Column("electronic", sa.Boolean(), nullable=False),
        sa.Column("confirmation_sha256", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "NOT electronic OR length(confirmation_sha256) = 64", name=op.f("ck_service_contact_confirmed")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_service_contact_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_service_contact_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_contact")),
    )
    op.create_index("ix_service_contact_case_id", "service_contact", ["case_id"], unique=False)
    op.create_table(
        "service_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", ID, nullable=True),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('electronic', 'sms', 'post', 'partner', 'in_person', 'left', 'announcement')",
            name=op.f("ck_service_attempt_channel"),
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_service_attempt_digest")),
        sa.CheckConstraint("number > 0", name=op.f("ck_service_attempt_number")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["service_contact.id"], name=op.f("fk_service_attempt_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_service_attempt_document_id")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_service_attempt_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_attempt")),
        sa.UniqueConstraint("document_id", "number", name=op.f("uq_service_attempt_document_id_number")),
        sa.UniqueConstraint("reference", name=op.f("uq_service_attempt_reference")),
    )
    op.create_table(
        "service_result",
        sa.Column("id", ID, nullable=False),
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", ID, nullable=True),
        sa.Column("on_day", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proof_sha256", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "outcome <> 'delivered' OR length(proof_sha256) = 64", name=op.f("ck_service_result_proof")
        ),
        sa.CheckConstraint("outcome <> 'failed' OR reason <> ''", name=op.f("ck_service_result_reason")),
        sa.CheckConstraint(
            "outcome IN ('sent', 'delivered', 'failed')", name=op.f("ck_service_result_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["service_attempt.id"], name=op.f("fk_service_result_attempt_id")
        ),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_service_result_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_result")),
        sa.UniqueConstraint("attempt_id", "outcome", name=op.f("uq_service_result_attempt_id_outcome")),
    )
    op.create_index(
        "ix_service_result_end",
        "service_result",
        ["attempt_id"],
        unique=True,
        sqlite_where=sa.text("outcome IN ('delivered', 'failed')"),
        postgresql_where=sa.text("outcome IN ('delivered', 'failed')"),
    )
    op.create_table(
        "served_document",
        sa.Column("document_id", ID, nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("served_on", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("outcome = 'delivered'", name=op.f("ck_served_document_delivered")),
        sa.ForeignKeyConstraint(
            ["attempt_id", "outcome"],
            ["service_result.attempt_id", "service_result.outcome"],
            name=op.f("fk_served_document_attempt_id_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_served_document_document_id")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_served_document")),
    )


def _defences() -> None:
    op.create_table(
        "party_visit",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_party_visit_document_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_party_visit")),
    )
    op.create_index("ix_party_visit_began_at", "party_visit", ["began_at"], unique=False)
    op.create_table(
        "defence",
        sa.Column("id", ID, nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("officer_id", ID, nullable=True),
        sa.Column("text_sha256", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('statement', 'hearing')", name=op.f("ck_defence_kind")),
        sa.CheckConstraint("length(text_sha256) = 64", name=op.f("ck_defence_digest")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_defence_case_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_defence_document_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_defence_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_defence")),
        sa.UniqueConstraint(
            "document_id", "kind", "text_sha256", name=op.f("uq_defence_document_id_kind_text_sha256")
        ),
        sa.UniqueConstraint("receipt", name=op.f("uq_defence_receipt")),
    )
    op.create_index("ix_defence_case_id", "defence", ["case_id"], unique=False)
    op.create_table(
        "defence_answer",
        sa.Column("id", ID, nullable=False),
        sa.Column("defence_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", ID, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hearing_on", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "answer <> 'hearing_fixed' OR (hearing_on <> '' AND place <> '')",
            name=op.f("ck_defence_answer_fixed"),
        ),
        sa.CheckConstraint(
            "answer IN ('upheld', 'partly', 'not_upheld', 'hearing_fixed', 'hearing_held',"
            " 'hearing_refused', 'taken_back')",
            name=op.f("ck_defence_answer_answer"),
        ),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_defence_answer_reason")),
        sa.CheckConstraint("settled = (answer <> 'hearing_fixed')", name=op.f("ck_defence_answer_settled")),
        sa.ForeignKeyConstraint(["defence_id"], ["defence.id"], name=op.f("fk_defence_answer_defence_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_defence_answer_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_defence_answer")),
    )
    op.create_index("ix_defence_answer_defence_id", "defence_answer", ["defence_id"], unique=False)


def _hold(name: str, table: str, verb: str, broken: str, says: str, *, postgresql: bool) -> None:
    """Let the database refuse what breaks a rule."""
    if not postgresql:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {broken}"
            f" BEGIN SELECT RAISE(ABORT, '{says}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {broken} THEN RAISE EXCEPTION '{says}' USING ERRCODE = 'check_violation'; END IF;"
        " RETURN NEW; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    """Drop the rules and the tables."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, table, *_ in RULES:
        op.execute(f"DROP TRIGGER {name} ON {table}" if postgresql else f"DROP TRIGGER {name}")
        if postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_column("document", "amount_fen")
    for table in ("defence_answer", "defence", "party_visit", "served_document", "service_result"):
        op.drop_table(table)
    for table in ("service_attempt", "service_contact"):
        op.drop_table(table)
