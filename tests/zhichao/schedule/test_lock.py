"""Real processes: one keeps the schedule, the others take over when it is killed or falls silent."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from postgres import Postgres
from sqlalchemy import select

from models.database import Database
from models.schedule_tables import JobRun

SUPPORT = Path(__file__).parents[2] / "support"


@contextmanager
def keeper(folder: Path, url: str, name: str, lease_s: int = 600) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(SUPPORT / "keeper_process.py"), str(folder), url, name, str(lease_s)]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(SUPPORT)})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def says(folder: Path, name: str, word: str) -> Callable[[], bool]:
    return lambda: (folder / name).exists() and (folder / name).read_text(encoding="utf-8") == word


def runs(url: str) -> list[tuple[str, int, str]]:
    database = Database(url)
    with database.read() as connection:
        rows = connection.execute(select(JobRun.state, JobRun.attempts, JobRun.summary)).all()
    database.close()
    return [(row.state, row.attempts, row.summary) for row in rows]


def test_a_killed_keeper_is_followed_at_once_and_what_it_ran_is_run_again(
    tmp_path: Path, new_database: Callable[[], str]
) -> None:
    url = new_database()
    Database(url).close()
    with keeper(tmp_path, url, "slow") as first:
        until(says(tmp_path, "slow", "holds"))
        until((tmp_path / "ran-slow").exists)
        with keeper(tmp_path, url, "second"):
            until(says(tmp_path, "second", "stands by"))
            assert not (tmp_path / "ran-second").exists()
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
            # Long before its lease of ten minutes ends.
            until(lambda: runs(url) == [("done", 2, "second")], 60)


def test_a_silent_keeper_is_followed_after_its_lease_and_stands_by_when_it_wakes(
    tmp_path: Path, postgres: Postgres
) -> None:
    url = postgres.new_database()
    Database(url).close()
    with keeper(tmp_path, url, "first", 5) as first:
        until(says(tmp_path, "first", "holds"))
        until(lambda: [state for state, _, _ in runs(url)] == ["done"])
        with keeper(tmp_path, url, "second", 5):
            until(says(tmp_path, "second", "stands by"))
            os.kill(first.pid, signal.SIGSTOP)
            until(says(tmp_path, "second", "holds"))
            os.kill(first.pid, signal.SIGCONT)
            until(says(tmp_path, "first", "stands by"))
            until(says(tmp_path, "second", "holds"))
    assert not (tmp_path / "ran-second").exists()
