"""Keeps the schedule: holds its lock, and runs what is due; a night that was missed is due.

Every few seconds by a clock that can't be set, the keeper renews its lock and asks the runs that are kept
what is due by the clock that people read. So a clock that is stepped, a database that is away and a process
that was killed all come to the same question, and the same answer.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from models import leases
from models.database import DatabaseUnavailableError
from models.leases import Holder, this_process
from models.schedule_view import LOCK
from zhichao.logs import logger
from zhichao.schedule import runs
from zhichao.schedule.installation import Installation
from zhichao.schedule.job import Done, Due, Job
from zhichao.schedule.runs import LockLostError

BESIDE = 4
SILENT_S = 90.0
LOG = logger("zhichao.schedule")
JobTable = Callable[[Installation], Sequence[Job]]


class Inline(Executor):
    """Runs what is submitted at once, for a single turn."""

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN003, ANN201 (as the class has it)
        """Run it."""
        future: Future[object] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Keeper:
    """One process that may keep the schedule; of several one does, the others stand by."""

    def __init__(self, installation: Installation, table: JobTable, executor: Executor | None = None) -> None:
        """Stand by; nothing is taken or run yet."""
        self.installation = installation
        self.jobs: Sequence[Job] = ()
        self.holds = False
        self._table = table
        self._executor = executor or ThreadPoolExecutor(BESIDE, thread_name_prefix="job")
        self._active: dict[str, int] = {}
        self._guard = threading.Lock()
        self._beaten, self._away = time.monotonic(), ""
        # A name of its own, so that the leases of a night in this process are not the schedule's.
        process = this_process(installation.settings.schedule.lease_s * 1000)
        self.holder = Holder(name=f"{process.name}/{LOCK}", lease_ms=process.lease_ms)

    def run(self) -> None:
        """Keep the schedule until told to stop, then wait for what runs and give the lock back."""
        stopping = self.installation.stopping
        try:
            while not stopping.is_set():
                self.beat()
                stopping.wait(self.installation.settings.schedule.heart_s)
        finally:
            self._executor.shutdown(wait=True)
            self.give_back()

    def beat(self) -> bool:
        """Take or renew the lock and begin what is due; return whether this process keeps the schedule."""
        try:
            self._settings()
            with self.installation.database.write("schedule.taken") as connection:
                leases.release_dead(connection)
                held = leases.take(connection, LOCK, self.holder)
            if held != self.holds:
                LOG.info("schedule.taken" if held else "schedule.standby", holder=self.holder.name)
            self.holds = held
            if held:
                self._turn(self.installation.clock_ms())
            self._away = ""
        except LockLostError:
            self.holds = False
            LOG.warning("schedule.lock_lost", holder=self.holder.name)
        except DatabaseUnavailableError as error:
            # Nothing is begun; what runs goes on, and what is due stays due.
            self.holds, self._away = False, str(error)
            LOG.error("schedule.database_unavailable", error=str(error))  # noqa: TRY400 (one line says it)
        self._beaten = time.monotonic()
        return self.holds

    def problem(self) -> str:
        """Say what keeps this process from keeping the schedule or standing by; "" where nothing does."""
        silent_s = time.monotonic() - self._beaten
        if silent_s > SILENT_S:
            return f"no sign of life for {silent_s:.0f} s"
        return self._away

    def give_back(self) -> None:
        """Let the next process have the schedule at once."""
        try:
            with self.installation.database.write("schedule.released") as connection:
                leases.release(connection, LOCK, self.holder)
        except DatabaseUnavailableError as error:
            LOG.error("schedule.not_released", error=str(error))  # noqa: TRY400 (it ends by itself)
        self.holds = False

    def _settings(self) -> None:
        before = self.installation.problem
        changed = self.installation.refresh()
        if self.installation.problem and self.installation.problem != before:
            LOG.error("settings.refused", error=self.installation.problem)
        if changed:
            LOG.info("settings.changed")
        if changed or not self.jobs:
            self.jobs = self._table(self.installation)

    def _turn(self, now_ms: int) -> None:
        database = self.installation.database
        with database.write("schedule.looked") as connection:
            with self._guard:
                active = list(self._active.values())
            if lost := runs.interrupt(connection, active, now_ms):
                LOG.warning("schedule.interrupted", runs=lost)
            if ahead := runs.discount(connection, now_ms):
                LOG.warning("schedule.clock_set_back", runs=ahead)
            runs.declare(connection, self.jobs, now_ms)
        for job in self.jobs:
            with self._guard:
                busy = job.name in self._active
            if not busy:
                self._begin(job, now_ms)

    def _begin(self, job: Job, now_ms: int) -> None:
        """Begin the oldest instant that is due; the next follows when it is done."""
        with self.installation.database.read() as connection:
            due = runs.due(connection, job, now_ms)
        for one in due:
            with self.installation.database.write("schedule.begun") as connection:
                run_id = runs.begin(connection, job, one, self.holder, now_ms)
            if one.passed_over:
                LOG.warning("job.passed_over", job=job.name, slot=one.slot)
                continue
            with self._guard:
                self._active[job.name] = run_id
            self._executor.submit(self._run, job, one, run_id)
            return

    def _run(self, job: Job, due: Due, run_id: int) -> None:
        told: dict[str, Any] = {"job": job.name, "slot": due.slot, "run": run_id}
        LOG.info("job.begun", **told)
        try:
            done: Done | None = job.work(self.installation, due.slot)
            reason = ""
        except Exception as error:  # noqa: BLE001 (whatever fails in one job must not end the others)
            done, reason = None, f"{type(error).__name__}: {error}"
        try:
            with self.installation.database.write("schedule.ended") as connection:
                now_ms = self.installation.clock_ms()
                if done:
                    runs.end(connection, run_id, self.holder, done, now_ms)
                else:
                    runs.fail(connection, run_id, self.holder, reason, now_ms)
        except DatabaseUnavailableError as error:
            # The run is found as interrupted by the next turn, and tried again.
            LOG.error("job.end_not_kept", **told, error=str(error))  # noqa: TRY400
        finally:
            with self._guard:
                self._active.pop(job.name, None)
        if done:
            LOG.info("job.ended", **told, troubled=done.troubled, summary=done.summary)
        else:
            LOG.error("job.failed", **told, error=reason)
