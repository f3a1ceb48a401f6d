"""Tables of a case's life. What a step may not skip, the database refuses too."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id
from models.values.case_life import (
    NEEDS_GRANT,
    NEEDS_REASON,
    NEEDS_TWO_REVIEWS,
    CaseState,
    Verdict,
    transitions,
)


def _words(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


class CaseEvent(Base):
    """One step of a case, never changed: from which state to which, by whom, when and why.

    `officer_id` is null where the program acts. The first step comes from "".
    """

    __tablename__ = "case_event"
    __table_args__ = (
        Unique("case_id", "version", "to_state"),
        CheckConstraint(
            f"from_state || '>' || to_state IN ({_words(['>flagged', *map('>'.join, transitions())])})",
            name="step",
        ),
        CheckConstraint("(from_state = '') = (version = 1)", name="first"),
        CheckConstraint(f"to_state NOT IN ({_words(NEEDS_REASON)}) OR reason <> ''", name="reason"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    from_state: Mapped[str] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)


class CaseLife(Base):
    """Where a case stands now; it can stand only where its latest event says.

    `grant_number` is the partner's grant of the claim, `no_partner` says that none is configured, `no_fine`
    that the decision carries no fine: without one of them no decision. `partner_fine` is the partner's final
    decision on the same act. `sampled` marks a dismissal that was drawn for a second reading. `due_on` is the
    first day on which something falls due.
    """

    __tablename__ = "case_life"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "version", "state"],
            ["case_event.case_id", "case_event.version", "case_event.to_state"],
        ),
        CheckConstraint("second_reviewer_id <> first_reviewer_id", name="two_reviewers"),
        CheckConstraint("leader_id <> first_reviewer_id AND leader_id <> second_reviewer_id", name="leader"),
        CheckConstraint(
            f"state NOT IN ({_words(NEEDS_TWO_REVIEWS - {CaseState.CLOSED})})"
            " OR (first_reviewer_id IS NOT NULL AND second_reviewer_id IS NOT NULL)",
            name="reviewed_twice",
        ),
        CheckConstraint(
            f"state NOT IN ({_words(NEEDS_GRANT)}) OR grant_number IS NOT NULL OR no_partner OR no_fine",
            name="granted",
        ),
        CheckConstraint(
            "state <> 'closed' OR grant_number IS NOT NULL OR no_partner OR no_fine"
            " OR partner_fine IS NOT NULL",
            name="closed",
        ),
        CheckConstraint("(state IN ('suspended', 'recognised')) = (resumes_to <> '')", name="resumes"),
        CheckConstraint(f"first_verdict IN ('', {_words(Verdict)})", name="first_verdict"),
        Index("ix_case_life_state_due_on", "state", "due_on", "case_id"),
        Index("ix_case_life_due_on", "due_on", "case_id"),
        Index("ix_case_life_plate", "plate"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    version: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    plate: Mapped[str] = mapped_column(Text)
    first_reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    second_reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    first_verdict: Mapped[str] = mapped_column(Text, default="")
    grant_number: Mapped[str | None] = mapped_column(Text)
    no_partner: Mapped[bool] = mapped_column(default=False)
    no_fine: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    partner_fine: Mapped[str | None] = mapped_column(Text)
    asks_summons: Mapped[bool] = mapped_column(default=True)
    asks_legal_review: Mapped[bool] = mapped_column(default=False)
    resumes_to: Mapped[str] = mapped_column(Text, default="")
    sampled: Mapped[bool] = mapped_column(default=False)
    due_on: Mapped[str] = mapped_column(Text)


class CaseReview(Base):
    """A reviewer's verdict, never changed: the plate as seen then, and the reason of a dismissal."""

    __tablename__ = "case_review"
    __table_args__ = (
        CheckConstraint(f"verdict IN ({_words(Verdict)})", name="verdict"),
        CheckConstraint("verdict <> 'reject' OR reason <> ''", name="reason"),
        Index("ix_case_review_case_id", "case_id"),
        Index("ix_case_review_officer_id", "officer_id", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    stage: Mapped[str] = mapped_column(Text)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    plate: Mapped[str] = mapped_column(Text)


class PlateCorrection(Base):
    """A plate as an officer read it, never changed; the latest one of a case counts."""

    __tablename__ = "plate_correction"
    __table_args__ = (Index("ix_plate_correction_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
