"""Look at one frame: what its plates read, and, apart from that, what can be seen of each.

Where every plate reads surely nothing more is done; one beside them that nobody reads is looked at, too.
Where none reads surely, so are the corner detector's fainter guesses: what can't be read is still a plate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from models.values.legibility import CameraCause, Legibility, PlateLegibility
from models.values.plates import PlateReading
from pipeline.plates import find
from pipeline.plates.frame_quality import FrameQuality, frame_quality
from pipeline.plates.legibility import READS_CLEARLY, judge_name, judge_plate
from pipeline.plates.read import PaddlePlateReader, load_reader
from pipeline.plates.sighting import SAME_PLATE_OVERLAP, Sighting
from pipeline.plates.visible import Place

# The corner detector's guesses are looked at from this score; of untouched photos none is lost by it.
GHOST_SCORE = 0.01
_LONGEST_SIDE_PX = 960
# A frame whose edges are less steep, or that is darker, shows no plate by its own fault.
LEAST_SHARP, LEAST_BRIGHT = 0.42, 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLook:
    """What one frame shows: readings as the reader gives them, and what can be seen of each plate.

    Every reading has its legibility at the same index; plates that can't be read follow.
    """

    readings: tuple[PlateReading, ...]
    legibilities: tuple[PlateLegibility, ...]

    @property
    def unread(self) -> tuple[PlateLegibility, ...]:
        """Return the plates that nobody reads; of a frame that shows none, one of no rows that says so."""
        return self.legibilities[len(self.readings) :]


@runtime_checkable
class Looks(Protocol):
    """A plate reader that also tells what can be seen of the plates."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        """Return the plates of a frame (BGR, H x W x 3), or the one that fills it."""


class LookingReader(PaddlePlateReader):
    """Reads plates and tells what can be seen of them; its readings are the reader's own."""

    def look(self, image: NDArray[np.uint8], *, crop: bool = False) -> FrameLook:
        """Return the plates of a frame (BGR, H x W x 3), or the one that fills it.

        Raises `ValueError` where the image has another shape or type, naming both.
        """
        groups = self.sighted_crop(image) if crop else self.sighted(image)
        readings = self.readings(image, groups)[: 1 if crop else None]
        if not image.size:
            return FrameLook(readings=(), legibilities=())
        doubt = _in_doubt(readings)
        unread = not crop and (doubt or len(groups) > len(readings))
        quality = frame_quality(image) if doubt or unread else FrameQuality(sharp=1.0, bright=1.0)
        seen = [self._of_reading(image, groups, one, quality, crop=crop) for one in readings]
        more = list(self._unread(image, groups, seen, quality, faint=doubt)) if unread else []
        if crop and not seen:
            more = [_judged(image, _whole(image), quality)]
        if not seen and not more:
            more = [nothing_seen(image, quality)]
        return FrameLook(readings=tuple(readings), legibilities=(*seen, *more))

    def _of_reading(
        self,
        image: NDArray[np.uint8],
        groups: Sequence[Sequence[Sighting]],
        reading: PlateReading,
        quality: FrameQuality,
        *,
        crop: bool,
    ) -> PlateLegibility:
        return _judged(image, place_of(reading, groups, crop=crop), quality, reading.text)

    def _unread(
        self,
        image: NDArray[np.uint8],
        groups: Sequence[Sequence[Sighting]],
        seen: Sequence[PlateLegibility],
        quality: FrameQuality,
        *,
        faint: bool,
    ) -> Iterator[PlateLegibility]:
        """Yield what is seen of plates that are guessed, be it a `faint` guess, and nobody reads."""
        taken = [one.box for one in seen]
        for place in self.unread_places(image, groups, faint=faint):
            box = find.box_of(place.corners)
            if any(find.overlap(box, other) > SAME_PLATE_OVERLAP for other in taken):
                continue
            judged = judge_plate(image, place, quality, "")
            if judged is not None:
                taken.append(judged.box)
                yield judged

    def unread_places(
        self, image: NDArray[np.uint8], groups: Sequence[Sequence[Sighting]], *, faint: bool = True
    ) -> Iterator[Place]:
        """Yield where plates may be that nobody reads, the likeliest first, `faint` guesses last."""
        for group in groups:
            best = max(group, key=lambda one: one.score)
            if best.score > 0:
                corners, rows = best.candidate.corners, len(best.candidate.lines)
                yield _place(corners, rows, best.score)
        ghosts = self.engines.second.locate(image, _LONGEST_SIDE_PX, GHOST_SCORE) if faint else ()
        for one in ghosts:
            wide, high = find.size_px(one.corners)
            yield _place(one.corners, 2 if wide < find.TWO_ROW_ASPECT[1] * 0.8 * high else 1, one.score)


def load_looking_reader(cache_dir: Path, threads: int) -> LookingReader:
    """Return the reader of `pipeline.plates.read`, which also tells what can be seen of plates."""
    return LookingReader(load_reader(cache_dir, threads).engines)


def place_of(reading: PlateReading, groups: Sequence[Sequence[Sighting]], *, crop: bool) -> Place:
    """Return where a reading was read, and how surely."""
    corners = np.array(reading.corners, dtype=np.float32)
    box = find.box_of(corners)
    scores = [
        sighting.score
        for group in groups
        for sighting in group
        if find.overlap(find.box_of(sighting.candidate.corners), box) > SAME_PLATE_OVERLAP
    ]
    return Place(
        corners=corners,
        rows=reading.rows,
        score=max(scores, default=0.0),
        confidence=reading.confidence,
        characters=reading.characters,
        crop=crop,
    )


def nothing_seen(image: NDArray[np.uint8], quality: FrameQuality) -> PlateLegibility:
    """Return what is said of a frame in which no plate was seen at all: its own fault, or doubtful.

    That a plate is missing can't be known from one frame alone: it may be out of the picture.
    """
    high, wide = image.shape[:2]
    faint, black = quality.sharp < LEAST_SHARP, quality.bright < LEAST_BRIGHT
    fault = CameraCause.DARK if black else CameraCause.BLUR if faint else None
    corners = ((0.0, 0.0), (float(wide), 0.0), (float(wide), float(high)), (0.0, float(high)))
    return PlateLegibility(
        legibility=Legibility.CAMERA if fault else Legibility.DOUBTFUL,
        probability=0.5,
        text="",
        rows=0,
        box=(0, 0, wide, high),
        corners=corners,
        visible=(),
        mask=(),
        cause=fault,
        judge=judge_name(),
    )


def _judged(image: NDArray[np.uint8], place: Place, quality: FrameQuality, text: str = "") -> PlateLegibility:
    judged = judge_plate(image, place, quality, text)
    return judged if judged is not None else nothing_seen(image, quality)


def _in_doubt(readings: Sequence[PlateReading]) -> bool:
    return not readings or any(min(one.characters) < READS_CLEARLY for one in readings)


def _place(corners: find.Quad, rows: int, score: float) -> Place:
    return Place(corners=corners, rows=rows, score=score, confidence=0.0, characters=())


def _whole(image: NDArray[np.uint8]) -> Place:
    """Return the place of a plate that fills its image."""
    high, wide = image.shape[:2]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], dtype=np.float32)
    rows = 1 if wide >= find.ONE_ROW_ASPECT[0] * high else 2
    return Place(corners=corners, rows=rows, score=1.0, confidence=0.0, characters=(), crop=True)
