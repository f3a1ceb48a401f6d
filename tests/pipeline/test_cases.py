import pytest

from pipeline.cases import FlaggedPassage, group_passages


def passage(number: int, seconds: float, vehicle: str, case_id: int | None = None) -> FlaggedPassage:
    return FlaggedPassage(
        passage_id=number,
        passed_at_ms=round(seconds * 1000),
        lane=1,
        vehicle=vehicle,
        case_id=case_id,
        waiting=case_id is None,
    )


@pytest.mark.parametrize(
    ("passages", "groups"),
    [
        ([], []),
        ([(0, "浙Z00001"), (59.999, "浙Z00001")], [[0, 1]]),
        ([(0, "浙Z00001"), (60, "浙Z00001")], [[0], [1]]),
        ([(0, "浙Z00001"), (1, "浙Z00002")], [[0], [1]]),
        ([(0, ""), (1, "")], [[0], [1]]),  # two unknown vehicles are not one
        ([(0, "浙Z00001"), (40, "浙Z00001"), (80, "浙Z00001")], [[0, 1], [2]]),  # no chain beyond the minute
        ([(30, "浙Z00001"), (0, "浙Z00001")], [[1, 0]]),
    ],
)
def test_one_vehicle_within_a_minute_is_one_case(
    passages: list[tuple[float, str]], groups: list[list[int]]
) -> None:
    flagged = [passage(number, seconds, vehicle) for number, (seconds, vehicle) in enumerate(passages)]
    assert [[one.passage_id for one in group] for group in group_passages(flagged)] == groups
