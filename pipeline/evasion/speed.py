"""Manoeuvres of speed: braking, accelerating, brake tapping, stop-and-go, crawling."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.values.driving import Manoeuvre
from pipeline.evasion.scene import Scene
from pipeline.evasion.sighting import Sighting

KMH_PER_MS = 3.6
NEEDS_ACCELERATION, NEEDS_AXLES = "设备加速度", "逐轴车速和轴距"
LEAST_AXLES_OF_A_TAP = 3


def speed_changes(scene: Scene) -> Iterator[Sighting]:
    """Yield what acceleration and the speed of each axle show."""
    limit = scene.rules.speed.acceleration_ms2
    stated = scene.driving.acceleration_ms2
    by_axle, sure = _axle_acceleration(scene)
    known = ~np.isnan(by_axle)
    for kind, sign in ((Manoeuvre.ACCELERATING, 1), (Manoeuvre.BRAKING, -1)):
        yield Sighting(
            kind=kind,
            needs=NEEDS_ACCELERATION,
            observable=~np.isnan(stated),
            seen=np.asarray(sign * stated >= limit, dtype=np.bool_),
            say=lambda at: f"设备测得加速度{stated[at]:+.1f} m/s²",
        )
        yield Sighting(
            kind=kind,
            needs=NEEDS_AXLES,
            observable=known,
            seen=np.asarray(known & sure & (sign * by_axle >= limit) & _not_denied(stated, sign, limit)),
            say=lambda at: f"{_speeds(scene, at)}，相当于加速度{by_axle[at]:+.1f} m/s²",
        )


def _not_denied(stated: NDArray[np.float64], sign: int, limit: float) -> NDArray[np.bool_]:
    """Tell where the device's own acceleration does not speak against it: noise errs alike but rarely."""
    return np.asarray(np.isnan(stated) | (sign * stated >= limit / 2), dtype=np.bool_)


def uneven_speeds(scene: Scene) -> Iterator[Sighting]:
    """Yield speeds that fall and rise again while one vehicle crosses: a tapped brake, a stop."""
    speeds = scene.driving.axle_speed_kmh
    known = ~np.isnan(speeds)
    rules = scene.rules.speed
    several = known.sum(axis=1) >= LEAST_AXLES_OF_A_TAP
    dip = _deepest_dip(speeds)
    yield Sighting(
        kind=Manoeuvre.BRAKE_TAPPING,
        needs="三轴以上的逐轴车速",
        observable=several,
        seen=np.asarray(several & (dip >= rules.tap_kmh), dtype=np.bool_),
        say=lambda at: f"{_speeds(scene, at)}，中途降速{dip[at]:.0f} km/h后又回升",
    )
    any_known = np.asarray(known.any(axis=1), dtype=np.bool_)
    least = np.where(known, speeds, np.inf).min(axis=1)
    most = np.where(known, speeds, -np.inf).max(axis=1)
    yield Sighting(
        kind=Manoeuvre.STOP_AND_GO,
        needs="逐轴车速",
        observable=any_known,
        seen=any_known & (least <= rules.stopped_kmh) & (most >= rules.moving_kmh),
        say=lambda at: f"{_speeds(scene, at)}，几近停车后又起步",
    )


def crawling(scene: Scene) -> Iterator[Sighting]:
    """Yield vehicles slower than any free driver, or than the certificate holds for."""
    speed = scene.batch.speed_kmh
    limit = np.maximum(scene.rules.speed.crawling_kmh, scene.least_kmh)
    yield Sighting(
        kind=Manoeuvre.CRAWLING,
        needs="车速",
        observable=~np.isnan(speed),
        seen=np.asarray(speed < limit, dtype=np.bool_),
        say=lambda at: f"车速{speed[at]:g} km/h，低于{limit[at]:g} km/h",
    )


def _axle_acceleration(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the acceleration (N,), m/s², by a straight line through the axles' speeds, and if it is sure.

    dv/dt = v dv/dx; NaN where two axles with known speed and place are missing.
    """
    speeds, places = scene.driving.axle_speed_kmh, scene.position_m
    known = ~np.isnan(speeds) & ~np.isnan(places)
    count = np.maximum(known.sum(axis=1), 1)
    speed, place = np.where(known, speeds, 0.0), np.where(known, places, 0.0)
    mean_speed, mean_place = speed.sum(axis=1) / count, place.sum(axis=1) / count
    off_place = np.where(known, places - mean_place[:, None], 0.0)
    off_speed = np.where(known, speeds - mean_speed[:, None], 0.0)
    spread = (off_place**2).sum(axis=1)
    enough = spread > 0
    divisor = np.where(enough, spread, 1.0)
    slope = (off_place * off_speed).sum(axis=1) / divisor
    error = scene.rules.speed.error_kmh / np.sqrt(divisor)
    acceleration = (mean_speed / KMH_PER_MS) * (slope / KMH_PER_MS)
    sure = np.abs(slope) >= scene.rules.speed.certainty * error
    return np.where(enough, acceleration, np.nan), np.asarray(enough & sure, dtype=np.bool_)


def _deepest_dip(speeds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how much (N,) some axle is slower than axles before and behind it."""
    filled = np.where(np.isnan(speeds), -np.inf, speeds)
    before = np.maximum.accumulate(filled, axis=1)
    behind = np.maximum.accumulate(filled[:, ::-1], axis=1)[:, ::-1]
    shoulder = np.where(np.isnan(speeds), -np.inf, np.minimum(before, behind))
    return np.asarray((shoulder - np.where(np.isnan(speeds), 0.0, speeds)).max(axis=1), dtype=np.float64)


def _speeds(scene: Scene, at: int) -> str:
    speeds = scene.driving.axle_speed_kmh[at]
    known = speeds[~np.isnan(speeds)]
    return f"各轴车速{'、'.join(f'{one:.0f}' for one in known.tolist())} km/h"
