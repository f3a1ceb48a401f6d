"""Every conflict of a few events, every order of messages: never two fines for an act, never none."""

import pytest
from recognition_search import Conflict, Search, conflicts


def assert_sound(events: int, agencies: int, withdrawals: int) -> tuple[int, int]:
    """Search them all; return how many conflicts there were, and how many states of the world."""
    graphs = list(conflicts(events, agencies))
    states = 0
    for conflict in graphs:
        search = Search(conflict, withdrawals=withdrawals)
        found = search.run()
        assert not found.fault, f"{conflict}\n{found}"
        assert not search.incidents
        states += found.states
    return len(graphs), states


@pytest.mark.parametrize(
    ("events", "agencies", "withdrawals", "expected"),
    [
        (1, 2, 3, (1, 21)),
        (2, 2, 3, (2, 678)),
        (3, 2, 1, (16, 12_299)),
        (2, 3, 2, (2, 9_464)),
    ],
)
def test_few_events(events: int, agencies: int, withdrawals: int, expected: tuple[int, int]) -> None:
    assert assert_sound(events, agencies, withdrawals) == expected


@pytest.mark.exhaustive
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("events", "agencies", "withdrawals", "expected"),
    [(3, 2, 2, (16, 40_920)), (4, 2, 1, (304, 1_412_320)), (3, 3, 1, (20, 1_065_621))],
)
def test_more_events(events: int, agencies: int, withdrawals: int, expected: tuple[int, int]) -> None:
    assert assert_sound(events, agencies, withdrawals) == expected


def test_the_search_sees_claims_held_and_decided() -> None:
    search = Search(Conflict((0, 1), frozenset({frozenset({0, 1})})))
    assert not search.run().fault
    seen = {own.standing.value for docket in search.dockets for own in docket.own.values()}
    assert seen == {"blocked", "waiting", "held", "decided"}
