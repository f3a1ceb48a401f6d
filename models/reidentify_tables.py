"""Tables of re-identification: who an unread vehicle may have been, and plates that two vehicles bear.

Rows are only added, but for named passages, which leave with their month, and tallies. Instants are UTC
milliseconds.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.reidentify import ConflictKind


class NamedPassage(Base):
    """A judged passage that has a plate, read by us or sent by the station; with its station and time."""

    __tablename__ = "named_passage"
    __table_args__ = (Index("ix_named_passage_station_id_passed_at", "station_id", "passed_at"),)

    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"), primary_key=True)
    station_id: Mapped[str] = mapped_column(Text)
    passed_at: Mapped[int] = mapped_column(BigInteger)


class SearchRow(Base):
    """One search for who an unread vehicle was; `trouble` says why none could be made, "" where one was.

    `unknown` is the probability that it is no vehicle of the fleet searched, `fleet` its passages and
    `vehicles` how many vehicles made them, 0 of searches from before they were counted.
    """

    __tablename__ = "reidentify_search"
    __table_args__ = (UniqueConstraint("passage_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    searched_at: Mapped[int] = mapped_column(BigInteger)
    fleet: Mapped[int] = mapped_column(BigInteger)
    vehicles: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    unknown: Mapped[float]
    trouble: Mapped[str] = mapped_column(Text)


class CandidateRow(Base):
    """One vehicle that an unread passage may have been: never an accusation. `evidence` is JSON."""

    __tablename__ = "reidentify_candidate"
    __table_args__ = (
        UniqueConstraint("search_id", "place"),
        Index("ix_reidentify_candidate_passage_id", "passage_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    search_id: Mapped[int] = mapped_column(ForeignKey("reidentify_search.id"))
    place: Mapped[int]
    plate: Mapped[str] = mapped_column(Text)
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    probability: Mapped[float]
    evidence: Mapped[str] = mapped_column(Text)


class PlateConflict(Base):
    """One plate on two passages that can't be one vehicle: for a person, and then the police.

    The last number stands, unless it is `withdrawn` for a reason: by the night, or for good by an `actor`.
    """

    __tablename__ = "plate_conflict"
    __table_args__ = (
        UniqueConstraint("passage_id", "other_passage_id", "kind", "number"),
        one_of("kind", ConflictKind),
        Index("ix_plate_conflict_other_passage_id", "other_passage_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    plate: Mapped[str] = mapped_column(Text)
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    other_passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    kind: Mapped[str] = mapped_column(Text)
    sentence: Mapped[str] = mapped_column(Text)
    found_at: Mapped[int] = mapped_column(BigInteger)
    # "" of those found before rules were noted.
    rules: Mapped[str] = mapped_column(Text, default="", server_default="")
    number: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    withdrawn: Mapped[str] = mapped_column(Text, default="", server_default="")
    actor: Mapped[str] = mapped_column(Text, default="", server_default="")


class PlateCheck(Base):
    """How many plates of a station's day were held against where else they passed, and its conflicts.

    A tally of the latest run and no judgement: the next run of that day writes it anew.
    """

    __tablename__ = "plate_check"

    day: Mapped[str] = mapped_column(Text, primary_key=True)
    station_id: Mapped[str] = mapped_column(Text, primary_key=True)
    plates: Mapped[int]
    conflicts: Mapped[int]
    rules: Mapped[str] = mapped_column(Text)
    checked_at: Mapped[int] = mapped_column(BigInteger)
