"""Tables of the party's side: visits by code and plate, what was filed, and what was answered.

A defence can make no penalty heavier (行政处罚法 art. 45): triggers on `document` refuse to seal one that is.
"""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.service import Answer, DefenceKind, Mitigation


class PartyVisit(Base):
    """A browser that showed code and plate; its token is kept as its SHA-256 only."""

    __tablename__ = "party_visit"
    __table_args__ = (Index("ix_party_visit_began_at", "began_at"),)

    token_sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    csrf: Mapped[str] = mapped_column(Text)
    began_at: Mapped[int] = mapped_column(BigInteger)


class Defence(Base):
    """What a party filed against a document, under seal; `officer_id` where an officer took it on paper.

    `late` says that the period had passed; it is kept all the same, and a person decides.
    """

    __tablename__ = "defence"
    __table_args__ = (
        UniqueConstraint("receipt"),
        UniqueConstraint("document_id", "kind", "text_sha256"),
        one_of("kind", DefenceKind),
        CheckConstraint("length(text_sha256) = 64", name="digest"),
        Index("ix_defence_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(Text)
    receipt: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)
    late: Mapped[bool]
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    text_sha256: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(Text)


class DefenceAnswer(Base):
    """An officer's answer; the latest one of a defence stands. `settled` closes it."""

    __tablename__ = "defence_answer"
    __table_args__ = (
        one_of("answer", Answer),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("settled = (answer <> 'hearing_fixed')", name="settled"),
        CheckConstraint("answer <> 'hearing_fixed' OR (hearing_on <> '' AND place <> '')", name="fixed"),
        Index("ix_defence_answer_defence_id", "defence_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    defence_id: Mapped[int] = mapped_column(ForeignKey("defence.id"))
    at: Mapped[int] = mapped_column(BigInteger)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    answer: Mapped[str] = mapped_column(Text)
    settled: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    hearing_on: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)


class DefenceEnclosure(Base):
    """A file that a party handed in with a statement or request, by its digest in the store of proofs."""

    __tablename__ = "defence_enclosure"
    __table_args__ = (
        UniqueConstraint("defence_id", "sha256"),
        CheckConstraint("length(sha256) = 64", name="digest"),
        CheckConstraint("media_type IN ('application/pdf', 'image/jpeg', 'image/png')", name="media_type"),
        CheckConstraint("size_bytes > 0", name="size"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    defence_id: Mapped[int] = mapped_column(ForeignKey("defence.id"))
    sha256: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)


class LoweredFine(Base):
    """A fine below the one that the party was told, by an answer that accepts a statement in part.

    The latest of a case stands; a trigger refuses to seal a decision on another amount.
    """

    __tablename__ = "lowered_fine"
    __table_args__ = (
        one_of("ground", Mitigation),
        CheckConstraint("amount_fen > 0 AND amount_fen < told_fen", name="lower"),
        Index("ix_lowered_fine_case_id", "case_id"),
    )

    answer_id: Mapped[int] = mapped_column(ForeignKey("defence_answer.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    told_fen: Mapped[int] = mapped_column(BigInteger)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    ground: Mapped[str] = mapped_column(Text)
