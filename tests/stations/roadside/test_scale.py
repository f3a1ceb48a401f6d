"""Each defect spoils exactly what its name says."""

from dataclasses import replace

import pytest

from stations.roadside.scale import ScaleRecord, times_written, weigh
from stations.roadside.vehicle import Defect, TrueVehicle


@pytest.fixture(scope="module")
def sound(table_traffic: tuple[TrueVehicle, ...]) -> TrueVehicle:
    return next(v for v in table_traffic if v.axle_count == 6 and v.defect is None)


def record_with(vehicle: TrueVehicle, defect: Defect | None) -> ScaleRecord:
    return weigh(replace(vehicle, defect=defect))


@pytest.mark.parametrize("defect", [None, Defect.OVERSPEED, Defect.REPEATED_RECORD])
def test_a_sound_measurement_is_written_as_it_is(sound: TrueVehicle, defect: Defect | None) -> None:
    assert record_with(sound, defect) == ScaleRecord(
        gross_kg=sum(sound.left_kg) + sum(sound.right_kg),
        left_kg=sound.left_kg,
        right_kg=sound.right_kg,
        spacings_mm=sound.spacings_mm,
    )


def test_a_wrong_sum_leaves_the_wheels_alone(sound: TrueVehicle) -> None:
    record = record_with(sound, Defect.GROSS_SUM)
    assert (record.left_kg, record.right_kg) == (sound.left_kg, sound.right_kg)
    assert record.gross_kg > 1.1 * sound.measured_gross_kg
    assert isinstance(record.gross_kg, int)


def test_one_sided_wheels_keep_the_sum(sound: TrueVehicle) -> None:
    record = record_with(sound, Defect.ONE_SIDED)
    assert sum(record.left_kg) + sum(record.right_kg) == record.gross_kg == sound.measured_gross_kg
    assert sum(record.left_kg) / record.gross_kg > 0.8
    assert all(isinstance(kg, int) and kg > 0 for kg in (*record.left_kg, *record.right_kg))


def test_an_impossible_spacing_is_shorter_than_a_wheel(sound: TrueVehicle) -> None:
    record = record_with(sound, Defect.IMPOSSIBLE_SPACING)
    assert record.spacings_mm[0] < 500
    assert record.spacings_mm[1:] == sound.spacings_mm[1:]


def test_only_a_repeated_record_is_written_twice(sound: TrueVehicle) -> None:
    written = {defect: times_written(replace(sound, defect=defect)) for defect in Defect}
    assert written == {defect: 2 if defect is Defect.REPEATED_RECORD else 1 for defect in Defect}
