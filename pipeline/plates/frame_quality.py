"""How good a frame is as a whole: how sharp its edges are, and how bright it is."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameQuality:
    """What the frame is like as a whole: how sharp its edges are, and how bright it is, 0..1."""

    sharp: float
    bright: float


def frame_quality(image: NDArray[np.uint8]) -> FrameQuality:
    """Measure a frame (BGR)."""
    # However thin a frame, a pixel of its shorter side is left.
    scale = max(min(960 / max(image.shape[:2]), 1.0), 1 / min(image.shape[:2]))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return FrameQuality(sharp=sharpness(grey), bright=float(np.percentile(grey, 90)) / 255)


def sharpness(grey: Floats | NDArray[np.uint8]) -> float:
    """Return how steep the strongest edges are beside the contrast that they separate, about 0..1."""
    if min(grey.shape) < 4:  # noqa: PLR2004  nothing to differ from
        return 0.0
    steep = np.asarray(cv2.absdiff(grey[:, 1:], grey[:, :-1]))
    wide = np.asarray(cv2.absdiff(grey[:, 3:], grey[:, :-3]))
    least = np.percentile(wide, 97)
    strong = wide >= max(float(least), 8.0)
    if not strong.any():
        return 0.0
    steps = np.maximum(np.maximum(steep[:, :-2], steep[:, 1:-1]), steep[:, 2:])
    return float(np.divide(steps[strong], wide[strong], dtype=np.float32).mean())
