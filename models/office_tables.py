"""Tables of the office: its people, who is signed in, and the audit log with its head."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.office import Role


class Officer(Base):
    """Somebody who may sign in; `failures` counts wrong passwords since the last right one."""

    __tablename__ = "officer"
    __table_args__ = (
        UniqueConstraint("login"),
        one_of("role", Role),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    login: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    badge: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[int] = mapped_column(BigInteger, default=0)
    shortcuts: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(Text, default="zh")


class SignIn(Base):
    """One officer signed in with one browser; the browser's token is kept as its SHA-256 only."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_officer_id", "officer_id"),)

    token_sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    csrf: Mapped[str] = mapped_column(Text)
    began_at: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[int] = mapped_column(BigInteger)


class AuditEntry(Base):
    """One act; `hash` covers all of it and the entry before. `subject` is a case number, a login, a page."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject", "number"),
        Index("ix_audit_entry_officer_id", "officer_id", "number"),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    actor: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)


class AuditHead(Base):
    """The number and hash of the last entry: one row, kept outside the log so that a cut end shows."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Text)
