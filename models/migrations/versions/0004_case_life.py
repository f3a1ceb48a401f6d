"""The life of cases, their reviews, the office's people, and the audit log."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REVIEW_DAYS = 7
ROLES = ("reviewer", "team_leader", "legal_reviewer", "station_operator", "auditor", "administrator")
FILED = (
    "appeared",
    "decided",
    "filed",
    "hearing",
    "legal_review",
    "notified",
    "served",
    "statement",
    "summoned",
    "summons_lapsed",
)
# From each state those that may follow; "" opens a case.
NEXT = {
    "": "flagged",
    "appeared": "notified suspended transferred withdrawn",
    "decided": "served withdrawn",
    "disagreed": "dismissed filed suspended transferred",
    "dismissed": "first_review",
    "filed": "notified summoned suspended transferred withdrawn",
    "first_review": "dismissed second_review suspended transferred",
    "flagged": "first_review suspended",
    "hearing": "dismissed legal_review suspended transferred withdrawn",
    "legal_review": "decided dismissed notified suspended transferred withdrawn",
    "notified": "dismissed hearing statement suspended transferred withdrawn",
    "recognised": "closed suspended",
    "second_review": "disagreed dismissed filed first_review suspended transferred",
    "served": "closed withdrawn",
    "statement": "decided dismissed hearing legal_review suspended transferred withdrawn",
    "summoned": "appeared summons_lapsed suspended transferred withdrawn",
    "summons_lapsed": "notified suspended transferred withdrawn",
    "suspended": (
        "appeared disagreed filed first_review flagged hearing legal_review notified recognised "
        "second_review statement summoned summons_lapsed transferred withdrawn"
    ),
}
STEPS = [f"{state}>{then}" for state, following in NEXT.items() for then in following.split()]
APPENDED = ("case_event", "case_review", "plate_correction", "audit_entry")


def _words(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


def upgrade() -> None:
    """Create the tables, and begin the life of the cases that are there."""
    _office()
    _cases()
    _only_appended()
    has_plate = sa.text("plate <> ''")
    op.create_index(
        "ix_judgement_plate", "judgement", ["plate"], sqlite_where=has_plate, postgresql_where=has_plate
    )
    op.execute("INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '" + "0" * 64 + "')")
    _begin_lives()


def _office() -> None:
    op.create_table(
        "officer",
        sa.Column("id", ID, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("badge", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.Column("shortcuts", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.CheckConstraint(f"role IN ({_words(ROLES)})", name=op.f("ck_officer_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint("login", name=op.f("uq_officer_login")),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("officer_id", ID, nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_sign_in_officer_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sign_in")),
    )
    op.create_index("ix_sign_in_officer_id", "sign_in", ["officer_id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("officer_id", ID, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_audit_entry_officer_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_officer_id", "audit_entry", ["officer_id", "number"], unique=False)
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject", "number"], unique=False)


def _cases() -> None:
    op.create_table(
        "case_event",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("officer_id", ID, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("(from_state = '') = (version = 1)", name=op.f("ck_case_event_first")),
        sa.CheckConstraint(
            f"from_state || '>' || to_state IN ({_words(STEPS)})", name=op.f("ck_case_event_step")
        ),
        sa.CheckConstraint(
            "to_state NOT IN ('dismissed', 'transferred', 'withdrawn') OR reason <> ''",
            name=op.f("ck_case_event_reason"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_event_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_case_event_officer_id")),
        sa.PrimaryKeyConstraint("case_id", "version", name=op.f("pk_case_event")),
        sa.UniqueConstraint(
            "case_id", "version", "to_state", name=op.f("uq_case_event_case_id_version_to_state")
        ),
    )
    op.create_table(
        "case_review",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("officer_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.CheckConstraint("verdict <> 'reject' OR reason <> ''", name=op.f("ck_case_review_reason")),
        sa.CheckConstraint("verdict IN ('confirm', 'reject')", name=op.f("ck_case_review_verdict")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_review_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_case_review_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_review")),
    )
    op.create_index("ix_case_review_case_id", "case_review", ["case_id"], unique=False)
    op.create_index("ix_case_review_officer_id", "case_review", ["officer_id", "at"], unique=False)
    op.create_table(
        "plate_correction",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("officer_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_plate_correction_case_id")),
        sa.ForeignKeyConstraint(["officer_id"], ["officer.id"], name=op.f("fk_plate_correction_officer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_correction")),
    )
    op.create_index("ix_plate_correction_case_id", "plate_correction", ["case_id"], unique=False)
    op.create_table(
        "case_life",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("plate", sa.Text(), nullable=False),
        sa.Column("first_reviewer_id", ID, nullable=True),
        sa.Column("second_reviewer_id", ID, nullable=True),
        sa.Column("leader_id", ID, nullable=True),
        sa.Column("first_verdict", sa.Text(), nullable=False),
        sa.Column("grant_number", sa.Text(), nullable=True),
        sa.Column("no_partner", sa.Boolean(), nullable=False),
        sa.Column("partner_fine", sa.Text(), nullable=True),
        sa.Column("asks_summons", sa.Boolean(), nullable=False),
        sa.Column("asks_legal_review", sa.Boolean(), nullable=False),
        sa.Column("resumes_to", sa.Text(), nullable=False),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('suspended', 'recognised')) = (resumes_to <> '')", name=op.f("ck_case_life_resumes")
        ),
        sa.CheckConstraint(
            "first_verdict IN ('', 'confirm', 'reject')", name=op.f("ck_case_life_first_verdict")
        ),
        sa.CheckConstraint(
            "state <> 'closed' OR grant_number IS NOT NULL OR no_partner OR partner_fine IS NOT NULL",
            name=op.f("ck_case_life_closed"),
        ),
        sa.CheckConstraint(
            f"state NOT IN ({_words(FILED)})"
            " OR (first_reviewer_id IS NOT NULL AND second_reviewer_id IS NOT NULL)",
            name=op.f("ck_case_life_reviewed_twice"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('decided', 'served') OR grant_number IS NOT NULL OR no_partner",
            name=op.f("ck_case_life_granted"),
        ),
        sa.CheckConstraint(
            "leader_id <> first_reviewer_id AND leader_id <> second_reviewer_id",
            name=op.f("ck_case_life_leader"),
        ),
        sa.CheckConstraint(
            "second_reviewer_id <> first_reviewer_id", name=op.f("ck_case_life_two_reviewers")
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "version", "state"],
            ["case_event.case_id", "case_event.version", "case_event.to_state"],
            name=op.f("fk_case_life_case_id_version_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_life_case_id")),
        sa.ForeignKeyConstraint(
            ["first_reviewer_id"], ["officer.id"], name=op.f("fk_case_life_first_reviewer_id")
        ),
        sa.ForeignKeyConstraint(["leader_id"], ["officer.id"], name=op.f("fk_case_life_leader_id")),
        sa.ForeignKeyConstraint(
            ["second_reviewer_id"], ["officer.id"], name=op.f("fk_case_life_second_reviewer_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_life")),
    )
    op.create_index("ix_case_life_due_on", "case_life", ["due_on", "case_id"], unique=False)
    op.create_index("ix_case_life_plate", "case_life", ["plate"], unique=False)
    op.create_index("ix_case_life_state_due_on", "case_life", ["state", "due_on", "case_id"], unique=False)


def _only_appended() -> None:
    """Let the database refuse to change or delete what is only ever appended."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(
            "CREATE FUNCTION only_appended() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is only appended', TG_TABLE_NAME; END $$"
        )
    for table in APPENDED:
        for verb in ("UPDATE", "DELETE"):
            act = (
                "FOR EACH ROW EXECUTE FUNCTION only_appended()"
                if postgresql
                else f"BEGIN SELECT RAISE(ABORT, '{table} is only appended'); END"
            )
            op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {act}")


def _begin_lives() -> None:
    """Flag the cases opened before; their first review is due a week after, five working days or fewer."""
    connection = op.get_bind()
    for case_id, passed_at in connection.execute(sa.text("SELECT id, passed_at FROM cases")).all():
        due_on = datetime.fromtimestamp(passed_at / 1000, UTC).date() + timedelta(days=REVIEW_DAYS)
        values = {"case_id": case_id, "at": passed_at, "due_on": str(due_on)}
        connection.execute(
            sa.text(
                "INSERT INTO case_event (case_id, version, from_state, to_state, at, reason, note) "
                "VALUES (:case_id, 1, '', 'flagged', :at, '', '')"
            ),
            values,
        )
        connection.execute(
            sa.text(
                "INSERT INTO case_life (case_id, version, state, plate, first_verdict, no_partner, "
                "asks_summons, asks_legal_review, resumes_to, sampled, due_on) "
                "VALUES (:case_id, 1, 'flagged', '', '', false, true, false, '', false, :due_on)"
            ),
            values,
        )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_judgement_plate", table_name="judgement")
    for table in (
        "case_life",
        "plate_correction",
        "case_review",
        "case_event",
        "sign_in",
        "audit_entry",
        "audit_head",
        "officer",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION only_appended()")
