"""Who evades the scale in a simulated night, and whose plate another vehicle bears; with truth."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle

import numpy as np

from models.values.driving import Manoeuvre
from stations.roadside.driving import Strength, drive
from stations.roadside.trips import LEAST_EXCESS
from stations.roadside.vehicle import Defect, Layout, PlateCondition, TrueVehicle

# What both stations of the demo can see: one tells its byte, the other measures axle by axle.
SHOWN = (
    Manoeuvre.STRADDLING,
    Manoeuvre.BRAKE_TAPPING,
    Manoeuvre.WEAVING,
    Manoeuvre.BRAKING,
    Manoeuvre.CRAWLING,
)
LEAST_AXLES = 3
# The first spacing of a clone differs by more than any error of measuring.
CLONE_MM = 800


def with_evaders(
    vehicles: Sequence[TrueVehicle], count: int, rng: np.random.Generator
) -> tuple[TrueVehicle, ...]:
    """Return the passages, each with its driving; `count` plain trucks evade the scale, each in its way."""
    able = [place for place, one in enumerate(vehicles) if _is_plain(one)]
    chosen = {int(one) for one in rng.permutation(able)[:count]}
    kinds = cycle(SHOWN)
    return tuple(
        drive(one, rng, next(kinds) if place in chosen else None, Strength.STRONG)
        for place, one in enumerate(vehicles)
    )


def is_evader(vehicle: TrueVehicle) -> bool:
    """Tell whether a vehicle evaded: a record that leans to one side is what straddling leaves of it."""
    driven = vehicle.driving is not None and vehicle.driving.kind != ""
    return driven or vehicle.defect is Defect.ONE_SIDED


def with_clone(
    first: Sequence[TrueVehicle], second: Sequence[TrueVehicle], rng: np.random.Generator
) -> tuple[TrueVehicle, ...]:
    """Return the second station's passages, one with the plate of an overloaded truck of the first."""
    models = [
        one for one in first if _is_plain(one) and not is_evader(one) and one.excess_ratio > LEAST_EXCESS
    ]
    pairs = [
        (model, place)
        for model in models
        for place, one in enumerate(second)
        if _is_plain(one)
        and not is_evader(one)
        and one.gross_kg < one.limit_kg
        and abs(one.spacings_mm[0] - model.spacings_mm[0]) > CLONE_MM
    ]
    passages = list(second)
    if pairs:
        model, place = pairs[int(rng.integers(len(pairs)))]
        plate = replace(model.front_plate)
        passages[place] = replace(passages[place], front_plate=plate)
    return tuple(passages)


def _is_plain(vehicle: TrueVehicle) -> bool:
    sound = vehicle.defect is None and vehicle.plate_condition is PlateCondition.CLEAR
    return sound and vehicle.layout is not Layout.LIGHT and vehicle.axle_count >= LEAST_AXLES
