"""Tables of service: where a party is reached, each attempt, what came of it, and what counts as served.

All of them are only appended. The database lets nothing be served but a sealed document that was handed out.
"""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.service import Channel, Outcome


class ServiceContact(Base):
    """Where the party of a case is reached, under seal; the latest one of a case counts.

    `electronic` says that the party agreed to be served so, in the confirmation of that digest.
    """

    __tablename__ = "service_contact"
    __table_args__ = (
        CheckConstraint("NOT electronic OR length(confirmation_sha256) = 64", name="confirmed"),
        Index("ix_service_contact_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    electronic: Mapped[bool]
    confirmation_sha256: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(Text)


class ServiceAttempt(Base):
    """One try to serve a document by one channel; `reference` is the same however often it is sent.

    `due_on` is the day by which its outcome should be known.
    """

    __tablename__ = "service_attempt"
    __table_args__ = (
        Unique("document_id", "number"),
        Unique("reference"),
        one_of("channel", Channel),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("length(sha256) = 64", name="digest"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    number: Mapped[int]
    channel: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("service_contact.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    due_on: Mapped[str] = mapped_column(Text)


class ServiceResult(Base):
    """What came of an attempt: sent, then delivered or failed; a delivery has its day and its proof."""

    __tablename__ = "service_result"
    __table_args__ = (
        Unique("attempt_id", "outcome"),
        one_of("outcome", Outcome),
        CheckConstraint("outcome <> 'delivered' OR length(proof_sha256) = 64", name="proof"),
        CheckConstraint("outcome <> 'failed' OR reason <> ''", name="reason"),
        Index(
            "ix_service_result_end",
            "attempt_id",
            unique=True,
            sqlite_where=sql("outcome IN ('delivered', 'failed')"),
            postgresql_where=sql("outcome IN ('delivered', 'failed')"),
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("service_attempt.id"))
    outcome: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    on_day: Mapped[str] = mapped_column(Text)
    tracking: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    proof_sha256: Mapped[str] = mapped_column(Text)


class ServedDocument(Base):
    """A document that was served: by which attempt, on which day by which article."""

    __tablename__ = "served_document"
    __table_args__ = (
        ForeignKeyConstraint(
            ["attempt_id", "outcome"], ["service_result.attempt_id", "service_result.outcome"]
        ),
        CheckConstraint("outcome = 'delivered'", name="delivered"),
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), primary_key=True)
    attempt_id: Mapped[int]
    outcome: Mapped[str] = mapped_column(Text)
    served_on: Mapped[str] = mapped_column(Text)
    article: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)
