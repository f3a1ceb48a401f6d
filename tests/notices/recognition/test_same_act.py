import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.plates import PlateColour
from notices.recognition.claim import Claim
from notices.recognition.same_act import HOUR_MS, Policy, UnknownPolicyError, same_act

POLICIES = {
    "narrow-1": Policy(window_h=2, mass_errors=0.5),
    "wide-1": Policy(window_h=24, mass_errors=1.0),
}
PINGHU = Claim(
    id="平湖-1",
    agency="平湖",
    plate="浙F00001",
    plate_colour=PlateColour.YELLOW,
    violation="overload",
    passed_ms=22 * HOUR_MS,
    heading="平湖往金山",
    axles=6,
    gross_kg=60_000,
    mpe_percent=5.0,
    filed_ms=100 * HOUR_MS,
    policy="wide-1",
    scope=frozenset({"金山"}),
)
JINSHAN = dataclasses.replace(
    PINGHU, id="金山-1", agency="金山", scope=frozenset({"平湖"}), passed_ms=PINGHU.passed_ms + 40 * 60_000
)


@pytest.mark.parametrize(
    ("changed", "one_act"),
    [
        ({}, True),
        ({"plate": "浙F00002"}, False),
        ({"plate_colour": PlateColour.BLUE}, False),
        ({"violation": "obscured"}, False),
        ({"heading": "金山往平湖"}, False),
        ({"heading": ""}, True),
        ({"axles": 5}, False),
        ({"axles": 0}, True),
        ({"passed_ms": PINGHU.passed_ms + 24 * HOUR_MS}, True),
        ({"passed_ms": PINGHU.passed_ms - 24 * HOUR_MS - 1}, False),
        ({"gross_kg": 66_315}, True),  # 6 315 kg apart; 5 % of each: 3 000 + 3 315.75 kg
        ({"gross_kg": 66_316}, False),  # 6 316 kg apart; 3 000 + 3 315.8 kg
        ({"gross_kg": 0}, True),
        ({"gross_kg": 66_316, "mpe_percent": 10.0}, True),
        ({"policy": "narrow-1", "passed_ms": PINGHU.passed_ms + 5 * HOUR_MS}, True),  # the wider one joins
    ],
)
def test_two_claims(changed: dict[str, object], one_act: bool) -> None:
    other = dataclasses.replace(JINSHAN, **changed)  # type: ignore[arg-type]
    assert same_act(PINGHU, other, POLICIES) is one_act


def test_the_window_of_a_narrow_policy() -> None:
    one, other = (dataclasses.replace(claim, policy="narrow-1") for claim in (PINGHU, JINSHAN))
    late = dataclasses.replace(other, passed_ms=one.passed_ms + 2 * HOUR_MS + 1)
    assert same_act(one, other, POLICIES)
    assert not same_act(one, late, POLICIES)


def test_an_agreement_that_is_not_known() -> None:
    with pytest.raises(UnknownPolicyError, match="claim 金山-1: expected one of"):
        same_act(PINGHU, dataclasses.replace(JINSHAN, policy="other-9"), POLICIES)


claims = st.builds(
    Claim,
    id=st.just("1"),
    agency=st.just("平湖"),
    plate=st.sampled_from(["浙F00001", "浙F00002"]),
    plate_colour=st.sampled_from([PlateColour.YELLOW, PlateColour.BLUE]),
    violation=st.sampled_from(["overload", "obscured"]),
    passed_ms=st.integers(0, 48 * HOUR_MS),
    heading=st.sampled_from(["", "平湖往金山", "金山往平湖"]),
    axles=st.sampled_from([0, 5, 6]),
    gross_kg=st.integers(0, 100_000),
    mpe_percent=st.floats(0, 10),
    filed_ms=st.integers(0, 10**6),
    policy=st.sampled_from(sorted(POLICIES)),
    scope=st.just(frozenset({"金山"})),
)


@given(claims, claims)
def test_both_agencies_compute_the_same(one: Claim, other: Claim) -> None:
    assert same_act(one, other, POLICIES) is same_act(other, one, POLICIES)


@given(claims)
def test_an_act_is_one_with_itself(claim: Claim) -> None:
    assert same_act(claim, claim, POLICIES)
