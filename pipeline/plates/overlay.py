"""Text that a camera burns into its pictures, where it runs across a plate's edge.

A date across the lower edge of a plate makes an E of an F. It is painted over with what lies around it before
the plate is read, but only where it is proven to be none of a plate's own characters: a straight row along
the picture's own lines, of more characters than any white ones on a plate, hard-edged, across the plate's
edge and on beyond its side or the picture's, and in no other plate. What isn't proven stays as it is.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.plates.find import Quad, box_of, part, rectify

Picture = NDArray[np.uint8]
Mask = NDArray[np.bool_]
# How far around the plate the row is followed, as shares of the plate's width and height, and the width at
# which it is looked at: however large a picture is, and whatever it shows, looking takes no longer.
_BESIDE, _ABOVE, _LOOKED_AT_PX = 0.6, 0.7, 880
# From the darkest to the brightest BGR of such text: white, yellow.
_INKS = np.array([[[210, 210, 210], [255, 255, 255]], [[0, 210, 210], [110, 255, 255]]], dtype=np.uint8)
_LEAST_HIGH_PX, _WIDEST, _NARROWEST = 7, 1.4, 0.06
# A row has at least this many characters (white ones on a plate of GA 36 are seven), that start and end on
# the same lines up to this share of their height. More than the most across one edge are no text.
_LEAST_IN_ROW, _MOST_ACROSS, _IN_LINE, _STROKE = 8, 200, 0.12, 1.6
# The characters of GA 36 stand at 25 to 115 of 140 mm, the lower row of two at 95 to 205 of 220: what starts
# below the middle of a plate and ends below the characters is none of them, nor what does so above.
_MIDDLE, _BEYOND = 0.56, 0.1
# How far beyond the plate's side the middle of the row's first or last character lies, as a share of the
# plate's width, unless the picture ends there and cuts it off.
_OUTSIDE = 0.05
_STRIP = (0.18, 0.82)
# How much darker it is right beside such a character, and at what share of its outline.
_STEP, _HARD = 70, 0.75
_PAINTED_PX, _REACH_PX = 2, 3


def without_overlay(
    image: Picture, plates: Sequence[Quad], guesses: Sequence[Quad] = ()
) -> tuple[Picture, Picture | None]:
    """Return an image (BGR) with the text painted over that runs across plates, and the mask of what was.

    What lies in another plate, or in what is merely guessed to be one, isn't such text. The image itself
    stays as it is; where nothing crosses a plate it is returned, with None.
    """
    clean, painted = image, None
    for own, corners in enumerate(plates):
        at = _around(image, corners)
        origin = np.array([at[1].start, at[0].start], dtype=np.float32)
        others = [other - origin for other in (*plates[:own], *plates[own + 1 :], *guesses)]
        text = _text_across(image[at], corners - origin, others)
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


def _text_across(patch: Picture, corners: Quad, others: Sequence[Quad]) -> Mask | None:
    """Return the pixels of the text that crosses a plate's edge in a patch, or None."""
    if min(patch.shape[:2]) < _LEAST_HIGH_PX:
        return None
    high, wide = patch.shape[:2]
    scale = min(_LOOKED_AT_PX / wide, 1.0)
    size = (round(scale * wide), max(round(scale * high), 1))
    small = np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    scaled = [(quad * np.float32(scale)).astype(np.float32) for quad in (corners, *others)]
    for darkest, brightest in _INKS:
        ink = np.asarray(cv2.inRange(small, darkest, brightest), dtype=np.uint8)
        found = _row_across(ink, small, scaled[0], scaled[1:]) if cv2.countNonZero(ink) else None
        if found is not None:
            whole = cv2.resize(found.astype(np.uint8), (wide, high), interpolation=cv2.INTER_NEAREST)
            return np.asarray(whole, dtype=np.bool_)
    return None


def _row_across(ink: Picture, patch: Picture, corners: Quad, others: Sequence[Quad]) -> Mask | None:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    left, top, wide, high = stats[:, :4].T.astype(np.float64)
    plate_high = box_of(corners)[3] - box_of(corners)[1]
    like_text = (high >= _LEAST_HIGH_PX) & (high <= plate_high) & (wide <= _WIDEST * high)
    like_text &= wide >= _NARROWEST * high
    like_text[0] = False
    across, middle, right, bottom = left + wide / 2, top + high / 2, left + wide, top + high
    for other in others:
        like_text &= ~_within(_places(other, across, middle))
    glyphs = np.flatnonzero(like_text)
    upper, lower = _places(corners, across, top), _places(corners, across, bottom)
    below = (upper[:, 1] > _MIDDLE) & (upper[:, 1] < 1) & (lower[:, 1] > 1 - _BEYOND)
    above = (lower[:, 1] < 1 - _MIDDLE) & (lower[:, 1] > 0) & (upper[:, 1] < _BEYOND)
    crossings = [one for one in (below, above) if _LEAST_IN_ROW <= one[glyphs].sum() <= _MOST_ACROSS]
    if not crossings:
        return None
    beside, outline = upper[:, 0], _outlines(ink, patch, np.asarray(labels), count)
    for crossing in crossings:
        for one in glyphs[crossing[glyphs]]:
            tolerance = 1 + _IN_LINE * high[one]
            row = glyphs[
                (np.abs(top[glyphs] - top[one]) <= tolerance)
                & (np.abs(bottom[glyphs] - bottom[one]) <= tolerance)
            ]
            reach, cut_off = beside[row], left[row].min() == 0 or right[row].max() == patch.shape[1]
            if (
                len(row) >= _LEAST_IN_ROW
                and crossing[row].all()
                and ((reach > 0) & (reach < 1)).any()
                and (cut_off or reach.min() < -_OUTSIDE or reach.max() > 1 + _OUTSIDE)
                and outline[1, row].sum() >= _HARD * outline[0, row].sum()
            ):
                # Strokes and colons between them are higher or lower than the characters.
                among = (high <= _STROKE * high[one]) & (middle > top[one]) & (middle < bottom[one])
                text = np.union1d(row, glyphs[among[glyphs] & crossing[glyphs]])
                return np.asarray(np.isin(labels, text))
    return None


def _places(corners: Quad, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where points lie in the plate: shares of its width and height, N x 2."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
    into = cv2.getPerspectiveTransform(corners.astype(np.float32), unit)
    points = np.stack([x, y], axis=1)[None].astype(np.float64)
    return np.asarray(cv2.perspectiveTransform(points, into)[0], dtype=np.float64)


def _within(places: NDArray[np.float64]) -> Mask:
    return np.asarray(((places > 0) & (places < 1)).all(axis=1))


def _outlines(ink: Picture, patch: Picture, labels: NDArray[np.integer], count: int) -> NDArray[np.float64]:
    """Return how long each character's outline is in pixels, and how much of that is hard: 2 x N."""
    grey = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
    hard = grey - cv2.erode(grey, np.ones((5, 5), np.uint8)) >= _STEP
    edge = ink > cv2.erode(ink, np.ones((3, 3), np.uint8))
    return np.stack([np.bincount(labels[which], minlength=count) for which in (edge, edge & hard)]).astype(
        float
    )
