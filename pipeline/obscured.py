"""Judge obscured: what all frames of one passage say about its plate, and whether nothing could be read."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.values.findings import Doubt
from models.values.passages import FrameKind
from models.values.plates import PlateColour, PlateReading
from pipeline.plates.fuse import FrameReading, fuse


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameReadings:
    """What was read in one frame of a passage."""

    frame_id: int
    kind: FrameKind
    readings: tuple[PlateReading, ...]
    damaged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateVerdict:
    """The vehicle's plate as far as it is known; `text` is "" where no reading reaches the threshold.

    `unread` says that whole frames were there and none could be read: only then is hiding to be looked at.
    A damaged frame is the transfer's fault.
    """

    text: str
    colour: PlateColour
    confidence: float
    frame_id: int | None
    unread: bool
    doubts: tuple[Doubt, ...]


def plate_verdict(frames: Sequence[FrameReadings], station_text: str, threshold: float) -> PlateVerdict:
    """Return the drawing vehicle's plate, all its frames fused.

    A trailer's own plate (挂) never stands for the vehicle that draws it. Front frames come first:
    the rear of a train shows the trailer. `station_text` is the station's own reading, a second source
    that only raises a doubt.
    """
    kinds = {frame.frame_id: frame.kind for frame in frames}
    fused = fuse(FrameReading(frame=f.frame_id, reading=reading) for f in frames for reading in f.readings)
    candidates = [
        (any(kinds[one.frame] is FrameKind.FRONT for one in plate.seen), plate.confidence, plate)
        for plate in fused.vehicles
        if plate.text and max(plate.confidence, plate.seen[0].reading.confidence) >= threshold
    ]
    if not candidates:
        return PlateVerdict(
            text="",
            colour=PlateColour.UNKNOWN,
            confidence=0.0,
            frame_id=None,
            unread=not all(frame.damaged for frame in frames),
            doubts=_frame_doubts(frames),
        )
    _, _, best = max(candidates, key=lambda candidate: candidate[:2])
    shown = [one for one in best.seen if one.reading.text == best.text] or list(best.seen)
    frame_id = max(shown, key=lambda one: kinds[one.frame] is FrameKind.FRONT).frame
    doubts = [Doubt.FRAME_DAMAGED] if any(f.damaged for f in frames if f.frame_id == frame_id) else []
    sure = (one for plate in fused.vehicles for one in plate.seen if one.reading.confidence >= threshold)
    if {one.reading.text for one in sure} - {best.text}:
        doubts.append(Doubt.FRAMES_DISAGREE)
    if station_text and station_text != best.text:
        doubts.append(Doubt.PLATE_DISAGREES)
    return PlateVerdict(
        text=best.text,
        colour=best.colour,
        confidence=best.confidence,
        frame_id=frame_id,
        unread=False,
        doubts=tuple(doubts),
    )


def _frame_doubts(frames: Sequence[FrameReadings]) -> tuple[Doubt, ...]:
    if not frames:
        return (Doubt.NO_FRAME,)
    return (Doubt.FRAME_DAMAGED,) if any(frame.damaged for frame in frames) else ()
