"""A frame to draw a vehicle's end into, in metres: x to the right of its middle, y above the road."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from stations.roadside.plate import Bgr, Picture

PointsM = Sequence[tuple[float, float]]

_SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How the camera sees the vehicle's end.

    `centre_px` and `ground_px` are the image point of the middle on the road; `yaw` and `pitch` are
    the growth of the scale for each metre to the right and upwards, `roll` the slope of the level.
    """

    centre_px: float
    ground_px: float
    px_per_m: float
    yaw: float
    pitch: float
    roll: float

    def to_px(self, points_m: PointsM) -> NDArray[np.float32]:
        """Return image points (n, 2) of points in metres."""
        x, y = np.asarray(points_m, dtype=np.float64).T
        scale = self.px_per_m * (1 + self.yaw * x + self.pitch * y)
        right, up = scale * x, scale * (y + self.roll * x)
        return np.stack((self.centre_px + right, self.ground_px - up), axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Canvas:
    """Draws into `frame` (BGR, in place) through `view`."""

    frame: Picture
    view: View

    def fill(self, points_m: PointsM, colour: Bgr) -> None:
        """Fill a polygon."""
        points = np.rint(self.view.to_px(points_m) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(self.frame, [points], colour, cv2.LINE_AA, _SUBPIXEL_BITS)

    def box(self, left: float, bottom: float, right: float, top: float, colour: Bgr) -> None:
        """Fill an upright rectangle."""
        self.fill(((left, bottom), (right, bottom), (right, top), (left, top)), colour)

    def pair(self, inner: float, bottom: float, outer: float, top: float, colour: Bgr) -> None:
        """Fill the same rectangle left and right of the middle."""
        self.box(-outer, bottom, -inner, top, colour)
        self.box(inner, bottom, outer, top, colour)

    def disc(self, x: float, y: float, radius: float, colour: Bgr) -> None:
        """Fill a circle."""
        turns = np.linspace(0, 2 * np.pi, 20, endpoint=False)
        self.fill([(x + radius * np.cos(turn), y + radius * np.sin(turn)) for turn in turns], colour)

    def glow(self, x: float, y: float, radius: float, colour: Bgr) -> None:
        """Add the halo of a lamp."""
        (centre,) = np.rint(self.view.to_px([(x, y)])).astype(int)
        halo = _halo(int(radius * self.view.px_per_m), colour)
        low = centre - halo.shape[0] // 2
        high = low + halo.shape[0]
        height, width = self.frame.shape[:2]
        x0, y0 = np.maximum(low, 0)
        x1, y1 = np.minimum(high, (width, height))
        if x0 < x1 and y0 < y1:
            area = self.frame[y0:y1, x0:x1]
            cv2.add(area, halo[y0 - low[1] : y1 - low[1], x0 - low[0] : x1 - low[0]], area)


@cache
def _halo(radius_px: int, colour: Bgr) -> Picture:
    """Return light that falls off to nothing at the radius (2r+1, 2r+1, 3)."""
    steps = np.linspace(-1, 1, 2 * radius_px + 1)
    fall = np.clip(1 - np.hypot(steps[:, None], steps[None, :]), 0, 1) ** 2
    halo: Picture = (fall[:, :, None] * np.array(colour)).astype(np.uint8)
    return halo
