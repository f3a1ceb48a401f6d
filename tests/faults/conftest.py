"""What the fault tests share: equal nights to be run, and the end state of one that nobody disturbs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from faults import end_state, finish, mixed_input, start_night
from nights import Night
from sqlalchemy import make_url

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


@pytest.fixture(scope="session")
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
