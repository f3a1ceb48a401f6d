"""What a camera, its lamp or the weather does to a whole frame: no vehicle is to blame for any of it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from stations.roadside.plate import Picture

Corners = NDArray[np.float32]
_MOST_PX = 400


def defocus(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Blur the frame by a lens out of focus."""
    sigma = _span(corners) * (0.008 + 0.035 * strength) * float(rng.uniform(0.8, 1.2))
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), max(sigma, 0.3)), dtype=np.uint8)


def motion(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Blur the frame by movement during a long exposure."""
    length = max(int(_span(corners) * (0.03 + 0.14 * strength)), 2)
    level = np.zeros((length, length), dtype=np.float32)
    level[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D(
        (length / 2 - 0.5, length / 2 - 0.5), float(rng.choice([0, 80, 100, 20])), 1
    )
    streak = cv2.warpAffine(level, turn, (length, length))
    kernel = np.asarray(streak / max(float(streak.sum()), 1e-6), dtype=np.float32)
    return np.asarray(cv2.filter2D(frame, -1, kernel), dtype=np.uint8)


def glare(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Add a lamp's or the sun's glare that washes out the plate, or a part of it."""
    high, wide = frame.shape[:2]
    y, x = np.mgrid[:high, :wide].astype(np.float32)
    centre = corners.mean(axis=0) + rng.normal(0, 0.25, 2) * _span(corners)
    radius = _span(corners) * float(rng.uniform(0.25, 0.8))
    fall = np.exp(-(((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * radius**2)))
    tint = np.array((255, 255, 250)) * float(rng.uniform(0.9, 1))
    light = fall[..., None] * tint * (0.5 + 1.6 * strength)
    return np.asarray(np.clip(frame + light, 0, 255), dtype=np.uint8)


def dark(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Take the light away, as a lamp that dies; the sensor's noise stays."""
    del corners
    gain = 0.5 * (1 - strength) ** 1.6 + 0.012
    dimmed = frame * gain + rng.normal(0, 3 + 2 * strength, frame.shape)
    return np.asarray(np.clip(dimmed, 0, 255), dtype=np.uint8)


def washed_out(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Expose the frame too long."""
    del corners
    return np.clip(frame * (1.5 + 4.5 * strength) + float(rng.uniform(0, 40)), 0, 255).astype(np.uint8)


def compressed(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Compress the frame until blocks show; a weak link also shrinks it."""
    del corners
    scale = 1 - 0.65 * strength * float(rng.uniform(0.4, 1))
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(30 - 26 * strength)])
    opened = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    return np.asarray(cv2.resize(opened, (frame.shape[1], frame.shape[0])), dtype=np.uint8)


def fog(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Put fog before the camera: contrast goes, and some sharpness."""
    thick = 0.45 + 0.52 * strength
    veil = float(rng.uniform(90, 200)) * np.ones_like(frame, dtype=np.float32)
    soft = cv2.GaussianBlur(frame, (0, 0), max(_span(corners) * 0.012 * strength, 0.3))
    return np.clip(soft * (1 - thick) + veil * thick + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8)


def rain(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Put rain before the camera: bright streaks, and drops on its window that bend what is behind."""
    high, wide = frame.shape[:2]
    streaks = np.zeros((high, wide), dtype=np.float32)
    span = _span(corners)
    area = high * wide / max(span, 8) ** 2
    for _ in range(int((8 + 40 * strength) * min(area, 120))):
        at = rng.uniform(0, 1, 2) * (wide, high)
        long = span * float(rng.uniform(0.05, 0.25))
        end = at + np.array((long * 0.15, long))
        cv2.line(
            streaks, at.astype(int).tolist(), end.astype(int).tolist(), (float(rng.uniform(0.1, 0.5)),), 1
        )
    seen = frame + 150 * cv2.GaussianBlur(streaks, (0, 0), 0.6)[..., None]
    return _smeared(np.clip(seen, 0, 255).astype(np.uint8), corners, strength, rng, bright=1.1)


def dirty_lens(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Soil the camera's window: soft blots, far out of focus, some of them before the plate."""
    return _smeared(frame, corners, strength, rng, bright=float(rng.uniform(0.35, 0.9)))


def _smeared(
    frame: Picture, corners: Corners, strength: float, rng: np.random.Generator, *, bright: float
) -> Picture:
    """Blur and dim round spots that are near the lens, and so without an edge."""
    high, wide = frame.shape[:2]
    span = _span(corners)
    spots = np.zeros((high, wide), dtype=np.float32)
    places = [corners.mean(axis=0) + rng.normal(0, 0.4, 2) * span for _ in range(1 + int(3 * strength))]
    places += [rng.uniform(0, 1, 2) * (wide, high) for _ in range(int(4 + 10 * strength))]
    for at in places:
        radius = max(int(span * rng.uniform(0.1, 0.2 + 0.35 * strength)), 1)
        cv2.circle(spots, (int(at[0]), int(at[1])), radius, (float(rng.uniform(0.6, 1)),), -1)
    share = cv2.GaussianBlur(spots, (0, 0), max(span * 0.07, 0.5))[..., None]
    blurred = cv2.GaussianBlur(frame, (0, 0), max(span * (0.015 + 0.03 * strength), 0.5)) * bright
    return np.clip(frame * (1 - share) + blurred * share, 0, 255).astype(np.uint8)


def cut_off(frame: Picture, corners: Corners, strength: float, rng: np.random.Generator) -> Picture:
    """Cut the frame through its plate: the vehicle had nearly left the picture. Its size changes."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    share = 0.15 + 0.45 * strength
    if rng.random() < 0.5:  # noqa: PLR2004  left or right
        return frame[:, int(low[0] + share * (high[0] - low[0])) :].copy()
    return frame[:, : max(int(high[0] - share * (high[0] - low[0])), 1)].copy()


def _span(corners: Corners) -> float:
    return min(max(float(np.linalg.norm(corners[1] - corners[0])), 8.0), _MOST_PX)


Fault = Callable[[Picture, Corners, float, np.random.Generator], Picture]
FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        "defocus": defocus,
        "motion": motion,
        "glare": glare,
        "dark": dark,
        "washed_out": washed_out,
        "compressed": compressed,
        "fog": fog,
        "rain": rain,
        "dirty_lens": dirty_lens,
        "cut_off": cut_off,
    }
)
