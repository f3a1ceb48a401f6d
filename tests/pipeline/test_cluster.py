"""Chunks on a dask cluster: two workers, one killed half-way or unfit, and the same end as in one process."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from distributed import Client, LocalCluster
from fake_reader import fake_reader
from faults import mixed_input
from nights import MakeNight, Silent
from postgres import Postgres
from snapshot import snapshot
from sqlalchemy import func, select

from models.errors import MisuseError
from models.tables import Chunk, Frame, Lease
from models.values.states import ChunkState
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


@contextmanager
def of_workers(workers: LocalCluster, count: int, **answers: Callable[..., object]) -> Iterator[list[str]]:
    """Have so many workers answer otherwise, by name of a function, and give their addresses."""

    def change() -> None:
        cluster.__dict__["kept"] = {name: cluster.__dict__[name] for name in answers}
        cluster.__dict__.update(answers)

    def mend() -> None:
        cluster.__dict__.update(cluster.__dict__["kept"])

    with Client(workers.scheduler_address, set_as_default=False) as client:
        client.wait_for_workers(2)
        chosen = sorted(client.scheduler_info()["workers"])[:count]
        client.run(change, workers=chosen)
        try:
            yield chosen
        finally:
            client.run(mend, workers=chosen)


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
    killer = KillAt(workers, chunks=5)
    there.run_all = replace(there.run_all, progress=killer)
    here.run(), there.run()
    assert killer.killed
    assert there.report.failures == []
    assert there.report.chunks == here.report.chunks > 5
    assert snapshot(there.database) == snapshot(here.database)


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"is_there": lambda _path: False}, id="sees no original"),
        # The version before this one: its task took other arguments, and it is asked what it does not know.
        pytest.param(dict.fromkeys(("check_fit", "_judge_there"), lambda: None), id="a version before"),
    ],
)
def test_what_an_unfit_worker_does_not_judge_goes_to_the_others(
    make_night: MakeNight,
    workers: LocalCluster,
    caplog: pytest.LogCaptureFixture,
    answers: dict[str, Callable[..., object]],
) -> None:
    here = make_night()
    there = make_night(ClusterExecutor(fake_reader, workers.scheduler_address))
    for night in (here, there):
        mixed_input(night, trucks=24)
    with of_workers(workers, 1, **answers) as (unfit,):
        here.run(), there.run()
    assert [vars(one)["worker"] for one in caplog.records if one.msg == "cluster.worker_unfit"] == [unfit]
    assert there.report.failures == []
    assert there.report.chunks == here.report.chunks > 5
    assert snapshot(there.database) == snapshot(here.database)


def test_where_every_worker_is_unfit_the_night_ends_and_no_chunk_fails(
    make_night: MakeNight, monkeypatch: pytest.MonkeyPatch, workers: LocalCluster
) -> None:
    night = make_night(ClusterExecutor(fake_reader, workers.scheduler_address, patience_s=0.5))
    mixed_input(night, trucks=12)
    with monkeypatch.context() as patched:
        patched.setattr(cluster, "fingerprint", lambda: "another")
        with pytest.raises(ClusterUnavailableError, match="another version"):
            night.run()
    with (
        of_workers(workers, 2, is_there=lambda _path: False),
        pytest.raises(ClusterUnavailableError, match="does not see the originals"),
    ):
        night.run()
    with night.database.read() as connection:
        assert ChunkState.FAILED not in connection.scalars(select(Chunk.state)).all()
        assert connection.scalar(select(func.count()).select_from(Lease)) == 0
        lost = connection.scalars(select(Frame.sha256).where(Frame.passage_id.is_not(None))).all()
    for sha256 in lost:
        # What nobody sees any more is no worker's fault.
        night.run_all.store.path(sha256).unlink()
    night.run()
    assert night.report.failures == []
    with night.database.read() as connection:
        assert set(connection.scalars(select(Chunk.state))) == {ChunkState.DONE}
        assert any(connection.scalars(select(Frame.problem)))


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
