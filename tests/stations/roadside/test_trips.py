from datetime import date

import pytest

from stations.roadside.numbers import NumberOffice
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.traffic import simulate_traffic
from stations.roadside.trips import share_trips
from stations.roadside.vehicle import TrueVehicle

DAY = date(2026, 6, 18)


@pytest.fixture(scope="module")
def traffic() -> list[tuple[TrueVehicle, ...]]:
    office = NumberOffice(random_stream(7, "numbers"))
    stations = [
        RoadsideStation(station_id=name, station_code=name, format="hs_data") for name in ("first", "second")
    ]
    return [simulate_traffic(station, DAY, 240, 7, office) for station in stations]


def test_a_shared_trip_is_the_same_vehicle_with_the_same_load(traffic: list[tuple[TrueVehicle, ...]]) -> None:
    first, second = traffic
    shared = share_trips(first, second, 6, random_stream(7, "trips"))
    before = {vehicle.front_plate.text: vehicle for vehicle in first}
    met = [(before[one.front_plate.text], one) for one in shared if one.front_plate.text in before]
    assert len(met) == 6
    for vehicle, again in met:
        assert (again.station_id, again.axle_kg, again.limit_kg) == (
            "second",
            vehicle.axle_kg,
            vehicle.limit_kg,
        )
        assert 15 * 60 <= abs((again.passed_at - vehicle.passed_at).total_seconds()) <= 75 * 60
        assert again.gross_kg > 1.12 * again.limit_kg
        assert again.left_kg != vehicle.left_kg
    untouched = [one for one, other in zip(shared, second, strict=True) if one == other]
    assert len(untouched) == len(second) - 6
    assert [(one.serial, one.passed_at) for one in shared] == [(one.serial, one.passed_at) for one in second]
