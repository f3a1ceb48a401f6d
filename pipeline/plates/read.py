"""Read the plates of one frame: find candidates, read each under the grammar, keep what holds."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.values.plates import PlateColour, PlateReading
from pipeline.plates import find
from pipeline.plates.colour import plate_colour
from pipeline.plates.decode import Decoded, PlateDecoder
from pipeline.plates.grammar import PATTERNS

# Below these a reading is noise: a sign or a timestamp forced into the grammar. Text on no plate's colour
# must be nearly certain.
MIN_CONFIDENCE = 0.05
MIN_CONFIDENCE_UNKNOWN_COLOUR = 0.5
# Two outlines that share this much of the smaller one are the same plate.
_SAME_PLATE_OVERLAP = 0.5
# New-energy plates have eight characters and are green; blue and yellow plates have seven.
_LENGTHS: dict[PlateColour, int] = {
    PlateColour.BLUE: 7,
    PlateColour.YELLOW: 7,
    PlateColour.GREEN: 8,
    PlateColour.YELLOW_GREEN: 8,
}
# A last character as sure as this stands, whatever the colour says of the length.
_SURE_OF_LENGTH = 0.8
_COLOURED_SIGNS = {PlateColour.WHITE: "警", PlateColour.BLACK: "港澳使领"}


class PlateReader(Protocol):
    """Anything that reads the number plates of a frame."""

    @property
    def name(self) -> str:
        """The reader and the versions of its weights, as kept with every reading."""

    def read(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        """Return the plates of a frame (BGR, H x W x 3), the surest first."""


class TextEngine(Protocol):
    """Text detection and recognition, the heavy part of a reader; see `pipeline.plates.paddle`."""

    @property
    def name(self) -> str:
        """The engine and its weights."""

    @property
    def alphabet(self) -> Sequence[str]:
        """The recogniser's classes, class 0 being the CTC blank."""

    def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return text boxes as N x 4 x 2 corners in pixels, clockwise from the top left."""

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each crop of one text line a T x C array of class probabilities."""


class PaddlePlateReader:
    """Reads plates with a text engine and the grammar of GA 36."""

    def __init__(self, engine: TextEngine) -> None:
        """Prepare a decoder for the engine's alphabet, for each length of plate that a colour implies."""
        self._engine = engine
        self._decoder = PlateDecoder(engine.alphabet)
        self._decoders = {
            length: PlateDecoder(engine.alphabet, [p for p in PATTERNS if len(p) == length])
            for length in set(_LENGTHS.values())
        }

    @property
    def name(self) -> str:
        """The package, its version and the weights."""
        return self._engine.name

    def read(self, image: NDArray[np.uint8]) -> list[PlateReading]:
        """Return the plates of a frame (BGR, H x W x 3), the surest first.

        Raises `ValueError` where the image has another shape or type, naming both.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:  # noqa: PLR2004
            message = f"image: expected H x W x 3 uint8 (BGR), got {image.shape} {image.dtype}"
            raise ValueError(message)
        if 0 in image.shape:
            return []
        found = find.candidates(self._engine.detect(image))
        readings = (self._read_candidate(image, candidate) for candidate in found)
        return _distinct(reading for reading in readings if reading is not None)

    def _read_candidate(self, image: NDArray[np.uint8], candidate: find.Candidate) -> PlateReading | None:
        """Return the reading of one candidate, or None where it reads as no plate."""
        colour = plate_colour(find.rectify(image, candidate.corners))
        [probabilities] = self._engine.recognise([find.text_line(image, candidate)])
        decoded = self._decode(probabilities, colour)
        if decoded is None:
            return None
        colour = _believed(colour, decoded.text)
        unknown = colour is PlateColour.UNKNOWN
        if decoded.confidence < (MIN_CONFIDENCE_UNKNOWN_COLOUR if unknown else MIN_CONFIDENCE):
            return None
        return self._reading(image, candidate, decoded, colour)

    def _decode(self, probabilities: NDArray[np.float32], colour: PlateColour) -> Decoded | None:
        """Return the best plate, or the best of the colour's length where another length is in doubt."""
        best = self._decoder.decode(probabilities)
        if best is None or _LENGTHS.get(colour, len(best.text)) == len(best.text):
            return best
        expected = self._decoders[_LENGTHS[colour]].decode(probabilities)
        if expected is None or best.confidence > expected.confidence * _SURE_OF_LENGTH:
            return best
        return expected

    def _reading(
        self, image: NDArray[np.uint8], candidate: find.Candidate, decoded: Decoded, colour: PlateColour
    ) -> PlateReading:
        height, width = image.shape[:2]
        corners = np.clip(candidate.corners, 0, (width, height))
        (left, top), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        return PlateReading(
            text=decoded.text,
            confidence=decoded.confidence,
            colour=colour,
            rows=len(candidate.lines),
            box=(int(left), int(top), int(right), int(bottom)),
            corners=tuple((float(x), float(y)) for x, y in corners),
            characters=decoded.characters,
            reader=self.name,
        )


def load_reader(cache_dir: Path, threads: int) -> PlateReader:
    """Return a reader on PaddleOCR, keeping its model directories in `cache_dir`; takes about two seconds.

    It is picklable by name, for use as a worker process's initialiser; the reader itself is not.
    """
    from pipeline.plates.paddle import PaddleEngine  # noqa: PLC0415  the engine is heavy

    # OpenCV would otherwise take every core in every worker.
    cv2.setNumThreads(threads)
    return PaddlePlateReader(PaddleEngine(cache_dir, threads=threads))


def _believed(colour: PlateColour, text: str) -> PlateColour:
    """Return the colour, or UNKNOWN where plates of that colour bear no such text.

    Infrared light makes any plate look white or black, and so do camera overlays.
    """
    signs = _COLOURED_SIGNS.get(colour)
    bears_sign = signs is None or any(sign in text for sign in signs)
    return colour if bears_sign and _LENGTHS.get(colour, len(text)) == len(text) else PlateColour.UNKNOWN


def _distinct(readings: Iterable[PlateReading]) -> list[PlateReading]:
    """Return the readings, the surest first, without a second one of the same outline or text."""
    kept: list[PlateReading] = []
    for reading in sorted(readings, key=lambda r: r.confidence, reverse=True):
        if not any(_same_plate(reading, other) for other in kept):
            kept.append(reading)
    return kept


def _same_plate(a: PlateReading, b: PlateReading) -> bool:
    return a.text == b.text or _overlap(a.box, b.box) > _SAME_PLATE_OVERLAP


def _overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> float:
    """Return the share of the smaller box that both boxes cover."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return max(width, 0) * max(height, 0) / max(smaller, 1)
