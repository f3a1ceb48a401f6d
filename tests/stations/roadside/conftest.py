"""Nights that several tests look at: two without pictures, one small one written in full."""

from datetime import date
from pathlib import Path

import pytest

from stations.roadside.night import RoadsideStation, SimulatedNight, simulate_night
from stations.roadside.numbers import NumberOffice
from stations.roadside.station import random_stream
from stations.roadside.traffic import simulate_traffic
from stations.roadside.vehicle import TrueVehicle

NIGHT = date(2026, 11, 20)
TABLE_STATION = RoadsideStation(station_id="xincang", station_code="330482001", format="hs_data")
UPLOAD_STATION = RoadsideStation(station_id="langxia", station_code="310116002", format="station_upload")


def traffic(station: RoadsideStation, count: int, seed: int) -> tuple[TrueVehicle, ...]:
    """Return the traffic of one station, without pictures."""
    return simulate_traffic(station, NIGHT, count, seed, NumberOffice(random_stream(seed, "numbers")))


@pytest.fixture(scope="session")
def table_station() -> RoadsideStation:
    return TABLE_STATION


@pytest.fixture(scope="session")
def upload_station() -> RoadsideStation:
    return UPLOAD_STATION


@pytest.fixture(scope="session")
def table_traffic() -> tuple[TrueVehicle, ...]:
    return traffic(TABLE_STATION, 6000, 1)


@pytest.fixture(scope="session")
def upload_traffic() -> tuple[TrueVehicle, ...]:
    return traffic(UPLOAD_STATION, 1200, 2)


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> SimulatedNight:
    return write_night(tmp_path_factory.mktemp("night"), seed=5)


def write_night(out_dir: Path, *, seed: int) -> SimulatedNight:
    """Write 20 passages at each of the two stations."""
    stations = (TABLE_STATION, UPLOAD_STATION)
    return simulate_night(out_dir, date=NIGHT, seed=seed, passages_per_station=20, stations=stations)
