"""Look at a plate's pixels for something that covers it: a small network beside the forests.

The forests of `pipeline.plates.legibility` weigh what was measured of a plate; a patch of another colour over
one character is seen more easily than measured. `benchmarks/legibility_net.py` taught the network, on what is
in docs/legibility.md. No reading is asked for.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.plates.find import Quad, part, size_px
from pipeline.plates.frame_quality import FrameQuality
from pipeline.plates.second import session
from pipeline.plates.visible import Place

NETWORK = Path(__file__).with_name("covered.onnx")
# The view in pixels, and the margin in it.
WIDE, HIGH, BESIDE, ABOVE = 88, 32, 10, 6
# A plate this much wider than its view is shrunk first: a warp alone would skip pixels.
_SHRUNK_FROM = 1.3
Floats = NDArray[np.float32]
Pixels = NDArray[np.integer[Any] | np.floating[Any]]


def covered_share(image: NDArray[np.uint8], place: Place, frame: FrameQuality) -> float:
    """Return how surely something covers the plate at `place` of an image (BGR), 0 to 1."""
    pixels = seen_at(image, place.corners, crop=place.crop).astype(np.uint8)
    beside = about(image, place.corners, place.rows, frame, crop=place.crop)
    [share] = _network().run(None, {"pixels": pixels[None], "about": beside[None]})
    return float(share[0])


def seen_at(image: Pixels, corners: Quad, *, crop: bool) -> Pixels:
    """Return the plate at `corners` upright with its margin (HIGH, WIDE); of a crop the margin is empty."""
    inside = (WIDE - 2 * BESIDE, HIGH - 2 * ABOVE)
    if crop:
        whole = np.zeros((HIGH, WIDE, *image.shape[2:]), dtype=image.dtype)
        shown = cv2.resize(image, inside, interpolation=cv2.INTER_AREA)
        whole[ABOVE : HIGH - ABOVE, BESIDE : WIDE - BESIDE] = shown
        return whole
    across, down = BESIDE / inside[0], ABOVE / inside[1]
    grown = part(corners, -across, -down, 1 + across, 1 + down)
    scale = size_px(corners)[0] / inside[0]
    if scale > _SHRUNK_FROM:
        low = np.clip(np.floor(grown.min(axis=0)).astype(int) - 4, 0, None)
        high = np.ceil(grown.max(axis=0)).astype(int) + 4
        around = image[low[1] : high[1], low[0] : high[0]]
        if around.size:
            scaled = cv2.resize(around, None, fx=1.2 / scale, fy=1.2 / scale, interpolation=cv2.INTER_AREA)
            grown = (grown - low) * (scaled.shape[1] / around.shape[1], scaled.shape[0] / around.shape[0])
            image = scaled
    target = np.array([[0, 0], [WIDE, 0], [WIDE, HIGH], [0, HIGH]], dtype=np.float32)
    warp = cv2.getPerspectiveTransform(grown.astype(np.float32), target)
    return cv2.warpPerspective(image, warp, (WIDE, HIGH), borderMode=cv2.BORDER_REPLICATE)


def about(image: NDArray[np.uint8], corners: Quad, rows: int, frame: FrameQuality, *, crop: bool) -> Floats:
    """Return what the network is told besides: crop, rows, width (pixels), the frame's sharpness, light."""
    wide = image.shape[1] if crop else size_px(corners)[0]
    return np.array([crop, rows, wide, frame.sharp, frame.bright], dtype=np.float32)


@cache
def network_name() -> str:
    """Return the name of the network: the start of its digest."""
    return hashlib.sha256(NETWORK.read_bytes()).hexdigest()[:10]


@cache
def _network() -> Any:  # noqa: ANN401 (onnxruntime has no types)
    return session(NETWORK, 1)
