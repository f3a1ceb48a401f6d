"""The background colour of a plate, from an upright crop of it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plates import PlateColour

# OpenCV's 8-bit HSV: hue 0..179, saturation and value 0..255.
_HUES: dict[PlateColour, tuple[int, int]] = {
    PlateColour.YELLOW: (9, 40),
    PlateColour.GREEN: (41, 84),
    PlateColour.BLUE: (85, 135),
}
_MIN_VALUE = 30
# The least saturation and the least share of the plate, first for a vivid background, then for a pale one.
# Characters cover up to half of a plate, glare and dirt a part of the rest.
_VIVID, _PALE = (60, 0.2), (25, 0.4)
_BRIGHT, _DARK = 150, 70
_MARGIN = 0.1
_MOST = 0.5
_OFFICE_SHARE = 0.3


def plate_colour(crop: NDArray[np.uint8]) -> PlateColour:
    """Return the background colour of a plate crop (BGR, H x W x 3), or UNKNOWN where none prevails.

    White and black are told by brightness alone: in a frame lit by infrared they mean nothing.
    """
    height, width = crop.shape[:2]
    rows, columns = round(height * _MARGIN), round(width * _MARGIN)
    hsv = cv2.cvtColor(crop[rows : height - rows, columns : width - columns], cv2.COLOR_BGR2HSV)
    value = hsv[..., 2]
    for least_saturation, least_share in (_VIVID, _PALE):
        masks = _masks(np.asarray(hsv, dtype=np.uint8), least_saturation)
        colour = max(masks, key=lambda c: _share(masks[c]))
        if _share(masks[colour]) >= least_share:
            return PlateColour.YELLOW_GREEN if _is_yellow_green(masks) else colour
    if _share(value >= _BRIGHT) > _MOST:
        return PlateColour.WHITE
    return PlateColour.BLACK if _share(value <= _DARK) > _MOST else PlateColour.UNKNOWN


def _masks(hsv: NDArray[np.uint8], least_saturation: int) -> dict[PlateColour, NDArray[np.bool_]]:
    """Return for each hue where the crop shows it."""
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    coloured = (saturation >= least_saturation) & (value >= _MIN_VALUE)
    return {colour: coloured & (hue >= low) & (hue <= high) for colour, (low, high) in _HUES.items()}


def _is_yellow_green(masks: dict[PlateColour, NDArray[np.bool_]]) -> bool:
    """Whether it is yellow under province and office and green beyond, as large new-energy plates are."""
    yellow, green = masks[PlateColour.YELLOW], masks[PlateColour.GREEN]
    split = round(yellow.shape[1] * _OFFICE_SHARE)
    return min(_share(yellow[:, :split]), _share(green[:, split:])) >= _VIVID[1]


def _share(mask: NDArray[np.bool_]) -> float:
    """Return the share of a mask that is set; none of an empty one."""
    return np.count_nonzero(mask) / max(mask.size, 1)
