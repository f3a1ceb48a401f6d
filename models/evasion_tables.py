"""Tables of evasion: what devices state of the driving, and the manoeuvres that were seen.

Rows are only added. Instants are UTC milliseconds; lists of numbers are comma-separated text.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.driving import Manoeuvre
from models.values.states import WeighingWord


class PassageDriving(Base):
    """What a device states of the driving of one passage; see `models.values.driving.Driving`."""

    __tablename__ = "passage_driving"

    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"), primary_key=True)
    bits: Mapped[int]
    acceleration_ms2: Mapped[float | None]
    second_lane: Mapped[int]
    reversed_axles: Mapped[int]
    offset_mm: Mapped[float | None]
    axle_speed_kmh: Mapped[str] = mapped_column(Text)
    axle_offset_mm: Mapped[str] = mapped_column(Text)


class ManoeuvreRow(Base):
    """One manoeuvre of one passage: what was seen, as a sentence, and by which rules; the last number stands.

    `excused` says why it accuses nobody, "" where it does. Where it `spoils` the weighing, which an excuse
    does not change, the mass opens no case by itself.
    """

    __tablename__ = "manoeuvre"
    __table_args__ = (UniqueConstraint("passage_id", "kind", "number"), one_of("kind", Manoeuvre))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    sentence: Mapped[str] = mapped_column(Text)
    excused: Mapped[str] = mapped_column(Text)
    spoils: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    rules: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[int] = mapped_column(BigInteger)


class WeighingWordRow(Base):
    """A person's word on a mass weighed under a manoeuvre; the last holds, for what was seen before it."""

    __tablename__ = "weighing_word"
    __table_args__ = (one_of("word", WeighingWord), Index("ix_weighing_word_passage_id", "passage_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    word: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    said_at: Mapped[int] = mapped_column(BigInteger)
