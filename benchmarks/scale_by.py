"""What judges a night that grows: this process, a pool, runners, or a cluster that loses a worker."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from distributed import LocalCluster

from pipeline.cluster import ClusterExecutor
from pipeline.executor import Executor, InlineExecutor, PoolExecutor
from pipeline.plates.look import load_looking_reader

EXECUTORS = ("process", "pool", "cluster", "runners")


@contextmanager
def executor(folder: Path, by: str, workers: int) -> Iterator[tuple[Executor, "Silent"]]:
    """Give an executor by its name, with what hears how far the night has come."""
    reader = partial(load_looking_reader, folder / "weights", 1)
    if by != "cluster":
        yield PoolExecutor(reader, workers) if by == "pool" else InlineExecutor(reader), Silent()
        return
    own = "127.0.0.1"
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        host=own,
        dashboard_address=f"{own}:0",
        worker_dashboard_address=f"{own}:0",
    ) as cluster:
        yield ClusterExecutor(reader, cluster.scheduler_address), KillHalfWay(cluster)


class Silent:
    """Shows no progress."""

    killed = 0

    def stage(self, label: str, total: int) -> None:
        """Say nothing."""

    def step(self) -> None:
        """Say nothing."""


class KillHalfWay(Silent):
    """Kills a worker of a cluster when half of the chunks are judged."""

    def __init__(self, cluster: LocalCluster) -> None:
        """Kill the first worker of `cluster`."""
        self._cluster, self._left = cluster, -1

    def stage(self, label: str, total: int) -> None:
        """Count half of the chunks."""
        self._left = total // 2 if "judge" in label else -1

    def step(self) -> None:
        """Kill at the half."""
        self._left -= 1
        if self._left == 0:
            self.killed = self._cluster.workers[0].pid
            os.kill(self.killed, signal.SIGKILL)
