"""Nights killed at every edge and at random, run by several at once, stopped and continued: one end state."""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from faults import edges_of, end_state, finish, kill_after, mixed_input, start_night
from nights import DAY, Night
from sqlalchemy import func, make_url, select, text

from models.database import Database, DatabaseUnavailableError
from models.tables import Case, Chunk, Finding, Frame, Judgement, Lease, Passage, SourceFile
from models.values.states import Standing
from stations.station import Station

Make = Callable[[], tuple[Path, str]]


@pytest.fixture
def station(make_station: Callable[..., Station]) -> Station:
    return make_station(clock_offset_ms=100)


@pytest.fixture
def make(tmp_path: Path, station: Station, new_database: Callable[[], str]) -> Make:
    """Return a maker of equal nights that wait to be run, as folder and database URL."""
    made: list[Path] = []

    def new() -> tuple[Path, str]:
        made.append(tmp_path / f"night-{len(made)}")
        url = new_database()
        night = Night(made[-1], station, url)
        mixed_input(night)
        night.say(Standing.BARRED)
        night.database.close()
        return made[-1], url

    return new


@pytest.fixture(scope="module")
def ends() -> dict[str, dict[str, object]]:
    """Return the end states that were reached undisturbed, by kind of database."""
    return {}


@pytest.fixture
def whole(make: Make, station: Station, ends: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return the end state of a night that nobody disturbs."""
    folder, url = make()
    kind = make_url(url).get_backend_name()
    if kind not in ends:
        ends[kind] = _undisturbed(folder, station, url)
    return ends[kind]


def _undisturbed(folder: Path, station: Station, url: str) -> dict[str, object]:
    assert finish(start_night(folder, station, url)) == 0
    state = end_state(folder, url)
    counts = {name: len(rows) for name, rows in state.items() if isinstance(rows, list)}
    assert counts["passage"] == 33, counts
    assert counts["chunk"] == 5
    assert (counts["finding"], counts["cases"], counts["frame"]) == (22, 11, 9), counts
    assert (counts["lane_day"], counts["gate_decision"]) == (2, 22), counts
    assert counts["quarantine"] > 0
    assert counts["inbox"] == counts["lease"] == 0
    return state


def passes_of(make: Make, station: Station) -> Counter[str]:
    """Return how often an undisturbed night passes each edge, with the edges that must be among them."""

    def fresh() -> tuple[Night, str]:
        folder, url = make()
        return Night(folder, station, url, chunk_size=7), url

    passes = edges_of(fresh)
    assert {edge.split(":")[0] for edge in passes} >= {
        "intake",
        "intake.file",
        "night.planned",
        "chunk.claimed",
        "chunk.saved",
        "driving.watched",
        "lanes.measured",
        "plates.obscured",
        "cases.opened",
        "reidentified",
        "lease.taken",
        "lease.released",
    }
    return passes


def kill_at(make: Make, station: Station, whole: dict[str, object], edge: str, nth: int) -> None:
    """Kill a night at the nth pass of an edge, run it again and compare."""
    folder, url = make()
    assert finish(start_night(folder, station, url, die_at=(edge, nth))) == -signal.SIGKILL, edge
    assert finish(start_night(folder, station, url)) == 0, edge
    assert end_state(folder, url) == whole, edge


def test_killed_at_every_edge_on_one_of_the_databases(
    make: Make, station: Station, whole: dict[str, object], request: pytest.FixtureRequest
) -> None:
    mine = request.node.callspec.params["new_database"] == "postgresql"
    for number, edge in enumerate(sorted(passes_of(make, station))):
        # Of each commit one database gets the side before it, the other the side after it, by turns.
        if (number + number // 2) % 2 == mine:
            kill_at(make, station, whole, edge, 1)


@pytest.mark.exhaustive
@pytest.mark.timeout(900)
@pytest.mark.parametrize("when", ["first", "last"])
def test_killed_at_every_edge_by_name(
    make: Make, station: Station, whole: dict[str, object], when: str
) -> None:
    for edge, times in passes_of(make, station).items():
        kill_at(make, station, whole, edge, 1 if when == "first" else times)


def test_a_gate_that_opens_again_killed_at_every_edge(make: Make, station: Station) -> None:
    def reopened() -> tuple[Night, str]:
        folder, url = make()
        night = Night(folder, station, url, chunk_size=7)
        night.run()
        night.say(Standing.WATCHED)
        return night, url

    night, url = reopened()
    night.run(DAY + timedelta(days=1))
    night.database.close()
    whole = end_state(night.folder, url)
    assert Counter(row[2] for row in whole["gate_decision"]) == {"case": 22, "lead": 11}  # type: ignore[attr-defined]
    for edge in ("cases.opened: before commit", "cases.opened: after commit"):
        for nth in (1, 2):
            night, url = reopened()
            night.database.close()
            finish(start_night(night.folder, station, url, die_at=(edge, nth), day=DAY + timedelta(days=1)))
            assert finish(start_night(night.folder, station, url, day=DAY + timedelta(days=1))) == 0
            assert end_state(night.folder, url) == whole, (edge, nth)


def kill_at_random(make: Make, station: Station, whole: dict[str, object], kills: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (no secret)
    done = 0
    while done < kills:
        folder, url = make()
        for _ in range(25):
            done += kill_after(start_night(folder, station, url), chance.uniform(0.0, 0.7)) == -signal.SIGKILL
        assert finish(start_night(folder, station, url)) == 0
        assert end_state(folder, url) == whole, f"seed {seed}, after {done} kills"


def test_killed_at_random(make: Make, station: Station, whole: dict[str, object]) -> None:
    kill_at_random(make, station, whole, kills=25, seed=1)


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
def test_killed_at_random_five_hundred_times(make: Make, station: Station, whole: dict[str, object]) -> None:
    kill_at_random(make, station, whole, kills=500, seed=2)


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


def test_what_is_counted_is_there(whole: dict[str, object]) -> None:
    tables = {table.__tablename__ for table in (Case, Finding, Frame, Judgement, Passage, SourceFile)}
    assert tables <= set(whole)
    assert Counter(row[3] for row in whole["chunk"]) == {"done": 5}  # type: ignore[attr-defined]
