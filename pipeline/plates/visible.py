"""What can be measured of a plate's visibility: cut out upright, cell by cell, and its surroundings.

The cells are the places of the characters by GA 36. Everything is measured on the plate itself, so that a
dark or blurred frame is told from a hidden character by what the other characters and the frame show.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plate_layout import character_cells, plate_size_mm
from models.values.plates import PlateColour
from pipeline.plates.colour import plate_colour
from pipeline.plates.find import Quad, part, rectify, size_px

Floats = NDArray[np.float32]
# The plate is measured at this width; what lies around it as far as these shares of its width and height.
WIDTH_PX = 176
BESIDE, ABOVE = 0.2, 0.5
_SATURATED, _BLACK = 250, 20
_HUES = {PlateColour.YELLOW: (9, 40), PlateColour.GREEN: (41, 84), PlateColour.BLUE: (85, 135)}
_COLOURED, _NOT_DARK = 40, 30
_NEW_ENERGY_COLOURS = (PlateColour.GREEN, PlateColour.YELLOW_GREEN)
_EPS = 1e-3

CELL_FEATURES = (
    "contrast", "edges_across", "edges_down", "two_tones", "plate_hue", "other_hue", "saturation",
    "brightness", "washed_out", "black", "fine", "off_colour", "off_brightness", "step_left", "step_right",
    "step_above", "step_below", "read", "read_beside", "contrast_beside", "place",
)  # fmt: skip
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Channels:
    """A patch in the channels that are measured, each (H, W) float32."""

    grey: Floats
    lab: Floats
    hue: NDArray[np.uint8]
    saturation: Floats
    value: Floats
    across: Floats
    down: Floats
    fine: Floats


def measure(image: NDArray[np.uint8], place: Place, frame: "FrameQuality") -> Measured:
    """Measure the plate at `place` of an image (BGR)."""
    width_px, height_px = size_px(place.corners)
    high = round(WIDTH_PX * plate_size_mm(7, place.rows)[1] / 440)
    margin = (round(BESIDE * WIDTH_PX), round(ABOVE * high)) if not place.crop else (0, 0)
    patch = _patch(image, place, (WIDTH_PX, high), margin)
    plate = patch[margin[1] : margin[1] + high, margin[0] : margin[0] + WIDTH_PX]
    colour = plate_colour(np.ascontiguousarray(plate))
    count = len(place.characters) or (8 if colour in _NEW_ENERGY_COLOURS and place.rows == 1 else 7)
    boxes = [_box(cell, WIDTH_PX, high) for cell in character_cells(count, place.rows)]
    channels = _channels(np.ascontiguousarray(plate))
    hues = _hue_masks(channels)
    own = max(hues, key=lambda one: float(hues[one].mean()))
    reads = place.characters or (0.0,) * count
    cells = np.array([_cell(channels, hues, own, box) for box in boxes], dtype=np.float32)
    cells = _beside(cells, channels, boxes, reads)
    whole = _whole(channels, hues, own)
    ring = _ring(patch, margin, (WIDTH_PX, high))
    border = _at_border(image, place)
    contrast = cells[:, 0]
    features = (
        min(width_px, 400.0), min(width_px / max(height_px, 1.0), 10.0), place.rows, place.score,
        place.confidence, min(reads), sum(reads) / len(reads), float(not place.characters),
        whole[0], whole[1], frame.sharp, frame.bright, whole[2], whole[3], whole[4], whole[5], whole[6],
        *ring, border, float(contrast.max()), float(contrast.min()),
    )  # fmt: skip
    return Measured(cells=cells, plate=np.array(features, dtype=np.float32), colour=colour)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameQuality:
    """What the frame is like as a whole: how sharp its edges are, and how bright it is, 0..1."""

    sharp: float
    bright: float


def frame_quality(image: NDArray[np.uint8]) -> FrameQuality:
    """Measure a frame (BGR)."""
    scale = min(960 / max(image.shape[:2]), 1.0)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return FrameQuality(sharp=_sharpness(grey), bright=float(np.percentile(grey, 90)) / 255)


def _sharpness(grey: Floats) -> float:
    """Return how steep the strongest edges are beside the contrast that they separate, about 0..1."""
    if min(grey.shape) < 4:  # noqa: PLR2004  nothing to differ from
        return 0.0
    steep = np.abs(np.diff(grey, axis=1))
    wide = np.abs(grey[:, 3:] - grey[:, :-3])
    least = np.percentile(wide, 97)
    strong = wide >= max(float(least), 8.0)
    if not strong.any():
        return 0.0
    steps = np.maximum(np.maximum(steep[:, :-2], steep[:, 1:-1]), steep[:, 2:])
    return float((steps[strong] / wide[strong]).mean())


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


def _box(cell: tuple[float, float, float, float], wide: int, high: int) -> tuple[int, int, int, int]:
    """Return a cell in pixels, a little wider than the character: detectors are off by a stroke."""
    left, top, right, bottom = cell
    loose = 0.06 * (right - left)
    return (
        max(round((left - loose) * wide), 0),
        max(round(top * high), 0),
        min(round((right + loose) * wide), wide),
        min(round(bottom * high), high),
    )


def _channels(patch: NDArray[np.uint8]) -> _Channels:
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
    lab = cv2.cvtColor(patch, cv2.COLOR_BGR2LAB).astype(np.float32)
    hsv = cv2.cvtColor(patch, cv2.COLOR_BGR2HSV)
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
    return _Channels(
        grey=grey,
        lab=np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0), dtype=np.float32),
        hue=np.asarray(hsv[..., 0], dtype=np.uint8),
        saturation=hsv[..., 1].astype(np.float32),
        value=hsv[..., 2].astype(np.float32),
        across=np.asarray(np.abs(across), dtype=np.float32),
        down=np.asarray(np.abs(down), dtype=np.float32),
        fine=np.asarray(np.abs(grey - soft), dtype=np.float32),
    )


def _hue_masks(channels: _Channels) -> dict[PlateColour, NDArray[np.bool_]]:
    coloured = (channels.saturation >= _COLOURED) & (channels.value >= _NOT_DARK)
    return {
        colour: coloured & (channels.hue >= low) & (channels.hue <= high)
        for colour, (low, high) in _HUES.items()
    }


def _cell(
    channels: _Channels, hues: dict[PlateColour, NDArray[np.bool_]], own: PlateColour, box: Sequence[int]
) -> list[float]:
    """Return what one cell shows by itself; what depends on its neighbours is filled in by `_beside`."""
    left, top, right, bottom = box
    at = np.s_[top:bottom, left:right]
    grey = channels.grey[at]
    low, high = np.percentile(grey, (8, 92))
    contrast = float(high - low)
    edges = max(contrast, 8.0)
    coloured = (channels.saturation[at] >= _COLOURED) & (channels.value[at] >= _NOT_DARK)
    return [
        contrast / 255,
        float(channels.across[at].mean()) / edges / 4,
        float(channels.down[at].mean()) / edges / 4,
        _two_tones(grey),
        float(hues[own][at].mean()),
        float((coloured & ~hues[own][at]).mean()),
        float(channels.saturation[at].mean()) / 255,
        float(grey.mean()) / 255,
        float((grey >= _SATURATED).mean()),
        float((grey <= _BLACK).mean()),
        float(channels.fine[at].mean()) / edges,
    ]


def _two_tones(grey: Floats) -> float:
    """Return how much of a cell's variance two tones explain, ink and ground, 0..1 (Otsu 1979)."""
    values = np.sort(grey.ravel())[:: max(grey.size // 64, 1)]
    total = float(values.var())
    if total < 1:
        return 0.0
    count = np.arange(1, len(values))
    sums = np.cumsum(values)
    share = count / len(values)
    first, rest = sums[:-1] / count, (sums[-1] - sums[:-1]) / (len(values) - count)
    return float((share * (1 - share) * (first - rest) ** 2).max() / total)


def _beside(
    cells: Floats, channels: _Channels, boxes: Sequence[Sequence[int]], reads: Sequence[float]
) -> Floats:
    """Return the cells' features with what each is beside the others: colour, light, steps at its edges."""
    tone = np.array([np.median(channels.lab[b[1] : b[3], b[0] : b[2]].reshape(-1, 3), axis=0) for b in boxes])
    trusted = np.array(reads) + cells[:, 0] * cells[:, 3]
    best = np.argsort(-trusted, kind="stable")[: max(len(boxes) // 2, 1)]
    usual = np.median(tone[best], axis=0)
    off = (tone - usual) / 255
    contrast, read = cells[:, 0], np.array(reads)
    high, wide = channels.grey.shape
    more = []
    for n, (left, top, right, bottom) in enumerate(boxes):
        others = np.delete(np.arange(len(boxes)), n)
        more.append(
            [
                float(np.hypot(off[n, 1], off[n, 2])),
                float(off[n, 0]),
                _step(channels.lab[top:bottom], left, 4, 1),
                _step(channels.lab[top:bottom], right, 4, 1),
                _step(channels.lab[:, left:right], top, 3, 0) if top > 2 else 0.0,  # noqa: PLR2004
                _step(channels.lab[:, left:right], min(bottom, high), 3, 0),
                read[n],
                float(np.median(read[others])),
                float(np.median(contrast[others])),
                (left + right) / 2 / wide,
            ]
        )
    return np.hstack([cells, np.array(more, dtype=np.float32)]).astype(np.float32)


def _step(lab: Floats, at: int, reach: int, axis: int) -> float:
    """Return how much the colour changes across a line, as the median over the line: an object's edge."""
    length = lab.shape[axis]
    before = lab.take(range(max(at - reach, 0), max(at - 1, 1)), axis=axis)
    after = lab.take(range(min(at + 1, length - 1), min(at + reach, length)), axis=axis)
    if not before.shape[axis] or not after.shape[axis]:
        return 0.0
    change = np.linalg.norm(after.mean(axis=axis) - before.mean(axis=axis), axis=-1)
    return float(np.median(change)) / 255


def _whole(
    channels: _Channels, hues: dict[PlateColour, NDArray[np.bool_]], own: PlateColour
) -> tuple[float, ...]:
    """Return what the plate shows as a whole."""
    grey = channels.grey
    low, high = np.percentile(grey, (5, 95))
    columns = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    return (
        float(hues[own].mean()),
        _sharpness(grey),
        float(high - low) / 255,
        float(grey.mean()) / 255,
        float((grey >= _SATURATED).mean()),
        float((grey <= _BLACK).mean()),
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
        _step(lab[top:bottom], left, 8, 1),
        _step(lab[top:bottom], right, 8, 1),
        _step(lab[:, left:right], top, 6, 0),
        _step(lab[:, left:right], bottom, 6, 0),
    ]
    around = lab[..., 0].copy()
    around[top:bottom, left:right] = np.nan
    low, high = np.nanpercentile(around, (10, 90))
    return float(np.median(steps)), float(high - low) / 255, 1.0


def _at_border(image: NDArray[np.uint8], place: Place) -> float:
    """Return the share of the plate that lies beyond the frame, as far as its corners tell."""
    if place.crop:
        return 0.0
    high, wide = image.shape[:2]
    (left, top), (right, bottom) = place.corners.min(axis=0), place.corners.max(axis=0)
    inside = max(min(right, wide - 1) - max(left, 0), 0) * max(min(bottom, high - 1) - max(top, 0), 0)
    whole = max(float((right - left) * (bottom - top)), 1.0)
    touches = float(left <= 1 or top <= 1 or right >= wide - 2 or bottom >= high - 2)
    return max(1 - float(inside) / whole, 0.05 * touches)
