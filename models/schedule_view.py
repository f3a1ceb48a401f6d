"""The schedule as people and metrics see it: each job with its last run, the runs lately, who keeps it."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from models import leases
from models.schedule_tables import JobRun, ScheduledJob
from models.tables import Lease
from models.values.schedule import RunState

LOCK = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """A job, when it is due next, and its last run that counts; instants in milliseconds."""

    name: str
    label: str
    timing: str
    missed: str
    next_at: int
    state: RunState | None
    slot: int | None
    started_at: int | None
    finished_at: int | None
    retry_at: int | None
    attempts: int
    summary: str
    last_done_at: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Which process holds the schedule's lock, and for how much longer without another sign of life."""

    holder: str
    left_ms: int


def kept_by(connection: Connection) -> Kept | None:
    """Return who keeps the schedule, None where nobody does."""
    row = connection.execute(select(Lease.holder, Lease.until).where(Lease.name == LOCK)).one_or_none()
    left_ms = row.until - leases.now_ms(connection) if row else 0
    return Kept(holder=row.holder, left_ms=left_ms) if row and left_ms >= 0 else None


def schedule_lines(connection: Connection) -> list[JobLine]:
    """Return every job in the order of the table."""
    counts = JobRun.state != RunState.DISCOUNTED
    newest = select(JobRun.job, func.max(JobRun.slot).label("slot")).where(counts).group_by(JobRun.job)
    last = newest.subquery()
    ended = JobRun.state.in_([RunState.DONE, RunState.TROUBLE])
    done = select(JobRun.job, func.max(JobRun.finished_at).label("at")).where(ended).group_by(JobRun.job)
    done_at = done.subquery()
    query = (
        select(
            ScheduledJob.name,
            ScheduledJob.label,
            ScheduledJob.timing,
            ScheduledJob.missed,
            ScheduledJob.next_at,
            JobRun.state,
            JobRun.slot,
            JobRun.started_at,
            JobRun.finished_at,
            JobRun.retry_at,
            func.coalesce(JobRun.attempts, 0).label("attempts"),
            func.coalesce(JobRun.summary, "").label("summary"),
            done_at.c.at.label("last_done_at"),
        )
        .outerjoin(last, last.c.job == ScheduledJob.name)
        .outerjoin(JobRun, and_(JobRun.job == ScheduledJob.name, JobRun.slot == last.c.slot, counts))
        .outerjoin(done_at, done_at.c.job == ScheduledJob.name)
        .order_by(ScheduledJob.position)
    )
    return [
        JobLine(**{**row._mapping, "state": RunState(row.state) if row.state else None})  # noqa: SLF001 (public in SQLAlchemy)
        for row in connection.execute(query)
    ]


def latest_runs(connection: Connection, limit: int, *, unsound: bool = False) -> list[Row[Any]]:
    """Return the latest runs, the newest first; only those that somebody should look at where `unsound`."""
    columns = JobRun.__table__.columns
    query = select(*columns).order_by(JobRun.started_at.desc(), JobRun.id.desc()).limit(limit)
    sound = [RunState.DONE.value, RunState.RUNNING.value]
    return list(connection.execute(query.where(JobRun.state.not_in(sound)) if unsound else query))
