"""What a camera usually shows: a place learnt from readable plates, and pictures held against its others."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from road_frames import PLACE, road

from models.values.legibility import CameraCause
from pipeline.plates.usual import LEAST_VEHICLES, UsualPlace, learn_place, picture, usual_picture

offsets = st.lists(
    st.tuples(st.integers(-50, 50), st.integers(-20, 20)), min_size=LEAST_VEHICLES, max_size=40
)


@given(offsets, st.integers(100, 500), st.integers(100, 300))
def test_most_plates_that_a_place_was_learnt_from_stand_in_it(
    moved: list[tuple[int, int]], x: int, y: int
) -> None:
    boxes = [(x + dx, y + dy, x + dx + 120, y + dy + 40) for dx, dy in moved]
    place = learn_place(boxes)
    assert place is not None
    assert place.vehicles == len(boxes)
    assert sum(place.holds(box) for box in boxes) * 2 >= len(boxes)
    assert not place.holds((x + 1000, y, x + 1120, y + 40))
    assert not place.holds((x, y, x + 400, y + 140))


@pytest.mark.parametrize(
    ("off_px", "neighbours"), [(0, False), (-500, False), (840, False), (860, True), (-860, True)]
)
def test_only_a_plate_of_another_lane_is_a_neighbours(off_px: int, neighbours: bool) -> None:
    left = 260 + off_px
    assert PLACE.passed_by((left, 220, left + 120, 260)) is neighbours


def test_too_few_plates_or_plates_all_over_the_frame_make_no_place() -> None:
    one = (100, 100, 220, 140)
    assert learn_place([one] * (LEAST_VEHICLES - 1)) is None
    assert learn_place([one] * LEAST_VEHICLES) is not None
    rng = np.random.default_rng(3)
    corners = rng.integers(0, 1500, (40, 2)).tolist()
    assert learn_place([(x, y, x + 120, y + 40) for x, y in corners]) is None


@pytest.mark.parametrize(
    ("spoilt", "cause"),
    [
        (lambda frame: frame, None),
        (lambda frame: cv2.GaussianBlur(frame, (0, 0), 5), CameraCause.BLUR),
        (lambda frame: (frame * 0.1).astype(np.uint8), CameraCause.DARK),
        (lambda frame: (frame * 0.02 + 200).astype(np.uint8), CameraCause.UNCLEAR),
        (lambda frame: cv2.circle(frame.copy(), (320, 240), 60, (255, 255, 255), -1), CameraCause.GLARE),
    ],
)
def test_a_picture_worse_than_the_others_is_the_cameras_fault(
    spoilt: object, cause: CameraCause | None
) -> None:
    usual = usual_picture(picture(PLACE.window(road(seed))) for seed in range(5))
    assert callable(spoilt)
    assert next(picture(PLACE.window(spoilt(road(7)))).worse_than(usual), None) is cause


def test_a_place_at_the_edge_of_a_frame_has_a_window_inside_it() -> None:
    place = UsualPlace(vehicles=20, centre=(5, 5), reach=(80, 40), size=(120, 40))
    assert place.window(road()).size
    beyond = UsualPlace(vehicles=20, centre=(2000, 2000), reach=(80, 40), size=(120, 40))
    assert picture(beyond.window(road())).contrast == 0
