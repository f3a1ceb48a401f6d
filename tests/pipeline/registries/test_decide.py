"""When a near miss may stand: only alone, only strongly, and never silently."""

from dataclasses import replace

import pytest

from models.values.lookups import LookupDoubt, LookupState, WaitReason
from models.values.plates import PlateColour
from models.values.registry import Party, Plate, RegisteredVehicle, VehicleClass
from pipeline.registries.decide import Answered, Decision, Reading, decide_near_misses, decide_own
from pipeline.registries.fit import Seen

YELLOW = PlateColour.YELLOW
SEEN = Seen(axle_count=2, gross_kg=22_000, spacing_mm=(4520,), length_mm=9100, colour=YELLOW)
FITTING = RegisteredVehicle(
    plate=Plate(text="浙Z11111", colour=YELLOW),
    source="s",
    answered_at_ms=0,
    vehicle_class=VehicleClass.RIGID_TRUCK,
    axle_count=2,
    wheelbase_mm=(4500,),
    registered_mass_kg=18_000,
    curb_mass_kg=5500,
    length_mm=9000,
    party=Party(owner="虚构车主", address="虚构省"),
)
OTHER = replace(FITTING, axle_count=4, wheelbase_mm=(2000, 4000, 1350))
BARE = replace(FITTING, wheelbase_mm=(), length_mm=None, axle_count=None)
READ = Plate(text="浙Z99999", colour=YELLOW)
READING = Reading(plate=READ, confidence=0.9, disputed=True)
UNREGISTERED = decide_own(READING, SEEN, Answered(vehicle=None), None)


def near(*answers: Answered) -> list[tuple[Plate, Answered]]:
    return [(Plate(text=f"浙Z1111{number}", colour=YELLOW), one) for number, one in enumerate(answers)]


def decide(*answers: Answered, read_elsewhere: int = 0) -> Decision:
    return decide_near_misses(UNREGISTERED, SEEN, near(*answers), None, [f"浙Z1111{read_elsewhere}"])


def test_the_only_one_that_fits_and_was_read_elsewhere_stands_with_a_doubt() -> None:
    found = decide(Answered(vehicle=FITTING), Answered(vehicle=OTHER), Answered())
    assert (found.state, found.plate.text) == (LookupState.IDENTIFIED, "浙Z11110")
    assert LookupDoubt.PLATE_FROM_REGISTRY in found.doubts
    assert [one.outcome for one in found.tried] == ["fits", "contradicted", "unregistered"]


@pytest.mark.parametrize(
    ("answers", "doubt"),
    [
        ((Answered(vehicle=FITTING), Answered(vehicle=FITTING)), True),
        ((Answered(vehicle=FITTING), Answered(vehicle=BARE)), True),
        ((Answered(vehicle=BARE),), False),
        ((Answered(vehicle=OTHER),), False),
        ((), False),
    ],
)
def test_two_that_fit_or_one_that_fits_weakly_leave_the_reading_as_it_is(
    answers: tuple[Answered, ...], doubt: bool
) -> None:
    found = decide(*answers)
    assert (found.state, found.plate, found.vehicle) == (LookupState.UNREGISTERED, READ, None)
    assert (LookupDoubt.NEAR_MISSES_TIED in found.doubts) is doubt
    assert len(found.tried) == len(answers)


def test_a_truck_that_only_we_thought_of_may_be_its_twin() -> None:
    found = decide(Answered(vehicle=FITTING), read_elsewhere=7)
    assert found.state is LookupState.UNREGISTERED
    assert [one.outcome for one in found.tried] == ["fits_weakly"]


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (WaitReason.TIMED_OUT, LookupState.WAITING),
        (WaitReason.SOURCE_DOWN, LookupState.WAITING),
        # Nobody could ever be asked for it.
        (WaitReason.NO_SOURCE, LookupState.IDENTIFIED),
    ],
)
def test_while_one_is_not_answered_none_stands(reason: WaitReason, state: LookupState) -> None:
    found = decide(Answered(vehicle=FITTING), Answered(waits=reason))
    assert found.state is state
    assert (found.reason == reason.value) is (state is LookupState.WAITING)


def test_a_vehicle_that_does_not_fit_is_told_and_what_it_may_mean() -> None:
    found = decide_own(READING, SEEN, Answered(vehicle=OTHER), None)
    assert found.state is LookupState.CONTRADICTED
    assert set(found.doubts) == {
        LookupDoubt.AXLES_DIFFER,
        LookupDoubt.MAY_BE_MISREAD,
    }
    sure = replace(READING, confidence=0.999, disputed=False)
    assert LookupDoubt.MAY_BE_CLONED in decide_own(sure, SEEN, Answered(vehicle=OTHER), None).doubts


def test_too_little_known_is_called_weak_and_partial() -> None:
    found = decide_own(READING, SEEN, Answered(vehicle=replace(BARE, party=None)), None)
    assert found.state is LookupState.IDENTIFIED
    assert {LookupDoubt.FIT_WEAK, LookupDoubt.PARTY_PARTIAL} <= set(found.doubts)
