"""Trips that two stations see: an overloaded vehicle passes one station, and the other an hour from it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from stations.roadside.masses import measure_wheels
from stations.roadside.vehicle import PlateCondition, TrueVehicle

SOONEST, LATEST = timedelta(minutes=15), timedelta(minutes=75)
# Well above what the scales' errors could hide at either station.
LEAST_EXCESS = 0.12


def share_trips(
    first: Sequence[TrueVehicle], second: Sequence[TrueVehicle], trips: int, rng: np.random.Generator
) -> tuple[TrueVehicle, ...]:
    """Return the second station's passages with up to `trips` of them made by the first's heaviest vehicles.

    The load stays on; time, lane and speed are the second passage's own, and its scale measures anew.
    """
    passages = list(second)
    free = [i for i, one in enumerate(passages) if _is_plain(one) and one.gross_kg <= one.limit_kg]
    heavy = [one for one in first if _is_plain(one) and one.gross_kg > one.limit_kg * (1 + LEAST_EXCESS)]
    heaviest = sorted(heavy, key=lambda one: one.gross_kg / one.limit_kg, reverse=True)
    for vehicle in heaviest[:trips]:
        within = [i for i in free if SOONEST <= abs(passages[i].passed_at - vehicle.passed_at) <= LATEST]
        if within:
            place = within[int(rng.integers(len(within)))]
            free.remove(place)
            passages[place] = _again(vehicle, passages[place], rng)
    return tuple(passages)


def _is_plain(vehicle: TrueVehicle) -> bool:
    return vehicle.defect is None and vehicle.plate_condition is PlateCondition.CLEAR


def _again(vehicle: TrueVehicle, passage: TrueVehicle, rng: np.random.Generator) -> TrueVehicle:
    left_kg, right_kg = measure_wheels(vehicle.axle_kg, rng)
    return replace(
        vehicle,
        station_id=passage.station_id,
        serial=passage.serial,
        passed_at=passage.passed_at,
        lane=passage.lane,
        speed_kmh=passage.speed_kmh,
        left_kg=left_kg,
        right_kg=right_kg,
    )
