"""A frame's plates that nobody reads are looked at; where all read surely the detector isn't asked again."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from plate_scene import TEXT, Frame, scene

from models.values.legibility import Legibility
from models.values.plates import PlateColour, PlateReading
from pipeline.plates.find import Candidate
from pipeline.plates.look import LookingReader
from pipeline.plates.second import Located
from pipeline.plates.sighting import Sighting

OFF = np.float32((-80, -120))


@dataclass(frozen=True)
class Detector:
    """Guesses one plate, and counts how often it is asked."""

    asked: list[float] = field(default_factory=list)

    def locate(self, image: NDArray[np.uint8], longest_side_px: int, least_score: float) -> list[Located]:
        del image, longest_side_px
        self.asked.append(least_score)
        return []


def reading(corners: NDArray[np.float32], sure: float) -> PlateReading:
    outline = tuple((float(x), float(y)) for x, y in corners)
    (left, top), (right, bottom) = corners[0].tolist(), corners[2].tolist()
    return PlateReading(
        text=TEXT, confidence=sure, colour=PlateColour.BLUE, rows=1, characters=(sure,) * 7, reader="fake",
        box=(int(left), int(top), int(right), int(bottom)), corners=outline,
    )  # fmt: skip


def sighting(corners: NDArray[np.float32]) -> Sighting:
    candidate = Candidate(corners=corners, lines=(corners,))
    return Sighting(candidate=candidate, score=0.9, colour=PlateColour.BLUE, views=())


class Reader(LookingReader):
    """Sees the plate of `scene` and, if it is to, another one elsewhere; reads the first alone."""

    def __init__(self, sure: float, *, another: bool) -> None:
        self.detector = Detector()
        self.engines = SimpleNamespace(second=self.detector)  # type: ignore[assignment]
        self.sure, self.places = sure, [scene()[1], *([scene()[1] + OFF] if another else [])]

    def sighted(self, image: Frame) -> list[list[Sighting]]:
        del image
        return [[sighting(corners)] for corners in self.places]

    def readings(self, image: Frame, groups: object) -> list[PlateReading]:
        del image, groups
        return [reading(self.places[0], self.sure)]


@pytest.mark.parametrize(
    ("sure", "another", "seen", "asked"),
    [(0.99, False, 0, 0), (0.99, True, 1, 0), (0.5, False, 0, 1), (0.5, True, 1, 1)],
)
def test_a_plate_beside_a_read_one_is_looked_at_too(
    sure: float, another: bool, seen: int, asked: int
) -> None:
    reader = Reader(sure, another=another)
    look = reader.look(scene()[0])
    assert len(look.readings) == 1
    assert [one.box for one in look.unread] == [(40, 30, 260, 100)] * seen
    assert len(reader.detector.asked) == asked


class Blind(Reader):
    """Sees no plate anywhere."""

    def sighted(self, image: Frame) -> list[list[Sighting]]:
        del image
        return []

    def readings(self, image: Frame, groups: object) -> list[PlateReading]:
        del image, groups
        return []


@pytest.mark.parametrize(("gain", "word"), [(0.02, Legibility.CAMERA), (1.0, Legibility.DOUBTFUL)])
def test_of_a_frame_that_shows_no_plate_it_is_told_that_it_shows_none(gain: float, word: Legibility) -> None:
    look = Blind(0.5, another=False).look((scene()[0] * gain).astype(np.uint8))
    assert [(one.legibility, one.rows) for one in look.unread] == [(word, 0)]
