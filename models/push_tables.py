"""Tables of what stations push: their credentials, what came by which, and when a station fell silent.

Instants are UTC milliseconds. Rows of credentials are revoked, never deleted.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.states import Via


class StationCredential(Base):
    """A station's credential: the SHA-256 of its secret, 256 random bits, so that no slow hash is needed."""

    __tablename__ = "station_credential"
    __table_args__ = (Index("ix_station_credential_station_id", "station_id"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    made_at: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_for: Mapped[str] = mapped_column(Text, default="")


class DeliveryRow(Base):
    """By which credential a file first came, so that what a leaked one brought can be found."""

    __tablename__ = "push_delivery"
    __table_args__ = (
        UniqueConstraint("source_id", "credential_id"),
        Index("ix_push_delivery_credential_id", "credential_id"),
        one_of("via", Via),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source_file.id"))
    credential_id: Mapped[str] = mapped_column(ForeignKey("station_credential.id"))
    via: Mapped[str] = mapped_column(Text)
    received_at: Mapped[int] = mapped_column(BigInteger)


class StationHeard(Base):
    """When a station was last heard; what its last heartbeat said, None before the first."""

    __tablename__ = "station_heard"

    station_id: Mapped[str] = mapped_column(Text, primary_key=True)
    heard_at: Mapped[int] = mapped_column(BigInteger)
    heartbeat_at: Mapped[int | None] = mapped_column(BigInteger)
    clock_ahead_ms: Mapped[int | None] = mapped_column(BigInteger)
    waiting: Mapped[int | None] = mapped_column(BigInteger)


class StationSilence(Base):
    """A time in which a station was not heard; open while `ended_at` is None."""

    __tablename__ = "station_silence"
    __table_args__ = (UniqueConstraint("station_id", "since"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    since: Mapped[int] = mapped_column(BigInteger)
    raised_at: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
