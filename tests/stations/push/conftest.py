from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pushing import Pushing

from models.database import Database
from stations.station import Station


@pytest.fixture
def two_stations(make_station: Callable[..., Station]) -> tuple[Station, Station]:
    return (
        make_station(id="one", format="station_upload", code="330482A01"),
        make_station(id="two", format="station_upload", code="330482A02"),
    )


@pytest.fixture
def make_pushing(tmp_path: Path, two_stations: tuple[Station, Station]) -> Iterator[Callable[..., Pushing]]:
    """Return a maker of listeners for two stations, on SQLite."""
    database = Database(f"sqlite:///{tmp_path / 'push.sqlite'}")

    def make(**push: Any) -> Pushing:  # noqa: ANN401
        return Pushing(tmp_path, database, *two_stations, **push)

    yield make
    database.close()


@pytest.fixture
def pushing(make_pushing: Callable[..., Pushing]) -> Pushing:
    return make_pushing()


@pytest.fixture
def either(tmp_path: Path, database: Database, two_stations: tuple[Station, Station]) -> Pushing:
    """Return a listener on each kind of database in turn."""
    return Pushing(tmp_path, database, *two_stations)
