import pytest
from agencies import Pair
from exchange_machine import ExchangeMachine
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

QUICK = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def machine_on(pair: Pair) -> type[ExchangeMachine]:
    return type("Machine", (ExchangeMachine,), {"pair": pair})


def test_never_two_and_never_none(pair: Pair) -> None:
    run_state_machine_as_test(machine_on(pair), settings=QUICK)  # type: ignore[no-untyped-call]


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
def test_never_two_and_never_none_in_many_runs(pair: Pair) -> None:
    long = settings(QUICK, max_examples=150, stateful_step_count=50)
    run_state_machine_as_test(machine_on(pair), settings=long)  # type: ignore[no-untyped-call]
