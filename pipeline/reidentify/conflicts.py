"""One plate, two vehicles: axles that no measuring error explains, or a road driven too fast.

A vehicle may come back with another trailer, so only the first spacing is held against itself: that of the
vehicle that bears the plate. Copies of the same model are alike there, and are not found by it. One spoiled
record is no second vehicle: what a wrong speed or a missed axle explains has to be seen again and again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.values.reidentify import ConflictKind
from pipeline.evasion.scene import HEAVY_KG
from pipeline.reidentify.fleet import Fleet
from pipeline.reidentify.noise import Noise
from pipeline.reidentify.scales import longer_by
from pipeline.reidentify.travel import (
    CLOCKS_S,
    LAWFUL_KMH,
    POSSIBLE_KMH,
    SAME_STATION_S,
    Roads,
    least_seconds,
)

# Which rules these are: another name with each change of what is told.
RULES = "plate_conflicts_2"
# Measurements of one vehicle differ by less: so many standard errors, and never less than so many mm.
CERTAINTY, LEAST_MM = 6.0, 300.0
# A speed that was taken wrongly makes spacings longer or shorter by no more than this factor (judgement).
WRONG_SPEED = 1.5
# What one spoiled record explains is told once so many others bear out each of the two vehicles.
BORNE_OUT = 2
# If so many plates and this share of a way's plates conflict, a device is at fault; so many are named.
FAULT_LEAST, FAULT_SHARE, FAULT_NAMED = 3, 0.2, 20
# No vehicle passes so often in a day: a camera is stuck on its plate (judgement).
STUCK = 100
# A plate is held against so many of its latest passages: every one against every other is kept.
LOOK_BACK = 300
SECONDS = 1000
DAY_MS = 86_400 * SECONDS
FAULTS = {
    ConflictKind.TRAVEL_TIME: "行程时间不可能，疑为时钟不准",
    ConflictKind.SIGNATURE: "轴距不符，疑为轴距测量不准",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two passages, by their positions in a fleet, that one vehicle can't have made."""

    earlier: int
    later: int
    kind: ConflictKind
    sentence: str


def conflicts(
    fleet: Fleet, noise: Noise, roads: Roads, wanted: NDArray[np.bool_]
) -> tuple[list[Conflict], list[str], int]:
    """Return which `wanted` passages (N,) conflict with earlier ones of their plates, and faulty devices.

    And how many plates of such passages were held against earlier ones at all.
    """
    compared: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    found: defaultdict[tuple[str, str, ConflictKind], list[Conflict]] = defaultdict(list)
    told: list[Conflict] = []
    troubles: list[str] = []
    for whole in _histories(fleet, wanted):
        if _stuck(fleet, whole):
            troubles.append(_stuck_on(fleet, whole))
            continue
        history = whole[-LOOK_BACK:]
        plate = str(fleet.plate[history[0]])
        for here, there in zip(history[:-1].tolist(), history[1:].tolist(), strict=True):
            if wanted[there]:
                compared[_way(fleet, here, there)].add(plate)
        for one in (*_hurried(fleet, history, roads), *_unlike(fleet, history, noise)):
            if wanted[one.later]:
                found[(*_way(fleet, one.earlier, one.later), one.kind)].append(one)
    for (here, there, kind), some in sorted(found.items()):
        plates = {str(fleet.plate[one.later]) for one in some}
        count = len(compared[here, there] | plates)
        if len(plates) >= FAULT_LEAST and len(plates) > FAULT_SHARE * count:
            troubles.append(
                f"{here}至{there}：{count}个号牌中{len(plates)}个{FAULTS[kind]}，未作为线索：{_named(plates)}"
            )
            continue
        of_scale = [
            one for one in some if kind is ConflictKind.SIGNATURE and _scale_explains(fleet, one, noise)
        ]
        if of_scale:
            named = _named({str(fleet.plate[one.later]) for one in of_scale})
            troubles.append(f"{here}至{there}：其他号牌也{FAULTS[kind]}，未作为线索：{named}")
        told += [one for one in some if one not in of_scale]
    return told, troubles, len(set[str]().union(*compared.values()))


def _named(plates: Collection[str]) -> str:
    more = f"等{len(plates)}个" if len(plates) > FAULT_NAMED else ""
    return "、".join(sorted(plates)[:FAULT_NAMED]) + more


def _stuck(fleet: Fleet, history: NDArray[np.intp]) -> bool:
    times_ms = fleet.batch.passed_at_ms[history]
    return bool((times_ms[STUCK:] - times_ms[:-STUCK] < DAY_MS).any())


def _stuck_on(fleet: Fleet, history: NDArray[np.intp]) -> str:
    stations, counts = np.unique(fleet.station[history].astype(str), return_counts=True)
    plate, often = fleet.plate[history[0]], stations[counts.argmax()]
    return f"{often}：号牌{plate}一天内过车超过{STUCK}次，疑为设备反复报出同一号牌，未作比对"


def _way(fleet: Fleet, here: int, there: int) -> tuple[str, str]:
    return str(fleet.station[here]), str(fleet.station[there])


def _histories(fleet: Fleet, wanted: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """Yield the passages of each `wanted` plate by time; of a station's one minute the first alone.

    What follows so soon is the crossing again, or its trailer: the first has the first spacing.
    """
    # Sorting is the work: only the plates that are asked for.
    plates = set(fleet.plate[wanted].tolist())
    asked = np.flatnonzero(np.fromiter((one in plates for one in fleet.plate), np.bool_, len(fleet.plate)))
    if not len(asked):
        return
    order = asked[np.lexsort((fleet.batch.passed_at_ms[asked], fleet.plate[asked].astype(str)))]
    same = fleet.plate[order][1:] == fleet.plate[order][:-1]
    for history in np.split(order, np.flatnonzero(~same) + 1):
        moved = fleet.station[history][1:] != fleet.station[history][:-1]
        apart = np.diff(fleet.batch.passed_at_ms[history]) >= SAME_STATION_S * SECONDS
        yield history[np.append(True, moved | apart)]


def _unlike(fleet: Fleet, history: NDArray[np.intp], noise: Noise) -> Iterator[Conflict]:
    """Yield each passage of a plate that can't be of the vehicle before it, by the first spacing."""
    history = history[fleet.batch.spacing_mm[history, 0] > 0]
    first = fleet.batch.spacing_mm[history, 0].astype(np.float64)
    alike = np.abs(first[:, None] - first) <= _reach(np.maximum(first[:, None], first), noise)
    before = -1
    for now in range(1, len(history)):
        others = np.flatnonzero(~alike[now, :now])
        if not len(others):
            continue
        other = int(others[-1])
        # Once for each time that the plate goes over to the other vehicle.
        if other == before:
            continue
        like_other, like_now = alike[other, :now], alike[now, :now]
        # What is like both bears out neither; the other one is like itself.
        seen = int((like_other & ~like_now).sum()) - 1, int((like_now & ~like_other).sum())
        at_once = other == now - 1 and not _spoiled(fleet, (int(history[other]), int(history[now])), noise)
        if at_once or min(seen) >= BORNE_OUT:
            before = other
            yield _unlike_pair(fleet, (int(history[other]), int(history[now])), noise, seen)


def _reach(first_mm: NDArray[np.float64], noise: Noise) -> NDArray[np.float64]:
    """Return how far two measurements of one first spacing may be apart."""
    return np.maximum(CERTAINTY * _error(first_mm, noise), LEAST_MM)


def _error(first_mm: NDArray[np.float64], noise: Noise) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(2) * np.hypot(noise.spacing_mm, noise.speed * first_mm))


def _spoiled(fleet: Fleet, pair: tuple[int, int], noise: Noise) -> bool:
    """Tell whether a speed taken wrongly, or axles missed or counted too much, in either explains both."""
    first, second = (fleet.batch.spacing_mm[one].astype(np.float64) for one in pair)
    if max(first[0], second[0]) <= WRONG_SPEED * min(first[0], second[0]):
        return True
    for whole, short in ((first, second), (second, first)):
        # The front of `short` was missed, by an axle or by all of the tractor, or its second axle.
        might_be = np.append(whole[1:][whole[1:] > 0], whole[:2].sum())
        if whole[1] > 0 and (np.abs(might_be - short[0]) <= _reach(might_be, noise)).any():
            return True
    return False


def _scale_explains(fleet: Fleet, one: Conflict, noise: Noise) -> bool:
    """Tell whether a conflict's spacings agree by the measure of what else passed both times."""
    before, after = fleet.batch.spacing_mm[[one.earlier, one.later], 0].astype(np.float64)
    after /= longer_by(fleet, one.earlier, one.later)
    return bool(abs(before - after) <= _reach(np.maximum(before, after), noise))


def _unlike_pair(fleet: Fleet, pair: tuple[int, int], noise: Noise, seen: tuple[int, int]) -> Conflict:
    first = fleet.batch.spacing_mm[list(pair), 0].astype(np.float64)
    off, error = abs(first[0] - first[1]), float(_error(first.max(keepdims=True), noise)[0])
    again = f"；两种轴距此前另见{seen[0]}次、{seen[1]}次" if min(seen) >= BORNE_OUT else ""
    return Conflict(
        earlier=pair[0],
        later=pair[1],
        kind=ConflictKind.SIGNATURE,
        sentence=(
            f"第一、二轴轴距前次{first[0] / 1000:.2f}米、本次{first[1] / 1000:.2f}米，"
            f"相差{off / 10:.0f}厘米，为测量误差的{off / error:.0f}倍{again}，不像同一辆车"
        ),
    )


def _hurried(fleet: Fleet, history: NDArray[np.intp], roads: Roads) -> Iterator[Conflict]:
    for pair in zip(history[:-1].tolist(), history[1:].tolist(), strict=True):
        one = _hurry(fleet, pair, roads)
        if one:
            yield one


def _hurry(fleet: Fleet, pair: tuple[int, int], roads: Roads) -> Conflict | None:
    here, there = str(fleet.station[pair[0]]), str(fleet.station[pair[1]])
    lawful_s, least_s = (least_seconds(roads, here, there, kmh) for kmh in (LAWFUL_KMH, POSSIBLE_KMH))
    times_ms = fleet.batch.passed_at_ms[list(pair)]
    taken_s = float(times_ms[1] - times_ms[0]) / SECONDS
    # NaN: nobody declared the road.
    if not taken_s + CLOCKS_S < lawful_s:
        return None
    # What was never weighed as a truck may be a fast car.
    truck = bool((fleet.batch.gross_kg[list(pair)] >= HEAVY_KG).any())
    impossible = truck and taken_s + CLOCKS_S < least_s
    told = "不像同一辆车" if impossible else "或超速，或不是同一辆车"
    kmh, needed_s = (POSSIBLE_KMH, least_s) if impossible else (LAWFUL_KMH, lawful_s)
    return Conflict(
        earlier=pair[0],
        later=pair[1],
        kind=ConflictKind.TRAVEL_TIME,
        sentence=(
            f"自{here}至{there}只用{taken_s / 60:.1f}分钟，按{kmh:.0f} km/h至少需{needed_s / 60:.1f}分钟"
            f"（已计时钟误差{CLOCKS_S / 60:.0f}分钟），{told}"
        ),
    )
