"""One plate, two vehicles: axles that no measuring error explains, or a road that nobody drives so fast.

A vehicle may come back with another trailer, so only the first spacing is held against itself: that of the
vehicle that bears the plate. Copies of the same model are alike there, and are not found by it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.values.reidentify import ConflictKind
from pipeline.reidentify.fleet import Fleet
from pipeline.reidentify.noise import Noise
from pipeline.reidentify.travel import CLOCKS_S, SAME_STATION_S, Roads, least_seconds

# Measurements of one vehicle differ by less: so many standard errors, and never less than so many mm.
CERTAINTY, LEAST_MM = 6.0, 300.0
# If so many plates and this share of them hurry from one station to the other, its clock is wrong.
CLOCK_LEAST, CLOCK_SHARE = 3, 0.2
SECONDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two passages, by their positions in a fleet, that one vehicle can't have made."""

    earlier: int
    later: int
    kind: ConflictKind
    sentence: str


def conflicts(
    fleet: Fleet, noise: Noise, roads: Roads, wanted: NDArray[np.bool_]
) -> tuple[list[Conflict], list[str]]:
    """Return how each `wanted` passage (N,) conflicts with the one before of its plate, and bad clocks."""
    # Sorting is the work: only the plates that are asked for.
    plates = set(fleet.plate[wanted].tolist())
    asked = np.flatnonzero(np.fromiter((one in plates for one in fleet.plate), np.bool_, len(fleet.plate)))
    pairs = [pair for pair in _pairs(fleet, asked) if wanted[pair[1]]]
    found = [one for one in (_signature(fleet, pair, noise) for pair in pairs) if one]
    hurried: list[Conflict] = []
    troubles: list[str] = []
    ways = {(str(fleet.station[a]), str(fleet.station[b])) for a, b in pairs}
    for here, there in sorted(way for way in ways if way[0] != way[1]):
        of_way = [p for p in pairs if (fleet.station[p[0]], fleet.station[p[1]]) == (here, there)]
        fast = [one for one in (_hurry(fleet, pair, roads) for pair in of_way) if one]
        if len(fast) >= CLOCK_LEAST and len(fast) > CLOCK_SHARE * len(of_way):
            troubles.append(
                f"{here}至{there}：{len(of_way)}对同号牌过车中{len(fast)}对行程时间不可能，疑为时钟不准，未作为线索"
            )
        else:
            hurried += fast
    return found + hurried, troubles


def _pairs(fleet: Fleet, asked: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Return each passage `asked` with the one before of its plate; those of one minute are one passage."""
    order = asked[np.lexsort((fleet.batch.passed_at_ms[asked], fleet.plate[asked].astype(str)))]
    same = fleet.plate[order][1:] == fleet.plate[order][:-1]
    apart = np.diff(fleet.batch.passed_at_ms[order])
    moved = fleet.station[order][1:] != fleet.station[order][:-1]
    kept = same & (moved | (apart >= SAME_STATION_S * SECONDS))
    return list(zip(order[:-1][kept].tolist(), order[1:][kept].tolist(), strict=True))


def _signature(fleet: Fleet, pair: tuple[int, int], noise: Noise) -> Conflict | None:
    first = fleet.batch.spacing_mm[list(pair), 0].astype(np.float64)
    if not (first > 0).all():
        return None
    error = np.sqrt(2) * np.hypot(noise.spacing_mm, noise.speed * first.max())
    off = abs(first[0] - first[1])
    if off <= max(CERTAINTY * error, LEAST_MM):
        return None
    return Conflict(
        earlier=pair[0],
        later=pair[1],
        kind=ConflictKind.SIGNATURE,
        sentence=(
            f"第一、二轴轴距前次{first[0] / 1000:.2f}米、本次{first[1] / 1000:.2f}米，"
            f"相差{off / 10:.0f}厘米，为测量误差的{off / error:.0f}倍，不是同一辆车"
        ),
    )


def _hurry(fleet: Fleet, pair: tuple[int, int], roads: Roads) -> Conflict | None:
    here, there = str(fleet.station[pair[0]]), str(fleet.station[pair[1]])
    least_s = least_seconds(roads, here, there)
    times_ms = fleet.batch.passed_at_ms[list(pair)]
    taken_s = float(times_ms[1] - times_ms[0]) / SECONDS
    # NaN: nobody declared the road.
    if not taken_s + CLOCKS_S < least_s:
        return None
    return Conflict(
        earlier=pair[0],
        later=pair[1],
        kind=ConflictKind.TRAVEL_TIME,
        sentence=(
            f"自{here}至{there}只用{taken_s / 60:.1f}分钟，按100 km/h至少需{least_s / 60:.1f}分钟"
            f"（已计时钟误差{CLOCKS_S / 60:.0f}分钟），不是同一辆车"
        ),
    )
