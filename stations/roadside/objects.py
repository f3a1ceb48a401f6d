"""What hides a plate, laid over it in a frame: cloth, card, rag, leaves; and how much of each character.

Works on any frame, drawn or photographed, in which the plate's corners are known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plate_layout import character_cells, plate_size_mm
from stations.roadside.plate import Picture

Corners = NDArray[np.float32]
Share = NDArray[np.float32]
# The sheet on which an object is painted reaches this far beyond the plate, in plates' widths and heights.
_BESIDE, _ABOVE = 0.5, 1.0
_LIGHT_OF_DAY = 200.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """An object painted flat: `colour` (h, w, 3) and how much it hides, `share` (h, w), both float32."""

    colour: NDArray[np.float32]
    share: Share


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hidden:
    """A frame with something over its plate; `share` (H, W) is how much of each pixel it hides.

    `characters` is the share of each character that is hidden, 0..1, by the layout of GA 36.
    """

    pixels: Picture
    share: Share
    characters: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which part of the plate an object is to hide, in shares of its width and height."""

    left: float
    top: float
    right: float
    bottom: float


def reach(rng: np.random.Generator, extent: str) -> Reach:
    """Return a part of the plate: `whole`, `side` (left, right or middle), `lower`, or `few` characters."""
    loose = float(rng.uniform(0.01, 0.12))
    high = Reach(left=0, top=-loose, right=1, bottom=1 + float(rng.uniform(0.01, 0.3)))
    match extent:
        case "whole":
            return Reach(
                left=-loose, top=high.top, right=1 + float(rng.uniform(0.01, 0.12)), bottom=high.bottom
            )
        case "lower":
            top = float(rng.uniform(0.12, 0.45))
            return Reach(left=-loose, top=top, right=1 + loose, bottom=high.bottom)
        case "few":
            wide = float(rng.uniform(0.13, 0.34))
            left = float(rng.uniform(0.0, 1 - wide))
            return Reach(left=left, top=high.top, right=left + wide, bottom=high.bottom)
        case "side":
            wide = float(rng.uniform(0.34, 0.75))
            left = float(rng.choice([-loose, 1 + loose - wide, rng.uniform(0, 1 - wide)]))
            return Reach(left=left, top=high.top, right=left + wide, bottom=high.bottom)
    message = f"extent: whole, side, lower or few expected, got {extent!r}"
    raise ValueError(message)


EXTENTS = ("whole", "side", "lower", "few")


def cover(  # noqa: PLR0917 (a plate is all of these)
    frame: Picture,
    corners: Corners,
    characters: int,
    rows: int,
    thing: str,
    extent: str,
    rng: np.random.Generator,
) -> Hidden:
    """Return the frame (BGR) with a thing of `THINGS` over the plate at `corners`."""
    width, height = plate_size_mm(characters, rows)
    scale = max(float(np.linalg.norm(corners[1] - corners[0])) / width, 0.2)
    size = round(width * scale * (1 + 2 * _BESIDE)), round(height * scale * (1 + 2 * _ABOVE))
    sheet = THINGS[thing](size, _on_sheet(reach(rng, extent), size), rng)
    return lay(frame, corners, sheet, characters, rows, rng)


def lay(
    frame: Picture, corners: Corners, sheet: Sheet, characters: int, rows: int, rng: np.random.Generator
) -> Hidden:
    """Lay a painted sheet over the plate, in the light that the frame has there."""
    high, wide = sheet.share.shape
    left, top = _BESIDE * wide / (1 + 2 * _BESIDE), _ABOVE * high / (1 + 2 * _ABOVE)
    flat = np.array(((left, top), (wide - left, top), (wide - left, high - top), (left, high - top)))
    warp = cv2.getPerspectiveTransform(flat.astype(np.float32), corners)
    size = (frame.shape[1], frame.shape[0])
    share = cv2.warpPerspective(sheet.share, warp, size)
    colour = cv2.warpPerspective(sheet.colour, warp, size, borderMode=cv2.BORDER_REPLICATE)
    soft = float(rng.uniform(0.4, 0.9))
    share = cv2.GaussianBlur(share, (0, 0), soft)
    grain = rng.normal(0, rng.uniform(1, 5), frame.shape)
    lit = cv2.GaussianBlur(colour * _light(frame, corners), (0, 0), soft) + grain
    pixels = frame * (1 - share[..., None]) + lit * share[..., None]
    seen = cv2.warpPerspective(share, np.linalg.inv(warp), (wide, high))
    hidden = []
    for cell in character_cells(characters, rows):
        x = round(left + cell[0] * (wide - 2 * left)), round(left + cell[2] * (wide - 2 * left))
        y = round(top + cell[1] * (high - 2 * top)), round(top + cell[3] * (high - 2 * top))
        hidden.append(float(seen[y[0] : max(y[1], y[0] + 1), x[0] : max(x[1], x[0] + 1)].mean()))
    return Hidden(
        pixels=np.clip(pixels, 0, 255).astype(np.uint8),
        share=np.asarray(share, dtype=np.float32),
        characters=tuple(hidden),
    )


def _light(frame: Picture, corners: Corners) -> float:
    """Return how bright the frame is around the plate, as a share of daylight."""
    low = np.clip(corners.min(axis=0), 0, None).astype(int)
    high = corners.max(axis=0).astype(int) + 1
    area = frame[low[1] : high[1], low[0] : high[0]]
    return float(np.clip(np.percentile(area, 90) / _LIGHT_OF_DAY, 0.08, 1.2)) if area.size else 1.0


def _on_sheet(part: Reach, size: tuple[int, int]) -> tuple[int, int, int, int]:
    wide, high = size
    across = [(_BESIDE + x) / (1 + 2 * _BESIDE) * wide for x in (part.left, part.right)]
    down = [(_ABOVE + y) / (1 + 2 * _ABOVE) * high for y in (part.top, part.bottom)]
    return round(across[0]), round(down[0]), round(across[1]), round(down[1])


Box = tuple[int, int, int, int]


def smooth(size: tuple[int, int], sigma: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return smooth random relief (h, w) of mean 0 and deviation 1."""
    noise = cv2.GaussianBlur(rng.normal(0, 1, (size[1], size[0])).astype(np.float32), (0, 0), sigma)
    return np.asarray((noise - noise.mean()) / max(float(noise.std()), 1e-6), dtype=np.float32)


def _tone(rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a colour that cloths and cards have: grey, or any, seldom a plate's own."""
    grey = float(rng.uniform(25, 235))
    if rng.random() < 0.5:  # noqa: PLR2004  half of them
        return np.asarray(grey + rng.normal(0, 8, 3), dtype=np.float32)
    return np.asarray(rng.uniform(20, 225, 3), dtype=np.float32)


def _cloth(size: tuple[int, int], box: Box, rng: np.random.Generator) -> Sheet:
    """Paint a cloth with folds, a weave and a wavy hem."""
    left, top, right, bottom = box
    wide, high = size
    across = np.arange(wide, dtype=np.float32)
    pleats = sum(
        np.sin(across / max(right - left, 1) * turns * 2 * np.pi + rng.uniform(0, 6)) / turns**0.5
        for turns in rng.uniform(1, 9, 4)
    )
    relief = np.asarray(pleats)[None, :] * 0.5 + 0.7 * smooth(size, max(high / 12, 1), rng)
    shade = np.clip(1 + float(rng.uniform(0.06, 0.25)) * relief, 0.3, 1.6)
    weave = float(rng.uniform(0, 7)) * rng.normal(0, 1, (high, wide))
    share = np.zeros((high, wide), dtype=np.float32)
    hem = 0.03 * high * np.asarray(pleats) + rng.uniform(-0.05, 0.05) * high * np.linspace(-1, 1, wide)
    edge = [
        (x, bottom + float(hem[min(max(x, 0), wide - 1)])) for x in range(right, left, -max(wide // 40, 1))
    ]
    lean = 0.03 * wide * rng.uniform(-1, 1, 2)
    outline = np.array([(left + lean[0], top), (right + lean[1], top), *edge])
    cv2.fillPoly(share, [np.rint(outline).astype(np.int32)], (1.0,))
    return Sheet(colour=_painted(_tone(rng), shade, weave), share=share)


def _card(size: tuple[int, int], box: Box, rng: np.random.Generator) -> Sheet:
    """Paint a flat card or a sheet of paper, turned a little, now and then with a print on it."""
    left, top, right, bottom = box
    wide, high = size
    relief = np.linspace(-1, 1, wide)[None, :] * np.ones((high, 1))
    colour = _painted(_tone(rng), 1 + float(rng.uniform(-0.12, 0.12)) * relief, 0.0)
    for _ in range(int(rng.integers(0, 4)) * int(rng.random() < 0.4)):  # noqa: PLR2004  two in five
        y = int(rng.integers(top, max(bottom, top + 1)))
        ends = rng.integers(left, max(right, left + 1), 2)
        cv2.line(colour, (int(ends[0]), y), (int(ends[1]), y), _tone(rng).tolist(), max(high // 40, 1))
    turn = cv2.getRotationMatrix2D(((left + right) / 2, (top + bottom) / 2), float(rng.normal(0, 2.5)), 1)
    edges = np.array(((left, top), (right, top), (right, bottom), (left, bottom)), dtype=np.float32)
    share = np.zeros((high, wide), dtype=np.float32)
    cv2.fillPoly(share, [np.rint(cv2.transform(edges[None], turn)[0]).astype(np.int32)], (1.0,))
    return Sheet(colour=colour, share=share)


def _rag(size: tuple[int, int], box: Box, rng: np.random.Generator) -> Sheet:
    """Paint a crumpled bag, glove or rag: an irregular outline, strong creases, two tones."""
    left, top, right, bottom = box
    wide, high = size
    creases = np.abs(smooth(size, max(high / 25, 1), rng)) - 0.8
    shade = np.clip(1 + float(rng.uniform(0.15, 0.4)) * creases, 0.35, 1.8)
    turns = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    # A superellipse fills its box, so that what it is to hide is hidden.
    corner = (
        np.sign(np.cos(turns)) * np.abs(np.cos(turns)) ** 0.4,
        np.sign(np.sin(turns)) * np.abs(np.sin(turns)) ** 0.4,
    )
    rough = 1 + rng.uniform(-0.02, 0.16, turns.size)
    outline = np.stack(
        (
            (left + right) / 2 + rough * corner[0] * (right - left) / 2,
            (top + bottom) / 2 + rough * corner[1] * (bottom - top) / 2,
        ),
        axis=1,
    )
    share = np.zeros((high, wide), dtype=np.float32)
    cv2.fillPoly(share, [np.rint(outline).astype(np.int32)], (1.0,))
    return Sheet(colour=_painted(_tone(rng), shade, 0.0), share=share)


def _leaves(size: tuple[int, int], box: Box, rng: np.random.Generator) -> Sheet:
    """Paint twigs with leaves, green or withered."""
    left, top, right, bottom = box
    wide, high = size
    share = np.zeros((high, wide), dtype=np.float32)
    colour = np.zeros((high, wide, 3), dtype=np.float32)
    base = np.array((40, 90, 50)) if rng.random() < 0.6 else np.array((50, 90, 130))  # noqa: PLR2004
    area = max((right - left) * (bottom - top), 1)
    long = max(0.16 * high, 3)
    for _ in range(int(5 * area / long**2) + 8):
        centre = int(rng.integers(left, right + 1)), int(rng.integers(top, bottom + 1))
        axes = int(long * rng.uniform(0.4, 1)), int(long * rng.uniform(0.2, 0.45)) + 1
        turn = float(rng.uniform(0, 180))
        cv2.ellipse(share, centre, axes, turn, 0, 360, (1.0,), -1)
        cv2.ellipse(colour, centre, axes, turn, 0, 360, (base * rng.uniform(0.5, 1.5)).tolist(), -1)
    return Sheet(colour=colour, share=share)


def _painted(
    tone: NDArray[np.float32], shade: NDArray[np.floating], grain: float | NDArray[np.floating]
) -> NDArray[np.float32]:
    """Return a tone under a shade (h, w), with the same grain in all channels."""
    return np.asarray(tone * shade[..., None] + np.asarray(grain)[..., None], dtype=np.float32)


Painter = Callable[[tuple[int, int], Box, np.random.Generator], Sheet]
THINGS: Mapping[str, Painter] = MappingProxyType(
    {"cloth": _cloth, "card": _card, "rag": _rag, "leaves": _leaves}
)
