"""Runs as they are kept: begun and ended in transactions that hold the schedule's lock."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, Update, case, delete, insert, select, update

from models import leases
from models.inserts import upsert
from models.leases import Holder
from models.schedule_tables import JobRun, ScheduledJob
from models.schedule_view import LOCK
from models.values.schedule import RunState
from zhichao.schedule.job import Done, Due, Job, Run, due_now, pause_ms

# Enough of a job's past to know what is due: failed nights among them are within reach.
KNOWN_RUNS = 64
AHEAD_MS = 60_000
MOST_TRIES = 12
SUMMARY = 2000


class LockLostError(RuntimeError):
    """Another process keeps the schedule now; nothing was written."""


def declare(connection: Connection, jobs: Sequence[Job], now_ms: int) -> None:
    """Tell the console and the metrics which jobs there are and when each is due next."""
    connection.execute(delete(ScheduledJob).where(ScheduledJob.name.not_in([job.name for job in jobs])))
    for position, job in enumerate(jobs):
        row = {
            "position": position,
            "label": job.label,
            "timing": job.timing.words,
            "missed": job.missed,
            "next_at": job.timing.after(now_ms),
        }
        made = upsert(connection, ScheduledJob).values(name=job.name, **row)
        connection.execute(made.on_conflict_do_update(index_elements=[ScheduledJob.name], set_=row))


def known(connection: Connection, job: str) -> list[Run]:
    """Return the latest runs of a job that count."""
    query = (
        select(JobRun.id, JobRun.job, JobRun.slot, JobRun.state, JobRun.attempts, JobRun.retry_at)
        .where(JobRun.job == job, JobRun.state != RunState.DISCOUNTED)
        .order_by(JobRun.slot.desc())
        .limit(KNOWN_RUNS)
    )
    return [
        Run(
            id=row.id,
            job=row.job,
            slot=row.slot,
            state=RunState(row.state),
            attempts=row.attempts,
            retry_at=row.retry_at,
        )
        for row in connection.execute(query)
    ]


def interrupt(connection: Connection, active: Collection[int], now_ms: int) -> int:
    """Fail, to be tried again, what a process began that is no more; return how many."""
    lost = (JobRun.state == RunState.RUNNING) & JobRun.id.not_in(active)
    # What ends its process every time must not do so for ever.
    again = case((JobRun.attempts < MOST_TRIES, now_ms), else_=None)
    values = {"state": RunState.FAILED.value, "finished_at": now_ms, "summary": "中断 interrupted"}
    return connection.execute(update(JobRun).where(lost).values(**values, retry_at=again)).rowcount


def discount(connection: Connection, now_ms: int) -> int:
    """Count no more what a clock ran that has been set back since; return how many runs."""
    ahead = (JobRun.slot > now_ms + AHEAD_MS) & (JobRun.state != RunState.DISCOUNTED)
    values = {"state": RunState.DISCOUNTED.value, "retry_at": None}
    return connection.execute(update(JobRun).where(ahead).values(**values)).rowcount


def begin(connection: Connection, job: Job, due: Due, holder: Holder, now_ms: int) -> int:
    """Note that a run begins, and return its number.

    Raises:
        LockLostError: the schedule is another process's.

    """
    if not leases.is_held(connection, LOCK, holder):
        raise LockLostError
    values = {
        "state": (RunState.PASSED_OVER if due.passed_over else RunState.RUNNING).value,
        "attempts": due.again.attempts + 1 if due.again else 1,
        "started_at": now_ms,
        "finished_at": now_ms if due.passed_over else None,
        "retry_at": None,
        "summary": "",
        "holder": holder.name,
    }
    if due.again:
        connection.execute(update(JobRun).where(JobRun.id == due.again.id).values(values))
        return due.again.id
    made = insert(JobRun).values(job=job.name, slot=due.slot, **values).returning(JobRun.id)
    return int(connection.execute(made).scalar_one())


def end(connection: Connection, run_id: int, holder: Holder, done: Done, now_ms: int) -> None:
    """Note what a run did."""
    state = RunState.TROUBLE if done.troubled else RunState.DONE
    values = {"state": state.value, "summary": done.summary[:SUMMARY], "finished_at": now_ms}
    connection.execute(_running(run_id, holder).values(**values))


def fail(connection: Connection, run_id: int, holder: Holder, reason: str, now_ms: int) -> None:
    """Note why a run failed, and when it is tried again."""
    attempts = connection.scalar(select(JobRun.attempts).where(JobRun.id == run_id)) or 1
    retry_at = now_ms + pause_ms(attempts) if attempts < MOST_TRIES else None
    values = {"state": RunState.FAILED.value, "summary": reason[:SUMMARY], "finished_at": now_ms}
    connection.execute(_running(run_id, holder).values(**values, retry_at=retry_at))


def _running(run_id: int, holder: Holder) -> Update:
    """Change a run only while it is still this holder's: another may have taken it over."""
    ours = (JobRun.id == run_id) & (JobRun.state == RunState.RUNNING) & (JobRun.holder == holder.name)
    return update(JobRun).where(ours)


def due(connection: Connection, job: Job, now_ms: int) -> list[Due]:
    """Return what of a job is to be run now."""
    return due_now(job, known(connection, job.name), now_ms)
