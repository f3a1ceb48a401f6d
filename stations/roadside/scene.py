"""What every frame of a night has: the road, the lamp's fall-off, the sensor's noise, the caption."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.fonts import chinese_font
from stations.roadside.plate import Picture

WIDTH, HEIGHT = 1280, 720
CAPTION = "模拟 SIMULATED"
CAPTION_BOX = (16, 12, 270, 58)  # x1, y1, x2, y2

_NOISE_MARGIN = 64
_NOISE_SIGMA = 5


@cache
def _road() -> Picture:
    """Return the empty road at night: worn asphalt, kerb and lane lines running away from the camera."""
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.normal(0, 26, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 2.2)
    light = np.clip(np.linspace(26, 58, HEIGHT)[:, None] + grain, 0, 255)
    road = (light[:, :, None] * np.array((0.98, 0.97, 0.92))).astype(np.uint8)
    verge, kerb = [(0, 0), (210, 0), (0, 330)], [(236, 0), (252, 0), (30, 720), (0, 720)]
    cv2.fillPoly(road, [np.array(verge, dtype=np.int32)], (16, 18, 16), cv2.LINE_AA)
    cv2.fillPoly(road, [np.array(kerb, dtype=np.int32)], (120, 122, 122), cv2.LINE_AA)
    for top, bottom in ((0, 90), (230, 400), (560, 720)):
        edges = [(1040 + 0.3 * y + side, y) for y, side in ((top, 0), (top, 13), (bottom, 18), (bottom, 0))]
        cv2.fillPoly(road, [np.array(edges, dtype=np.int32)], (105, 118, 120), cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(road, (0, 0), 1.2), dtype=np.uint8)


def empty_road(lane: int) -> Picture:
    """Return a fresh frame (720, 1280, 3) BGR; the kerb is to the left in even lanes, else to the right."""
    road = _road()
    return road.copy() if lane % 2 == 0 else np.ascontiguousarray(road[:, ::-1])


@cache
def _fall_off() -> NDArray[np.uint8]:
    """Return the share of the flash that reaches each pixel, in 255ths."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    share = np.clip(1.08 - 0.45 * x**2 - 0.42 * (y - 0.35) ** 2, 0.25, 1)
    return np.repeat((share * 255).astype(np.uint8)[:, :, None], 3, axis=2)


@cache
def _noise() -> NDArray[np.int16]:
    """Return the sensor's noise, larger than a frame so that each can take its own part."""
    shape = (HEIGHT + _NOISE_MARGIN, WIDTH + _NOISE_MARGIN, 3)
    return np.random.default_rng(1).normal(0, _NOISE_SIGMA, shape).astype(np.int16)


def expose(frame: Picture, *, gain: float, blur_px: float, rng: np.random.Generator) -> Picture:
    """Return the frame as the camera takes it: flash fall-off, gain, blur, then noise."""
    lit = cv2.multiply(frame, _fall_off(), scale=gain / 255)
    blurred = cv2.GaussianBlur(lit, (5, 5), blur_px)
    top, left = rng.integers(0, _NOISE_MARGIN, 2)
    noise = _noise()[top : top + HEIGHT, left : left + WIDTH]
    return np.asarray(cv2.add(blurred, noise, dtype=cv2.CV_8U), dtype=np.uint8)


@cache
def _caption() -> Picture:
    """Return the caption on its black strip."""
    x1, y1, x2, y2 = CAPTION_BOX
    strip = Image.new("RGB", (x2 - x1, y2 - y1))
    ImageDraw.Draw(strip).text((12, 2), CAPTION, fill=(255, 255, 255), font=chinese_font(30))
    return np.asarray(strip, dtype=np.uint8)


def put_caption(frame: Picture) -> None:
    """Mark the frame in place: no one may take it for a real one."""
    x1, y1, x2, y2 = CAPTION_BOX
    frame[y1:y2, x1:x2] = _caption()
