"""Read the plates of one frame: the cheap way where all is clear, every way there is where it isn't.

The corner detector looks first, and both recognisers read what it found. Where they agree on every plate, and
are sure, that is all. Otherwise each plate in doubt is cut out anew, from its enlarged surroundings, and
where that doesn't settle all, text detection looks for more; all views of a plate are weighed together.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plates import AlternativePlate, PlateColour, PlateReading
from pipeline.plates import find
from pipeline.plates.calibration import characters, confidence, evidence_of
from pipeline.plates.colour import plate_colour
from pipeline.plates.overlay import painted_share, without_overlay
from pipeline.plates.recognisers import Recognisers
from pipeline.plates.rows import parted
from pipeline.plates.second import MEAN_BGR, Located
from pipeline.plates.sighting import SAME_PLATE_OVERLAP, Sighting, by_plate
from pipeline.plates.weigh import LENGTHS

# Below this a reading is noise: a sign or a timestamp forced into the grammar.
MIN_CONFIDENCE = 0.05
ALTERNATIVES = 4
_LEAST_ALTERNATIVE = 1e-4
_COLOURED_SIGNS = {PlateColour.WHITE: "警", PlateColour.BLACK: "港澳使领"}
_LONGEST_SIDE_PX = 960
_CLEAR_SCORE, _FAINT_SCORE = 0.3, 0.05
# A plate in doubt is enlarged to this width, with this share of its width around it.
_ENLARGED_PX, _AROUND = 240, 0.4
_MORE_AT_THE_SIDES = 0.02
_AT_THE_EDGE = 0.02
# The confidence below which what was sighted is no plate, and no second look will make it one.
_WORTH_ANOTHER_LOOK = 1e-3
# Text detection is the dearest step: where corners alone make every plate this probable it told nothing more
# in any of 153 frames.
_SETTLED = 0.93
_PLATES = 8


class PlateReader(Protocol):
    """Anything that reads the number plates of a frame."""

    @property
    def name(self) -> str:
        """The reader and the versions of its weights, as kept with every reading."""

    def read(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        """Return the plates of a frame (BGR, H x W x 3), the surest first."""


class PaddlePlateReader:
    """Reads plates with PaddleOCR, a second opinion, and the grammar of GA 36."""

    def __init__(self, recognisers: Recognisers) -> None:
        """Read with these engines."""
        self.engines = recognisers
        # What settles a plate is asked for again when its reading is told.
        self._evidence = lru_cache(maxsize=_PLATES)(partial(evidence_of, symbols=recognisers.symbols))

    @property
    def name(self) -> str:
        """The packages, their versions and the weights."""
        return self.engines.name

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of the grammar, in the order of the views' columns."""
        return self.engines.symbols

    def read(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        """Return the plates of a frame (BGR, H x W x 3), the surest first.

        Raises `ValueError` where the image has another shape or type, naming both.
        """
        return self.readings(image, self.sighted(image))

    def read_crop(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        """Return the plate that fills an image (BGR, H x W x 3), if it can be read; at most one.

        Raises `ValueError` where the image has another shape or type, naming both.
        """
        return self.readings(image, self.sighted_crop(image))[:1]

    def sighted(self, image: NDArray[np.uint8]) -> list[list[Sighting]]:
        """Return what was seen of each plate of a frame, the most legible sighting first; see `read`."""
        if not _is_frame(image):
            return []
        located = self.engines.second.locate(image, _LONGEST_SIDE_PX, _FAINT_SCORE)
        clear = [one for one in located if one.score >= _CLEAR_SCORE]
        faint = located[len(clear) :]
        image, painted = without_overlay(
            image, [one.corners for one in clear], [one.corners for one in faint]
        )
        sightings = [sighting for one in clear for sighting in self._outlined(image, one)]
        groups = self._by_plate(image, sightings)
        if groups and all(self._settled(group) for group in groups):
            return _overlaid(groups, painted)
        sightings = [sighting for group in groups for sighting in group]
        sightings += [sighting for one in faint for sighting in self._outlined(image, one)]
        settled = [find.box_of(one.candidate.corners) for one in sightings if one.sure]
        boxes = find.candidates(self.engines.text.detect(image))
        sightings += self._look(image, [one for one in boxes if not _covers(settled, one)], 0.0)
        return _overlaid(self._by_plate(image, sightings), painted)

    def _settled(self, group: Sequence[Sighting]) -> bool:
        """Whether what was seen of a plate needs no more looking for: it reads surely, or as good as that.

        An outline that may hold one row or two is one that the corner detector isn't sure of.
        """
        if len({len(sighting.candidate.lines) for sighting in group}) > 1:
            return False
        if any(sighting.sure for sighting in group):
            return True
        evidence = self._evidence(tuple(group))
        return evidence is not None and confidence(evidence.features) >= _SETTLED

    def sighted_crop(self, image: NDArray[np.uint8]) -> list[list[Sighting]]:
        """Return what was seen of the plate that fills an image; see `read_crop`."""
        if not _is_frame(image):
            return []
        height, width = image.shape[:2]
        whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
        image, painted = without_overlay(image, [whole])
        found = find.as_plate(whole) or [find.Candidate(corners=whole, lines=(whole,))]
        return _overlaid(self._by_plate(image, self._look(image, found, 1.0)), painted)

    def _outlined(self, image: NDArray[np.uint8], located: Located) -> list[Sighting]:
        """Return what the recognisers make of what the corner detector found."""
        return self._look(image, find.as_plate(located.corners, corners=True), located.score)

    def _look(
        self, image: NDArray[np.uint8], candidates: Iterable[find.Candidate], score: float
    ) -> list[Sighting]:
        """Return what the recognisers make of each candidate; `score` is the corner detector's, or 0."""
        return [self._sighting(image, candidate, score) for candidate in candidates]

    def _sighting(self, image: NDArray[np.uint8], candidate: find.Candidate, score: float) -> Sighting:
        rows = len(candidate.lines)
        # Text boxes have their rows, or lie too loosely for a gap to be where it should.
        if rows > 1 and score > 0:
            candidate = parted(image, candidate.corners)
        line = find.text_line(image, candidate)
        return Sighting(
            candidate=candidate,
            score=score,
            colour=plate_colour(line if rows == 1 else find.rectify(image, candidate.corners)),
            views=self.engines.views(line, rows),
            cut_off=_cut_off(candidate.corners, image.shape[1]),
        )

    def _by_plate(self, image: NDArray[np.uint8], sightings: Iterable[Sighting]) -> list[list[Sighting]]:
        """Return the sightings by plate; a plate in doubt is looked at once more, and never twice alike."""
        groups = by_plate(sightings)
        for group in groups:
            rows = len(group[0].candidate.lines)
            looked = any(one.closer and len(one.candidate.lines) == rows for one in group)
            if group[0].legible >= _WORTH_ANOTHER_LOOK and not looked:
                again = [] if any(sighting.sure for sighting in group) else self._enlarged(image, group[0])
                group[:] = [self._closer(image, group[0]), *group[1:]]
                group.extend(self._closer(image, sighting) for sighting in again)
        return groups

    def _closer(self, image: NDArray[np.uint8], sighting: Sighting) -> Sighting:
        """Return a sighting with the third opinion; of two rows set side by side that has none."""
        one_row = len(sighting.candidate.lines) == 1
        third = self.engines.third_view(find.text_line(image, sighting.candidate)) if one_row else None
        return dataclasses.replace(sighting, third=third, closer=True)

    def readings(self, image: NDArray[np.uint8], groups: Iterable[Sequence[Sighting]]) -> list[PlateReading]:
        """Return the readings of all plates sighted, the surest first."""
        readings = (self._reading(image, group) for group in groups)
        return _distinct(reading for reading in readings if reading is not None)

    def _enlarged(self, image: NDArray[np.uint8], sighting: Sighting) -> list[Sighting]:
        """Return the plate sighted anew, its corners found in its enlarged surroundings."""
        left, top, right, bottom = find.box_of(sighting.candidate.corners)
        margin = _AROUND * (right - left)
        origin = np.array([left - margin, top - margin], dtype=np.float32)
        scale = _ENLARGED_PX / max(right - left, bottom - top, 1.0)
        size = np.ceil((np.array([right, bottom]) + margin - origin) * scale).astype(int)
        shift = np.array([[scale, 0, -origin[0] * scale], [0, scale, -origin[1] * scale]])
        patch = cv2.warpAffine(
            image, shift, (int(size[0]), int(size[1])), flags=cv2.INTER_CUBIC, borderValue=MEAN_BGR
        )
        located = self.engines.second.locate(np.asarray(patch, dtype=np.uint8), max(size), _FAINT_SCORE)
        for one in located:
            corners = one.corners / np.float32(scale) + origin
            if find.overlap(find.box_of(corners), (left, top, right, bottom)) > SAME_PLATE_OVERLAP:
                wider = find.part(corners, -_MORE_AT_THE_SIDES, 0, 1 + _MORE_AT_THE_SIDES, 1)
                candidates = find.as_plate(wider, corners=True)
                return self._look(image, candidates, max(one.score, sighting.score))
        return []

    def _reading(self, image: NDArray[np.uint8], group: Sequence[Sighting]) -> PlateReading | None:
        """Return the reading of one plate, or None where it reads as no plate."""
        evidence = self._evidence(tuple(group))
        if evidence is None:
            return None
        probability = confidence(evidence.features)
        if probability < MIN_CONFIDENCE:
            return None
        height, width = image.shape[:2]
        corners = np.clip(evidence.shown.candidate.corners, 0, (width, height))
        left, top, right, bottom = find.box_of(corners)
        return PlateReading(
            text=evidence.text,
            confidence=probability,
            colour=_believed(group[0].colour, evidence.text),
            rows=len(evidence.shown.candidate.lines),
            box=(int(np.floor(left)), int(np.floor(top)), int(np.ceil(right)), int(np.ceil(bottom))),
            corners=tuple((float(x), float(y)) for x, y in corners),
            characters=characters(evidence.weighed, probability),
            reader=self.name,
            alternatives=tuple(
                AlternativePlate(text=other, probability=share)
                for other, share in evidence.weighed.plates[1 : 1 + ALTERNATIVES]
                if share >= _LEAST_ALTERNATIVE
            ),
            source=_source(group),
        )


def load_reader(cache_dir: Path, threads: int) -> PaddlePlateReader:
    """Return a reader on PaddleOCR, keeping its model directories in `cache_dir`; takes about two seconds.

    It is picklable by name, for use as a worker process's initialiser; the reader itself is not.
    """
    from pipeline.plates.paddle import PaddleEngine  # noqa: PLC0415  the engine is heavy
    from pipeline.plates.second import SecondOpinion  # noqa: PLC0415  the same
    from pipeline.plates.third import ThirdOpinion  # noqa: PLC0415  the same

    # OpenCV would otherwise take every core in every worker.
    cv2.setNumThreads(threads)
    first, second = PaddleEngine(cache_dir, threads=threads), SecondOpinion(threads=threads)
    return PaddlePlateReader(Recognisers(first, second, ThirdOpinion()))


def _is_frame(image: NDArray[np.uint8]) -> bool:
    """Whether there is anything to see in an image of the right kind."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:  # noqa: PLR2004
        message = f"image: expected H x W x 3 uint8 (BGR), got {image.shape} {image.dtype}"
        raise ValueError(message)
    return 0 not in image.shape


def _overlaid(groups: list[list[Sighting]], painted: NDArray[np.uint8] | None) -> list[list[Sighting]]:
    """Return the sightings with how much of each was painted over."""
    if painted is None:
        return groups
    return [
        [dataclasses.replace(one, overlaid=painted_share(painted, one.candidate.corners)) for one in group]
        for group in groups
    ]


def _cut_off(corners: find.Quad, frame_width: int) -> bool:
    """Whether the frame ends at one side of a plate; what fills a frame from side to side is a crop."""
    left, _, right, _ = find.box_of(corners)
    margin = _AT_THE_EDGE * (right - left)
    return (left <= margin) != (right >= frame_width - margin)


def _covers(boxes: Iterable[Sequence[float]], candidate: find.Candidate) -> bool:
    return any(find.overlap(box, find.box_of(candidate.corners)) > SAME_PLATE_OVERLAP for box in boxes)


def _believed(colour: PlateColour, text: str) -> PlateColour:
    """Return the colour, or UNKNOWN where plates of that colour bear no such text.

    Infrared light makes any plate look white or black, and so do camera overlays.
    """
    signs = _COLOURED_SIGNS.get(colour)
    bears_sign = signs is None or any(sign in text for sign in signs)
    return colour if bears_sign and LENGTHS.get(colour, len(text)) == len(text) else PlateColour.UNKNOWN


def _source(group: Sequence[Sighting]) -> str:
    """Say how the plate was found, and how many views of it were weighed."""
    found = ["corners"] * any(one.score > 0 for one in group) + ["text"] * any(not one.score for one in group)
    return f"{'+'.join(found)}, {sum(len(one.views) + bool(one.third) for one in group)} views"


def _distinct(readings: Iterable[PlateReading]) -> list[PlateReading]:
    """Return the readings, the surest first, without a second one of the same outline or text."""
    kept: list[PlateReading] = []
    for reading in sorted(readings, key=lambda r: r.confidence, reverse=True):
        if not any(
            reading.text == other.text or find.overlap(reading.box, other.box) > SAME_PLATE_OVERLAP
            for other in kept
        ):
            kept.append(reading)
    return kept
