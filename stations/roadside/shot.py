"""One picture a station's camera takes, or fails to take, of a passage."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np

from stations.roadside.station import RoadsideStation
from stations.roadside.vehicle import PlateCondition, TruePlate, TrueVehicle

CAMERA_JITTER_MS = 100


class Side(StrEnum):
    """The end of the vehicle that a camera looks at; the value is the word in file names."""

    FRONT = "front"
    REAR = "rear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A picture of one end of `vehicle`; `taken_at` is the time on the camera's own clock."""

    vehicle: TrueVehicle
    side: Side
    taken_at: datetime

    @property
    def plate(self) -> TruePlate:
        """The plate mounted on this end."""
        return self.vehicle.front_plate if self.side is Side.FRONT else self.vehicle.rear_plate

    @property
    def is_missing(self) -> bool:
        """Whether the camera never delivered this picture."""
        return self.side is Side.FRONT and self.vehicle.plate_condition is PlateCondition.MISSING_FRAME


def take_shot(vehicle: TrueVehicle, side: Side, station: RoadsideStation, rng: np.random.Generator) -> Shot:
    """Return the shot as the camera's clock dates it: ahead of the scale, with some jitter."""
    offset_ms = station.camera_offset_ms + int(rng.integers(-CAMERA_JITTER_MS, CAMERA_JITTER_MS + 1))
    return Shot(vehicle=vehicle, side=side, taken_at=vehicle.passed_at + timedelta(milliseconds=offset_ms))
