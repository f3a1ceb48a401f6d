"""Judge obscured: what all frames of one passage say about its plate, and whether nothing could be read."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.values.findings import Doubt
from models.values.passages import FrameKind
from models.values.plates import PlateColour, PlateReading

TRAILER = "挂"


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
    """Return the best reading of the drawing vehicle's plate.

    A trailer's own plate (挂) never stands for the vehicle that draws it. Front frames come first:
    the rear of a train shows the trailer. `station_text` is the station's own reading, a second source
    that only raises a doubt.
    """
    candidates = [
        (frame.kind is FrameKind.FRONT, reading.confidence, frame.frame_id, reading)
        for frame in frames
        for reading in frame.readings
        if reading.confidence >= threshold and not reading.text.endswith(TRAILER)
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
    _, _, frame_id, best = max(candidates, key=lambda candidate: candidate[:2])
    doubts = [Doubt.FRAME_DAMAGED] if any(f.damaged for f in frames if f.frame_id == frame_id) else []
    if len({reading.text for _, _, _, reading in candidates}) > 1:
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
