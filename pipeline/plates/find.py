"""From text boxes to plate candidates: what may be a plate by its shape, upright and cut out.

A quad is a 4 x 2 float32 array of corners in pixels, clockwise from the top left.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

import cv2
import numpy as np
from numpy.typing import NDArray

Quad = NDArray[np.float32]

MIN_WIDTH_PX = 40.0
MIN_HEIGHT_PX = 10.0
# GA 36 plates are 440 x 140 (480 x 140 new energy) in one row, 440 x 220 in two; detectors cut them tighter
# or looser, and a camera above the lane sees them foreshortened.
ONE_ROW_ASPECT = (1.9, 9.0)
TURNED_AWAY_ASPECT = (1.4, 9.0)
TWO_ROW_ASPECT = (1.2, 2.6)
# Shares of a whole two-row plate: the top row's two characters stand in its middle.
_TOP_ROW = (0.2, 0.0, 0.8, 0.42)
_BOTTOM_ROW = (0.0, 0.4, 1.0, 1.0)
_TOP_ROW_WIDTH = 0.7
_LINE_HEIGHT_PX = 48
_MOST_TURNED = math.cos(math.radians(20))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """Something shaped like a plate: its outline, and the quad of each text line from top to bottom."""

    corners: Quad
    lines: tuple[Quad, ...]


def candidates(boxes: Iterable[Quad]) -> list[Candidate]:
    """Return the plate candidates among text boxes; one row may stand above another."""
    quads = [quad for quad in boxes if _is_text_sized(quad)]
    found = [candidate for quad in quads for candidate in as_plate(quad)]
    stacks = ((top, bottom) for top, bottom in permutations(quads, 2) if _is_upper_row(top, bottom))
    found += [_stacked(top, bottom) for top, bottom in stacks]
    return found


def as_plate(quad: Quad, *, corners: bool = False) -> list[Candidate]:
    """Return an outline as a plate of one row, of two, of both where its shape allows both, or of none.

    `corners` says that it is a plate's own, however much it is turned away, and no upright text box.
    """
    found = []
    if _within(_aspect(quad), TURNED_AWAY_ASPECT if corners else ONE_ROW_ASPECT):
        found.append(Candidate(corners=quad, lines=(quad,)))
    if _within(_aspect(quad), TWO_ROW_ASPECT):
        found.append(two_rows(quad))
    return found


def two_rows(quad: Quad) -> Candidate:
    """Return the outline of a two-row plate with its rows."""
    return Candidate(corners=quad, lines=(part(quad, *_TOP_ROW), part(quad, *_BOTTOM_ROW)))


def part(quad: Quad, left: float, top: float, right: float, bottom: float) -> Quad:
    """Return the part of a quad between shares (0..1) of its width and of its height."""
    unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
    wanted = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], dtype=np.float32)
    transform = cv2.getPerspectiveTransform(unit, quad)
    return np.asarray(cv2.perspectiveTransform(wanted[None], transform)[0], dtype=np.float32)


def rectify(image: NDArray[np.uint8], quad: Quad, height_px: int | None = None) -> NDArray[np.uint8]:
    """Cut a quad out of an image (H x W x 3) and make it upright, `height_px` high or as high as it was."""
    width, height = size_px(quad)
    if height_px is not None:
        width, height = width * height_px / height, float(height_px)
    columns, rows = max(round(width), 1), max(round(height), 1)
    target = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], dtype=np.float32)
    transform = cv2.getPerspectiveTransform(quad, target)
    crop = cv2.warpPerspective(image, transform, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, dtype=np.uint8)


def text_line(image: NDArray[np.uint8], candidate: Candidate) -> NDArray[np.uint8]:
    """Return the candidate's text as one line: its rows side by side, the top row first."""
    if len(candidate.lines) == 1:
        return rectify(image, candidate.lines[0])
    return np.hstack([rectify(image, line, _LINE_HEIGHT_PX) for line in candidate.lines])


def box_of(corners: Quad) -> tuple[float, float, float, float]:
    """Return the upright box around corners: x1, y1, x2, y2."""
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return left, top, right, bottom


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the share of the smaller box (x1, y1, x2, y2) that both boxes cover."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return max(width, 0) * max(height, 0) / max(smaller, 1)


def size_px(quad: Quad) -> tuple[float, float]:
    """Return a quad's width and height, each the mean of two opposite sides."""
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    return float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2


def _aspect(quad: Quad) -> float:
    width, height = size_px(quad)
    return width / max(height, 1.0)


def _within(value: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= value <= bounds[1]


def _is_text_sized(quad: Quad) -> bool:
    width, height = size_px(quad)
    return width >= MIN_WIDTH_PX / 2 and height >= MIN_HEIGHT_PX


def _axes(quad: Quad) -> NDArray[np.float32]:
    """Return unit vectors along a quad's text and down from it, as the rows of a 2 x 2 array."""
    along = quad[1] + quad[2] - quad[0] - quad[3]
    along = along / max(float(np.linalg.norm(along)), 1e-6)
    return np.array([along, [-along[1], along[0]]], dtype=np.float32)


def _is_upper_row(top: Quad, bottom: Quad) -> bool:
    """Whether `top` can be the province and office above the serial `bottom` of a two-row plate."""
    (top_width, top_height), (width, height) = size_px(top), size_px(bottom)
    right, down = _axes(bottom) @ (bottom.mean(axis=0) - top.mean(axis=0))
    apart = (top_height + height) / 2
    return (
        0.3 * width <= top_width <= 1.1 * width
        and 0.35 * height <= top_height <= 1.1 * height
        and abs(float(right)) <= 0.2 * width
        and 0.6 * apart <= float(down) <= 1.4 * apart
        and float(_axes(top)[0] @ _axes(bottom)[0]) > _MOST_TURNED
        and _within(_aspect(bottom), (1.8, 5.5))
    )


def _stacked(top: Quad, bottom: Quad) -> Candidate:
    """Return the two-row plate of two boxes; of a top row boxed with bolts and edges, its middle is text."""
    share = min(1.0, _TOP_ROW_WIDTH * size_px(bottom)[0] / size_px(top)[0])
    middle = part(top, 0.5 - share / 2, 0.0, 0.5 + share / 2, 1.0)
    return Candidate(corners=_outline(bottom, top), lines=(middle, bottom))


def _outline(bottom: Quad, top: Quad) -> Quad:
    """Return the smallest rectangle in the direction of `bottom` around both quads."""
    axes = _axes(bottom)
    across = np.vstack([bottom, top]) @ axes.T
    (left, upper), (right, lower) = across.min(axis=0), across.max(axis=0)
    corners = np.array([[left, upper], [right, upper], [right, lower], [left, lower]], dtype=np.float32)
    return corners @ axes
