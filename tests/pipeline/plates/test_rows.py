"""The gap between the rows of a two-row plate is found wherever the outline lies."""

import numpy as np
import pytest
from numpy.typing import NDArray

from models.values.plate_layout import two_rows
from models.values.plates import PlateColour
from pipeline.plates import find
from pipeline.plates.rows import gap_of, parted
from stations.roadside.plate import draw_plate

PLACES, _ = two_rows()
TOP_ENDS = max(y + high for _, y, _, high in PLACES[:2])
BOTTOM_STARTS = min(y for _, y, _, _ in PLACES[2:])
AROUND = 40


def surrounded(text: str, light: float = 1.0) -> NDArray[np.uint8]:
    """Return a two-row plate with grey all around it, in some light."""
    plate = draw_plate(text, PlateColour.YELLOW, 2)
    image = np.full((plate.shape[0] + 2 * AROUND, plate.shape[1] + 2 * AROUND, 3), 110, dtype=np.uint8)
    image[AROUND:-AROUND, AROUND:-AROUND] = plate
    return (image * light).astype(np.uint8)


def outline(image: NDArray[np.uint8], above: int, below: int) -> NDArray[np.float32]:
    """Return the plate's outline, so many millimetres too high and too low; negative is too tight."""
    left, right = AROUND, image.shape[1] - AROUND
    top, bottom = AROUND - above, image.shape[0] - AROUND + below
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)


@pytest.mark.parametrize("light", [0.15, 1.0])
@pytest.mark.parametrize("text", ["浙F12345", "皖B863Q挂", "沪A1111挂"])
@pytest.mark.parametrize(("above", "below"), [(0, 0), (25, 0), (0, 30), (-6, -6), (20, 20)])
def test_the_gap_lies_between_the_rows(text: str, light: float, above: int, below: int) -> None:
    image = surrounded(text, light)
    corners = outline(image, above, below)
    crop = find.rectify(image, corners)
    gap_mm = gap_of(crop) * crop.shape[0] - above
    assert TOP_ENDS - 4 <= gap_mm <= BOTTOM_STARTS + 4


def test_each_line_holds_its_own_row() -> None:
    image = surrounded("浙F12345")
    candidate = parted(image, outline(image, 20, 0))
    above, below = (find.box_of(line) for line in candidate.lines)
    assert abs(above[3] - AROUND - (TOP_ENDS + BOTTOM_STARTS) / 2) < 12
    assert below[1] < above[3] < below[1] + 8
    assert (below[0], below[2]) == (AROUND, image.shape[1] - AROUND)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (110, 3, 3)])
def test_a_plate_without_strokes_has_its_gap_where_it_usually_is(shape: tuple[int, ...]) -> None:
    plate = find.rectify(
        np.zeros(shape, np.uint8), np.array([[0, 0], [220, 0], [220, 110], [0, 110]], np.float32), 110
    )
    assert gap_of(plate) == pytest.approx(0.385, abs=0.02)
