"""Text burnt into a picture is painted over where it crosses a plate, and nothing else ever is."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.values.plates import PlateColour
from pipeline.plates.find import Quad
from pipeline.plates.overlay import painted_share, without_overlay
from pipeline.plates.read import PlateReader
from stations.roadside.plate import draw_plate

Picture = NDArray[np.uint8]
WHITE, YELLOW, BLACK = (255, 255, 255), (0, 255, 255), (0, 0, 0)
LEFT, TOP, WIDE = 160, 150, 220


def frame(
    colour: PlateColour = PlateColour.BLUE, rows: int = 1, text: str = "湘F8ZS83"
) -> tuple[Picture, Quad]:
    """Return a grey frame with a plate in it, and the plate's corners."""
    drawn = draw_plate(text, colour, rows)
    high = round(WIDE * drawn.shape[0] / drawn.shape[1])
    image = np.full((420, 560, 3), 110, dtype=np.uint8)
    image[TOP : TOP + high, LEFT : LEFT + WIDE] = cv2.resize(
        drawn, (WIDE, high), interpolation=cv2.INTER_AREA
    )
    right, bottom = LEFT + WIDE, TOP + high
    return image, np.array([[LEFT, TOP], [right, TOP], [right, bottom], [LEFT, bottom]], dtype=np.float32)


def burnt_in(image: Picture, baseline: int, ink: tuple[int, int, int], left: int = LEFT - 20) -> Picture:
    """Return the frame with a date in it, outlined in black; its characters are about 21 px high."""
    seen = image.copy()
    for colour, thickness in ((BLACK, 5), (ink, 2)):
        cv2.putText(seen, "2015/05/11", (left, baseline), cv2.FONT_HERSHEY_SIMPLEX, 0.95, colour, thickness)
    return seen


@pytest.mark.parametrize("ink", [WHITE, YELLOW])
@pytest.mark.parametrize("baseline", [TOP + 5, TOP + 78])
def test_a_date_across_an_edge_is_painted_over(baseline: int, ink: tuple[int, int, int]) -> None:
    image, corners = frame()
    stamped = burnt_in(image, baseline, ink)
    before = stamped.copy()
    clean, painted = without_overlay(stamped, [corners])
    assert painted is not None
    assert np.array_equal(stamped, before)
    changed = np.abs(stamped.astype(int) - image).max(axis=2) > 100
    assert painted.astype(bool)[changed].mean() > 0.95
    assert np.abs(clean.astype(int) - image).mean() < 0.5 * np.abs(stamped.astype(int) - image).mean()
    assert 0 < painted_share(painted, corners) < 0.3


@pytest.mark.parametrize("off", [-0.1, 0.0, 0.1])
@pytest.mark.parametrize(
    ("colour", "rows"), [(PlateColour.BLUE, 1), (PlateColour.YELLOW, 2), (PlateColour.BLUE, 2)]
)
def test_a_plates_own_characters_stay(colour: PlateColour, rows: int, off: float) -> None:
    image, corners = frame(colour, rows)
    shifted = corners + np.array([0, off * (corners[2, 1] - corners[0, 1])], dtype=np.float32)
    clean, painted = without_overlay(image, [shifted])
    assert clean is image
    assert painted is None


@pytest.mark.parametrize("baseline", [TOP - 40, TOP + 130])
def test_text_beside_a_plate_stays(baseline: int) -> None:
    image, corners = frame()
    stamped = burnt_in(image, baseline, WHITE)
    assert without_overlay(stamped, [corners])[0] is stamped


def test_a_plate_at_the_frames_edge_and_beyond_is_no_trouble() -> None:
    image, corners = frame()
    for away in (-400, 400):
        assert without_overlay(image, [corners + np.float32(away)])[0] is image
    assert without_overlay(image[:3, :3].copy(), [corners])[1] is None


def test_a_plate_under_a_date_reads_but_with_more_doubt(reader: PlateReader) -> None:
    image, _ = frame()
    [clear] = reader.read(image)
    [dated] = reader.read(burnt_in(image, TOP + 83, WHITE))
    assert clear.text == dated.text == "湘F8ZS83"
    assert dated.confidence < clear.confidence
