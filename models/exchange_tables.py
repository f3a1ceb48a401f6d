"""Tables of the exchange between agencies: claims, what was said and heard, what waits to be sent."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id


class ExchangeState(Base):
    """One row: what every step of the exchange locks first, so that steps come one after another.

    `incarnation` grows with each restore from a backup. `frozen` says why nothing is said or taken in; ""
    while all goes on.
    """

    __tablename__ = "exchange_state"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    steps: Mapped[int] = mapped_column(BigInteger)
    incarnation: Mapped[int] = mapped_column(BigInteger)
    frozen: Mapped[str] = mapped_column(Text)


class ExchangePartner(Base):
    """How it stands with one partner: the head of the log kept with it, its incarnation, a pause in sending.

    `attempts` counts failures to reach it since the last success; nothing is tried before `due_at`. Of the
    log that it keeps with us the part up to `seen_number` was compared with ours at `seen_at`, which is 0
    where that is to be done at once, and below 0 while the partner makes good a restore of its own.
    """

    __tablename__ = "exchange_partner"

    partner: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Text)
    incarnation: Mapped[int] = mapped_column(BigInteger)
    seen_number: Mapped[int] = mapped_column(BigInteger)
    seen_hash: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[int] = mapped_column(BigInteger)
    attempts: Mapped[int]
    due_at: Mapped[int] = mapped_column(BigInteger)
    problem: Mapped[str] = mapped_column(Text)


class ExchangeLog(Base):
    """Everything said to a partner and heard from it, in order; `hash` covers the entry and all before it.

    It is the inbox too: a message taken in is known for ever by its partner and id.
    """

    __tablename__ = "exchange_log"
    __table_args__ = (
        CheckConstraint("direction IN ('sent', 'received')", name="direction"),
        UniqueConstraint("partner", "direction", "message_id"),
    )

    partner: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(BigInteger)
    direction: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    contents: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)


class Outgoing(Base):
    """A message in the log that is sent, not before `due_at`, until its receipt lies in the log too."""

    __tablename__ = "outgoing"
    __table_args__ = (
        ForeignKeyConstraint(["partner", "number"], ["exchange_log.partner", "exchange_log.number"]),
        Index("ix_outgoing_partner_due_at", "partner", "due_at"),
    )

    partner: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    attempts: Mapped[int]
    due_at: Mapped[int] = mapped_column(BigInteger)
    problem: Mapped[str] = mapped_column(Text)


class OwnClaimRow(Base):
    """An own claim; `contents` is the claim as canonical JSON, lists of agencies are sorted.

    Without the grant of every agency in scope it can't be held or decided.
    """

    __tablename__ = "own_claim"
    __table_args__ = (
        CheckConstraint(
            "standing IN ('blocked', 'waiting', 'held', 'decided', 'closed')",
            name="standing",
        ),
        CheckConstraint("standing NOT IN ('held', 'decided') OR granted_by = scope", name="granted"),
        CheckConstraint("epoch >= 1", name="epoch"),
        Index("ix_own_claim_vehicle", "vehicle"),
    )

    claim_id: Mapped[str] = mapped_column(Text, primary_key=True)
    vehicle: Mapped[str] = mapped_column(Text)
    contents: Mapped[str] = mapped_column(Text)
    standing: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int]
    scope: Mapped[str] = mapped_column(Text)
    granted_by: Mapped[str] = mapped_column(Text)


class TheirClaimRow(Base):
    """Another agency's claim, and which of its epochs is granted, waits for an answer, was taken back."""

    __tablename__ = "their_claim"
    __table_args__ = (
        CheckConstraint("bound >= 0 AND deferred >= 0 AND closed >= 0", name="epochs"),
        Index("ix_their_claim_vehicle", "vehicle"),
    )

    claim_id: Mapped[str] = mapped_column(Text, primary_key=True)
    vehicle: Mapped[str] = mapped_column(Text)
    contents: Mapped[str] = mapped_column(Text)
    bound: Mapped[int]
    deferred: Mapped[int]
    closed: Mapped[int]


class ExchangeIncident(Base):
    """What a partner said and can't have meant, kept as proof; the same bytes are kept once."""

    __tablename__ = "exchange_incident"
    __table_args__ = (UniqueConstraint("partner", "sha256"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    partner: Mapped[str] = mapped_column(Text)
    at: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    contents: Mapped[str] = mapped_column(Text)
