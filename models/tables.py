"""Tables: what is kept. Instants are UTC milliseconds; lists of numbers are comma-separated text."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from models.values.quality import Severity
from models.values.states import ChunkState, QuarantineState, SourceKind, SourceState

# SQLite numbers rows by itself only for a column declared INTEGER PRIMARY KEY.
HAS_PLATE = "plate <> ''"
Id = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Names every constraint, so that migrations can drop it on either database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def one_of(column: str, states: type[StrEnum]) -> CheckConstraint:
    """Hold a column to the words of an enum."""
    words = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"{column} IN ({words})", name=column)


class SourceFile(Base):
    """One file as it came in: its bytes lie in the file store under `sha256`."""

    __tablename__ = "source_file"
    __table_args__ = (
        UniqueConstraint("station_id", "sha256", "name"),
        one_of("kind", SourceKind),
        one_of("state", SourceState),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)
    rows_new: Mapped[int] = mapped_column(BigInteger)
    rows_known: Mapped[int] = mapped_column(BigInteger)
    rows_quarantined: Mapped[int] = mapped_column(BigInteger)


class Chunk(Base):
    """The ledger: one portion of one station's day, done in one transaction."""

    __tablename__ = "chunk"
    __table_args__ = (
        UniqueConstraint("station_id", "day", "number"),
        one_of("state", ChunkState),
        Index("ix_chunk_day_state", "day", "state"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    day: Mapped[str] = mapped_column(Text)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")


class Passage(Base):
    """One vehicle crossing one station once, as its record states it.

    `record_key` is the device's serial, or the digest of what was measured where the device gives none.
    """

    __tablename__ = "passage"
    __table_args__ = (
        UniqueConstraint("station_id", "passed_at", "record_key"),
        Index("ix_passage_chunk_id", "chunk_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    passed_at: Mapped[int] = mapped_column(BigInteger)
    record_key: Mapped[str] = mapped_column(Text)
    content_key: Mapped[int] = mapped_column(BigInteger)
    source_id: Mapped[int] = mapped_column(ForeignKey("source_file.id"))
    row: Mapped[int] = mapped_column(BigInteger)
    lane: Mapped[int]
    axle_count: Mapped[int]
    gross_kg: Mapped[int] = mapped_column(BigInteger)
    axle_kg: Mapped[str] = mapped_column(Text)
    left_kg: Mapped[str] = mapped_column(Text)
    spacing_mm: Mapped[str] = mapped_column(Text)
    speed_kmh: Mapped[float | None]
    length_mm: Mapped[int] = mapped_column(BigInteger)
    plate_front: Mapped[str] = mapped_column(Text)
    plate_rear: Mapped[str] = mapped_column(Text)
    plate_colour: Mapped[str] = mapped_column(Text)
    chunk_id: Mapped[int | None] = mapped_column(ForeignKey("chunk.id"))


class FrameReference(Base):
    """A frame that a record names; the frame itself may come later."""

    __tablename__ = "frame_reference"
    __table_args__ = (UniqueConstraint("passage_id", "name"), Index("ix_frame_reference_name", "name"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)


class Frame(Base):
    """One photograph or clip; without `passage_id` it has found no partner yet."""

    __tablename__ = "frame"
    __table_args__ = (
        UniqueConstraint("station_id", "name", "sha256"),
        Index("ix_frame_station_id_taken_at", "station_id", "taken_at"),
        Index("ix_frame_passage_id", "passage_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    lane: Mapped[int | None]
    taken_at: Mapped[int | None] = mapped_column(BigInteger)
    received_at: Mapped[int] = mapped_column(BigInteger)
    problem: Mapped[str] = mapped_column(Text, default="")
    passage_id: Mapped[int | None] = mapped_column(ForeignKey("passage.id"))


class Quarantine(Base):
    """Input that could not be used, and why; `row` is 0 for a whole file."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("station_id", "sha256", "name", "row"),
        one_of("state", QuarantineState),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    row: Mapped[int] = mapped_column(BigInteger)
    field: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)


class Judgement(Base):
    """What the stages say of one passage: quality, limit, decided mass, plate; codes are space-separated."""

    __tablename__ = "judgement"
    __table_args__ = (
        one_of("severity", Severity),
        # Only what was over its limit has a plate: the other passages stay out of the index.
        Index("ix_judgement_plate", "plate", sqlite_where=text(HAS_PLATE), postgresql_where=text(HAS_PLATE)),
    )

    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"), primary_key=True)
    severity: Mapped[str] = mapped_column(Text)
    codes: Mapped[str] = mapped_column(Text)
    rule_set: Mapped[str] = mapped_column(Text)
    layout: Mapped[str] = mapped_column(Text)
    limit_kg: Mapped[int] = mapped_column(BigInteger)
    decided_kg: Mapped[int] = mapped_column(BigInteger)
    excess_kg: Mapped[int] = mapped_column(BigInteger)
    doubts: Mapped[str] = mapped_column(Text)
    plate: Mapped[str] = mapped_column(Text)
    plate_colour: Mapped[str] = mapped_column(Text)
    plate_confidence: Mapped[float]
    plate_frame_id: Mapped[int | None] = mapped_column(ForeignKey("frame.id"))


class PlateReadingRow(Base):
    """One plate read in one frame; box, corners and characters are JSON."""

    __tablename__ = "plate_reading"
    __table_args__ = (UniqueConstraint("frame_id", "reader", "position"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    frame_id: Mapped[int] = mapped_column(ForeignKey("frame.id"))
    reader: Mapped[str] = mapped_column(Text)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float]
    colour: Mapped[str] = mapped_column(Text)
    rows: Mapped[int]
    box: Mapped[str] = mapped_column(Text)
    corners: Mapped[str] = mapped_column(Text)
    characters: Mapped[str] = mapped_column(Text)


class Case(Base):
    """What officers review; grows from one or more findings of one act."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_cases_station_id_passed_at", "station_id", "passed_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    station_id: Mapped[str] = mapped_column(Text)
    passed_at: Mapped[int] = mapped_column(BigInteger)


class Finding(Base):
    """A flag on a passage; findings of one act share a case."""

    __tablename__ = "finding"
    __table_args__ = (UniqueConstraint("passage_id", "kind"), Index("ix_finding_case_id", "case_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    kind: Mapped[str] = mapped_column(Text)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))


class Lease(Base):
    """Who works on what, until when (milliseconds of the database's clock)."""

    __tablename__ = "lease"
    __table_args__ = (Index("ix_lease_holder", "holder"),)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    until: Mapped[int] = mapped_column(BigInteger)
