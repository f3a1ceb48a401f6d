"""Does it fit: the case table in the field's words, and what holds of any vehicle."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.lookups import LookupDoubt
from models.values.plates import PlateColour
from models.values.registry import Party, Plate, RegisteredVehicle, VehicleClass, VehicleStatus
from pipeline.registries.fit import Says, Seen, fit, suspicions
from pipeline.registries.simulated.fleet import Fleet
from stations.roadside.vehicle import TrueVehicle

YELLOW = PlateColour.YELLOW
TRACTOR = RegisteredVehicle(
    plate=Plate(text="浙Z11111", colour=YELLOW),
    source="s",
    answered_at_ms=0,
    vehicle_class=VehicleClass.TRACTOR,
    axle_count=3,
    wheelbase_mm=(3300, 1350),
    curb_mass_kg=9000,
    registered_mass_kg=25_000,
    train_mass_kg=49_000,
    party=Party(owner="虚构运输第001有限公司"),
)
TRAILER = replace(
    TRACTOR,
    plate=Plate(text="浙Z1111挂", colour=YELLOW),
    vehicle_class=VehicleClass.SEMITRAILER,
    wheelbase_mm=(1310, 1310),
    curb_mass_kg=6000,
    train_mass_kg=None,
)
TRUCK = replace(
    TRACTOR,
    vehicle_class=VehicleClass.RIGID_TRUCK,
    axle_count=2,
    wheelbase_mm=(4500,),
    registered_mass_kg=18_000,
    train_mass_kg=None,
    curb_mass_kg=5500,
    length_mm=9000,
)
TRAIN_SEEN = Seen(
    axle_count=6, gross_kg=60_000, spacing_mm=(3310, 1340, 6000, 1310, 1310), length_mm=0, colour=YELLOW
)
TRUCK_SEEN = Seen(axle_count=2, gross_kg=22_000, spacing_mm=(4520,), length_mm=9100, colour=YELLOW)

CASES = [
    # what is registered, what was seen, doubts
    ("tractor and six axles", TRACTOR, TRAIN_SEEN, []),
    ("truck and its own two axles", TRUCK, TRUCK_SEEN, []),
    (
        "tractor, but a truck was weighed",
        TRACTOR,
        TRUCK_SEEN,
        ["axles_differ"],
    ),
    ("two-axle truck, but six axles", TRUCK, TRAIN_SEEN, ["axles_differ", "wheelbase_differs"]),
    ("truck drawing a trailer that was not read", TRUCK, replace(TRUCK_SEEN, axle_count=4), []),
    ("four-axle truck with one axle lifted", replace(TRUCK, axle_count=3), TRUCK_SEEN, []),
    (
        "bus",
        replace(TRUCK, vehicle_class=VehicleClass.PASSENGER),
        TRUCK_SEEN,
        ["class_differs"],
    ),
    ("trailer's plate in front", TRAILER, TRAIN_SEEN, ["class_differs", "wheelbase_differs"]),
    (
        "light truck of 4.5 t weighed with 22 t",
        replace(TRUCK, vehicle_class=VehicleClass.LIGHT_TRUCK, registered_mass_kg=4495),
        TRUCK_SEEN,
        ["mass_implausible"],
    ),
    ("lighter than empty", TRUCK, replace(TRUCK_SEEN, gross_kg=4000), ["mass_implausible"]),
    ("wheelbase half a metre off", TRUCK, replace(TRUCK_SEEN, spacing_mm=(5020,)), ["wheelbase_differs"]),
    ("wheelbase within what a station measures", TRUCK, replace(TRUCK_SEEN, spacing_mm=(4600,)), []),
    ("blue plate seen", TRUCK, replace(TRUCK_SEEN, colour=PlateColour.BLUE), ["colour_differs"]),
    ("colour not seen", TRUCK, replace(TRUCK_SEEN, colour=PlateColour.UNKNOWN), []),
    ("cancelled", replace(TRUCK, status=VehicleStatus.CANCELLED), TRUCK_SEEN, ["status_not_normal"]),
    ("nothing known but the class", replace(TRUCK, axle_count=None, wheelbase_mm=()), TRUCK_SEEN, []),
]


@pytest.mark.parametrize(("registered", "seen", "doubts"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_case_table(registered: RegisteredVehicle, seen: Seen, doubts: list[str]) -> None:
    found = fit(seen, registered, None)
    assert list(found.doubts) == doubts
    assert found.contradicted is bool(set(doubts) - {"status_not_normal"})


def test_agreement_raises_the_plates_probability_and_contradiction_lowers_it() -> None:
    fits = fit(TRUCK_SEEN, TRUCK, None)
    differs = fit(TRUCK_SEEN, replace(TRUCK, wheelbase_mm=(3300,)), None)
    assert differs.probability(0.9) < 0.9 < fits.probability(0.9) < 1
    # A truck alone may be its twin; that another frame read the same settles it.
    assert not fits.strong()
    assert fits.strong(read_elsewhere=True)
    assert not differs.strong(read_elsewhere=True)


def test_a_trailer_of_the_same_owner_is_strong_evidence_and_a_wrong_one_none_against() -> None:
    alone, drawn = fit(TRAIN_SEEN, TRACTOR, None), fit(TRAIN_SEEN, TRACTOR, TRAILER)
    assert drawn.worth > 10 * alone.worth
    assert drawn.trailer_fits
    assert drawn.strong()
    assert not alone.strong()
    wrong = fit(TRAIN_SEEN, TRACTOR, replace(TRAILER, axle_count=1))
    assert not wrong.trailer_fits
    assert not wrong.contradicted
    assert wrong.worth == alone.worth


def test_a_semitrailer_behind_a_truck_is_none() -> None:
    assert not fit(replace(TRAIN_SEEN, axle_count=5), TRUCK, TRAILER).trailer_fits


@pytest.mark.parametrize(
    ("registered", "sure", "expected"),
    [
        (TRACTOR, True, [LookupDoubt.MAY_BE_CLONED]),
        (TRACTOR, False, [LookupDoubt.MAY_BE_MISREAD]),
        (
            replace(TRUCK, wheelbase_mm=(3300,)),
            True,
            [LookupDoubt.MAY_BE_RETROFITTED, LookupDoubt.MAY_BE_CLONED],
        ),
        (TRUCK, False, []),
    ],
)
def test_what_a_contradiction_may_mean(
    registered: RegisteredVehicle, sure: bool, expected: list[LookupDoubt]
) -> None:
    assert suspicions(fit(TRUCK_SEEN, registered, None), reading_is_sure=sure) == expected


@given(
    reading=st.floats(0, 1),
    gap_mm=st.integers(2000, 8000),
    gross_kg=st.integers(1000, 100_000),
    axles=st.integers(2, 8),
)
def test_a_probability_stays_one(reading: float, gap_mm: int, gross_kg: int, axles: int) -> None:
    seen = Seen(axle_count=axles, gross_kg=gross_kg, spacing_mm=(gap_mm,), length_mm=0, colour=YELLOW)
    found = fit(seen, TRUCK, None)
    assert 0 <= found.probability(reading) < 1
    assert not (found.strong(read_elsewhere=True) and found.contradicted)


def test_every_vehicle_of_the_simulated_roadside_fits_its_own_registration(
    vehicles: list[TrueVehicle], fleet: Fleet
) -> None:
    for true in vehicles:
        seen = Seen(
            axle_count=true.axle_count,
            gross_kg=true.measured_gross_kg,
            spacing_mm=true.spacings_mm,
            length_mm=true.length_mm,
            colour=true.front_plate.colour,
        )
        found = fit(seen, fleet.vehicles[true.front_plate.text], fleet.vehicles.get(true.rear_plate.text))
        assert not found.contradicted, found
        assert found.checks["axles"] is Says.AGREES
