"""Whether a light washes out the place where a camera's plates stand: a bright patch that fades on all sides.

A card, a cloth or a pale body is bright up to its edge; what a lamp or the sun takes away has none.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.plates.usual import UsualPlace

# The place is looked at with plates this many pixels high, its noise smoothed over one of them.
_HIGH_PX, _SMOOTH_PX = 24, 1.0
# The patch is what is nearly as bright as the brightest, counted from the place's dark parts; so much of a
# plate it fills at least, and so far from the place, in plates' widths and heights, its middle lies at most.
_DARK, _PATCH, _LEAST_OF_PLATE, _MOST_OFF = 10, 0.85, 0.13, (0.8, 2.2)
# Four pixels beyond the patch three quarters of what is there keep half of its light.
_BEYOND, _FADES, _QUARTER = 9, 0.5, 25
# Of 255: below the one a patch is noise, above the other the light leaves nothing of the place.
_LEAST_RISE, _ALL_LIGHT = 12, 225


def dazzled(image: NDArray[np.uint8], place: UsualPlace) -> bool:
    """Tell whether a light washes out the usual place of an image (BGR).

    Thresholds by drawn nights (docs/legibility.md).
    """
    (x, y), (wide, high), (far_x, far_y) = place.centre, place.size, place.reach
    left, right = (
        int(np.clip(edge, 0, image.shape[1])) for edge in (x - far_x - wide / 2, x + far_x + wide / 2)
    )
    top, bottom = (
        int(np.clip(edge, 0, image.shape[0])) for edge in (y - far_y - high / 2, y + far_y + high / 2)
    )
    if right <= left or bottom <= top:
        return False
    scale = _HIGH_PX / high
    size = max(round((right - left) * scale), 1), max(round((bottom - top) * scale), 1)
    grey = cv2.resize(
        cv2.cvtColor(image[top:bottom, left:right], cv2.COLOR_BGR2GRAY), size, interpolation=cv2.INTER_AREA
    )
    light = cv2.GaussianBlur(grey, (0, 0), _SMOOTH_PX).astype(np.float32)
    dark = float(np.percentile(light, _DARK))
    rise = float(light.max()) - dark
    if dark > _ALL_LIGHT:
        return True
    if rise < _LEAST_RISE:
        return False
    light = (light - dark) / rise
    count, patches, measures, middles = cv2.connectedComponentsWithStats((light >= _PATCH).astype(np.uint8))
    for n in range(1, count):
        off = middles[n] / scale + (left, top) - (x, y)
        if (
            measures[n, cv2.CC_STAT_AREA] >= _LEAST_OF_PLATE * wide * high * scale**2
            and (np.abs(off) <= np.multiply(_MOST_OFF, place.size)).all()
            and _fades(light, patches == n)
        ):
            return True
    return False


def _fades(light: NDArray[np.float32], patch: NDArray[np.bool_]) -> bool:
    """Tell whether light (H, W; 1 is the brightest) still is about a patch (H, W)."""
    about = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_BEYOND, _BEYOND))
    ring = light[(cv2.dilate(patch.astype(np.uint8), about) > 0) & ~patch]
    return bool(ring.size and np.percentile(ring, _QUARTER) >= _FADES)
