"""Plates rendered by the project, seeded: in one and two rows, clear and hard; and texts that are none."""

# ruff: noqa: PLR2004 (the shares of each kind stand where they are drawn)

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from models.fonts import chinese_font
from models.values.plates import PlateColour
from pipeline.plates.grammar import DIGITS, OFFICES, PROVINCES, SERIALS
from stations.roadside.mounting import smear
from stations.roadside.plate import draw_plate

Picture = NDArray[np.uint8]
FRAME = (360, 480)
WORDS = (
    "便民超市", "限高4.5米", "新能源充电站", "京东物流", "浙江快运", "沪A区入口", "云顶酒店", "前方500米",
    "苏州园区", "严禁烟火", "川味小馆", "自卸货车", "额定载质量", "电话0573", "甘蔗批发", "鲁菜馆",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rendered:
    """A frame (BGR) with a plate, or with none: then `text` is ""."""

    image: Picture
    text: str
    colour: PlateColour
    rows: int


def rendered(count: int, *, seed: int, rows: int | None = None, hard: float = 1.0) -> Iterator[Rendered]:
    """Yield `count` frames with a plate each; `hard` 0 leaves light, blur, size and dirt as on a good day."""
    rng = np.random.default_rng([seed, 1])
    for _ in range(count):
        in_rows = rows or int(rng.integers(1, 3))
        text, colour = _number(rng, in_rows)
        plate = draw_plate(text, colour, in_rows)
        if rng.random() < 0.12 * hard:
            plate = smear(plate, rng)
        yield Rendered(image=_shot(plate, rng, hard), text=text, colour=colour, rows=in_rows)


def no_plates(count: int, *, seed: int) -> Iterator[Rendered]:
    """Yield `count` frames with signs that are no plates, some in a plate's colours and shape."""
    rng = np.random.default_rng([seed, 2])
    for _ in range(count):
        image = _shot(_sign(rng), rng, hard=0.5)
        yield Rendered(image=image, text="", colour=PlateColour.UNKNOWN, rows=1)


def _number(rng: np.random.Generator, rows: int) -> tuple[str, PlateColour]:
    """Return a random plate and its colour; a province is as likely as any other."""
    head = str(rng.choice(list(PROVINCES))) + str(rng.choice(list(OFFICES.replace("O", ""))))
    kind = rng.random()
    if rows == 1 and kind < 0.2:
        return head + _some(rng, DIGITS, 5) + str(rng.choice(list("DF"))), PlateColour.YELLOW_GREEN
    serial = _some(rng, DIGITS * 3 + SERIALS[10:], 5)
    if rows == 2 and kind < 0.5:
        return head + serial[:4] + "挂", PlateColour.YELLOW
    if kind < 0.1:
        return head + serial[:4] + "学", PlateColour.YELLOW
    return head + serial, PlateColour.YELLOW if rows == 2 or kind < 0.5 else PlateColour.BLUE


def _some(rng: np.random.Generator, characters: str, count: int) -> str:
    return "".join(str(one) for one in rng.choice(list(characters), count))


def _sign(rng: np.random.Generator) -> Picture:
    """Return a sign with words, a telephone number, a time or half a plate."""
    words = str(rng.choice(WORDS))
    number = _some(rng, DIGITS, int(rng.integers(4, 9)))
    letter = str(rng.choice(list(OFFICES)))
    lines = (
        words,
        number,
        f"{words[:1]}{number[:5]}",
        f"{letter}{number[:5]}",
        f"{letter}·{number[:4]}{letter}",
    )
    colours = (
        ((165, 75, 25), (245, 245, 245)),
        ((40, 190, 245), (25, 25, 25)),
        ((60, 60, 60), (240, 240, 240)),
    )
    background, ink = colours[int(rng.integers(3))]
    sign = Image.new("RGB", (440, 140), background[::-1])
    ImageDraw.Draw(sign).text((220, 66), str(rng.choice(lines)), ink[::-1], chinese_font(84), anchor="mm")
    return np.asarray(sign)[:, :, ::-1].copy()


def _shot(plate: Picture, rng: np.random.Generator, hard: float) -> Picture:
    """Return a frame with the plate seen from a camera above, in some weather, as a compressed picture."""
    width = plate.shape[1]
    if rng.random() < 0.12 * hard:  # something before it
        side = int(width * rng.uniform(0.06, 0.3))
        left = 0 if rng.random() < 0.6 else int(rng.uniform(0, width - side))
        plate = plate.copy()
        plate[:, left : left + side] = rng.integers(20, 200, 3)
    wide = 60 + 160 * rng.random() ** (1 + hard)
    small = cv2.resize(plate, None, fx=2 * wide / width, fy=2 * wide / width, interpolation=cv2.INTER_AREA)
    high, wide = small.shape[0] / 2, small.shape[1] / 2
    centre = np.array([FRAME[1], FRAME[0]]) / 2 + rng.uniform(-60, 60, 2)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (wide / 2, high / 2)
    tilt, shear = np.radians(rng.normal(0, 2 + 4 * hard)), rng.normal(0, 0.05 + 0.1 * hard)
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    corners[:, 0] += shear * corners[:, 1]
    corners = corners @ turn.T + rng.normal(0, 0.01 * wide, (4, 2)) + centre
    edges = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * (small.shape[1], small.shape[0])
    warp = cv2.getPerspectiveTransform(edges.astype(np.float32), corners.astype(np.float32))
    frame = cv2.GaussianBlur(rng.integers(0, 255, (*FRAME, 3)).astype(np.uint8), (0, 0), 9)
    frame = cv2.convertScaleAbs(frame, alpha=2.0, beta=float(rng.uniform(-150, -60)))
    size = (FRAME[1], FRAME[0])
    cover = cv2.warpPerspective(np.full(small.shape, 255, np.uint8), warp, size).astype(np.float32) / 255
    seen = frame * (1 - cover) + cv2.warpPerspective(small, warp, size) * cover
    return _weather(np.asarray(seen, dtype=np.float32), rng, hard)


def _weather(seen: NDArray[np.float32], rng: np.random.Generator, hard: float) -> Picture:
    """Return the frame after blur, movement, light, noise and compression."""
    seen = cv2.GaussianBlur(seen, (0, 0), 0.4 + 1.3 * hard * rng.random() ** 2)
    length = int(1 + 7 * hard * rng.random() ** 3)
    if length > 1:
        streak = np.zeros((length, length), dtype=np.float32)
        streak[length // 2] = 1 / length
        seen = cv2.filter2D(seen, -1, streak if rng.random() < 0.5 else streak.T)
    light = 1.0 + hard * rng.uniform(-0.7, 0.6)
    seen = seen * light + rng.normal(0, 2 + 12 * hard * rng.random() ** 2, seen.shape)
    quality = int(95 - 60 * hard * rng.random())
    _, jpeg = cv2.imencode(
        ".jpg", np.clip(seen, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), dtype=np.uint8)
