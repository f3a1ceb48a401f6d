"""Look a second time at a frame in which the vehicle's plate does not read: where its camera's plates are.

There the corner detector's faintest guess is worth a look, and a plate's room around it: the detector
outlines what is left uncovered. Where it sees nothing, and the picture is as good as the camera's others, no
plate can be seen: there is none, or all of it is covered. Rooms about the place itself are asked, too.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.values.legibility import AGAIN_WORD, CameraCause, Legibility, PlateLegibility
from pipeline.plates import find
from pipeline.plates.dazzle import dazzled
from pipeline.plates.frame_quality import FrameQuality, frame_quality
from pipeline.plates.legibility import judge_covered, judge_name, judge_plate
from pipeline.plates.second import Located
from pipeline.plates.usual import Picture, UsualPlace, picture
from pipeline.plates.visible import Place

# The detector sees even blurred and fogged plates with a score above this; below it there is none to be seen.
LEAST_PLATE, _FAINTEST = 0.2, 0.0003
_LONGEST_SIDE_PX = 960
# What the absence of a plate in one frame is worth; two frames and the night's others make a finding of it.
_MISSING = 0.75
# Where even the pictures of plates that read have less contrast, fog or night may have taken one: its absence
# proves nothing. Drawn nights: fog 0.06 to 0.24, fair weather and rain from 0.29.
_VEILED = 0.25
# How surely something must cover a plate as large as usual, and where it may stand beside a guess, by so many
# of its widths. About the usual place itself plates may stand so far off, in widths and heights; so many of
# those rooms must say the same.
_COVERED_FROM, _BESIDE = 0.9, (-0.25, 0.0, 0.25)
_ACROSS, _DOWN, _AGREEING = (-0.3, 0.0, 0.3), (-0.6, -0.3, 0.0, 0.3, 0.6), 3
_TOLD = frozenset({Legibility.DIRTY, Legibility.DAMAGED, Legibility.CAMERA})


class Locates(Protocol):
    """Finds the corners of plates."""

    def locate(self, image: NDArray[np.uint8], longest_side_px: int, least_score: float) -> list[Located]:
        """Return the plates of an image (BGR), the surest first; a larger image is shrunk before."""
        ...


def second_judge() -> str:
    """Return the name of the judge of second looks."""
    return f"{judge_name()}{AGAIN_WORD} 2"


def look_where_usual(
    image: NDArray[np.uint8], place: UsualPlace, usual: Picture, detector: Locates
) -> PlateLegibility | None:
    """Return what is to be seen of a plate where this camera's plates stand; None if that can't be told.

    `usual` is the picture of the camera's readable frames there, in the same hour.
    """
    fault = _fault(image, place, usual)
    if fault is not None and fault is not CameraCause.BLUR:
        return _nothing(place, Legibility.CAMERA, fault)
    there: list[Located] = []
    elsewhere = False
    for one in detector.locate(image, _LONGEST_SIDE_PX, _FAINTEST):
        box = find.box_of(one.corners)
        if place.holds(box):
            there.append(one)
        elsewhere |= one.score >= LEAST_PLATE and not place.holds(box) and not place.passed_by(box)
    best = max(there, key=lambda one: one.score, default=None)
    frame = frame_quality(image)
    judged = None if best is None else judge_plate(image, _placed(best), frame, "")
    if judged is not None and judged.legibility is Legibility.COVERED:
        # A cloth over the plate takes the steepest edges away: that is no blurred picture.
        return replace(judged, judge=second_judge())
    if fault is not None:
        return _nothing(place, Legibility.CAMERA, fault)
    covered = _covered(image, frame, place, there)
    if covered is not None:
        return replace(covered, judge=second_judge())
    if elsewhere:
        # Mounted elsewhere, or another vehicle's: nothing is missing for certain.
        return None
    if judged is not None and judged.legibility in _TOLD:
        return replace(judged, judge=second_judge())
    if judged is None and (best is None or best.score < LEAST_PLATE):
        return _absent(image, place, usual)
    return None


def _fault(image: NDArray[np.uint8], place: UsualPlace, usual: Picture) -> CameraCause | None:
    """Return why less can be seen at the place than usually; None where as much can be."""
    faults = picture(place.window(image)).worse_than(usual)
    return next((one for one in faults if one is not CameraCause.GLARE or dazzled(image, place)), None)


def _absent(image: NDArray[np.uint8], place: UsualPlace, usual: Picture) -> PlateLegibility:
    """Return what the absence of a plate is: a missing one where pictures are clear enough to tell."""
    if dazzled(image, place):
        return _nothing(place, Legibility.CAMERA, CameraCause.GLARE)
    if usual.contrast < _VEILED:
        return _nothing(place, Legibility.CAMERA, CameraCause.UNCLEAR)
    return _nothing(place, Legibility.MISSING)


def _covered(
    image: NDArray[np.uint8], frame: FrameQuality, place: UsualPlace, there: Sequence[Located]
) -> PlateLegibility | None:
    """Return what surely covers a plate of the usual size about a guess or the usual place, or None."""
    about = ((place.centre, across, down, 0.0) for down in _DOWN for across in _ACROSS)
    guessed = ((_centre(one), across, 0.0, one.score) for one in there for across in _BESIDE)
    for rooms, agreeing in ((guessed, 1), (about, _AGREEING)):
        seen = (judge_covered(image, _room(place, *room), frame) for room in rooms)
        sure = [one for one in seen if one is not None and one.probability >= _COVERED_FROM]
        if len(sure) >= agreeing:
            return max(sure, key=lambda one: one.probability)
    return None


def _room(place: UsualPlace, middle: tuple[float, float], across: float, down: float, score: float) -> Place:
    """Return the room of a plate as large as usual, so many of its widths and heights off `middle`."""
    off = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 + (across, down)
    corners = (off * place.size + middle).astype(np.float32)
    return Place(corners=corners, rows=1, score=score, confidence=0.0, characters=())


def _centre(guess: Located) -> tuple[float, float]:
    left, top, right, bottom = find.box_of(guess.corners)
    return (left + right) / 2, (top + bottom) / 2


def _placed(one: Located) -> Place:
    wide, high = find.size_px(one.corners)
    rows = 2 if wide < find.TWO_ROW_ASPECT[1] * 0.8 * high else 1
    return Place(corners=one.corners, rows=rows, score=one.score, confidence=0.0, characters=())


def _nothing(place: UsualPlace, word: Legibility, cause: CameraCause | None = None) -> PlateLegibility:
    """Return a word on the usual place itself, no plate in it."""
    left, top, right, bottom = place.box
    outline = ((left, top), (right, top), (right, bottom), (left, bottom))
    return PlateLegibility(
        legibility=word,
        probability=_MISSING,
        text="",
        rows=0,
        box=place.box,
        corners=outline,
        visible=(),
        mask=(outline,) if word is Legibility.MISSING else (),
        cause=cause,
        judge=second_judge(),
    )
