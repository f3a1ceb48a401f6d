"""From text boxes to candidates, on boxes drawn by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.plates import find


def box(x: float, y: float, width: float, height: float, turned_deg: float = 0.0) -> find.Quad:
    """Return a box turned about the frame's origin."""
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    angle = np.radians(turned_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(corners @ turn, dtype=np.float32)


def test_a_long_box_is_a_plate_of_one_row() -> None:
    quad = box(10, 10, 140, 44)
    [candidate] = find.candidates([quad])
    assert len(candidate.lines) == 1
    assert np.allclose(candidate.corners, quad)


def test_a_squat_box_is_tried_in_one_row_and_in_two() -> None:
    assert sorted(len(c.lines) for c in find.candidates([box(10, 10, 100, 48)])) == [1, 2]
    assert [len(c.lines) for c in find.candidates([box(10, 10, 100, 60)])] == [2]


def test_of_a_squat_box_the_middle_above_comes_before_the_serial_below() -> None:
    [two_rows] = find.candidates([box(10, 10, 100, 60)])
    above, below = two_rows.lines
    assert np.allclose(above, box(30, 10, 60, 60 * 0.42), atol=1e-3)
    assert np.allclose(below, box(10, 10 + 60 * 0.4, 100, 60 * 0.6), atol=1e-3)


def test_of_an_upper_row_boxed_with_its_bolts_the_middle_is_text() -> None:
    bottom = box(100, 42, 110, 38)
    [stacked] = [
        c for c in find.candidates([box(100, 20, 110, 20), bottom]) if c.lines[-1] is bottom and c.lines[1:]
    ]
    assert np.allclose(stacked.lines[0], box(116.5, 20, 77, 20), atol=1e-3)


@pytest.mark.parametrize("size", [(15, 15), (400, 30), (60, 8), (40, 200)])
def test_what_is_no_plate_by_its_shape(size: tuple[int, int]) -> None:
    assert find.candidates([box(10, 10, *size)]) == []


@given(turned_deg=st.floats(-25, 25), scale=st.floats(0.6, 8))
def test_two_stacked_boxes_are_one_plate_at_any_angle_and_size(turned_deg: float, scale: float) -> None:
    top = box(130 * scale, 20 * scale, 50 * scale, 20 * scale, turned_deg)
    bottom = box(100 * scale, 42 * scale, 110 * scale, 38 * scale, turned_deg)
    whole = box(100 * scale, 20 * scale, 110 * scale, 60 * scale, turned_deg)
    for boxes in ([top, bottom], [bottom, top]):
        stacked = [c for c in find.candidates(boxes) if np.allclose(c.corners, whole, atol=0.02 * scale)]
        assert len(stacked) == 1
        assert np.allclose(stacked[0].lines[0], top, atol=0.02 * scale)
        assert np.allclose(stacked[0].lines[1], bottom, atol=0.02 * scale)


@pytest.mark.parametrize(
    "top",
    [
        box(130, 90, 50, 20),  # below
        box(30, 20, 50, 20),  # beside
        box(130, -60, 50, 20),  # far above
        box(145, 20, 20, 18),  # too narrow
        box(130, 2, 50, 60),  # too high
    ],
)
def test_boxes_that_are_no_stack(top: find.Quad) -> None:
    bottom = box(100, 42, 110, 38)
    assert not any(
        np.allclose(c.lines[-1], bottom) and len(c.lines) == 2 for c in find.candidates([top, bottom])
    )


def test_rectify_undoes_a_turn() -> None:
    upright = np.zeros((120, 200, 3), dtype=np.uint8)
    upright[30:60, 50:150] = (0, 0, 255)
    upright[30:60, 50:70] = (255, 0, 0)
    crop = find.rectify(upright, box(50, 30, 100, 30))
    assert crop.shape == (30, 100, 3)
    assert crop[15, 5].tolist() == [255, 0, 0]
    assert crop[15, 90].tolist() == [0, 0, 255]
    turned = find.rectify(upright, np.roll(box(50, 30, 100, 30), -1, axis=0))
    assert turned.shape == (100, 30, 3)
    assert turned[95, 15].tolist() == [255, 0, 0]


def test_two_rows_stand_side_by_side_the_top_one_first() -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    image[:40] = (255, 0, 0)
    image[40:] = (0, 0, 255)
    rows = (box(20, 0, 60, 40), box(0, 40, 100, 60))
    line = find.text_line(image, find.Candidate(corners=box(0, 0, 100, 100), lines=rows))
    assert line.shape == (48, 72 + 80, 3)
    assert line[24, 10].tolist() == [255, 0, 0]
    assert line[24, 140].tolist() == [0, 0, 255]


def test_part_keeps_perspective() -> None:
    quad = np.array([[10, 0], [30, 0], [40, 20], [0, 20]], dtype=np.float32)
    assert np.allclose(find.part(quad, 0, 0, 1, 1), quad, atol=1e-3)
    middle = find.part(quad, 0, 0.5, 1, 0.5)
    # Seen in perspective, half of the way down is nearer to the short, farther side.
    assert 0 < middle[0, 1] < 10


def test_a_plate_turned_far_away_may_be_of_one_row_by_its_corners_and_of_two_by_a_text_box() -> None:
    turned = box(10, 10, 100, 60)
    assert [len(one.lines) for one in find.as_plate(turned)] == [2]
    assert [len(one.lines) for one in find.as_plate(turned, corners=True)] == [1, 2]
