"""All readings of one passage fused: the vehicle's own plate and its trailer's, each with one probability.

The frames of a passage are not independent witnesses: dirt, light and the recognisers' habits are the same in
all. So n frames count as 1 + (n - 1) / 2 of them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.values.plates import MOST_DOUBTED, AlternativePlate, PlateColour, PlateReading

TRAILER = "挂"
# What each further frame of the same plate is worth beside the first.
_AGAIN = 0.5
# Readings that differ in no more characters than this are taken for one plate, misread once.
_SLIPS = 2
# Of what a reading leaves over: the share of the plates that it names as alternatives, of any one that it
# doesn't, and of the one that nobody names.
_NAMED, _UNNAMED, _UNKNOWN = 0.5, 0.01, 0.3
_CERTAIN = 1 - 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameReading:
    """A reading, and the frame it comes from, numbered by whoever asks."""

    frame: int
    reading: PlateReading


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedPlate:
    """One plate as all frames that show it have it; `seen` are those readings, the surest first."""

    text: str
    confidence: float
    colour: PlateColour
    alternatives: tuple[AlternativePlate, ...]
    seen: tuple[FrameReading, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassagePlates:
    """The plates of one passage, the surest first: those of drawing vehicles, and those of trailers (挂).

    More than one of a kind means that frames show different vehicles, or that a plate was misread badly.
    """

    vehicles: tuple[FusedPlate, ...]
    trailers: tuple[FusedPlate, ...]


def fuse(readings: Iterable[FrameReading]) -> PassagePlates:
    """Return the plates that the readings of all frames of one passage show."""
    groups: list[list[FrameReading]] = []
    for one in sorted(readings, key=lambda r: (-r.reading.confidence, r.frame)):
        group = next((g for g in groups if _same(g[0].reading.text, one.reading.text)), None)
        if group is None:
            groups.append([one])
        elif all(one.frame != other.frame for other in group):
            group.append(one)
    plates = sorted((_fused(group) for group in groups), key=lambda plate: -plate.confidence)
    return PassagePlates(
        vehicles=tuple(plate for plate in plates if not plate.text.endswith(TRAILER)),
        trailers=tuple(plate for plate in plates if plate.text.endswith(TRAILER)),
    )


def _same(a: str, b: str) -> bool:
    """Whether two readings can be of one plate; a trailer's is never the drawing vehicle's."""
    alike = len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) <= _SLIPS
    return alike and a.endswith(TRAILER) == b.endswith(TRAILER)


def _fused(group: Sequence[FrameReading]) -> FusedPlate:
    """Return one plate's readings as one, by the weighted product of what each holds probable."""
    readings = [one.reading for one in group]
    weight = (1 + _AGAIN * (len(group) - 1)) / len(group)
    texts = dict.fromkeys(
        text for reading in readings for text in (reading.text, *(a.text for a in reading.alternatives))
    )
    scores = {text: weight * sum(math.log(_share(reading, text)) for reading in readings) for text in texts}
    # The plate may be one that nobody names; a single frame leaves it all that it leaves.
    unknown = _UNKNOWN if len(group) > 1 else 1 - _NAMED * any(reading.alternatives for reading in readings)
    scores[""] = weight * sum(math.log(_left(reading) * unknown) for reading in readings)
    total = sum(math.exp(score) for score in scores.values())
    shares = {text: math.exp(scores[text]) / total for text in texts}
    first, *others = sorted(shares, key=lambda text: -shares[text])
    # What a reading was held back for, other frames of the plate show again: together they make nothing
    # certain that none is sure of alone.
    surest = max((one.confidence for one in readings if one.text == first), default=0.0)
    return FusedPlate(
        text=first,
        confidence=min(shares[first], max(surest, MOST_DOUBTED)),
        colour=next((r.colour for r in readings if r.text == first), PlateColour.UNKNOWN),
        alternatives=tuple(AlternativePlate(text=text, probability=shares[text]) for text in others),
        seen=tuple(group),
    )


def _share(reading: PlateReading, text: str) -> float:
    """Return how probable a reading holds a plate."""
    if text == reading.text:
        return 1 - _left(reading)
    named = {one.text: one.probability for one in reading.alternatives}
    share = named.get(text, 0.0) / max(sum(named.values()), 1e-9)
    return _left(reading) * (_NAMED * share + _UNNAMED)


def _left(reading: PlateReading) -> float:
    """Return what a reading leaves to all other plates."""
    return 1 - min(reading.confidence, _CERTAIN)
