"""Simulated passages as columns, without files between: what a station that tells everything would send."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.values.driving import Driving, nothing_stated
from models.values.passages import PassageBatch, no_text
from models.values.timeline import to_ms
from stations.roadside.vehicle import TrueVehicle


def batch_of(vehicles: Sequence[TrueVehicle]) -> PassageBatch:
    """Return the passages in the order given, with their driving where it is known."""
    count = len(vehicles)
    axles = max((vehicle.axle_count for vehicle in vehicles), default=2)

    def padded(rows: list[tuple[int, ...]], width: int, unused: int) -> NDArray[np.int64]:
        table = np.full((count, width), unused, dtype=np.int64)
        for place, row in enumerate(rows):
            table[place, : len(row)] = row
        return table

    left = padded([one.left_kg for one in vehicles], axles, -1)
    right = padded([one.right_kg for one in vehicles], axles, 0)
    axle_kg = np.maximum(left, 0) + right
    return PassageBatch(
        row=np.arange(1, count + 1),
        passed_at_ms=np.array([to_ms(one.passed_at) for one in vehicles], dtype=np.int64),
        lane=np.array([one.lane for one in vehicles], dtype=np.int16),
        axle_count=np.array([one.axle_count for one in vehicles], dtype=np.int16),
        gross_kg=axle_kg.sum(axis=1),
        axle_kg=axle_kg,
        left_kg=left,
        spacing_mm=padded([one.spacings_mm for one in vehicles], axles - 1, 0),
        speed_kmh=np.array([one.speed_kmh for one in vehicles], dtype=np.float64),
        length_mm=np.array([one.length_mm for one in vehicles], dtype=np.int64),
        serial=no_text(count),
        plate_front=np.array([one.front_plate.text for one in vehicles], dtype=object),
        plate_rear=no_text(count),
        plate_colour=no_text(count),
        driving=_driving(vehicles, axles),
    )


def _driving(vehicles: Sequence[TrueVehicle], axles: int) -> Driving:
    driving = nothing_stated(len(vehicles), axles)
    for place, vehicle in enumerate(vehicles):
        told = vehicle.driving
        if told is None:
            continue
        driving.bits[place] = told.bits
        driving.acceleration_ms2[place] = told.acceleration_ms2
        driving.reversed_axles[place] = told.reversed_axles
        driving.offset_mm[place] = told.offset_mm
        driving.axle_speed_kmh[place, : len(told.axle_speed_kmh)] = told.axle_speed_kmh
        driving.axle_offset_mm[place, : len(told.axle_offset_mm)] = told.axle_offset_mm
    return driving
