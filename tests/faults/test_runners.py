"""Nights run by several at once, stopped and continued: one end state."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import end_state, finish, start_night
from sqlalchemy import func, select, text

from models.database import Database, DatabaseUnavailableError
from models.tables import Chunk, Lease
from stations.station import Station

Make = Callable[[], tuple[Path, str]]


def without_chunks(state: dict[str, object]) -> dict[str, object]:
    """Leave out how the day was cut: late planners cut it elsewhere."""
    kept = {name: rows for name, rows in state.items() if name != "chunk"}
    kept["passage"] = [row[:-1] for row in state["passage"]]  # type: ignore[attr-defined]
    return kept


@pytest.mark.parametrize("runners", [2, 4])
def test_several_runners_of_one_night(
    make: Make, station: Station, whole: dict[str, object], runners: int
) -> None:
    folder, url = make()
    assert [finish(process) for process in [start_night(folder, station, url) for _ in range(runners)]] == [
        0
    ] * runners
    assert without_chunks(end_state(folder, url)) == without_chunks(whole)


def test_a_runner_stopped_past_its_lease_does_no_harm(
    make: Make, station: Station, whole: dict[str, object]
) -> None:
    folder, url = make()
    Database(url).close()
    stopped = start_night(folder, station, url, lease_ms=700)
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and stopped.exitcode is None:
        os.kill(stopped.pid or 0, signal.SIGSTOP)
        if _holds_a_chunk(url):
            break
        os.kill(stopped.pid or 0, signal.SIGCONT)
        time.sleep(0.01)
    assert stopped.exitcode is None
    try:
        assert finish(start_night(folder, station, url, lease_ms=700)) == 0
        before = end_state(folder, url)
        assert without_chunks(before) == without_chunks(whole)
    finally:
        os.kill(stopped.pid or 0, signal.SIGCONT)
    assert finish(stopped) == 0
    assert end_state(folder, url) == before


OTHERS_IN_TRANSACTION = """
    SELECT count(*) FROM pg_stat_activity
    WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()
"""


def _holds_a_chunk(url: str) -> bool:
    """Tell whether a chunk is leased and nobody is inside a transaction, so that a stop blocks nobody."""
    database = Database(url, busy_timeout_ms=50)
    try:
        with database.write("probe") as connection:
            held = connection.scalar(select(func.count()).where(Lease.name.startswith("chunk:")))
            open_chunks = connection.scalar(select(func.count()).where(Chunk.state == "planned"))
            if connection.dialect.name == "postgresql" and connection.scalar(text(OTHERS_IN_TRANSACTION)):
                return False
    except DatabaseUnavailableError:
        return False
    finally:
        database.close()
    return bool(held) and (open_chunks or 0) > 1
