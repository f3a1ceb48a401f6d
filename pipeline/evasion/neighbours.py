"""Manoeuvres between vehicles: tailgating, side by side, and one vehicle weighed in two lanes at once."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.values.driving import Manoeuvre
from models.values.passages import content_key
from pipeline.evasion.scene import Mask, Scene, previous_in_lane
from pipeline.evasion.sighting import Sighting
from pipeline.evasion.track import left_shares_off

KMH_PER_MS = 3.6
# Records of one lane that overlap more are no two vehicles: the device cut one, or its clock leapt.
OVERLAP_S = -0.3
TWIN_MS, TWIN_SPACING = 300, 0.02
TWIN_SPACINGS = 2


def tailgating(scene: Scene) -> Iterator[Sighting]:
    """Yield vehicles so close behind another that their axles run together, by the longest possible gap."""
    batch, rules = scene.batch, scene.rules.neighbours
    before = previous_in_lane(batch)
    speed = batch.speed_kmh / KMH_PER_MS
    headway_s = (batch.passed_at_ms - batch.passed_at_ms[before] + _doubt_ms(scene)) / 1000
    moving = speed > 0
    lengths = _least_lengths_mm(scene) / 1000
    taken_s = np.where(moving, lengths / np.where(moving, speed, 1.0), np.nan)
    gap_s = headway_s - taken_s[before]
    observable = (before >= 0) & ~np.isnan(gap_s)
    fast = (batch.speed_kmh >= rules.least_kmh) & (batch.speed_kmh[before] >= rules.least_kmh)
    close = (gap_s <= rules.gap_s) & (gap_s > OVERLAP_S)
    yield Sighting(
        kind=Manoeuvre.TAILGATING,
        needs="前后车的时间、车速、轴距",
        observable=observable,
        seen=observable & fast & close & scene.heavy[before],
        say=lambda at: (
            f"与前车首尾间隔至多{max(float(gap_s[at]), 0):.1f}秒"
            f"（约{max(float(gap_s[at] * speed[at]), 0):.0f}米），车速{batch.speed_kmh[at]:.0f} km/h"
        ),
    )


def side_by_side(scene: Scene) -> Iterator[Sighting]:
    """Yield pairs abreast at one speed, and one vehicle that two lanes weighed at the same moment."""
    batch, rules = scene.batch, scene.rules.neighbours
    other = _nearest_beside(scene)
    found = other >= 0
    apart_ms = np.where(found, np.abs(batch.passed_at_ms - batch.passed_at_ms[other]), 0)
    twin = found & _same_axles(scene, other) & (apart_ms <= max(TWIN_MS, scene.clock_step_ms))
    twin &= _opposite_sides(scene, other)
    apart_m = (apart_ms + _doubt_ms(scene)) / 1000 * batch.speed_kmh / KMH_PER_MS
    length_m = np.minimum(_least_lengths_mm(scene), _least_lengths_mm(scene)[other]) / 1000
    overlap = np.where(length_m > 0, 1 - apart_m / np.where(length_m > 0, length_m, 1), np.nan)
    alike = np.abs(batch.speed_kmh - batch.speed_kmh[other]) <= rules.alike_kmh
    # A clock that tells only seconds leaves a truck's length open.
    exact = np.full(len(batch), scene.clock_step_ms == 1)
    abreast = found & exact & alike & (overlap >= rules.overlap) & scene.heavy[other] & ~twin
    trouble = troubled(scene)
    yield Sighting(
        kind=Manoeuvre.STRADDLING,
        needs="相邻车道记录的时间和轴距",
        observable=~np.isnan(scene.wheelbase_mm),
        seen=twin,
        say=lambda at: (
            f"{batch.lane[at]}、{batch.lane[other[at]]}车道在{apart_ms[at] / 1000:.1f}秒内测到轴距相同、"
            f"左右轮重相反的两条记录，应为同一辆车"
        ),
    )
    yield Sighting(
        kind=Manoeuvre.SIDE_BY_SIDE,
        needs="精确到毫秒的时间、车速、轴距，两条车道",
        observable=exact & ~np.isnan(scene.wheelbase_mm) & ~np.isnan(batch.speed_kmh),
        seen=abreast & (batch.speed_kmh >= rules.least_kmh),
        spoils=trouble | trouble[other],
        say=lambda at: (
            f"与{batch.lane[other[at]]}车道货车并排通过，重叠至少{100 * overlap[at]:.0f}%，"
            f"车速{batch.speed_kmh[at]:.0f}、{batch.speed_kmh[other[at]]:.0f} km/h"
        ),
    )


def troubled(scene: Scene) -> Mask:
    """Tell where a record shows trouble itself: axles that are another's, or wheels off the scale.

    Overtaking in the other lane leaves both records whole, and the masses with them.
    """
    axles = (scene.batch.axle_kg > 0).sum(axis=1)
    mixed = np.isnan(scene.wheelbase_mm) | (axles != scene.batch.axle_count)
    length = scene.batch.length_mm
    longer = (length > 0) & (scene.wheelbase_mm > length)
    off = np.abs(np.nan_to_num(left_shares_off(scene))).max(axis=1, initial=0.0)
    return np.asarray(mixed | longer | (off >= scene.rules.sides.share), dtype=np.bool_)


def _doubt_ms(scene: Scene) -> int:
    """Return by how much two times may differ beyond what they say."""
    return scene.clock_step_ms if scene.clock_step_ms > 1 else 0


def _least_lengths_mm(scene: Scene) -> NDArray[np.float64]:
    """Return the stated length (N,), or the wheelbase and the shortest overhangs; NaN: unknown."""
    stated = scene.batch.length_mm.astype(np.float64)
    return np.where(stated > 0, stated, scene.wheelbase_mm + scene.rules.neighbours.least_length_mm)


def _nearest_beside(scene: Scene) -> NDArray[np.int64]:
    """Return the position of the vehicle nearest in time in a lane beside, (N,), -1: none."""
    batch = scene.batch
    best = np.full(len(batch), -1, dtype=np.int64)
    gap = np.full(len(batch), np.iinfo(np.int64).max)
    keys = content_key(batch)
    for step in (-1, 1):
        for lane in np.unique(batch.lane):
            here = np.flatnonzero(batch.lane == lane)
            there = np.flatnonzero(batch.lane == lane + step)
            if not len(there):
                continue
            after = np.searchsorted(batch.passed_at_ms[there], batch.passed_at_ms[here])
            for near in (there[after.clip(max=len(there) - 1)], there[(after - 1).clip(min=0)]):
                apart = np.abs(batch.passed_at_ms[near] - batch.passed_at_ms[here])
                closer = (apart < gap[here]) & (keys[near] != keys[here])
                best[here[closer]], gap[here[closer]] = near[closer], apart[closer]
    return best


def _same_axles(scene: Scene, other: NDArray[np.int64]) -> Mask:
    spacings = scene.batch.spacing_mm
    mine, theirs = spacings, spacings[other]
    alike = np.abs(mine - theirs) <= TWIN_SPACING * np.maximum(mine, theirs)
    enough = (mine > 0).sum(axis=1) >= TWIN_SPACINGS
    return np.asarray(
        alike.all(axis=1) & enough & (scene.batch.axle_count == scene.batch.axle_count[other]), dtype=np.bool_
    )


def _opposite_sides(scene: Scene, other: NDArray[np.int64]) -> Mask:
    """Tell where one record leans to the left and the other to the right; unknown wheels say nothing."""
    known = (scene.batch.left_kg >= 0) & (scene.batch.axle_kg > 0)
    total = np.maximum((scene.batch.axle_kg * known).sum(axis=1), 1)
    lean = (scene.batch.left_kg * known).sum(axis=1) / total - 0.5
    told = np.asarray(known.any(axis=1), dtype=np.bool_)
    limit = scene.rules.sides.share
    opposite = (
        (np.abs(lean) >= limit) & (np.abs(lean[other]) >= limit) & (np.sign(lean) != np.sign(lean[other]))
    )
    return np.asarray(told & told[other] & opposite, dtype=np.bool_)
