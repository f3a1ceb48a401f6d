"""Plates made illegible, with truth: real photos and rendered plates under objects, dirt, damage and faults.

One specimen is one picture, the outline of its plate, what was done to it and what of each character is
hidden. Specimens for tuning come from photos of the tuning half, those for testing from the other half; the
seeds differ too, and `UNSEEN` is what tuning is never shown.
"""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.legibility import Legibility
from stations.roadside import marring
from stations.roadside.camera_faults import FAULTS
from stations.roadside.objects import EXTENTS, THINGS, cover

Picture = NDArray[np.uint8]
Corners = NDArray[np.float32]
# An object hides a character that loses this much of its place; below the lower share it hides none.
HIDDEN, TOUCHED = 0.5, 0.12
UNSEEN = ("leaves",)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plain:
    """A picture with a legible plate: its outline, text and rows; `crop` where it shows nothing else."""

    name: str
    image: Picture
    corners: Corners
    text: str
    rows: int
    crop: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Specimen:
    """A plate and what was done to it; `truth` is what a careful person would say of it.

    `hidden` is the share of each character that an object or dirt hides; `mask` (H, W) where.
    """

    plain: Plain
    image: Picture
    corners: Corners
    truth: Legibility
    what: str
    hidden: tuple[float, ...] = ()
    mask: NDArray[np.float32] | None = field(default=None, repr=False)


KINDS = ("plain", "object", "dirt", "bent", "flipped", "missing", "fault", "shadow")


def made(plain: Plain, kind: str, seed: int, *, unseen: bool = False) -> Specimen:
    """Return a specimen of one kind; `unseen` uses only what tuning never saw, where there is such."""
    digest = int.from_bytes(plain.name.encode()[-8:].rjust(8, b"\0"), "big")
    rng = np.random.default_rng([seed, KINDS.index(kind), digest])
    match kind:
        case "object":
            return _object(plain, rng, unseen=unseen)
        case "dirt":
            return _dirt(plain, rng)
        case "bent":
            image = marring.bent(plain.image, plain.corners, float(rng.uniform(0.3, 1)), rng)
            return _said(plain, image, Legibility.DAMAGED, "bent")
        case "flipped":
            image = marring.flipped(plain.image, plain.corners, rng)
            whole = (1.0,) * len(plain.text)
            return replace(_said(plain, image, Legibility.COVERED, "flipped"), hidden=whole)
        case "missing":
            image = marring.missing(plain.image, plain.corners, rng)
            return _said(plain, image, Legibility.MISSING, "missing")
        case "shadow":
            image = marring.shadow(plain.image, plain.corners, rng)
            return _said(plain, image, Legibility.CLEAR, "shadow")
        case "fault":
            return _fault(plain, rng)
    return _said(plain, plain.image, Legibility.CLEAR, "plain")


def _said(plain: Plain, image: Picture, truth: Legibility, what: str) -> Specimen:
    return Specimen(plain=plain, image=image, corners=plain.corners, truth=truth, what=what)


def _object(plain: Plain, rng: np.random.Generator, *, unseen: bool) -> Specimen:
    things = UNSEEN if unseen else tuple(one for one in THINGS if one not in UNSEEN)
    thing, extent = str(rng.choice(things)), str(rng.choice(EXTENTS, p=(0.3, 0.35, 0.15, 0.2)))
    done = cover(plain.image, plain.corners, len(plain.text), plain.rows, thing, extent, rng)
    most = max(done.characters)
    truth = (
        Legibility.COVERED if most >= HIDDEN else Legibility.DOUBTFUL if most >= TOUCHED else Legibility.CLEAR
    )
    image = _reshot(done.pixels, rng)
    said = _said(plain, image, truth, f"{thing} {extent}")
    return replace(said, hidden=done.characters, mask=done.share)


def _dirt(plain: Plain, rng: np.random.Generator) -> Specimen:
    strength = float(rng.uniform(0.1, 1))
    done = marring.dirty(plain.image, plain.corners, len(plain.text), plain.rows, strength, rng)
    truth = Legibility.DIRTY if max(done.characters) >= TOUCHED else Legibility.CLEAR
    said = _said(plain, _reshot(done.pixels, rng), truth, f"dirt {strength:.1f}")
    return replace(said, hidden=done.characters, mask=done.share)


def _fault(plain: Plain, rng: np.random.Generator) -> Specimen:
    name, strength = str(rng.choice(list(FAULTS))), float(rng.uniform(0, 1))
    image = FAULTS[name](plain.image, plain.corners, strength, rng)
    return _said(plain, image, Legibility.CAMERA, f"{name} {strength:.1f}")


def _reshot(image: Picture, rng: np.random.Generator) -> Picture:
    """Compress a changed picture as cameras do, so that what was laid over it is no sharper than the rest."""
    _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 96))])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), dtype=np.uint8)
