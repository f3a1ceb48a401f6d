"""Many questions at once: outages, throttling, fallback, and who is never asked twice."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from registry_cases import asked, query_for

from models.values.lookups import Purpose, WaitReason
from models.values.registry import RegisteredVehicle
from pipeline.registries.asking import Traffic
from pipeline.registries.breaker import Breaker
from pipeline.registries.contract import Query
from pipeline.registries.errors import PlateFailedError, SourceDownError
from pipeline.registries.settings import RegistrySettings
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import Fleet

Serve = Callable[..., tuple[RegistrySettings, Dials]]


def questions(fleet: Fleet, starts: str) -> list[Query]:
    return [
        query_for(one.plate.text, one.plate.colour)
        for one in fleet.vehicles.values()
        if one.plate.text[0] in starts and not one.vehicle_class.is_trailer
    ]


def test_each_plate_goes_to_its_own_registry(fleet: Fleet, serve: Serve) -> None:
    zhejiang, to_zhejiang = serve("zhejiang")
    shanghai, to_shanghai = serve("shanghai")
    asked_for = questions(fleet, "浙沪")
    outcomes = asked([zhejiang, shanghai], asked_for)
    for one in asked_for:
        outcome = outcomes[one.plate.text]
        assert outcome.source == {"浙": "zhejiang", "沪": "shanghai"}[one.plate.text[0]]
        assert isinstance(outcome.found, RegisteredVehicle)
    of_zhejiang = sum(one.plate.text[0] == "浙" for one in asked_for)
    assert to_zhejiang.asked.total() == -(-of_zhejiang // zhejiang.batch)
    assert to_shanghai.asked["/v2/vehicles"] == len(asked_for) - of_zhejiang
    assert to_shanghai.asked["/oauth/token"] == 1


def test_a_source_that_is_down_is_left_alone_and_the_other_goes_on(fleet: Fleet, serve: Serve) -> None:
    zhejiang, to_zhejiang = serve("zhejiang", Dials(outages=((0, 1e9),)), batch=1, down_after=4)
    shanghai, _ = serve("shanghai")
    traffic = Traffic()
    outcomes = asked([zhejiang, shanghai], questions(fleet, "浙沪"), traffic=traffic)
    assert {one.waits for text, one in outcomes.items() if text[0] == "浙"} == {WaitReason.SOURCE_DOWN}
    assert all(one.found for text, one in outcomes.items() if text[0] == "沪")
    # Four failures open the breaker; what was under way then is all that is added.
    assert to_zhejiang.asked.total() <= 4 + zhejiang.concurrency
    assert "503" in traffic.down["zhejiang"]


def test_patience_waits_an_outage_out_and_repeats_no_question(fleet: Fleet, serve: Serve) -> None:
    settings, dials = serve(
        "zhejiang", Dials(outages=((0.0, 0.6),)), batch=1, down_after=3, pause_s=0.1, concurrency=2
    )
    asked_for = questions(fleet, "浙")
    traffic = Traffic()
    outcomes = asked([settings], asked_for, patience_s=30, traffic=traffic)
    assert all(isinstance(one.found, RegisteredVehicle) for one in outcomes.values())
    failed = dials.asked.total() - len(asked_for)
    # The failures that opened the breaker, then one a pause.
    assert failed <= 3 + settings.concurrency + 7
    assert traffic.sent["zhejiang"] == dials.asked.total()


def test_throttling_is_obeyed_and_is_no_failure(fleet: Fleet, serve: Serve) -> None:
    settings, dials = serve("shanghai", Dials(per_second=15), down_after=1, tries=3, per_second=10_000)
    outcomes = asked([settings], questions(fleet, "沪"))
    assert len(outcomes) > 20
    assert all(one.found for one in outcomes.values())
    assert dials.asked.total() > len(outcomes)


def test_the_next_of_the_agreement_is_asked_where_the_first_does_not_know(fleet: Fleet, serve: Serve) -> None:
    national, to_national = serve("national")
    zhejiang, _ = serve("zhejiang", fallback="national")
    stray = next(text for text in fleet.vehicles if text.startswith("沪"))
    narrow = zhejiang.model_copy(update={"plates": ("浙", "沪")})
    known = questions(fleet, "浙")[0]
    outcomes = asked([narrow, national], [query_for(stray, fleet.vehicles[stray].plate.colour), known])
    assert outcomes[stray].source == "national"
    assert outcomes[known.plate.text].source == "zhejiang"
    assert to_national.asked.total() == 1


def test_another_stands_in_only_if_that_was_agreed(fleet: Fleet, serve: Serve) -> None:
    national, _ = serve("national")
    out = Dials(outages=((0, 1e9),))
    one = questions(fleet, "浙")[0]
    text = one.plate.text
    waits, _ = serve("zhejiang", out, fallback="national", down_after=1, batch=1)
    assert asked([waits, national], [one])[text].waits is WaitReason.SOURCE_DOWN
    stands_in = waits.model_copy(update={"fallback_when": "unknown_or_down"})
    assert asked([stands_in, national], [one], patience_s=60)[text].source == "national"


def test_no_permit_is_an_answer_and_is_not_passed_on(fleet: Fleet, serve: Serve) -> None:
    national, to_national = serve("national")
    zhejiang, _ = serve("zhejiang", fallback="national")
    text = next(one for one in fleet.vehicles if one.startswith("浙") and one not in fleet.permits)
    outcome = asked([zhejiang, national], [query_for(text, purpose=Purpose.PERMIT)])[text]
    assert (outcome.found, outcome.source) == ((), "zhejiang")
    assert to_national.asked.total() == 0


def test_questions_that_differ_only_by_case_are_both_settled(fleet: Fleet, serve: Serve) -> None:
    settings, _ = serve("shanghai")
    one = questions(fleet, "沪")[0]
    assert len(asked([settings], [one, replace(one, case_id=2)])) == 1


class TestBreaker:
    def make(self) -> tuple[Breaker, list[float]]:
        now = [0.0]
        return Breaker(down_after=3, pause_s=10, clock=lambda: now[0]), now

    def fail(self, breaker: Breaker, times: int) -> None:
        for _ in range(times):
            breaker.failed(PlateFailedError(WaitReason.SERVER_ERROR))

    def test_an_answer_between_failures_keeps_it_closed(self) -> None:
        breaker, _ = self.make()
        for _ in range(5):
            self.fail(breaker, 2)
            breaker.succeeded()
            breaker.check()

    def test_it_opens_and_after_the_pause_one_failure_is_enough(self) -> None:
        breaker, now = self.make()
        self.fail(breaker, 3)
        for _ in range(2):
            assert breaker.closed_in_s == 10
            with pytest.raises(SourceDownError, match=r"^source_down: left alone after: server_error"):
                breaker.check()
            now[0] += 10
            breaker.check()
            self.fail(breaker, 1)

    def test_a_refusal_of_credentials_opens_it_for_good(self) -> None:
        breaker, now = self.make()
        breaker.failed(SourceDownError(WaitReason.UNAUTHORISED))
        now[0] += 1e9
        assert breaker.closed_in_s is None
        with pytest.raises(SourceDownError, match=r"^unauthorised"):
            breaker.check()
