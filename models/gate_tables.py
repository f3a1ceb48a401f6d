"""Tables of the station gate: what each lane showed, what persons said, what became of findings.

Rows are only added. Days are local dates as text, instants UTC milliseconds.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.states import Outcome, Standing, Word


class LaneReferenceRow(Base):
    """What a lane showed in the first days after a verification, as JSON; one for each certificate."""

    __tablename__ = "lane_reference"
    __table_args__ = (UniqueConstraint("station_id", "lane", "certificate"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    lane: Mapped[int]
    certificate: Mapped[str] = mapped_column(Text)
    first_day: Mapped[str] = mapped_column(Text)
    last_day: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)


class LaneDayRow(Base):
    """One measuring of one day of a lane: statistics and the state reached, as JSON.

    `passages` is how many records it rests on: records that come late are measured with the others in a
    row of their own, and the row before stays as it was. `certificate` is that of the last verification.
    """

    __tablename__ = "lane_day"
    __table_args__ = (
        UniqueConstraint("station_id", "lane", "day", "passages"),
        one_of("standing", Standing),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    lane: Mapped[int]
    day: Mapped[str] = mapped_column(Text)
    passages: Mapped[int]
    measured_at: Mapped[int] = mapped_column(BigInteger)
    certificate: Mapped[str] = mapped_column(Text)
    reference_id: Mapped[int | None] = mapped_column(ForeignKey("lane_reference.id"))
    standing: Mapped[str] = mapped_column(Text)
    decided_kind: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(Text)
    measures: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)


class OverrideRow(Base):
    """A person's word on a lane from its first to its last day; of those that cover a day the last holds."""

    __tablename__ = "gate_override"
    __table_args__ = (
        one_of("standing", Word),
        Index("ix_gate_override_station_id_lane", "station_id", "lane"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    lane: Mapped[int]
    standing: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    first_day: Mapped[str] = mapped_column(Text)
    last_day: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[int] = mapped_column(BigInteger)


class DecisionRow(Base):
    """What the gate made of a passage's findings, and by what; the highest number of a passage holds.

    `standing` is what held on the lane and day: the person's word, else the measurements. `certificate` is
    the one valid on the day, "" if none was; `obstacles` are words, space-separated, none for a case.
    """

    __tablename__ = "gate_decision"
    __table_args__ = (
        UniqueConstraint("passage_id", "number"),
        one_of("outcome", Outcome),
        one_of("standing", Standing),
        Index("ix_gate_decision_lane_day_id", "lane_day_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    number: Mapped[int]
    outcome: Mapped[str] = mapped_column(Text)
    obstacles: Mapped[str] = mapped_column(Text)
    standing: Mapped[str] = mapped_column(Text)
    lane_day_id: Mapped[int | None] = mapped_column(ForeignKey("lane_day.id"))
    override_id: Mapped[int | None] = mapped_column(ForeignKey("gate_override.id"))
    certificate: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[int] = mapped_column(BigInteger)
