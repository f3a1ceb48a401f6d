"""Labelled frames spoilt on purpose, seeded: whatever is told of a province that nobody can see is wrong.

Of each plate in a frame one picture is made in which the frame's edge cuts its first character off, one in
which something stands before it, and one with a timestamp across its edge, as cameras burn it in.
"""

# ruff: noqa: PLR2004 (the shares of each kind stand where they are drawn)

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from plates_data import FULL, Photo, photos

from models.fonts import chinese_font
from pipeline.frame_files import load_frame

Picture = NDArray[np.uint8]
Box = tuple[float, ...]
NARROWEST_PX = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spoilt:
    """A frame (BGR) spoilt in one way, and the plates that can still be read in it."""

    way: str
    photo: Photo
    image: Picture
    texts: frozenset[str]


def spoilt(*, seed: int) -> Iterator[Spoilt]:
    """Yield the spoilt frames; of the validation half those with something before the plate alone."""
    rng = np.random.default_rng(seed)
    for set_name in FULL:
        for photo in photos(set_name):
            image = load_frame(photo.path)
            for (text, _, _), box in zip(photo.plates, photo.boxes, strict=True):
                if box[2] - box[0] >= NARROWEST_PX:
                    yield from _of_plate(photo, image, text, box, rng)


def _of_plate(
    photo: Photo, image: Picture, text: str, box: Box, rng: np.random.Generator
) -> Iterator[Spoilt]:
    # GA 36: the first character ends 60 mm from the left edge of 440.
    cut = int(box[0] + rng.uniform(0.125, 0.17) * (box[2] - box[0]))
    others = [(plate[0], at) for plate, at in zip(photo.plates, photo.boxes, strict=True) if plate[0] != text]
    hidden = _hidden(image, box, cut, rng)
    stamped = _stamped(image, box, rng)
    yield Spoilt(way="hidden", photo=photo, image=hidden, texts=frozenset(one for one, _ in others))
    if photo.tuning:
        beyond = frozenset(one for one, at in others if at[0] > cut)
        yield Spoilt(way="cut off", photo=photo, image=image[:, cut:].copy(), texts=beyond)
        every = frozenset(plate[0] for plate in photo.plates)
        yield Spoilt(way="stamped", photo=photo, image=stamped, texts=every)


def _hidden(image: Picture, box: Box, cut: int, rng: np.random.Generator) -> Picture:
    """Return the frame with something before the plate's left end: a colour, or a part of the frame."""
    width, height = box[2] - box[0], box[3] - box[1]
    left = int(max(box[0] - rng.uniform(0.3, 1) * width, 0))
    top = int(max(box[1] - rng.uniform(0.2, 1.5) * height, 0))
    seen = image.copy()
    part = seen[top : int(box[3] + rng.uniform(0.2, 1.5) * height), left:cut]
    if rng.random() < 0.5:
        part[:] = rng.integers(0, 255, 3)
        return seen
    high, wide = part.shape[:2]
    y = int(rng.integers(0, max(image.shape[0] - high, 1)))
    x = int(rng.integers(0, max(image.shape[1] - wide, 1)))
    other = image[y : y + high, x : x + wide]
    part[: other.shape[0], : other.shape[1]] = other
    return seen


def _stamped(image: Picture, box: Box, rng: np.random.Generator) -> Picture:
    """Return the frame with a date across the plate's upper or lower edge."""
    width, height = box[2] - box[0], box[3] - box[1]
    size = int(height * rng.uniform(0.35, 0.6))
    date = f"20{rng.integers(10, 26)}/{rng.integers(1, 13):02d}/{rng.integers(1, 29):02d}"
    left = box[0] + rng.uniform(-0.4, 0.6) * width
    top = box[1] - 0.55 * size if rng.random() < 0.4 else box[3] - 0.75 * size
    picture = Image.fromarray(image[:, :, ::-1].copy())
    ImageDraw.Draw(picture).text(
        (left, top), date, (255, 255, 255), chinese_font(max(size, 8)),
        stroke_width=max(1, size // 20), stroke_fill=(0, 0, 0),
    )  # fmt: skip
    return np.asarray(picture)[:, :, ::-1].copy()
