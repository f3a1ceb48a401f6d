"""A job, and which of its instants are to be run now: a pure function of the runs so far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.values.schedule import RunState
from zhichao.schedule.installation import Installation
from zhichao.schedule.timing import Timing

MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
# Older nights than these are not made up unasked; `zhichao nightly --date` runs them.
REACH_MS = 31 * DAY_MS
LONGEST_PAUSE_MS = 60 * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a run did, in words; `troubled` where somebody should look."""

    summary: str
    troubled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. Running it twice for one instant must change nothing.

    `each`: every instant missed is run by itself; else one run makes up for all of them. `misfire_ms`: an
    instant is passed over when it is older than that; None, never. `tries` of one instant that fails, with
    pauses from a minute that double up to an hour.
    """

    name: str
    label: str
    timing: Timing
    work: Callable[[Installation, int], Done]
    each: bool = False
    misfire_ms: int | None = None

    @property
    def missed(self) -> str:
        """Say what becomes of instants that were missed."""
        kept = "逐次补跑（31天内）" if self.each else "合并补跑一次"
        late = "" if self.misfire_ms is None else f"，迟于 {self.misfire_ms // MINUTE_MS} 分钟不补"
        return kept + late


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as it is kept."""

    id: int
    job: str
    slot: int
    state: RunState
    attempts: int
    retry_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An instant to run now, to run again, or to pass over because it is too old."""

    slot: int
    again: Run | None = None
    passed_over: bool = False


def due_now(job: Job, runs: Sequence[Run], now_ms: int) -> list[Due]:
    """Return what of a job is to be run now, oldest first; `runs` are the latest that count, in any order."""
    last = max((run.slot for run in runs if run.slot <= now_ms), default=None)
    # Where one run makes up for all, a newer one does what an older one left.
    again = [
        Due(slot=run.slot, again=run)
        for run in runs
        if run.retry_at is not None and run.retry_at <= now_ms and (job.each or run.slot == last)
    ]
    latest = job.timing.latest(now_ms)
    if last is not None and latest <= last:
        slots = []
    elif last is None or not job.each:
        slots = [latest]
    else:
        slots = list(job.timing.between(max(last, now_ms - REACH_MS), now_ms))
    if slots and not job.each:
        again = []
    late = job.misfire_ms
    new = [Due(slot=slot, passed_over=late is not None and now_ms - slot > late) for slot in slots]
    return sorted([*again, *new], key=lambda due: due.slot)


def pause_ms(attempts: int) -> int:
    """Return how long a job that has failed so often is left alone."""
    return min(LONGEST_PAUSE_MS, MINUTE_MS << min(attempts - 1, 10))
