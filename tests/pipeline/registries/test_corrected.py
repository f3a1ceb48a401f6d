"""A plate that an officer corrected stands against every later night, and only it is asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from office import add_officer
from registry_cases import DAY, add_cases, registries_of
from sqlalchemy import insert, select

from models.case_tables import PlateCorrection
from models.database import Database
from models.office_tables import AuditEntry
from models.registry_tables import CaseLookup, RegistryQuery
from models.tables import Case
from models.values.office import Role
from pipeline.registries.look_up import Registries
from pipeline.registries.settings import RegistrySettings
from pipeline.registries.simulated.dials import Dials
from stations.roadside.vehicle import TrueVehicle
from stations.station import Station

Serve = Callable[..., tuple[RegistrySettings, Dials]]
NOBODY = "浙Z99999"


@pytest.fixture
def registries(database: Database, serve: Serve, tmp_path: Path) -> Registries:
    return registries_of(database, [serve("zhejiang")[0], serve("shanghai")[0]], tmp_path)


def correct(database: Database, after: str) -> None:
    with database.write("test") as connection:
        if not (officer := connection.scalar(select(PlateCorrection.officer_id))):
            officer = add_officer(connection, "one", Role.REVIEWER).officer_id
        case_id = connection.scalar(select(Case.id))
        row = {"case_id": case_id, "officer_id": officer, "at": 1, "before": "", "after": after}
        connection.execute(insert(PlateCorrection).values(row))


def found(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        columns = (CaseLookup.read_plate, CaseLookup.plate, CaseLookup.state)
        return [tuple(row) for row in connection.execute(select(*columns).order_by(CaseLookup.id))]


def test_no_later_night_goes_back_to_what_the_camera_read(
    registries: Registries, vehicles: list[TrueVehicle], make_station: Callable[..., Station]
) -> None:
    database, station = registries.database, make_station()
    true, other = [one for one in vehicles if one.axle_count == 6][:2]
    misread, plate = other.front_plate.text, true.front_plate.text
    add_cases(database, station, [true], read_as={plate: misread})
    registries.look_up([station], DAY)
    correct(database, plate)
    registries.look_up_corrected([station])
    after = found(database)
    assert after[-1] == (plate, plate, "identified")
    assert len(after) == 2
    registries.look_up_corrected([station])
    registries.look_up([station], DAY)
    registries.look_up([station], None)
    assert found(database) == after


def test_a_correction_that_no_console_asked_for_is_taken_up_by_the_next_night(
    registries: Registries, vehicles: list[TrueVehicle], make_station: Callable[..., Station]
) -> None:
    database, station = registries.database, make_station()
    true = vehicles[0]
    add_cases(database, station, [true], read_as={true.front_plate.text: NOBODY})
    registries.look_up([station], DAY)
    correct(database, true.front_plate.text)
    registries.look_up([station], None)
    assert found(database)[-1][0] == true.front_plate.text


def test_an_officers_plate_that_is_not_registered_has_no_near_misses_asked(
    registries: Registries, vehicles: list[TrueVehicle], make_station: Callable[..., Station]
) -> None:
    database, station = registries.database, make_station()
    add_cases(database, station, vehicles[:1])
    correct(database, NOBODY)
    registries.look_up_corrected([station])
    assert found(database) == [(NOBODY, "", "unregistered")]
    with database.read() as connection:
        assert set(connection.scalars(select(RegistryQuery.purpose))) <= {"case", "trailer"}
        (detail,) = connection.scalars(select(AuditEntry.detail).where(AuditEntry.action == "looked_up"))
    assert NOBODY in detail
