import pytest

from pipeline.cases import FlaggedPassage, OpenCase, group_passages

A, B = "浙Z00001", "浙Z00002"


def passage(number: int, seconds: float, vehicle: str) -> FlaggedPassage:
    return FlaggedPassage(passage_id=number, passed_at_ms=round(seconds * 1000), lane=1, vehicle=vehicle)


def case(number: int, seconds: float, *vehicles: str) -> OpenCase:
    return OpenCase(case_id=number, passed_at_ms=round(seconds * 1000), vehicles=frozenset(vehicles))


@pytest.mark.parametrize(
    ("passages", "cases", "groups"),
    [
        ([], [], []),
        ([(100, A), (159.999, A)], [], [(None, [0, 1])]),
        ([(100, A), (160, A)], [], [(None, [0]), (None, [1])]),
        ([(100, A), (101, B)], [], [(None, [0]), (None, [1])]),
        ([(100, ""), (101, "")], [], [(None, [0]), (None, [1])]),  # two unknown vehicles are not one
        ([(100, A), (140, A), (180, A)], [], [(None, [0, 1]), (None, [2])]),  # no chain beyond the minute
        ([(130, A), (100, A)], [], [(None, [1, 0])]),
        ([(100, A)], [case(7, 50, A)], [(7, [0])]),
        ([(100, A)], [case(7, 150, A)], [(7, [0])]),  # the day after was judged first
        ([(100, A)], [case(7, 160, A)], [(None, [0])]),
        ([(100, A)], [case(7, 90, B)], [(None, [0])]),
        ([(100, "")], [case(7, 99, "")], [(None, [0])]),
        ([(100, A)], [case(7, 50, A), case(8, 110, A)], [(8, [0])]),
        ([(100, A)], [case(7, 90, B, A)], [(7, [0])]),
    ],
)
def test_one_vehicle_within_a_minute_is_one_case(
    passages: list[tuple[float, str]], cases: list[OpenCase], groups: list[tuple[int | None, list[int]]]
) -> None:
    flagged = [passage(number, seconds, vehicle) for number, (seconds, vehicle) in enumerate(passages)]
    found = group_passages(flagged, cases)
    assert [(group.case_id, [one.passage_id for one in group.passages]) for group in found] == groups
