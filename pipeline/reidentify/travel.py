"""Whether one vehicle can have made two passages: the road between two stations takes its time."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

# 道路交通安全法实施条例 art. 78: no truck may drive faster than this on an expressway; some do.
LAWFUL_KMH = 100.0
# And no loaded truck can for long (judgement): on the flat, 49 t with a rolling resistance of 0.006 and
# 7 m² of drag area ask for 300 kW at the wheels, all of a strong tractor's; gears and limiters end before.
POSSIBLE_KMH = 130.0
# Clocks of two stations are kept together, and may still differ so much.
CLOCKS_S = 120.0
SAME_STATION_S = 60.0
Roads = Mapping[frozenset[str], float]


def least_seconds(roads: Roads, here: str, there: str, kmh: float) -> float:
    """Return the time from one station to another at a speed, NaN where no road between them is declared."""
    if here == there:
        return SAME_STATION_S
    road_km = roads.get(frozenset((here, there)))
    return float("nan") if road_km is None else road_km / kmh * 3600


def possible(
    roads: Roads, here: str, at_ms: int, stations: NDArray[np.object_], times_ms: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which passages (N,) a vehicle that passed `here` at `at_ms` can have made too."""
    least = {station: least_seconds(roads, here, station, POSSIBLE_KMH) for station in set(stations.tolist())}
    wanted = np.array([least[station] for station in stations.tolist()], dtype=np.float64)
    apart_s = np.abs(times_ms - at_ms) / 1000
    slack = np.where(stations == here, 0.0, CLOCKS_S)
    return np.asarray(np.isnan(wanted) | (apart_s + slack >= wanted), dtype=np.bool_)
