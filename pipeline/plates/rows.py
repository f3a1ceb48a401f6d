"""Where the two rows of a plate part.

GA 36 puts the gap 75 to 90 mm below the upper edge of a plate 220 mm high. Outlines are found tighter or
looser than the plate, so the gap is looked for around there: it is where the fewest strokes cross.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.plates.find import Candidate, Quad, part, rectify

_HEIGHT_PX = 110
_USUAL, _NEAREST, _FARTHEST = 0.385, 0.28, 0.48
# How much a gap elsewhere than usual is held against it.
_AWAY = 6.0
_SMOOTHED = 7
_SIDE = 0.1
# What of the upper row is its edge, where its two characters stand, and how far both rows reach over the gap.
_EDGE, _TOP_LEFT, _TOP_RIGHT, _OVER = 0.02, 0.2, 0.8, 0.01


def parted(image: NDArray[np.uint8], corners: Quad) -> Candidate:
    """Return the outline of a two-row plate in an image (BGR) with its rows, parted at the gap."""
    gap = gap_of(rectify(image, corners, _HEIGHT_PX))
    top = part(corners, _TOP_LEFT, _EDGE, _TOP_RIGHT, gap + _OVER)
    return Candidate(corners=corners, lines=(top, part(corners, 0.0, gap - _OVER, 1.0, 1.0)))


def gap_of(plate: NDArray[np.uint8]) -> float:
    """Return where the gap lies in an upright two-row plate (BGR), as a share of its height."""
    grey = cv2.GaussianBlur(cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY), (3, 3), 0).astype(np.float32)
    side = round(_SIDE * grey.shape[1])
    strokes = np.abs(np.diff(grey, axis=1))[:, side : grey.shape[1] - side].sum(axis=1)
    strokes = cv2.blur(strokes[:, None], (1, _SMOOTHED), borderType=cv2.BORDER_REPLICATE)[:, 0]
    places = np.arange(len(strokes)) / len(strokes)
    cost = (strokes + 1.0) * (1 + _AWAY * np.abs(places - _USUAL))
    cost[(places < _NEAREST) | (places > _FARTHEST)] = np.inf
    return float(places[cost.argmin()])
