"""What the camera sees of a simulated plate: its condition, and the weather and lamp of the night."""

from enum import StrEnum

import numpy as np

from stations.roadside import camera_faults, marring
from stations.roadside.mounting import Corners
from stations.roadside.objects import cover
from stations.roadside.plate import Picture
from stations.roadside.shot import Shot
from stations.roadside.vehicle import PlateCondition


class Weather(StrEnum):
    """What all frames of a night, or of its later part, suffer from; nobody on the road is to blame."""

    FOG = "fog"
    RAIN = "rain"
    DYING_LAMP = "dying_lamp"
    DIRTY_LENS = "dirty_lens"


_NIGHT_S = 6 * 3600
_CLEAR_UNTIL, _WORST_AT = 0.2, 0.7


def obscure(frame: Picture, corners: Corners, shot: Shot, rng: np.random.Generator) -> Picture:
    """Return the frame with the plate as its condition leaves it; drawn conditions are left as they are."""
    text, rows = shot.plate.text, shot.plate.rows
    match shot.vehicle.plate_condition:
        case PlateCondition.CARD | PlateCondition.RAG as thing:
            extent = str(rng.choice(("whole", "side", "lower")))
            return cover(frame, corners, len(text), rows, thing.value, extent, rng).pixels
        case PlateCondition.BENT:
            return marring.bent(frame, corners, float(rng.uniform(0.5, 1)), rng)
        case PlateCondition.FLIPPED:
            return marring.flipped(frame, corners, rng)
        case PlateCondition.ABSENT:
            return marring.missing(frame, corners, rng)
        case PlateCondition.SHADOW:
            return marring.shadow(frame, corners, rng)
        case PlateCondition.GLARE:
            return camera_faults.glare(frame, corners, float(rng.uniform(0.4, 1)), rng)
        case PlateCondition.BLUR:
            return camera_faults.motion(frame, corners, float(rng.uniform(0.3, 1)), rng)
    return frame


def through(
    weather: Weather | None, frame: Picture, corners: Corners, shot: Shot, rng: np.random.Generator
) -> Picture:
    """Return the frame as the night's weather and the camera's state leave it, worse as the night goes on."""
    if weather is None:
        return frame
    passed = shot.vehicle.passed_at
    part = (passed.hour * 3600 + passed.minute * 60 + passed.second) / _NIGHT_S
    strength = float(np.clip((part - _CLEAR_UNTIL) / (_WORST_AT - _CLEAR_UNTIL), 0, 1))
    strength *= float(rng.uniform(0.7, 1))
    match weather:
        case Weather.FOG:
            return camera_faults.fog(frame, corners, strength, rng) if strength else frame
        case Weather.RAIN:
            return camera_faults.rain(frame, corners, strength, rng) if strength else frame
        case Weather.DYING_LAMP:
            return camera_faults.dark(frame, corners, strength, rng) if strength else frame
        case Weather.DIRTY_LENS:
            return camera_faults.dirty_lens(frame, corners, strength, rng) if strength else frame
