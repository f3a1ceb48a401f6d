"""Nights killed at every edge and run again: one end state."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from faults import edges_of, end_state, finish, start_night
from nights import Night

from models.tables import Case, Finding, Frame, Judgement, Passage, SourceFile
from stations.station import Station

Make = Callable[[], tuple[Path, str]]


def test_what_is_counted_is_there(whole: dict[str, object]) -> None:
    tables = {table.__tablename__ for table in (Case, Finding, Frame, Judgement, Passage, SourceFile)}
    assert tables <= set(whole)
    assert Counter(row[3] for row in whole["chunk"]) == {"done": 5}  # type: ignore[attr-defined]


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
        "evaders.planned",
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
