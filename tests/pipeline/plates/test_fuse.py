"""One verdict from all frames of a passage, in the words of the road."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.plates import MOST_DOUBTED, AlternativePlate, PlateColour, PlateReading
from pipeline.plates.fuse import FrameReading, fuse


def seen(frame: int, text: str, confidence: float, *alternatives: tuple[str, float]) -> FrameReading:
    return FrameReading(
        frame=frame,
        reading=PlateReading(
            text=text,
            confidence=confidence,
            colour=PlateColour.YELLOW,
            rows=1,
            box=(0, 0, 100, 30),
            corners=((0.0, 0.0), (100.0, 0.0), (100.0, 30.0), (0.0, 30.0)),
            characters=(confidence,) * len(text),
            reader="fake",
            alternatives=tuple(AlternativePlate(text=t, probability=p) for t, p in alternatives),
        ),
    )


def test_nothing_read_is_no_plate() -> None:
    assert fuse([]).vehicles == fuse([]).trailers == ()


@given(st.floats(0.05, 0.999))
def test_one_frame_alone_keeps_its_probability(confidence: float) -> None:
    [plate] = fuse([seen(0, "浙F12345", confidence)]).vehicles
    assert plate.text == "浙F12345"
    assert plate.confidence == pytest.approx(confidence, abs=0.01)


@given(st.floats(0.55, 0.99), st.floats(0.55, 0.99))
def test_agreement_makes_surer_but_not_as_sure_as_strangers_would(a: float, b: float) -> None:
    [plate] = fuse([seen(0, "浙F12345", a), seen(1, "浙F12345", b)]).vehicles
    independent = a * b / (a * b + (1 - a) * (1 - b) / 100)
    assert max(a, b) * 0.97 < plate.confidence < independent


@pytest.mark.parametrize(("surest", "told"), [(MOST_DOUBTED, MOST_DOUBTED), (0.97, 0.97)])
def test_frames_that_share_a_doubt_are_not_certain_together(surest: float, told: float) -> None:
    frames = [seen(0, "浙F12345", surest), *(seen(n, "浙F12345", MOST_DOUBTED) for n in range(1, 6))]
    [plate] = fuse(frames).vehicles
    assert plate.confidence == told


def test_a_slip_in_one_frame_is_outvoted_by_two_others() -> None:
    frames = [
        seen(0, "皖F12345", 0.9, ("浙F12345", 0.6)),
        seen(1, "浙F12345", 0.85),
        seen(2, "浙F12345", 0.85),
    ]
    [plate] = fuse(frames).vehicles
    assert plate.text == "浙F12345"
    assert {one.frame for one in plate.seen} == {0, 1, 2}
    assert plate.alternatives[0].text == "皖F12345"


def test_two_frames_that_contradict_each_other_leave_doubt() -> None:
    [plate] = fuse([seen(0, "浙F12345", 0.9), seen(1, "浙F12346", 0.9)]).vehicles
    assert plate.confidence < 0.6


def test_tractor_and_trailer_are_two_plates_of_one_passage() -> None:
    plates = fuse([seen(0, "浙F12345", 0.98), seen(1, "浙F6729挂", 0.95), seen(1, "浙F12345", 0.3)])
    assert [plate.text for plate in plates.vehicles] == ["浙F12345"]
    assert [plate.text for plate in plates.trailers] == ["浙F6729挂"]
    # The mark of a trailer is never a slip of the pen.
    apart = fuse([seen(0, "浙F67291", 0.9), seen(1, "浙F6729挂", 0.9)])
    assert len(apart.vehicles) == len(apart.trailers) == 1


def test_another_vehicle_in_the_frame_stays_another() -> None:
    plates = fuse([seen(0, "浙F12345", 0.98), seen(0, "沪B88990", 0.9), seen(1, "浙F12345", 0.9)])
    assert [plate.text for plate in plates.vehicles] == ["浙F12345", "沪B88990"]


@given(st.permutations(range(4)))
def test_the_order_of_frames_does_not_matter(order: list[int]) -> None:
    frames = [
        seen(0, "浙F12345", 0.9),
        seen(1, "浙F12346", 0.8),
        seen(2, "浙F12345", 0.7),
        seen(3, "沪B1234挂", 0.9),
    ]
    assert fuse([frames[n] for n in order]) == fuse(frames)
