"""Chunks on a dask cluster: two worker processes, one killed half-way, and the same end as in one process."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from distributed import LocalCluster
from fake_reader import fake_reader
from faults import mixed_input
from nights import MakeNight, Silent
from postgres import Postgres
from snapshot import snapshot

from models.errors import MisuseError
from pipeline import cluster
from pipeline.cluster import ClusterExecutor, ClusterUnavailableError


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalCluster]:
    """Start two worker processes on this machine's own address."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
    ) as made:
        yield made


@pytest.fixture
def new_database(postgres: Postgres) -> Callable[[], str]:
    """Return a maker of PostgreSQL databases: several machines share no SQLite file."""
    return lambda: postgres.new_database(template=postgres.tables)


class KillAt(Silent):
    """Kills a worker when so many chunks are judged."""

    def __init__(self, workers: LocalCluster, chunks: int) -> None:
        self._workers, self._left = workers, chunks
        self.judging, self.killed = False, 0

    def stage(self, label: str, total: int) -> None:
        super().stage(label, total)
        self.judging = "judge" in label

    def step(self) -> None:
        if not self.judging:
            return
        self._left -= 1
        if self._left == 0:
            self.killed = self._workers.workers[0].pid
            os.kill(self.killed, signal.SIGKILL)


def test_a_worker_killed_half_way_changes_nothing(make_night: MakeNight, workers: LocalCluster) -> None:
    here = make_night()
    there = make_night(ClusterExecutor(fake_reader, workers.scheduler_address))
    for night in (here, there):
        mixed_input(night)
    killer = KillAt(workers, chunks=10)
    there.run_all = replace(there.run_all, progress=killer)
    here.run(), there.run()
    assert killer.killed
    assert there.report.failures == []
    assert there.report.chunks == here.report.chunks > 10
    assert snapshot(there.database) == snapshot(here.database)


def test_a_worker_of_another_version_or_without_the_originals_judges_nothing(
    make_night: MakeNight, monkeypatch: pytest.MonkeyPatch, workers: LocalCluster
) -> None:
    night = make_night(ClusterExecutor(fake_reader, workers.scheduler_address))
    mixed_input(night, trucks=12)
    monkeypatch.setattr(cluster, "fingerprint", lambda: "another")
    night.run()
    assert night.report.failures
    assert all("another version" in one for one in night.report.failures)
    monkeypatch.undo()
    originals = night.folder / "originals"
    originals.rename(night.folder / "away")
    night.run()
    assert any("does not see the originals" in one for one in night.report.failures)
    (night.folder / "away").rename(originals)
    night.run()
    assert night.report.failures == []


def test_a_scheduler_that_is_away_ends_the_night(make_night: MakeNight) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    night = make_night(ClusterExecutor(fake_reader, f"tcp://127.0.0.1:{port}", patience_s=0.2))
    mixed_input(night, trucks=12)
    with pytest.raises(ClusterUnavailableError, match=str(port)):
        night.run()


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:8786", "http://127.0.0.1:8786", "127.0.0.1:8786", "tls://host"]
)
def test_an_address_without_tls_or_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(MisuseError, match="tls://"):
        ClusterExecutor(fake_reader, address)
