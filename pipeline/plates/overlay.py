"""Text that a camera burns into its pictures, where it runs across a plate's edge.

A date across the lower edge of a plate makes an E of an F. Such text is told from a plate's own characters by
where it stands: in a straight row along the picture's own lines, in the purest white or yellow, and partly
outside the plate. It is painted over with what lies around it before the plate is read.
"""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.plates.find import Quad, box_of, part, rectify

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]
# How far around the plate the row is followed, as shares of the plate's width and height.
_BESIDE, _ABOVE = 0.6, 0.7
# From the darkest to the brightest BGR of such text: white, yellow.
_INKS = np.array([[[210, 210, 210], [255, 255, 255]], [[0, 210, 210], [110, 255, 255]]], dtype=np.uint8)
_LEAST_HIGH_PX, _WIDEST, _NARROWEST = 7, 1.4, 0.06
# A row has at least this many characters, that start and end on the same lines up to this share of their
# height.
_LEAST_IN_ROW, _IN_LINE, _STROKE = 4, 0.12, 1.6
# The characters of GA 36 stand at 25 to 115 of 140 mm, the lower row of two at 95 to 205 of 220: what starts
# below the middle of a plate and ends below the characters is none of them, nor what does so above.
_MIDDLE, _BEYOND = 0.56, 0.1
_STRIP = (0.18, 0.82)
# How much darker it is right beside such a character, and at what share of its outline.
_STEP, _HARD = 70, 0.75
_PAINTED_PX, _REACH_PX = 2, 3


def without_overlay(image: Picture, plates: Iterable[Quad]) -> tuple[Picture, Picture | None]:
    """Return an image (BGR) with the text painted over that runs across plates, and the mask of what was.

    The image itself stays as it is; where nothing crosses a plate it is returned, with None.
    """
    clean, painted = image, None
    for corners in plates:
        at = _around(image, corners)
        text = _text_across(image[at], corners - np.array([at[1].start, at[0].start], dtype=np.float32))
        if text is None:
            continue
        if painted is None:
            clean, painted = image.copy(), np.zeros(image.shape[:2], np.uint8)
        grown = cv2.dilate(text.astype(np.uint8), np.ones((2 * _PAINTED_PX + 1,) * 2, np.uint8))
        clean[at] = cv2.inpaint(clean[at], grown, _REACH_PX, cv2.INPAINT_TELEA)
        painted[at] = np.maximum(painted[at], grown)
    return clean, painted


def painted_share(painted: Picture, corners: Quad) -> float:
    """Return how much of the strip in which a plate's characters stand was painted over, 0..1."""
    return float(rectify(painted, part(corners, 0, _STRIP[0], 1, _STRIP[1])).mean())


def _around(image: Picture, corners: Quad) -> tuple[slice, slice]:
    left, top, right, bottom = box_of(corners)
    beside, above = _BESIDE * (right - left), _ABOVE * (bottom - top)
    high, wide = image.shape[:2]
    return (
        slice(int(np.clip(top - above, 0, high)), int(np.clip(bottom + above, 0, high))),
        slice(int(np.clip(left - beside, 0, wide)), int(np.clip(right + beside, 0, wide))),
    )


def _text_across(patch: Picture, corners: Quad) -> Mask | None:
    """Return the pixels of the text that crosses a plate's edge in a patch, or None."""
    if min(patch.shape[:2]) < _LEAST_HIGH_PX:
        return None
    for darkest, brightest in _INKS:
        ink = np.asarray(cv2.inRange(patch, darkest, brightest), dtype=np.uint8)
        found = _row_across(ink, patch, corners) if cv2.countNonZero(ink) else None
        if found is not None:
            return found
    return None


def _row_across(ink: Picture, patch: Picture, corners: Quad) -> Mask | None:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    if count <= _LEAST_IN_ROW:
        return None
    left, top, wide, high = stats[:, :4].T.astype(np.float64)
    plate_high = box_of(corners)[3] - box_of(corners)[1]
    like_text = (high >= _LEAST_HIGH_PX) & (high <= plate_high) & (wide <= _WIDEST * high)
    like_text &= wide >= _NARROWEST * high
    like_text[0] = False
    glyphs = np.flatnonzero(like_text)
    if len(glyphs) < _LEAST_IN_ROW:
        return None
    bottom = top + high
    upper, lower = _heights(corners, left + wide / 2, top), _heights(corners, left + wide / 2, bottom)
    below = (upper[:, 1] > _MIDDLE) & (upper[:, 1] < 1) & (lower[:, 1] > 1 - _BEYOND)
    above = (lower[:, 1] < 1 - _MIDDLE) & (lower[:, 1] > 0) & (upper[:, 1] < _BEYOND)
    for crossing in (below, above):
        within = crossing & (upper[:, 0] > 0) & (upper[:, 0] < 1)
        for one in glyphs[within[glyphs]]:
            tolerance = 1 + _IN_LINE * high[one]
            row = glyphs[
                (np.abs(top[glyphs] - top[one]) <= tolerance)
                & (np.abs(bottom[glyphs] - bottom[one]) <= tolerance)
            ]
            if len(row) >= _LEAST_IN_ROW and crossing[row].all():
                middle = (top + bottom) / 2
                # Strokes and colons between them are higher or lower than the characters.
                among = (high <= _STROKE * high[one]) & (middle > top[one]) & (middle < bottom[one])
                text = np.isin(labels, np.union1d(row, glyphs[among[glyphs] & crossing[glyphs]]))
                if _hard(text, patch):
                    return np.asarray(text)
    return None


def _heights(corners: Quad, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where points lie in the plate: shares of its width and height, N x 2."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
    into = cv2.getPerspectiveTransform(corners.astype(np.float32), unit)
    points = np.stack([x, y], axis=1)[None].astype(np.float64)
    return np.asarray(cv2.perspectiveTransform(points, into)[0], dtype=np.float64)


def _hard(text: Mask, patch: Picture) -> bool:
    """Whether it is much darker right beside the text nearly everywhere."""
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
    mask = text.astype(np.uint8)
    darkest = cv2.erode(grey, np.ones((5, 5), np.uint8))
    inner = mask - cv2.erode(mask, np.ones((3, 3), np.uint8))
    edge = inner.astype(bool)
    return bool((grey[edge] - darkest[edge] >= _STEP).mean() >= _HARD)
