"""Lay pieces of other pictures over views of plates while the network of `legibility_net.py` is taught.

What the painters of `stations.roadside.objects` draw has few textures; a piece of another photo has any.
"""

# ruff: noqa: PLR2004 (the shares of each kind stand where they are drawn)

from dataclasses import dataclass

import cv2
import numpy as np
from legibility_made import HIDDEN, TOUCHED
from numpy.typing import NDArray

from models.values.plate_layout import character_cells
from pipeline.plates.covered import ABOVE, BESIDE, HIGH, WIDE
from stations.roadside.objects import EXTENTS, Reach, reach, smooth

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
# How often each of EXTENTS is laid over a crop: one that is hidden whole shows nothing but what hides it.
OF_CROPS = (0.4, 0.25, 0.15, 0.2)
SIZE = (WIDE, HIGH)
INNER = (WIDE - 2 * BESIDE, HIGH - 2 * ABOVE)
OUTLINE = np.array(
    ((BESIDE, ABOVE), (WIDE - BESIDE, ABOVE), (WIDE - BESIDE, HIGH - ABOVE), (BESIDE, HIGH - ABOVE)),
    dtype=np.float32,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laid:
    """A view with a piece over it: where (HIGH, WIDE), and how much the plate is covered by it.

    That is 1 from half of a character on, 0 where none is touched.
    """

    pixels: Picture
    share: Floats
    covered: float


def lay_piece(
    view: Picture, corners: Floats, characters: int, about: Floats, piece: Picture, rng: np.random.Generator
) -> Laid:
    """Lay a piece of another view over a view, whose plate has `corners`, or only beside the plate."""
    crop, rows, wide = about.tolist()
    extent = str(rng.choice(EXTENTS, p=OF_CROPS if crop else None))
    flat = _shape(_beside(rng) if rng.random() < 0.3 else reach(rng, extent), rng)
    cells = [
        flat[
            round(ABOVE + top * INNER[1]) : round(ABOVE + bottom * INNER[1]),
            round(BESIDE + left * INNER[0]) : round(BESIDE + right * INNER[0]),
        ]
        for left, top, right, bottom in character_cells(characters, int(rows))
    ]
    most = max(float(cell.mean()) for cell in cells)
    share = cv2.warpPerspective(flat, cv2.getPerspectiveTransform(OUTLINE, corners), SIZE)
    soft = float(rng.uniform(0.4, 0.9)) * max(INNER[0] / wide, 0.5)
    share = cv2.GaussianBlur(share, (0, 0), soft)
    if crop:
        known = np.zeros_like(share)
        known[ABOVE:-ABOVE, BESIDE:-BESIDE] = 1
        share *= known
    colour = _texture(piece, rng) if rng.random() < 0.75 else _plain(rng)
    plate = view[ABOVE:-ABOVE, BESIDE:-BESIDE]
    light = float(plate.mean()) / max(float(colour.mean()), 20) * float(np.exp(rng.normal(0, 0.4)))
    colour = cv2.GaussianBlur(colour * np.float32(light), (0, 0), soft)
    colour += _grain(view, rng.uniform(1, 5), rng)
    pixels = view * (1 - share[..., None]) + colour * share[..., None]
    return Laid(
        pixels=np.clip(pixels, 0, 255).astype(np.uint8),
        share=np.asarray(share, dtype=np.float32),
        covered=min(max((most - TOUCHED) / (HIDDEN - TOUCHED), 0.0), 1.0),
    )


def spoiled(view: Picture, rng: np.random.Generator) -> Picture:
    """Return a view a little out of focus, noisy and compressed, as any camera may give it."""
    if rng.random() < 0.5:
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), float(rng.uniform(0.3, 1.0))), dtype=np.uint8)
    if rng.random() < 0.5:
        view = np.clip(view + _grain(view, rng.uniform(1, 9), rng), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, jpeg = cv2.imencode(".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        view = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), dtype=np.uint8)
    return view


def _grain(view: Picture, deviation: float, rng: np.random.Generator) -> Floats:
    return rng.standard_normal(view.shape, dtype=np.float32) * np.float32(deviation)


def _beside(rng: np.random.Generator) -> Reach:
    """Return a part of what is around the plate that leaves the characters alone."""
    near, far = float(rng.uniform(-0.1, 0.02)), float(rng.uniform(-0.6, -0.12))
    along = np.sort(rng.uniform(-0.2, 1.2, 2)).tolist()
    match int(rng.integers(4)):
        case 0:
            return Reach(left=far, right=near, top=-0.3, bottom=1.3)
        case 1:
            return Reach(left=1 - near, right=1 - far, top=-0.3, bottom=1.3)
        case 2:
            return Reach(left=along[0], right=along[1], top=far, bottom=3 * near)
    return Reach(left=along[0], right=along[1], top=1 - 3 * near, bottom=1 - far)


def _shape(part: Reach, rng: np.random.Generator) -> Floats:
    """Return an outline in that part of the plate: turned, rough, ragged or wavy."""
    left, right = (BESIDE + edge * INNER[0] for edge in (part.left, part.right))
    top, bottom = (ABOVE + edge * INNER[1] for edge in (part.top, part.bottom))
    middle, half = ((left + right) / 2, (top + bottom) / 2), ((right - left) / 2, (bottom - top) / 2)
    turns = np.linspace(0, 2 * np.pi, int(rng.integers(6, 40)), endpoint=False)
    power = float(rng.choice([0.1, 0.4, 1.0]))
    rough = 1 + rng.uniform(-0.02, rng.uniform(0, 0.25), turns.size)
    outline = np.stack(
        [
            at + rough * np.sign(wave) * np.abs(wave) ** power * long
            for at, long, wave in zip(middle, half, (np.cos(turns), np.sin(turns)), strict=True)
        ],
        axis=1,
    )
    turn = cv2.getRotationMatrix2D(middle, float(rng.normal(0, 4)), 1)
    outline = cv2.transform(outline[None], turn)[0]
    share = np.zeros((HIGH, WIDE), dtype=np.float32)
    cv2.fillPoly(share, [np.rint(outline * 8).astype(np.int32)], (1.0,), lineType=cv2.LINE_8, shift=3)
    if rng.random() < 0.2:
        share *= smooth(SIZE, float(rng.uniform(2, 8)), rng) > -0.9
    return share


def _texture(piece: Picture, rng: np.random.Generator) -> Floats:
    """Return some part of another view, as large as a view, turned over now and then."""
    wide, high = int(rng.integers(24, WIDE + 1)), int(rng.integers(12, HIGH + 1))
    left, top = int(rng.integers(WIDE - wide + 1)), int(rng.integers(HIGH - high + 1))
    part = cv2.resize(piece[top : top + high, left : left + wide], SIZE)
    if rng.random() < 0.5:
        part = part[::-1]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    tint = rng.uniform(0.7, 1.3, 3) if rng.random() < 0.5 else np.ones(3)
    return part.astype(np.float32) * tint.astype(np.float32)


def _plain(rng: np.random.Generator) -> Floats:
    """Return a tone with some relief, grey or of any colour."""
    tone = rng.uniform(20, 235) + rng.normal(0, 8 if rng.random() < 0.5 else 60, 3)
    relief = 1 + rng.uniform(0, 0.3) * smooth(SIZE, float(rng.uniform(1, 12)), rng)
    return np.asarray(np.clip(tone, 5, 250) * relief[..., None], dtype=np.float32)
