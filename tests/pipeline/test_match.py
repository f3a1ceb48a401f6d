import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.match import AMBIGUOUS_MS, Crossing, match_by_time

TOLERANCE_MS = 1500


def crossing(identity: int, instant_ms: int, lane: int = 1) -> Crossing:
    return Crossing(id=identity, lane=lane, instant_ms=instant_ms)


@pytest.mark.parametrize(
    ("frame", "passages", "expected"),
    [
        (crossing(1, 1000), [crossing(7, 900)], 7),
        (crossing(1, 1000), [crossing(7, 900, lane=2)], None),
        (crossing(1, 2500), [crossing(7, 1000)], 7),
        (crossing(1, 2501), [crossing(7, 1000)], None),
        (crossing(1, 1000), [crossing(7, 900), crossing(8, 1400)], 7),
        (crossing(1, 1000), [crossing(7, 800), crossing(8, 1200)], None),  # either of two
        (crossing(1, 1000), [crossing(7, 1000), crossing(8, 1000 + AMBIGUOUS_MS)], 7),
        (crossing(1, 1000), [crossing(7, 1000), crossing(8, 999 + AMBIGUOUS_MS)], None),
        (crossing(1, 1000), [], None),
    ],
)
def test_the_nearest_passage_of_the_lane(
    frame: Crossing, passages: list[Crossing], expected: int | None
) -> None:
    assert match_by_time([frame], passages, TOLERANCE_MS) == ([(1, expected)] if expected else [])


INSTANTS = st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, 2)), max_size=20)


@given(INSTANTS, INSTANTS)
def test_against_a_plain_search(frames: list[tuple[int, int]], passages: list[tuple[int, int]]) -> None:
    all_frames = [crossing(n, instant, lane) for n, (instant, lane) in enumerate(frames)]
    all_passages = [crossing(n, instant, lane) for n, (instant, lane) in enumerate(passages)]
    expected = []
    for frame in all_frames:
        gaps = sorted(
            (abs(p.instant_ms - frame.instant_ms), p.id) for p in all_passages if p.lane == frame.lane
        )
        clear = gaps and (len(gaps) == 1 or gaps[1][0] - gaps[0][0] >= AMBIGUOUS_MS)
        if clear and gaps[0][0] <= TOLERANCE_MS:
            expected.append((frame.id, gaps[0][1]))
    assert match_by_time(all_frames, all_passages, TOLERANCE_MS) == expected
