import pytest

from models.values.findings import Doubt
from models.values.passages import FrameKind
from models.values.plates import PlateColour, PlateReading
from pipeline.obscured import FrameReadings, plate_verdict


def reading(text: str, confidence: float) -> PlateReading:
    return PlateReading(
        text=text,
        confidence=confidence,
        colour=PlateColour.YELLOW,
        rows=1,
        box=(0, 0, 10, 5),
        corners=(),
        characters=(confidence,),
        reader="test",
    )


def frame(number: int, kind: FrameKind, *readings: PlateReading, damaged: bool = False) -> FrameReadings:
    return FrameReadings(frame_id=number, kind=kind, readings=readings, damaged=damaged)


FRONT, REAR = FrameKind.FRONT, FrameKind.REAR


@pytest.mark.parametrize(
    ("frames", "station_text", "text", "frame_id", "unread", "doubts"),
    [
        ([], "", "", None, False, [Doubt.NO_FRAME]),
        ([], "浙Z00001", "", None, False, [Doubt.NO_FRAME]),
        ([frame(1, FRONT)], "", "", None, True, []),
        ([frame(1, FRONT, reading("浙Z00001", 0.79))], "", "", None, True, []),
        ([frame(1, FRONT, reading("浙Z00001", 0.8))], "", "浙Z00001", 1, False, []),
        ([frame(1, FRONT, reading("浙Z00001", 0.9))], "浙Z00001", "浙Z00001", 1, False, []),
        (
            [frame(1, FRONT, reading("浙Z00001", 0.9))],
            "浙Z00007",
            "浙Z00001",
            1,
            False,
            [Doubt.PLATE_DISAGREES],
        ),
        # a picture cut off in transfer is nobody's guilt
        ([frame(1, FRONT, damaged=True)], "", "", None, False, [Doubt.FRAME_DAMAGED]),
        ([frame(1, FRONT, damaged=True), frame(2, REAR)], "", "", None, True, [Doubt.FRAME_DAMAGED]),
        (
            [frame(1, FRONT, reading("浙Z00001", 0.9), damaged=True)],
            "",
            "浙Z00001",
            1,
            False,
            [Doubt.FRAME_DAMAGED],
        ),
        # the rear of a train shows the trailer, never the vehicle that draws it
        ([frame(1, FRONT), frame(2, REAR, reading("浙Z0001挂", 0.99))], "", "", None, True, []),
        (
            [frame(1, FRONT, reading("浙Z00001", 0.85)), frame(2, REAR, reading("浙Z00001", 0.99))],
            "",
            "浙Z00001",
            1,
            False,
            [],
        ),
        ([frame(1, FRONT), frame(2, REAR, reading("浙Z00001", 0.9))], "", "浙Z00001", 2, False, []),
        # one plate, read differently: the surer frame names it, and a person is told
        (
            [frame(1, FRONT, reading("浙Z00001", 0.85)), frame(2, REAR, reading("浙Z00002", 0.99))],
            "",
            "浙Z00002",
            2,
            False,
            [Doubt.FRAMES_DISAGREE],
        ),
        # two plates: the vehicle is the one seen from the front
        (
            [frame(1, FRONT, reading("浙Z00001", 0.85)), frame(2, REAR, reading("沪Z98765", 0.99))],
            "",
            "浙Z00001",
            1,
            False,
            [Doubt.FRAMES_DISAGREE],
        ),
        # what no frame is sure of, several can be
        (
            [frame(n, REAR, reading("浙Z00001", 0.75)) for n in (1, 2, 3)],
            "",
            "浙Z00001",
            1,
            False,
            [],
        ),
    ],
)
def test_verdict(
    frames: list[FrameReadings],
    station_text: str,
    text: str,
    frame_id: int | None,
    unread: bool,
    doubts: list[Doubt],
) -> None:
    verdict = plate_verdict(frames, station_text, 0.8)
    assert (verdict.text, verdict.frame_id, verdict.unread) == (text, frame_id, unread)
    assert list(verdict.doubts) == doubts
