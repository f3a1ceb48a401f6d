"""The trailer's own plate (挂), beside that of the vehicle which draws it: two plates of one passage."""

import json
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Any

from models.values.plates import PlateColour, PlateReading
from pipeline.plates.fuse import TRAILER, FrameReading, FusedPlate, fuse
from review.characters import Character, characters


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailerPlate:
    """One trailer's plate; `reading_id` and `frame_id` are None where only the station told it.

    `confidence` (0..1) is that of all frames together; `station` whether the station's record says the same.
    """

    text: str
    confidence: float | None
    characters: tuple[Character, ...]
    reading_id: int | None
    frame_id: int | None
    station: bool


def is_trailer(reading: Any) -> bool:  # noqa: ANN401 (a row)
    """Whether a reading is of a trailer's plate, which never stands for the vehicle that draws it."""
    return bool(reading.text.endswith(TRAILER))


def trailers_of(readings: Sequence[Any], records: Sequence[Any]) -> tuple[TrailerPlate, ...]:
    """Return the trailers' plates that frames and station tell of a case, the surest first."""
    rows = [row for row in readings if is_trailer(row)]
    told = {record.plate_rear for record in records if record.plate_rear.endswith(TRAILER)}
    fused = fuse(FrameReading(frame=row.frame_id, reading=_reading(row)) for row in rows).trailers
    seen = [_seen(plate, rows, told) for plate in fused]
    return (*seen, *(_told(text) for text in sorted(told - {one.text for one in seen})))


def _seen(plate: FusedPlate, rows: Sequence[Any], told: Container[str]) -> TrailerPlate:
    surest = plate.seen[0].reading
    # Frames that contradict each other may leave no plate likelier than none: then the surest is shown.
    text, confidence = (plate.text, plate.confidence) if plate.text else (surest.text, surest.confidence)
    shown = next(row for row in rows if row.text == text)
    return TrailerPlate(
        text=text,
        confidence=confidence,
        characters=characters(text, rows),
        reading_id=shown.id,
        frame_id=shown.frame_id,
        station=text in told,
    )


def _told(text: str) -> TrailerPlate:
    return TrailerPlate(
        text=text,
        confidence=None,
        characters=characters(text, ()),
        reading_id=None,
        frame_id=None,
        station=True,
    )


def _reading(row: Any) -> PlateReading:  # noqa: ANN401 (a row)
    return PlateReading(
        text=row.text,
        confidence=row.confidence,
        colour=PlateColour(row.colour),
        rows=row.rows,
        box=tuple(json.loads(row.box)),
        corners=tuple((x, y) for x, y in json.loads(row.corners)),
        characters=tuple(json.loads(row.characters)),
        reader=row.reader,
    )
