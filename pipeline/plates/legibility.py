"""Judge what can be seen of a plate: each character first, then the plate as a whole.

Whether something covers it a small network says (`pipeline.plates.covered`), and nobody else. All else two
small forests (Breiman 2001) weigh, by the measurements of `pipeline.plates.visible`. A rule stands above
both: what reads surely is never called covered, nor is a plate in a bad picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.values.legibility import HIDDEN_BELOW, CameraCause, Legibility, Outline, PlateLegibility
from models.values.plate_layout import character_cells
from pipeline.plates.covered import covering, network_name
from pipeline.plates.find import box_of, part, size_px
from pipeline.plates.frame_quality import FrameQuality
from pipeline.plates.visible import PLATE_FEATURES, Measured, Place, at_border, measure

FOREST = Path(__file__).with_name("legibility.npz")
CELL_CLASSES = ("visible", "object", "dirt", "lost")
# NOTHING: the detector's faint guess is no plate at all.
NOTHING = "nothing"
PLATE_CLASSES = ("clear", "covered", "dirty", "damaged", "camera", NOTHING)
# A plate that reads this surely, each character of it, is clear whatever else is to be seen.
READS_CLEARLY = 0.95
# What a verdict must reach to be given; below it the plate is doubtful.
LEAST = {
    Legibility.CLEAR: 0.5,
    Legibility.DIRTY: 0.5,
    Legibility.DAMAGED: 0.6,
    Legibility.CAMERA: 0.45,
}
# From here the network accuses 1 of 690 innocents of photos that it was not taught on, from 0.8 3.
_COVERED_FROM = 0.85
# Width by height of a plate in one row, and what must lack of it for an outline to be a part of one.
_ASPECT, _SHORT = 440 / 140, 0.2
# From this score the corner detector outlines a plate; how sure it is that the frame cuts it is judgement.
_PLATE, _CUT_OFF = 0.2, 0.75
# Where no edge of the frame is this steep, or light or darkness fills the plate, nobody is accused: the
# picture is at fault.
_SHARP, _MOST_WHITE, _MOST_BLACK = 0.5, 0.35, 0.5
# A reading this doubtful is not called clear.
_READABLE = 0.5
_GLARING, _BLACK, _DARK, _BLURRED, _NARROW_PX, _BEYOND = 0.25, 0.5, 0.22, 0.55, 60.0, 0.02
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forest:
    """Trees as flat arrays: `feature` (-1 at a leaf), `at_most`, `left`, `right`, `votes` (n, classes)."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    at_most: Floats
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    votes: Floats

    def shares(self, features: Floats) -> Floats:
        """Return the mean vote of all trees for each row of features (n, k)."""
        node = np.repeat(self.roots[None], len(features), axis=0)
        rows = np.arange(len(features))[:, None]
        while True:
            feature = self.feature[node]
            inner = feature >= 0
            if not inner.any():
                return np.asarray(self.votes[node].mean(axis=1), dtype=np.float32)
            goes_left = features[rows, np.maximum(feature, 0)] <= self.at_most[node]
            onward = np.where(goes_left, self.left[node], self.right[node])
            node = np.where(inner, onward, node)


def judge_plate(
    image: NDArray[np.uint8], place: Place, frame: FrameQuality, text: str
) -> PlateLegibility | None:
    """Return what can be seen of the plate at `place`; None where there is no plate."""
    if place.characters and min(place.characters) >= READS_CLEARLY:
        return _verdict(image, place, text, Legibility.CLEAR, min(place.characters), place.characters)
    measured = measure(image, place, frame)
    cells = forests()[0].shares(measured.cells)
    shares = forests()[1].shares(plate_row(measured, cells)[None])[0]
    told = dict(zip(PLATE_CLASSES, shares.tolist(), strict=True))
    if told[NOTHING] == max(told.values()) and not text and not place.crop:
        return None
    del told[NOTHING]
    total = sum(told.values()) or 1.0
    word = max(told, key=lambda one: told[one])
    probability = told[word] / total
    legibility = Legibility(word)
    visible = tuple(float(one) for one in cells[:, 0])
    seen = covering(image, place, len(visible)) if _shows_enough(measured, place) else None
    sure = seen.share if seen is not None else 0.0
    if seen is not None and sure < _COVERED_FROM and legibility is Legibility.COVERED:
        sure = max([sure, *(covering(image, one, len(visible)).share for one in _longer(place))])
    unproved = legibility is Legibility.CLEAR and (not text or place.confidence < _READABLE)
    if seen is not None and sure >= _COVERED_FROM:
        legibility, probability = Legibility.COVERED, sure
        place, hidden = _hidden(image, place, seen.characters)
        visible = tuple(1 - one for one in hidden)
    elif legibility is Legibility.COVERED or unproved or probability < LEAST[legibility]:
        legibility = Legibility.DOUBTFUL
    cause = camera_cause(measured) if legibility is Legibility.CAMERA else None
    if _is_cut_off(image, place, legibility):
        legibility, probability, cause = Legibility.CAMERA, _CUT_OFF, CameraCause.OUT_OF_FRAME
    return _verdict(image, place, text, legibility, probability, visible, cause)


def judge_covered(image: NDArray[np.uint8], place: Place, frame: FrameQuality) -> PlateLegibility | None:
    """Return how surely something covers a plate at `place`, by the network alone; None in a bad picture."""
    measured = measure(image, place, frame)
    if not _shows_enough(measured, place):
        return None
    seen = covering(image, place, len(measured.cells))
    visible = [1 - hidden for hidden in seen.characters]
    return _verdict(image, place, "", Legibility.COVERED, seen.share, visible)


def _hidden(
    image: NDArray[np.uint8], place: Place, outlined: Sequence[float]
) -> tuple[Place, Sequence[float]]:
    """Return where the whole plate is, and how much of each character the network sees hidden there.

    An outline of what was left uncovered is made as long as a plate beyond the end that is hidden more.
    """
    if not (longer := _longer(place)):
        return place, outlined
    whole = longer[0] if outlined[0] > outlined[-1] else longer[1]
    return whole, covering(image, whole, len(outlined)).characters


def _longer(place: Place) -> list[Place]:
    """Return where the whole plate may be if the outline is that of what was left uncovered."""
    wide, high = size_px(place.corners)
    lack = _ASPECT * high / max(wide, 1.0) - 1
    if place.crop or place.rows > 1 or lack < _SHORT:
        return []
    ends = ((-lack, 1.0), (0.0, 1 + lack), (-lack / 2, 1 + lack / 2))
    return [replace(place, corners=part(place.corners, left, 0.0, right, 1.0)) for left, right in ends]


def _is_cut_off(image: NDArray[np.uint8], place: Place, legibility: Legibility) -> bool:
    """Whether a plate that isn't clear ends at the frame's edge, or would reach beyond if it were whole."""
    if legibility is Legibility.CLEAR or place.score < _PLATE:
        return False
    reach = [] if legibility is Legibility.COVERED else _longer(place)[:2]
    return any(at_border(image, one) > 0 for one in (place, *reach))


def _shows_enough(measured: Measured, place: Place) -> bool:
    """Whether a picture is good enough to say that a plate is covered."""
    of = dict(zip(PLATE_FEATURES, measured.plate.tolist(), strict=True))
    sharp = place.crop or max(of["edge_sharp"], of["frame_sharp"]) >= _SHARP
    lit = of["washed_out"] < _MOST_WHITE and of["black"] < _MOST_BLACK
    # What the frame's edge cuts off is hidden by nobody.
    whole = of["at_border"] == 0
    return bool(sharp and lit and whole)


def plate_row(measured: Measured, cells: Floats) -> Floats:
    """Return the features of the whole plate: its own, and what its cells came to (n, CELL_CLASSES)."""
    ordered = np.sort(cells, axis=0)[::-1]
    worst = int(cells[:, 1].argmax())
    row = np.concatenate(
        [
            measured.plate,
            ordered[0],
            ordered[1],
            ordered[len(ordered) // 2],
            cells.mean(axis=0),
            ordered[-1][:1],
            [_longest(cells[:, 1] >= HIDDEN_BELOW) / len(cells)],
            measured.cells[worst],
            np.median(measured.cells, axis=0),
        ]
    )
    return np.asarray(row, dtype=np.float32)


def camera_cause(measured: Measured) -> CameraCause:
    """Return the likeliest fault of a picture, by what was measured of plate and frame."""
    of = dict(zip(PLATE_FEATURES, measured.plate.tolist(), strict=True))
    if of["at_border"] > _BEYOND:
        return CameraCause.OUT_OF_FRAME
    if of["washed_out"] > _GLARING:
        return CameraCause.GLARE
    if of["black"] > _BLACK or of["brightness"] < _DARK:
        return CameraCause.DARK
    if of["edge_sharp"] < _BLURRED:
        return CameraCause.BLUR
    return CameraCause.COMPRESSION if of["width_px"] < _NARROW_PX else CameraCause.UNCLEAR


def _verdict(  # noqa: PLR0917 (all of a verdict)
    image: NDArray[np.uint8],
    place: Place,
    text: str,
    legibility: Legibility,
    probability: float,
    visible: Sequence[float],
    cause: CameraCause | None = None,
) -> PlateLegibility:
    high, wide = image.shape[:2]
    corners = np.clip(place.corners, 0, (wide, high))
    left, top, right, bottom = box_of(corners)
    cells = character_cells(len(visible), place.rows)
    hidden = [
        part(place.corners, *cell) for cell, one in zip(cells, visible, strict=True) if one < HIDDEN_BELOW
    ]
    return PlateLegibility(
        legibility=legibility,
        probability=float(probability),
        text=text,
        rows=place.rows,
        box=(math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)),
        corners=_outline(corners),
        visible=tuple(visible),
        mask=tuple(_outline(quad) for quad in hidden),
        cause=cause,
        judge=judge_name(),
    )


def _outline(quad: Floats) -> Outline:
    return tuple((float(x), float(y)) for x, y in quad)


def _longest(hidden: NDArray[np.bool_]) -> int:
    """Return how many neighbours in a row are set."""
    longest = run = 0
    for one in hidden.tolist():
        run = run + 1 if one else 0
        longest = max(longest, run)
    return longest


@cache
def forests() -> tuple[Forest, Forest]:
    """Return the forest of the cells and that of the plates."""
    with np.load(FOREST, allow_pickle=False) as kept:
        names = ("roots", "feature", "at_most", "left", "right", "votes")
        return (
            Forest(**{name: kept[f"cell_{name}"] for name in names}),
            Forest(**{name: kept[f"plate_{name}"] for name in names}),
        )


@cache
def judge_name() -> str:
    """Return the name of the judge and of its weights."""
    with np.load(FOREST, allow_pickle=False) as kept:
        return f"legibility {kept['made']} {network_name()}"
