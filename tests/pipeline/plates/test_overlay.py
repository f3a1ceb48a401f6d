"""Text burnt into a picture is painted over where it is proven to cross a plate, and nothing else ever is."""

from typing import Any

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


def burnt_in(image: Picture, baseline: int, ink: tuple[int, int, int], left: int = LEFT - 50) -> Picture:
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


@pytest.mark.parametrize("beside", [-0.2, 0.0, 0.2])
@pytest.mark.parametrize("off", [-0.8, -0.6, -0.4, -0.2, -0.1, 0.0, 0.1, 0.2, 0.4, 0.6, 0.8])
@pytest.mark.parametrize(
    ("colour", "rows"), [(PlateColour.BLUE, 1), (PlateColour.YELLOW, 2), (PlateColour.BLUE, 2)]
)
def test_a_plates_own_characters_stay_however_badly_it_is_outlined(
    colour: PlateColour, rows: int, off: float, beside: float
) -> None:
    image, corners = frame(colour, rows)
    shifted = corners + np.array([beside * WIDE, off * (corners[2, 1] - corners[0, 1])], dtype=np.float32)
    for plates in ([shifted], [corners, shifted]):
        clean, painted = without_overlay(image, plates)
        assert clean is image
        assert painted is None


def test_the_next_plates_characters_stay_where_both_are_outlined_too_high() -> None:
    one, corners = frame()
    image = np.hstack([one[:, : LEFT + WIDE + 20], one[:, LEFT:]])
    high = corners[2, 1] - corners[0, 1]
    first = corners - np.array([0, 0.5 * high], dtype=np.float32)
    second = corners + np.array([WIDE + 20, 0], dtype=np.float32)
    assert without_overlay(image, [first])[1] is not None, "fourteen in a row are more than a plate bears"
    assert without_overlay(image, [first, second])[1] is None
    assert without_overlay(image, [first], [second])[1] is None


@pytest.mark.parametrize(("left", "across"), [(LEFT - 10, True), (LEFT + 10, False)])
def test_of_a_plate_that_fills_its_picture_a_date_counts_that_the_picture_cuts_off(
    left: int, across: bool
) -> None:
    image, corners = frame()
    x, y = int(corners[2, 0]), int(corners[2, 1])
    cut = burnt_in(image, y + 5, WHITE, left)[TOP:y, LEFT:x]
    assert (without_overlay(cut, [corners - corners[0]])[1] is not None) is across


@pytest.mark.parametrize("left", [LEFT + 5, LEFT + 25])
def test_text_that_ends_with_the_plate_stays(left: int) -> None:
    image, corners = frame()
    stamped = burnt_in(image, TOP + 78, WHITE, left)
    assert without_overlay(stamped, [corners])[0] is stamped


def test_a_picture_full_of_bars_takes_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.full((300, 2000, 3), 195, dtype=np.uint8)
    for top in range(0, 280, 14):
        image[top : top + 10, 4::9] = image[top : top + 10, 5::9] = 255
    corners = np.array([[500, 75], [1500, 75], [1500, 225], [500, 225]], dtype=np.float32)
    searched = []
    for where, name in ((np, "isin"), (cv2, "connectedComponentsWithStats")):
        real = getattr(where, name)

        def counted(pixels: NDArray[np.uint8], *args: object, real: Any = real, **named: object) -> Any:  # noqa: ANN401
            searched.append(pixels.shape[1])
            return real(pixels, *args, **named)

        monkeypatch.setattr(where, name, counted)
    assert without_overlay(image, [corners])[1] is None
    assert len(searched) <= 2, "once for white and once for yellow, not once for each bar"
    assert max(searched) <= 880


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
