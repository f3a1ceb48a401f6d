"""Tables of documents: every number ever taken, and what became of it."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.documents import DocumentState


class DocumentCounter(Base):
    """The last number taken of an agency, kind and year; whoever takes the next holds the row."""

    __tablename__ = "document_counter"

    agency: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Document(Base):
    """One number: whose, of which kind, for which case, and the sealed file that bears it.

    `copy` tells documents of one kind and case apart. `reason` says why it still waits, or why it is void.
    Only a document with a sealed file can have left (`left_at`): the database refuses any other.
    `sm2` is the second signature over that file (DER in hex), null where the agency has no such key.
    `unstamped_sha256` is the file as it was, and may have left, before a time-stamp was added later.
    `amount_fen` is the fine that it names, 0 for a warning, null where it names no penalty; triggers refuse a
    decision above what the party was told, and any notice or decision that a defence would have made heavier.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("agency", "kind", "year", "sequence"),
        UniqueConstraint("case_id", "kind", "copy"),
        UniqueConstraint("number"),
        UniqueConstraint("code"),
        one_of("state", DocumentState),
        CheckConstraint("sequence > 0", name="sequence"),
        CheckConstraint(
            "(sha256 = '' AND sealed_by = '' AND certificate = '' AND sealed_at IS NULL)"
            " OR (length(sha256) = 64 AND sealed_by <> '' AND length(certificate) = 64"
            " AND sealed_at IS NOT NULL)",
            name="sealed",
        ),
        CheckConstraint("state <> 'sealed' OR sha256 <> ''", name="sealed_state"),
        CheckConstraint("state <> 'reserved' OR sha256 = ''", name="reserved_state"),
        CheckConstraint("state <> 'void' OR reason <> ''", name="void_reason"),
        CheckConstraint("left_at IS NULL OR sha256 <> ''", name="left_sealed"),
        Index("ix_document_state", "state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agency: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    year: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str] = mapped_column(Text)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    copy: Mapped[int]
    code: Mapped[str] = mapped_column(Text)
    issued_on: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    sha256: Mapped[str] = mapped_column(Text, default="")
    sealed_by: Mapped[str] = mapped_column(Text, default="")
    certificate: Mapped[str] = mapped_column(Text, default="")
    sealed_at: Mapped[int | None] = mapped_column(BigInteger)
    stamped_at: Mapped[int | None] = mapped_column(BigInteger)
    left_at: Mapped[int | None] = mapped_column(BigInteger)
    amount_fen: Mapped[int | None] = mapped_column(BigInteger)
    sm2: Mapped[str | None] = mapped_column(Text)
    unstamped_sha256: Mapped[str | None] = mapped_column(Text)
