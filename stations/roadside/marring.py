"""What is wrong with a plate itself, or lies on it without being an object: mud, dust, a bend, a shadow.

Works on any frame, drawn or photographed, in which the plate's corners are known.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from stations.roadside.objects import Corners, Hidden, Sheet, lay, smooth
from stations.roadside.plate import Picture

Floats = NDArray[np.float32]
_EARTH = ((62, 84, 104), (70, 88, 96), (110, 125, 130), (48, 60, 70), (40, 70, 100))


def mud(size: tuple[int, int], strength: float, rng: np.random.Generator) -> Sheet:
    """Splash mud over a sheet (width, height) three plates high and two wide; `strength` 0..1."""
    wide, high = size
    cover = np.zeros((high, wide), dtype=np.float32)
    plate_px = high / 3
    for _ in range(int(6 + 34 * strength)):
        centre = int(rng.uniform(0.22, 0.78) * wide), int(rng.uniform(0.3, 0.72) * high)
        axes = [
            int(plate_px * rng.uniform(0.04, 0.12 + 0.34 * strength) * stretch) + 1 for stretch in (1.4, 1)
        ]
        cv2.ellipse(
            cover, centre, axes, float(rng.uniform(0, 180)), 0, 360, (float(rng.uniform(0.5, 1)),), -1
        )
    cover *= np.clip(1 + 0.35 * smooth(size, max(plate_px / 12, 0.8), rng), 0, 1.3)
    share = cv2.GaussianBlur(cover, (0, 0), max(plate_px * rng.uniform(0.02, 0.1), 0.5))
    return _earth(size, np.clip(share, 0, 0.97), rng)


def dust(size: tuple[int, int], strength: float, rng: np.random.Generator) -> Sheet:
    """Lay a veil of dust, thicker towards one side, over a sheet; `strength` 0..1."""
    wide, high = size
    slope = np.linspace(-1, 1, high, dtype=np.float32)[:, None] * float(rng.uniform(-0.15, 0.25))
    share = 0.45 + 0.5 * strength + slope + 0.08 * smooth(size, max(high / 20, 1), rng)
    return _earth(size, np.clip(share, 0, 0.95) * np.ones((high, wide), dtype=np.float32), rng)


def _earth(size: tuple[int, int], share: Floats, rng: np.random.Generator) -> Sheet:
    tone = np.array(_EARTH[int(rng.integers(len(_EARTH)))]) * float(rng.uniform(0.7, 1.3))
    relief = 1 + 0.12 * smooth(size, max(size[1] / 40, 0.8), rng)
    colour = tone[None, None] * relief[..., None]
    return Sheet(colour=np.asarray(colour, dtype=np.float32), share=np.asarray(share, dtype=np.float32))


def dirty(
    frame: Picture, corners: Corners, characters: int, rows: int, strength: float, rng: np.random.Generator
) -> Hidden:
    """Return the frame with a plate under mud or dust."""
    length = float(np.linalg.norm(corners[1] - corners[0]))
    fall = float(np.linalg.norm(corners[3] - corners[0]))
    size = max(round(2 * length), 12), max(round(3 * fall), 12)
    kind = dust if rng.random() < 0.3 else mud  # noqa: PLR2004  three in ten
    return lay(frame, corners, kind(size, strength, rng), characters, rows, rng)


def shadow(frame: Picture, corners: Corners, rng: np.random.Generator) -> Picture:
    """Return the frame with the hard or soft edge of a shadow across its plate; nothing is hidden."""
    high, wide = frame.shape[:2]
    centre = corners.mean(axis=0)
    angle = float(rng.uniform(0, 2 * np.pi))
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    span = float(np.linalg.norm(corners[1] - corners[0]))
    along = (x - centre[0]) * np.cos(angle) + (y - centre[1]) * np.sin(angle)
    off = along + float(rng.uniform(-0.35, 0.35)) * span
    edge = 1 / (1 + np.exp(np.clip(-off / (span * float(rng.uniform(0.005, 0.08))), -30, 30)))
    depth = float(rng.uniform(0.35, 0.8))
    shaded = np.clip(frame * (1 - depth * edge[..., None]), 0, 255)
    return np.asarray(shaded, dtype=np.uint8)


def bent(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Return the frame with a plate bent along a line: one part leans away, its shade changed."""
    fold = float(rng.uniform(0.25, 0.75))
    lean = float(rng.uniform(0.15, 0.3) + 0.45 * strength) * float(rng.choice([-1, 1]))
    patch, to_plate, size = _unrolled(frame, corners)
    wide, high = size
    x, y = np.meshgrid(np.linspace(0, 1, wide, dtype=np.float32), np.linspace(0, 1, high, dtype=np.float32))
    if rng.random() < 0.6:  # noqa: PLR2004  more often upright folds
        past = np.clip((x - fold) / (1 - fold), 0, 1)
        squeeze = 1 + abs(lean) * 1.2
        map_x = np.where(x > fold, fold + (x - fold) * squeeze, x)
        map_y = 0.5 + (y - 0.5) * (1 + lean * past) - 0.12 * lean * past
    else:
        past = np.clip((y - fold) / (1 - fold), 0, 1)
        map_y = np.where(y > fold, fold + (y - fold) * (1 + abs(lean) * 2.2), y)
        map_x = 0.5 + (x - 0.5) * (1 + 0.4 * lean * past)
    outside = (map_x > 1) | (map_y > 1) | (map_y < 0) | (map_x < 0)
    turned = cv2.remap(patch, map_x * (wide - 1), map_y * (high - 1), cv2.INTER_LINEAR)
    turned = turned * (1 + np.where(past > 0, lean * 0.9, 0))[..., None]
    around = np.median(patch[[0, -1]].reshape(-1, 3), axis=0) * float(rng.uniform(0.2, 0.7))
    turned[outside] = around
    return _rolled_back(frame, turned, to_plate)


def flipped(frame: Picture, corners: Corners, rng: np.random.Generator) -> Picture:
    """Return the frame with a plate turned by a flipping frame: a sliver of it, or its dark back."""
    patch, to_plate, (wide, high) = _unrolled(frame, corners)
    tone = rng.uniform(15, 60, 3) if rng.random() < 0.7 else rng.uniform(60, 150, 3)  # noqa: PLR2004
    back = np.asarray(tone * (patch.mean() / 120 + 0.2) * np.ones_like(patch), dtype=np.float32)
    back *= (1 + 0.1 * np.linspace(-1, 1, high))[:, None, None]
    cv2.rectangle(back, (2, 2), (wide - 3, high - 3), (tone * 0.6).tolist(), 2)
    sliver = round(high * float(rng.uniform(0.0, 0.22)))
    if sliver > 1:
        top = 0 if rng.random() < 0.5 else high - sliver  # noqa: PLR2004
        back[top : top + sliver] = cv2.resize(patch, (wide, sliver), interpolation=cv2.INTER_AREA) * 0.8
    return _rolled_back(frame, back, to_plate)


def missing(frame: Picture, corners: Corners, rng: np.random.Generator) -> Picture:
    """Return the frame with no plate: what is around it goes on, with the holes of its screws."""
    grown = corners.mean(axis=0) + (corners - corners.mean(axis=0)) * (1.12, 1.3)
    mask: Picture = np.zeros(frame.shape[:2], dtype=np.uint8)
    cv2.fillPoly(mask, [np.rint(grown).astype(np.int32)], (255,))
    filled = cv2.inpaint(frame, mask, 3, cv2.INPAINT_TELEA).astype(np.float32)
    span = float(np.linalg.norm(corners[1] - corners[0]))
    for share in (0.26, 0.74):
        at = corners[0] + (corners[1] - corners[0]) * share + (corners[3] - corners[0]) * 0.3
        hole = max(round(span * 0.014), 1)
        cv2.circle(filled, (round(float(at[0])), round(float(at[1]))), hole, (12, 12, 12), -1, cv2.LINE_AA)
    grain = rng.normal(0, 3, frame.shape) * (mask > 0)[..., None]
    return np.clip(filled + grain, 0, 255).astype(np.uint8)


def _unrolled(frame: Picture, corners: Corners) -> tuple[Floats, Floats, tuple[int, int]]:
    """Return the plate upright, the transform from the frame to it, and its width and height."""
    wide = max(round(float(np.linalg.norm(corners[1] - corners[0]))), 8)
    high = max(round(float(np.linalg.norm(corners[3] - corners[0]))), 6)
    upright = np.array(((0, 0), (wide, 0), (wide, high), (0, high)), dtype=np.float32)
    to_plate = cv2.getPerspectiveTransform(corners, upright)
    patch = cv2.warpPerspective(frame, to_plate, (wide, high), borderMode=cv2.BORDER_REPLICATE)
    return patch.astype(np.float32), np.asarray(to_plate, dtype=np.float32), (wide, high)


def _rolled_back(frame: Picture, patch: Floats, to_plate: Floats) -> Picture:
    size = (frame.shape[1], frame.shape[0])
    back = np.linalg.inv(to_plate)
    laid = cv2.warpPerspective(patch, back, size, borderMode=cv2.BORDER_REPLICATE)
    share = cv2.warpPerspective(np.ones(patch.shape[:2], dtype=np.float32), back, size)[..., None]
    return np.clip(frame * (1 - share) + laid * share, 0, 255).astype(np.uint8)
