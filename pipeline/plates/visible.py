"""What can be measured of a plate's visibility: cut out upright, by character, as a whole, and around it.

The cells are the places of the characters by GA 36.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plate_layout import character_cells, plate_size_mm
from models.values.plates import PlateColour
from pipeline.plates.cells import (
    BLACK,
    SATURATED,
    Channels,
    HueMasks,
    beside,
    cell_box,
    cell_shows,
    channels_of,
    hue_masks,
    step,
)
from pipeline.plates.colour import plate_colour
from pipeline.plates.find import Quad, part, rectify, size_px
from pipeline.plates.frame_quality import FrameQuality, sharpness

Floats = NDArray[np.float32]
# The plate is measured at this width; what lies around it as far as these shares of its width and height.
WIDTH_PX = 176
BESIDE, ABOVE = 0.2, 0.5
_NEW_ENERGY_COLOURS = (PlateColour.GREEN, PlateColour.YELLOW_GREEN)
_EPS = 1e-3

PLATE_FEATURES = (
    "width_px", "aspect", "rows", "score", "confidence", "least_read", "mean_read", "unread",
    "hue_share", "edge_sharp", "frame_sharp", "frame_bright", "contrast", "brightness", "washed_out",
    "black", "blocks", "ring_step", "ring_contrast", "ring_known", "at_border",
    "best_contrast", "least_contrast",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where a plate is, or should be: its corners, its rows, and what was read there.

    `characters` are the probabilities of the characters read, () where nothing was; `score` is the corner
    detector's; `crop` says that the image shows the plate alone.
    """

    corners: Quad
    rows: int
    score: float
    confidence: float
    characters: tuple[float, ...]
    crop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """Features of the plate's cells (N, len(CELL_FEATURES)) and of the whole (len(PLATE_FEATURES),)."""

    cells: Floats
    plate: Floats
    colour: PlateColour


def measure(image: NDArray[np.uint8], place: Place, frame: FrameQuality) -> Measured:
    """Measure the plate at `place` of an image (BGR)."""
    width_px, height_px = size_px(place.corners)
    high = round(WIDTH_PX * plate_size_mm(7, place.rows)[1] / 440)
    margin = (round(BESIDE * WIDTH_PX), round(ABOVE * high)) if not place.crop else (0, 0)
    patch = _patch(image, place, (WIDTH_PX, high), margin)
    plate = patch[margin[1] : margin[1] + high, margin[0] : margin[0] + WIDTH_PX]
    colour = plate_colour(np.ascontiguousarray(plate))
    count = len(place.characters) or (8 if colour in _NEW_ENERGY_COLOURS and place.rows == 1 else 7)
    boxes = [cell_box(cell, WIDTH_PX, high) for cell in character_cells(count, place.rows)]
    channels = channels_of(np.ascontiguousarray(plate))
    hues = hue_masks(channels)
    own = max(hues, key=lambda one: float(hues[one].mean()))
    reads = place.characters or (0.0,) * count
    cells = np.array([cell_shows(channels, hues, own, box) for box in boxes], dtype=np.float32)
    cells = beside(cells, channels, boxes, reads)
    whole = _whole(channels, hues, own)
    ring = _ring(patch, margin, (WIDTH_PX, high))
    border = at_border(image, place)
    contrast = cells[:, 0]
    features = (
        min(width_px, 400.0), min(width_px / max(height_px, 1.0), 10.0), place.rows, place.score,
        place.confidence, min(reads), sum(reads) / len(reads), float(not place.characters),
        whole[0], whole[1], frame.sharp, frame.bright, whole[2], whole[3], whole[4], whole[5], whole[6],
        *ring, border, float(contrast.max()), float(contrast.min()),
    )  # fmt: skip
    return Measured(cells=cells, plate=np.array(features, dtype=np.float32), colour=colour)


def _patch(
    image: NDArray[np.uint8], place: Place, size: tuple[int, int], margin: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return the plate upright with its surroundings; beyond the frame its border is repeated."""
    if place.crop:
        shown = rectify(image, place.corners)
        return np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    grown = part(place.corners, -BESIDE, -ABOVE, 1 + BESIDE, 1 + ABOVE)
    whole = (size[0] + 2 * margin[0], size[1] + 2 * margin[1])
    target = np.array([[0, 0], [whole[0], 0], [whole[0], whole[1]], [0, whole[1]]], dtype=np.float32)
    warp = cv2.getPerspectiveTransform(grown, target)
    return np.asarray(
        cv2.warpPerspective(image, warp, whole, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        dtype=np.uint8,
    )


def _whole(channels: Channels, hues: HueMasks, own: PlateColour) -> tuple[float, ...]:
    """Return what the plate shows as a whole."""
    grey = channels.grey
    low, high = np.percentile(grey, (5, 95))
    columns = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    return (
        float(hues[own].mean()),
        sharpness(grey),
        float(high - low) / 255,
        float(grey.mean()) / 255,
        float((grey >= SATURATED).mean()),
        float((grey <= BLACK).mean()),
        float(columns.std() / (columns.mean() + _EPS)),
    )


def _ring(
    patch: NDArray[np.uint8], margin: tuple[int, int], size: tuple[int, int]
) -> tuple[float, float, float]:
    """Return how the plate's edge stands out from around it, what contrast there is, whether it is known."""
    if not margin[0]:
        return 0.0, 0.0, 0.0
    lab = cv2.cvtColor(cv2.GaussianBlur(patch, (0, 0), 1.0), cv2.COLOR_BGR2LAB).astype(np.float32)
    (left, top), (right, bottom) = margin, (margin[0] + size[0], margin[1] + size[1])
    steps = [
        step(lab[top:bottom], left, 8, 1),
        step(lab[top:bottom], right, 8, 1),
        step(lab[:, left:right], top, 6, 0),
        step(lab[:, left:right], bottom, 6, 0),
    ]
    around = lab[..., 0].copy()
    around[top:bottom, left:right] = np.nan
    low, high = np.nanpercentile(around, (10, 90))
    return float(np.median(steps)), float(high - low) / 255, 1.0


def at_border(image: NDArray[np.uint8], place: Place) -> float:
    """Return the share of the plate that lies beyond the frame, as far as its corners tell."""
    if place.crop:
        return 0.0
    high, wide = image.shape[:2]
    (left, top), (right, bottom) = place.corners.min(axis=0), place.corners.max(axis=0)
    inside = max(min(right, wide - 1) - max(left, 0), 0) * max(min(bottom, high - 1) - max(top, 0), 0)
    whole = max(float((right - left) * (bottom - top)), 1.0)
    touches = float(left <= 1 or top <= 1 or right >= wide - 2 or bottom >= high - 2)
    return max(1 - float(inside) / whole, 0.05 * touches)
