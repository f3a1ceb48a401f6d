"""Mounting a plate on a vehicle: its perspective, and what dirt or cloth leaves to be seen of it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from stations.roadside.canvas import Canvas
from stations.roadside.plate import Picture, shade

Corners = NDArray[np.float32]
"""Corners of a plate in the frame (4, 2), clockwise from the top left."""

_MUD = np.array((62, 84, 104), dtype=np.float32)
_CLOTH = (64, 60, 72)
_PLATE_MM = 1000  # a plate picture has one pixel for each millimetre


def mount(canvas: Canvas, plate: Picture, y_m: float) -> Corners:
    """Put the plate on the vehicle's middle with its centre at `y_m`; return where it is seen."""
    height, width = plate.shape[:2]
    x, y = width / 2 / _PLATE_MM, height / 2 / _PLATE_MM
    corners = canvas.view.to_px(((-x, y_m + y), (x, y_m + y), (x, y_m - y), (-x, y_m - y)))
    low = np.floor(corners.min(axis=0)).astype(int) - 1
    high = np.ceil(corners.max(axis=0)).astype(int) + 2
    # Half the size first: a warp alone would skip pixels and fray the strokes.
    small = cv2.resize(plate, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    edges = np.array(((0, 0), (width // 2, 0), (width // 2, height // 2), (0, height // 2)), dtype=np.float32)
    warp = cv2.getPerspectiveTransform(edges, corners - low.astype(np.float32))
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    seen = cv2.warpPerspective(small, warp, size, flags=cv2.INTER_LINEAR)
    cover = cv2.warpPerspective(np.full(small.shape, 255, dtype=np.uint8), warp, size, flags=cv2.INTER_LINEAR)
    area = canvas.frame[low[1] : high[1], low[0] : high[0]]
    share = cover.astype(np.float32) / 255
    area[:] = (area * (1 - share) + seen * share).astype(np.uint8)
    return corners


def smear(plate: Picture, rng: np.random.Generator) -> Picture:
    """Return the plate with mud splashed over some of its characters."""
    height, width = plate.shape[:2]
    mud = np.zeros((height, width), dtype=np.float32)
    for _ in range(int(rng.integers(5, 13))):
        centre = (int(rng.integers(0, width)), int(rng.integers(height // 4, height)))
        axes = (int(rng.integers(18, 52)), int(rng.integers(18, height // 3)))
        cv2.ellipse(mud, centre, axes, float(rng.uniform(0, 180)), 0, 360, (float(rng.uniform(0.5, 1)),), -1)
    share = cv2.GaussianBlur(mud, (0, 0), 5)[:, :, None] * 0.97
    return (plate * (1 - share) + _MUD * share).astype(np.uint8)


def hang_cloth(canvas: Canvas, plate: Picture, y_m: float, rng: np.random.Generator) -> None:
    """Hang a cloth over the whole plate, with folds."""
    height, width = plate.shape[:2]
    x, y = width / 2 / _PLATE_MM + 0.06, height / 2 / _PLATE_MM + 0.05
    hem = [(step, y_m - y - float(rng.uniform(0.02, 0.09))) for step in np.linspace(x, -x, 9).tolist()]
    canvas.fill([(-x - 0.02, y_m + y), (x + 0.02, y_m + y), *hem], _CLOTH)
    for fold in rng.uniform(-x + 0.04, x - 0.06, 6).tolist():
        end = fold + float(rng.uniform(-0.03, 0.03))
        points = ((fold, y_m + y), (fold + 0.03, y_m + y), (end + 0.04, y_m - y), (end, y_m - y))
        canvas.fill(points, shade(_CLOTH, float(rng.uniform(0.6, 1.3))))
