"""Tables of registries: what they answered, who asked them what, and what looking up a case came to."""

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.lookups import LookupState, Purpose


class RegistryAnswer(Base):
    """What a registry answered about one plate: facts as JSON, personal fields sealed under key `key_id`.

    `facts` is "" where the registry has no such vehicle. `subject` is the day that permits were asked for,
    "" for the vehicle.
    """

    __tablename__ = "registry_answer"
    __table_args__ = (Index("ix_registry_answer_plate", "plate", "colour", "subject"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    plate: Mapped[str] = mapped_column(Text)
    colour: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[int] = mapped_column(BigInteger)
    facts: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(Text)


class RegistryQuery(Base):
    """The query log: who asked which registry for which plate, why, and what came; `outcome` is one word."""

    __tablename__ = "registry_query"
    __table_args__ = (one_of("purpose", Purpose), Index("ix_registry_query_case_id", "case_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    asked_at: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    asked_by: Mapped[str] = mapped_column(Text)
    plate: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)


class CaseLookup(Base):
    """What looking up a case came to; appended, the latest stands. `doubts` are space-separated words.

    `read_plate` is what the frames say, `plate` the vehicle that stands; they differ only where a near miss
    was the one that fits. `tried` lists the near misses with what became of each, as JSON; `fit` is how well
    the vehicle fits what was weighed, as JSON.
    """

    __tablename__ = "case_lookup"
    __table_args__ = (
        one_of("state", LookupState),
        Index("ix_case_lookup_case_id", "case_id"),
        Index("ix_case_lookup_passage_id", "passage_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    looked_up_at: Mapped[int] = mapped_column(BigInteger)
    asked_by: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    read_plate: Mapped[str] = mapped_column(Text)
    plate: Mapped[str] = mapped_column(Text)
    colour: Mapped[str] = mapped_column(Text)
    trailer_plate: Mapped[str] = mapped_column(Text)
    probability: Mapped[float]
    fit: Mapped[str] = mapped_column(Text)
    doubts: Mapped[str] = mapped_column(Text)
    tried: Mapped[str] = mapped_column(Text)
    vehicle_answer_id: Mapped[int | None] = mapped_column(ForeignKey("registry_answer.id"))
    trailer_answer_id: Mapped[int | None] = mapped_column(ForeignKey("registry_answer.id"))
    permit_answer_id: Mapped[int | None] = mapped_column(ForeignKey("registry_answer.id"))
    permits: Mapped[str] = mapped_column(Text)


class RegisteredJudgement(Base):
    """A passage judged again with the facts of its registered vehicle; the first judgement stays too."""

    __tablename__ = "registered_judgement"
    __table_args__ = (
        UniqueConstraint("lookup_id", "passage_id"),
        Index("ix_registered_judgement_passage_id", "passage_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    lookup_id: Mapped[int] = mapped_column(ForeignKey("case_lookup.id"))
    passage_id: Mapped[int] = mapped_column(ForeignKey("passage.id"))
    rule_set: Mapped[str] = mapped_column(Text)
    layout: Mapped[str] = mapped_column(Text)
    limit_kg: Mapped[int] = mapped_column(BigInteger)
    limit_rule: Mapped[str] = mapped_column(Text)
    decided_kg: Mapped[int] = mapped_column(BigInteger)
    excess_kg: Mapped[int] = mapped_column(BigInteger)
    doubts: Mapped[str] = mapped_column(Text)
    facts: Mapped[str] = mapped_column(Text)
