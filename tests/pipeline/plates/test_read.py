"""Reading a frame with an engine that answers what the test says."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from models.values.plates import PlateColour
from pipeline.plates.grammar import PATTERNS
from pipeline.plates.read import PaddlePlateReader, PlateReader
from pipeline.plates.recognisers import Recognisers
from pipeline.plates.second import Located

ALPHABET = ("blank", *sorted({c for p in PATTERNS for s in p.slots for c in s}))
BLUE, YELLOW, GREEN, GREY = (170, 60, 10), (20, 180, 240), (110, 190, 80), (120, 120, 120)
ONE_ROW = (100, 50, 240, 94)
FRAME = (480, 640)


@dataclass(frozen=True, kw_only=True)
class Plate:
    """What stands in a frame: its box, its background, and what the recogniser makes of it."""

    text: str
    box: tuple[int, int, int, int] = ONE_ROW
    background: tuple[int, int, int] = BLUE
    probability: float = 0.99


class FakeEngine:
    """Finds the plates that it was given and reads their texts, each known by the shade of its corner."""

    name = "fake 1.0"
    alphabet: Sequence[str] = ALPHABET

    def __init__(self, plates: Sequence[Plate]) -> None:
        self._plates = plates
        self.searches = 0

    def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the boxes of the plates."""
        assert image.ndim == 3
        self.searches += 1
        boxes = [[[p.box[i], p.box[j]] for i, j in ((0, 1), (2, 1), (2, 3), (0, 3))] for p in self._plates]
        return np.array(boxes, dtype=np.float32).reshape(-1, 4, 2)

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return the output for the plate of each crop."""
        return [spelled(self.shown(crop)) for crop in crops]

    def shown(self, crop: NDArray[np.uint8]) -> Plate:
        """Return the plate that a crop is of."""
        shades = np.array([shade(plate, number) for number, plate in enumerate(self._plates)])
        return self._plates[int(np.abs(shades - crop[0, 0]).sum(axis=1).argmin())]


class FakeCorners(FakeEngine):
    """Sees the corners of the plates in the whole frame, and reads their texts; sees none in a part of it."""

    def locate(self, image: NDArray[np.uint8], longest_side_px: int, least_score: float) -> list[Located]:
        assert longest_side_px > 0
        assert least_score < 1
        if image.shape[:2] != FRAME:
            return []
        return [Located(corners=quad, score=0.9) for quad in self.detect(image)]


def reader_of(
    plates: Sequence[Plate],
    engine: type[FakeEngine] = FakeEngine,
    corners: type[FakeCorners] = FakeCorners,
    third: type[FakeEngine] = FakeEngine,
) -> PaddlePlateReader:
    """Return a reader whose engines see the same plates."""
    return PaddlePlateReader(Recognisers(engine(plates), corners(plates), third(plates)))


def shade(plate: Plate, number: int) -> tuple[int, int, int]:
    """Return the background of the numbered plate of a frame, a little unlike that of its neighbours."""
    return plate.background[0] + 3 * number, plate.background[1], plate.background[2]


def spelled(plate: Plate) -> NDArray[np.float32]:
    """Return an output in which every character of the plate has its probability, and a blank follows."""
    rest = (1 - plate.probability) / (len(ALPHABET) - 1)
    output = np.full((2 * len(plate.text), len(ALPHABET)), rest, dtype=np.float32)
    output[0::2][np.arange(len(plate.text)), [ALPHABET.index(c) for c in plate.text]] = plate.probability
    output[1::2, 0] = 1.0
    return output


def frame(plates: Sequence[Plate]) -> NDArray[np.uint8]:
    """Return a grey frame of 640 x 480 with the plates' backgrounds."""
    image = np.full((*FRAME, 3), GREY, dtype=np.uint8)
    for number, plate in enumerate(plates):
        x1, y1, x2, y2 = plate.box
        image[max(y1, 0) : y2, max(x1, 0) : x2] = shade(plate, number)
    return image


def read(*plates: Plate) -> list[tuple[str, PlateColour]]:
    """Return text and colour of what is read in a frame with these plates."""
    readings = reader_of(plates).read(frame(plates))
    return [(reading.text, reading.colour) for reading in readings]


def test_a_reading_says_all() -> None:
    plate = Plate(text="浙F12345", background=YELLOW, probability=0.9)
    reader: PlateReader = reader_of([plate])
    [reading] = reader.read(frame([plate]))
    assert reading.text == "浙F12345"
    assert len(reading.characters) == 7
    assert reading.confidence == pytest.approx(math.prod(reading.characters))
    assert 0.5 < reading.confidence < 1
    assert reading.source == "corners, 3 views"
    assert reading.colour is PlateColour.YELLOW
    assert reading.rows == 1
    assert reading.box == ONE_ROW
    assert reading.corners == ((100.0, 50.0), (240.0, 50.0), (240.0, 94.0), (100.0, 94.0))
    assert reading.reader == reader.name == "fake 1.0+fake 1.0+fake 1.0"


def test_the_surest_comes_first() -> None:
    other = (100, 200, 240, 244)
    readings = read(Plate(text="浙F12345", probability=0.9), Plate(text="皖A54321", box=other))
    assert readings == [("皖A54321", PlateColour.BLUE), ("浙F12345", PlateColour.BLUE)]


def test_one_plate_is_read_once() -> None:
    shifted = (110, 54, 250, 98)
    assert read(Plate(text="浙F12345"), Plate(text="皖F12345", box=shifted, probability=0.9)) == [
        ("浙F12345", PlateColour.BLUE)
    ]
    elsewhere = (100, 300, 240, 344)
    assert len(read(Plate(text="浙F12345"), Plate(text="浙F12345", box=elsewhere))) == 1
    assert len(read(Plate(text="浙F12345"), Plate(text="浙F12346", box=elsewhere))) == 2


def test_noise_is_dropped() -> None:
    assert read(Plate(text="浙F12345", probability=0.5)) == [("浙F12345", PlateColour.BLUE)]
    assert read(Plate(text="浙F12345", probability=0.05)) == []


def confidence(plate: Plate) -> float:
    [reading] = reader_of([plate]).read(frame([plate]))
    return reading.confidence


def test_what_is_seen_faintly_or_off_a_plate_colour_is_less_sure() -> None:
    clear = confidence(Plate(text="浙F12345"))
    assert confidence(Plate(text="浙F12345", probability=0.7)) < clear
    assert confidence(Plate(text="浙F12345", background=GREY)) < clear
    assert confidence(Plate(text="浙F12345", background=GREEN)) < clear


def test_where_both_are_sure_the_text_detector_is_not_asked() -> None:
    for probability, searches in ((0.999, 0), (0.5, 1)):
        plates = [Plate(text="浙F12345", probability=probability)]
        engine = FakeEngine(plates)
        PaddlePlateReader(Recognisers(engine, FakeCorners(plates), FakeEngine(plates))).read(frame(plates))
        assert engine.searches == searches


class FainterSecond(FakeCorners):
    """The second opinion, less sure than the first: not sure enough to agree at once."""

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        plates = [self.shown(crop) for crop in crops]
        return [spelled(Plate(text=one.text, probability=0.98)) for one in plates]


def test_where_corners_settle_a_plate_the_text_detector_is_not_asked() -> None:
    plates = [Plate(text="浙F12345", probability=0.9999)]
    engine = FakeEngine(plates)
    reader = PaddlePlateReader(Recognisers(engine, FainterSecond(plates), FakeEngine(plates)))
    [group] = reader.sighted(frame(plates))
    assert not any(sighting.sure for sighting in group)
    assert engine.searches == 0


class Counting(FakeEngine):
    """Counts what it is asked to read."""

    asked = 0

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        self.asked += len(crops)
        return super().recognise(crops)


@pytest.mark.parametrize(("box", "asked"), [(ONE_ROW, 1), ((100, 50, 240, 155), 0)])
def test_the_third_opinion_is_asked_once_and_never_of_two_rows(
    box: tuple[int, int, int, int], asked: int
) -> None:
    # In doubt, so that text detection finds it again.
    plates = [Plate(text="浙F12345", probability=0.5, box=box, background=YELLOW)]
    third = Counting(plates)
    reader = PaddlePlateReader(Recognisers(FakeEngine(plates), FakeCorners(plates), third))
    [group] = reader.sighted(frame(plates))
    assert len(group) > 1
    assert {len(one.candidate.lines) for one in group if one.third} <= {1}
    assert third.asked == asked


class OtherProvince(FakeEngine):
    """Reads another province than the second opinion does."""

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return the output of a plate from 苏."""
        plates = [self.shown(crop) for crop in crops]
        return [spelled(Plate(text=f"苏{one.text[1:]}", probability=one.probability)) for one in plates]


def test_where_they_differ_both_are_told_and_the_province_is_in_doubt() -> None:
    plate = Plate(text="浙F12345")
    [reading] = reader_of([plate], OtherProvince).read(frame([plate]))
    assert reading.text == "浙F12345"
    assert reading.alternatives[0].text == "苏F12345"
    assert reading.characters[0] == min(reading.characters)
    assert reading.confidence < confidence(plate) - 0.03


def test_a_plate_cut_out_is_read_whole() -> None:
    plate = Plate(text="浙F12345", box=(0, 0, 140, 44))
    crop = frame([plate])[:44, :140]
    [reading] = reader_of([plate]).read_crop(crop)
    assert (reading.text, reading.box) == ("浙F12345", (0, 0, 140, 44))


@pytest.mark.parametrize("shape", [(1, 1), (2, 4000), (4000, 2)])
def test_a_crop_of_any_shape_is_answered(shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), dtype=np.uint8)
    assert len(reader_of([Plate(text="浙F12345", probability=0.3)]).read_crop(image)) <= 1


@pytest.mark.parametrize(
    ("text", "background", "colour"),
    [
        ("浙A1234警", (240, 240, 240), PlateColour.WHITE),
        ("浙F12345", (240, 240, 240), PlateColour.UNKNOWN),
        ("粤Z1234港", (10, 10, 10), PlateColour.BLACK),
        ("浙F12345", (10, 10, 10), PlateColour.UNKNOWN),
        ("浙AD12345", GREEN, PlateColour.GREEN),
        ("浙F12345", GREEN, PlateColour.UNKNOWN),
        ("浙AD12345", BLUE, PlateColour.UNKNOWN),
    ],
)
def test_a_colour_that_the_text_contradicts_is_unknown(
    text: str, background: tuple[int, int, int], colour: PlateColour
) -> None:
    assert read(Plate(text=text, background=background)) == [(text, colour)]


class ThinStrokes(FakeEngine):
    """Sees the edge of the plate as a last character, and is in doubt of it."""

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        outputs = super().recognise(crops)
        for output in outputs:
            output[-2, 0] = 0.4
            output[-2, 1:] *= 0.6
        return outputs


class ThinStrokesAndCorners(ThinStrokes, FakeCorners):
    """The same, of a second opinion."""


@pytest.mark.parametrize(("background", "text"), [(BLUE, "浙FD1234"), (GREEN, "浙FD12341")])
def test_the_colour_settles_a_length_in_doubt(background: tuple[int, int, int], text: str) -> None:
    plate = Plate(text="浙FD12341", background=background)
    [reading] = reader_of([plate], ThinStrokes, ThinStrokesAndCorners, ThinStrokes).read(frame([plate]))
    assert reading.text == text


def test_boxes_are_clipped_to_the_frame() -> None:
    plate = Plate(text="浙F12345", box=(-10, -4, 130, 40))
    [reading] = reader_of([plate]).read(frame([plate]))
    assert reading.box == (0, 0, 130, 40)


@pytest.mark.parametrize("shape", [(48, 64), (48, 64, 1), (48, 64, 4)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=rf"expected H x W x 3 .* got \({shape[0]}, {shape[1]}"):
        reader_of([]).read(np.zeros(shape, dtype=np.uint8))


def test_an_empty_frame_has_no_plates() -> None:
    assert read() == []
    assert reader_of([]).read(np.zeros((0, 5, 3), dtype=np.uint8)) == []


@pytest.mark.parametrize(("left", "cut_off"), [(0, True), (3, False), (FRAME[1] - 140, True)])
def test_a_plate_at_the_frames_edge_is_less_sure(left: int, cut_off: bool) -> None:
    plate = Plate(text="浙F12345", box=(left, 50, left + 140, 94))
    [[sighting]] = reader_of([plate]).sighted(frame([plate]))
    assert sighting.cut_off is cut_off
    inside = confidence(Plate(text="浙F12345"))
    assert (confidence(plate) < inside) is cut_off


def test_a_plate_shorter_than_its_kind_is_less_sure() -> None:
    short = Plate(text="浙F12345", box=(100, 50, 200, 94))
    assert confidence(short) < confidence(Plate(text="浙F12345")) - 1e-4
