"""What the place of one character shows: contrast, strokes, tones, hue, and what it is beside the others.

Everything is measured on the plate itself, so that a dark or blurred frame is told from a hidden character by
what the other characters show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plates import PlateColour

Floats = NDArray[np.float32]
Box = tuple[int, int, int, int]
HueMasks = Mapping[PlateColour, NDArray[np.bool_]]
# Grey values from which a pixel is lost in light, or to which it is lost in darkness.
SATURATED, BLACK = 250, 20
_HUES = {PlateColour.YELLOW: (9, 40), PlateColour.GREEN: (41, 84), PlateColour.BLUE: (85, 135)}
_COLOURED, _NOT_DARK = 40, 30

CELL_FEATURES = (
    "contrast", "edges_across", "edges_down", "two_tones", "plate_hue", "other_hue", "saturation",
    "brightness", "washed_out", "black", "fine", "off_colour", "off_brightness", "step_left", "step_right",
    "step_above", "step_below", "read", "read_beside", "contrast_beside", "place",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Channels:
    """A patch in the channels that are measured, each (H, W) float32."""

    grey: Floats
    lab: Floats
    hue: NDArray[np.uint8]
    saturation: Floats
    value: Floats
    across: Floats
    down: Floats
    fine: Floats


def cell_box(cell: tuple[float, float, float, float], wide: int, high: int) -> Box:
    """Return a cell in pixels, a little wider than the character: detectors are off by a stroke."""
    left, top, right, bottom = cell
    loose = 0.06 * (right - left)
    return (
        max(round((left - loose) * wide), 0),
        max(round(top * high), 0),
        min(round((right + loose) * wide), wide),
        min(round(bottom * high), high),
    )


def channels_of(patch: NDArray[np.uint8]) -> Channels:
    """Return the channels of an upright patch (BGR)."""
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
    lab = cv2.cvtColor(patch, cv2.COLOR_BGR2LAB).astype(np.float32)
    hsv = cv2.cvtColor(patch, cv2.COLOR_BGR2HSV)
    soft = cv2.GaussianBlur(grey, (0, 0), 1.0)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
    return Channels(
        grey=grey,
        lab=np.asarray(cv2.GaussianBlur(lab, (0, 0), 1.0), dtype=np.float32),
        hue=np.asarray(hsv[..., 0], dtype=np.uint8),
        saturation=hsv[..., 1].astype(np.float32),
        value=hsv[..., 2].astype(np.float32),
        across=np.asarray(np.abs(across), dtype=np.float32),
        down=np.asarray(np.abs(down), dtype=np.float32),
        fine=np.asarray(np.abs(grey - soft), dtype=np.float32),
    )


def hue_masks(channels: Channels) -> HueMasks:
    """Return where a patch has the hue of each colour that plates have."""
    coloured = (channels.saturation >= _COLOURED) & (channels.value >= _NOT_DARK)
    return {
        colour: coloured & (channels.hue >= low) & (channels.hue <= high)
        for colour, (low, high) in _HUES.items()
    }


def cell_shows(channels: Channels, hues: HueMasks, own: PlateColour, box: Sequence[int]) -> list[float]:
    """Return what one cell shows by itself; what depends on its neighbours is filled in by `beside`."""
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
        float((grey >= SATURATED).mean()),
        float((grey <= BLACK).mean()),
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


def beside(
    cells: Floats, channels: Channels, boxes: Sequence[Sequence[int]], reads: Sequence[float]
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
                step(channels.lab[top:bottom], left, 4, 1),
                step(channels.lab[top:bottom], right, 4, 1),
                step(channels.lab[:, left:right], top, 3, 0) if top > 2 else 0.0,  # noqa: PLR2004
                step(channels.lab[:, left:right], min(bottom, high), 3, 0),
                read[n],
                float(np.median(read[others])),
                float(np.median(contrast[others])),
                (left + right) / 2 / wide,
            ]
        )
    return np.hstack([cells, np.array(more, dtype=np.float32)]).astype(np.float32)


def step(lab: Floats, at: int, reach: int, axis: int) -> float:
    """Return how much the colour changes across a line, as the median over the line: an object's edge."""
    length = lab.shape[axis]
    before = lab.take(range(max(at - reach, 0), max(at - 1, 1)), axis=axis)
    after = lab.take(range(min(at + 1, length - 1), min(at + reach, length)), axis=axis)
    if not before.shape[axis] or not after.shape[axis]:
        return 0.0
    change = np.linalg.norm(after.mean(axis=axis) - before.mean(axis=axis), axis=-1)
    return float(np.median(change)) / 255
