"""One contract suite over every adapter, each against its registry on a real port."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from registry_cases import asked, query_for

from models.values.lookups import Purpose, WaitReason
from models.values.permits import Permit
from models.values.plates import PlateColour
from models.values.registry import Party, RegisteredVehicle, VehicleClass
from pipeline.registries.asking import Traffic
from pipeline.registries.settings import RegistrySettings
from pipeline.registries.simulated.dials import Dials, Fault
from pipeline.registries.simulated.fleet import Fleet

Serve = Callable[..., tuple[RegistrySettings, Dials]]
PROVINCE = {"zhejiang": "浙", "shanghai": "沪", "national": ""}
PARTIAL = {"national"}


@pytest.fixture(params=PROVINCE)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def own(kind: str, fleet: Fleet) -> list[RegisteredVehicle]:
    """Return the registered vehicles that this registry answers for, trailers left out."""
    return [
        one
        for one in fleet.vehicles.values()
        if one.plate.text.startswith(PROVINCE[kind]) and not one.vehicle_class.is_trailer
    ]


def test_every_field_comes_through(kind: str, own: list[RegisteredVehicle], serve: Serve) -> None:
    settings, _ = serve(kind)
    outcomes = asked([settings], [query_for(one.plate.text, one.plate.colour) for one in own])
    for one in own:
        found = outcomes[one.plate.text].found
        assert isinstance(found, RegisteredVehicle)
        assert found.source == kind
        assert found.answered_at_ms > 0
        stated = replace(found, source="", answered_at_ms=0)
        if kind not in PARTIAL:
            assert stated == one
            assert stated.party == one.party
        else:
            assert (stated.plate, stated.vehicle_class) == (one.plate, one.vehicle_class)
            assert (stated.registered_mass_kg, stated.curb_mass_kg) == (
                one.registered_mass_kg,
                one.curb_mass_kg,
            )
            assert stated.axle_count is None
            assert stated.party is None or stated.party == Party(owner=one.party.owner if one.party else "")


def test_a_trailer_is_found_by_its_own_plate(kind: str, fleet: Fleet, serve: Serve) -> None:
    settings, _ = serve(kind)
    trailers = [
        one
        for one in fleet.vehicles.values()
        if one.vehicle_class.is_trailer and one.plate.text.startswith(PROVINCE[kind])
    ]
    assert trailers
    outcomes = asked([settings], [query_for(one.plate.text, purpose=Purpose.TRAILER) for one in trailers])
    for one in trailers:
        found = outcomes[one.plate.text].found
        assert isinstance(found, RegisteredVehicle)
        assert found.vehicle_class is one.vehicle_class


def test_an_unknown_plate_is_no_failure(kind: str, serve: Serve) -> None:
    settings, _ = serve(kind)
    text = f"{PROVINCE[kind] or '浙'}Z00000"
    outcome = asked([settings], [query_for(text)])[text]
    assert (outcome.found, outcome.waits, outcome.source) == (None, None, kind)


def test_a_plate_of_another_colour_is_another_plate(
    kind: str, own: list[RegisteredVehicle], serve: Serve
) -> None:
    settings, _ = serve(kind)
    yellow = next(one for one in own if one.plate.colour is PlateColour.YELLOW)
    text = yellow.plate.text
    assert asked([settings], [query_for(text, PlateColour.BLUE)])[text].found is None
    assert asked([settings], [query_for(text, PlateColour.UNKNOWN)])[text].found is not None


def test_permits_come_through_page_by_page(kind: str, fleet: Fleet, serve: Serve) -> None:
    settings, _ = serve(kind)
    mine = {text: some for text, some in fleet.permits.items() if text.startswith(PROVINCE[kind])}
    assert mine
    outcomes = asked([settings], [query_for(text, purpose=Purpose.PERMIT) for text in mine])
    for text, permits in mine.items():
        assert outcomes[text].found == permits
        assert all(isinstance(one, Permit) for one in permits)


def test_a_wrong_secret_takes_the_source_out(
    kind: str, own: list[RegisteredVehicle], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, dials = serve(kind)
    monkeypatch.setenv("TEST_SECRET", "another")
    wrong = settings.model_copy(update={"secret_env": "TEST_SECRET", "batch": 1, "concurrency": 1})
    outcomes = asked([wrong], [query_for(one.plate.text, one.plate.colour) for one in own])
    assert {one.waits for one in outcomes.values()} == {WaitReason.UNAUTHORISED}
    # Whoever is refused stops asking: two workers, one question each at most.
    assert dials.asked.total() <= 2


def test_what_may_pass_is_asked_again_and_what_came_is_not(
    kind: str, own: list[RegisteredVehicle], serve: Serve
) -> None:
    settings, dials = serve(kind, Dials(error_share=0.3, seed=4), tries=3, down_after=100, batch=1)
    traffic = Traffic()
    outcomes = asked(
        [settings], [query_for(one.plate.text, one.plate.colour) for one in own], traffic=traffic
    )
    answered = [one for one in outcomes.values() if one.waits is None]
    failed = [one for one in outcomes.values() if one.waits]
    assert len(answered) > len(own) / 2
    assert {one.waits for one in failed} <= {WaitReason.SERVER_ERROR}
    assert traffic.sent[kind] == dials.asked.total()
    logins = dials.asked["/oauth/token"]
    retried = dials.asked.total() - logins - len(own)
    assert 0 < retried <= 2 * len(own)


def test_one_bad_record_fails_its_plate_alone(kind: str, own: list[RegisteredVehicle], serve: Serve) -> None:
    first, second, third, *others = [one.plate for one in own]
    faults = {
        first.text: Fault.WRONG_VEHICLE,
        second.text: Fault.TWO_OWNERS,
        third.text: Fault.UNKNOWN_CODE,
    }
    settings, _ = serve(kind, Dials(faults=faults))
    outcomes = asked([settings], [query_for(one.plate.text, one.plate.colour) for one in own])
    assert outcomes[first.text].waits is WaitReason.WRONG_VEHICLE
    assert outcomes[second.text].waits is WaitReason.SEVERAL_VEHICLES
    assert outcomes[third.text].waits is WaitReason.UNKNOWN_CODE
    assert all(isinstance(outcomes[one.text].found, RegisteredVehicle) for one in others)


def test_classes_are_told_apart(fleet: Fleet) -> None:
    classes = {one.vehicle_class for one in fleet.vehicles.values()}
    assert {VehicleClass.RIGID_TRUCK, VehicleClass.TRACTOR, VehicleClass.SEMITRAILER} <= classes
