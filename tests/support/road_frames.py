"""Frames full of edges, and where plates usually stand in them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.plates.usual import UsualPlace

Pixels = NDArray[np.uint8]
PLACE = UsualPlace(vehicles=20, centre=(320, 240), reach=(80, 40), size=(120, 40))


def road(seed: int = 1) -> Pixels:
    """Return a frame with edges all over it."""
    rng = np.random.default_rng(seed)
    frame = np.full((480, 640, 3), 70, dtype=np.uint8)
    for _ in range(120):
        x, y = rng.integers(0, 600), rng.integers(0, 440)
        tone = int(rng.integers(20, 220))
        cv2.rectangle(frame, (int(x), int(y)), (int(x) + 30, int(y) + 20), (tone, tone, tone), -1)
    return frame
