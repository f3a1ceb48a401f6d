"""Look at a plate's pixels for something that covers it: a small network beside the forests.

The forests of `pipeline.plates.legibility` weigh what was measured of a plate; what lies over it is seen more
easily than measured. `benchmarks/legibility_net.py` taught the network, on what is
in docs/legibility.md. No reading is asked for.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plate_layout import character_cells
from pipeline.plates.cells import cell_box
from pipeline.plates.find import Quad, part, size_px
from pipeline.plates.second import session
from pipeline.plates.visible import Place

NETWORK = Path(__file__).with_name("covered.onnx")
# The view in pixels, and the margin in it.
WIDE, HIGH, BESIDE, ABOVE = 128, 48, 16, 9
# A plate this much wider than its view is shrunk first: a warp alone would skip pixels.
_SHRUNK_FROM = 1.3
Floats = NDArray[np.float32]
Pixels = NDArray[np.integer[Any] | np.floating[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Covering:
    """How surely something covers a plate, and how much of each of its characters, 0 to 1."""

    share: float
    characters: tuple[float, ...]


def covering(image: NDArray[np.uint8], place: Place, characters: int) -> Covering:
    """Return what covers the plate of so many characters at `place` of an image (BGR)."""
    pixels = seen_at(image, place.corners, crop=place.crop).astype(np.uint8)
    beside = about(image, place.corners, place.rows, crop=place.crop)
    share, hidden = _network().run(None, {"pixels": pixels[None], "about": beside[None]})
    plate = cv2.resize(hidden[0], (WIDE, HIGH))[ABOVE : HIGH - ABOVE, BESIDE : WIDE - BESIDE]
    boxes = (
        cell_box(cell, plate.shape[1], plate.shape[0]) for cell in character_cells(characters, place.rows)
    )
    return Covering(
        share=float(share[0]),
        characters=tuple(float(plate[top:bottom, left:right].mean()) for left, top, right, bottom in boxes),
    )


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


def about(image: Pixels, corners: Quad, rows: int, *, crop: bool) -> Floats:
    """Return what the network is told besides: crop, rows, width (pixels)."""
    wide = image.shape[1] if crop else size_px(corners)[0]
    return np.array([crop, rows, wide], dtype=np.float32)


@cache
def network_name() -> str:
    """Return the name of the network: the start of its digest."""
    return hashlib.sha256(NETWORK.read_bytes()).hexdigest()[:10]


@cache
def _network() -> Any:  # noqa: ANN401 (onnxruntime has no types)
    return session(NETWORK, 1)
