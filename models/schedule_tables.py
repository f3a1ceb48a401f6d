"""Tables of the schedule: which jobs there are and when each is due, and every run with what became of it."""

from sqlalchemy import BigInteger, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.tables import Base, Id, one_of
from models.values.schedule import RunState

COUNTS = "state <> 'discounted'"


class ScheduledJob(Base):
    """One job as the process that keeps the schedule declares it; `timing` is in words."""

    __tablename__ = "scheduled_job"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[int]
    label: Mapped[str] = mapped_column(Text)
    timing: Mapped[str] = mapped_column(Text)
    missed: Mapped[str] = mapped_column(Text)
    next_at: Mapped[int] = mapped_column(BigInteger)


class JobRun(Base):
    """One run of a job for the instant `slot` at which it was due.

    `retry_at` is when a failed one is tried again, null where it is not. `summary` says what it did, or why
    it failed. A run made by a clock that was set back since is discounted, so that its slot is run anew.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        one_of("state", RunState),
        Index(
            "uq_job_run_job_slot",
            "job",
            "slot",
            unique=True,
            sqlite_where=text(COUNTS),
            postgresql_where=text(COUNTS),
        ),
        Index("ix_job_run_started_at", "started_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    job: Mapped[str] = mapped_column(Text)
    slot: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    started_at: Mapped[int] = mapped_column(BigInteger)
    finished_at: Mapped[int | None] = mapped_column(BigInteger)
    retry_at: Mapped[int | None] = mapped_column(BigInteger)
    summary: Mapped[str] = mapped_column(Text, default="")
    holder: Mapped[str] = mapped_column(Text)
