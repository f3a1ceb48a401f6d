"""Figures for Prometheus: of the requests of a listener, and of the installation as the database tells it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from models.case_life import ZONE
from models.case_tables import CaseLife
from models.clock import clock_ms
from models.database import Database, DatabaseUnavailableError
from models.exchange_tables import ExchangeState, Outgoing
from models.schedule_view import kept_by, schedule_lines
from models.tables import Chunk, Passage, Quarantine
from models.values.schedule import RunState
from models.values.states import QuarantineState
from models.values.timeline import from_ms


class Figures:
    """The figures of one listener's process."""

    def __init__(self, listener: str, database: Database, data_dir: Path) -> None:
        """Count from now on; what the database tells is asked at each look."""
        self._registry = CollectorRegistry()
        self._registry.register(Installation(database, data_dir))
        self._requests = Counter(
            "zhichao_requests", "Answers by status", ["listener", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "zhichao_request_seconds", "Time to the answer", ["listener"], registry=self._registry
        )
        self._listener = listener

    def count(self, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(self._listener, str(status)).inc()
        self._seconds.labels(self._listener).observe(seconds)

    def text(self) -> bytes:
        """Return all figures in Prometheus's text format."""
        return generate_latest(self._registry)


class Installation(Collector):
    """What the database and the disk tell."""

    def __init__(self, database: Database, data_dir: Path) -> None:
        """Ask these."""
        self._database, self._data_dir = database, data_dir

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the figures; without the database, that it is away."""
        away = GaugeMetricFamily("zhichao_database_up", "Whether the database answers")
        try:
            with self._database.read() as connection:
                found = list(_figures(connection))
        except DatabaseUnavailableError:
            found = []
        away.add_metric([], float(bool(found)))
        free = GaugeMetricFamily("zhichao_disk_free_bytes", "Room for evidence")
        if self._data_dir.exists():
            free.add_metric([], shutil.disk_usage(self._data_dir).free)
        yield from (away, free, *found)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Ask nothing at registration."""
        return iter(())


def _figures(connection: Connection) -> Iterator[GaugeMetricFamily]:
    yield from _jobs(connection)
    today = from_ms(clock_ms(), ZONE).date()
    over = (CaseLife.due_on != "") & (CaseLife.due_on < str(today))
    overdue = select(func.count()).select_from(CaseLife).where(over)
    yield _one("zhichao_cases_overdue", "Cases past the day due", connection.scalar(overdue) or 0)
    frozen = connection.scalar(select(ExchangeState.frozen))
    yield _one("zhichao_exchange_frozen", "Whether the exchange is frozen", bool(frozen))
    waiting = QuarantineState.OPEN
    for name, words, label, query in (
        ("cases", "Cases by state", "state", select(CaseLife.state, func.count()).group_by(CaseLife.state)),
        ("chunks", "Portions by state", "state", select(Chunk.state, func.count()).group_by(Chunk.state)),
        (
            "quarantine_open",
            "What waits in quarantine",
            "station",
            select(Quarantine.station_id, func.count())
            .where(Quarantine.state == waiting)
            .group_by(Quarantine.station_id),
        ),
        (
            "outgoing_waiting",
            "Messages without receipt",
            "partner",
            select(Outgoing.partner, func.count()).group_by(Outgoing.partner),
        ),
        (
            "last_passage_seconds",
            "Time of the last record",
            "station",
            select(Passage.station_id, func.max(Passage.passed_at) / 1000).group_by(Passage.station_id),
        ),
    ):
        family = GaugeMetricFamily(f"zhichao_{name}", words, labels=[label])
        for word, number in connection.execute(query):
            family.add_metric([word], number)
        yield family


def _jobs(connection: Connection) -> Iterator[GaugeMetricFamily]:
    yield _one("zhichao_schedule_kept", "Whether a process keeps the schedule", bool(kept_by(connection)))
    done = GaugeMetricFamily("zhichao_job_last_done_seconds", "When a job last was done", labels=["job"])
    due = GaugeMetricFamily("zhichao_job_next_seconds", "When a job is due next", labels=["job"])
    state = GaugeMetricFamily("zhichao_job_state", "The state of a job's last run", labels=["job", "state"])
    for line in schedule_lines(connection):
        due.add_metric([line.name], line.next_at / 1000)
        if line.last_done_at is not None:
            done.add_metric([line.name], line.last_done_at / 1000)
        for one in RunState:
            state.add_metric([line.name, one.value], float(line.state is one))
    yield from (done, due, state)


def _one(name: str, words: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words)
    family.add_metric([], float(value))
    return family
