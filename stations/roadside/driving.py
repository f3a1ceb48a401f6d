"""How simulated vehicles are driven: plainly, or by a manoeuvre at one of three strengths."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import numpy as np

from models.values.driving import BITS, Manoeuvre
from stations.roadside.vehicle import TrueDriving, TrueVehicle

# What a sound device errs by: speed of an axle, place of an axle across the lane, acceleration.
AXLE_KMH, AXLE_MM, ACCELERATION_MS2 = 0.8, 40.0, 0.12
# How sound drivers keep their lane, and that nobody's speed is quite even.
LANE_MM, EVEN_MS2 = 220.0, 0.15
STEP_KG, ROLLED_MM = 10, 1200
KMH_PER_MS = 3.6


class Strength(StrEnum):
    """How far a manoeuvre goes."""

    WEAK = "weak"
    MIDDLE = "middle"
    STRONG = "strong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Degree:
    """One manoeuvre at one strength; what a manoeuvre has not is 0.

    `missing` is the share of the load of one side that the sensors don't feel, `bit` how often the device's
    own byte tells of it, `gap_s` the time to the vehicle in front, `overlap` the share of a length abreast.
    """

    bit: float
    offset_mm: float = 0.0
    missing: float = 0.0
    acceleration_ms2: float = 0.0
    dip_kmh: float = 0.0
    least_kmh: float = 0.0
    weave_mm: float = 0.0
    gap_s: float = 0.0
    overlap: float = 0.0
    axles: int = 0


def _three(**columns: tuple[float, float, float]) -> dict[Strength, Degree]:
    bits = (0.3, 0.7, 0.95)
    degrees = {}
    for number, strength in enumerate(Strength):
        values = {name: column[number] for name, column in columns.items()}
        degrees[strength] = Degree(bit=bits[number], **values)  # type: ignore[arg-type]
    return degrees


DEGREES = {
    Manoeuvre.STRADDLING: _three(offset_mm=(900, 1200, 1600), missing=(0.4, 0.7, 0.95)),
    Manoeuvre.LANE_EDGE: _three(offset_mm=(620, 800, 950)),
    Manoeuvre.BRAKING: _three(acceleration_ms2=(-0.8, -1.6, -3.0)),
    Manoeuvre.ACCELERATING: _three(acceleration_ms2=(0.7, 1.3, 2.0)),
    Manoeuvre.BRAKE_TAPPING: _three(dip_kmh=(4, 9, 15)),
    Manoeuvre.WEAVING: _three(weave_mm=(350, 700, 1200)),
    Manoeuvre.STOP_AND_GO: _three(least_kmh=(5, 2, 0.5)),
    Manoeuvre.CRAWLING: _three(least_kmh=(7, 4, 2)),
    Manoeuvre.TAILGATING: _three(gap_s=(0.8, 0.4, 0.15)),
    Manoeuvre.SIDE_BY_SIDE: _three(overlap=(0.35, 0.65, 0.9)),
    Manoeuvre.REVERSING: _three(axles=(1, 1, 2)),
}


def drive(
    vehicle: TrueVehicle,
    rng: np.random.Generator,
    kind: Manoeuvre | None = None,
    strength: Strength = Strength.STRONG,
    *,
    near: TrueVehicle | None = None,
) -> TrueVehicle:
    """Return the vehicle driven plainly, or by a manoeuvre; `near` is the one that it follows or goes beside.

    Masses, time, lane, speed and axles become what is measured of it; the true masses stay.
    """
    degree = DEGREES[kind][strength] if kind else Degree(bit=0.0)
    if near is not None:
        vehicle = _beside(vehicle, near, degree)
    if degree.least_kmh:
        vehicle = replace(vehicle, speed_kmh=max(1, round(degree.least_kmh)))
    if degree.missing:
        vehicle = _one_sided(vehicle, degree.missing, rng)
    back = int(degree.axles)
    if back:
        vehicle = _counted_again(vehicle, back)
    told = bool(kind) and rng.random() < degree.bit
    side = 1 if rng.random() < 0.5 else -1  # noqa: PLR2004 (either side)
    offset = (
        float(side * degree.offset_mm + rng.normal(0, AXLE_MM))
        if degree.offset_mm
        else rng.normal(0, LANE_MM)
    )
    acceleration = degree.acceleration_ms2 or float(rng.normal(0, EVEN_MS2))
    driving = TrueDriving(
        kind=kind.value if kind else "",
        strength=strength.value if kind else "",
        bits=1 << BITS.index(kind) if told and kind in BITS else 0,
        acceleration_ms2=round(acceleration + float(rng.normal(0, ACCELERATION_MS2)), 2),
        reversed_axles=back if told else 0,
        offset_mm=round(float(offset)),
        axle_speed_kmh=_axle_speeds(vehicle, kind, degree, acceleration, rng),
        axle_offset_mm=_axle_offsets(vehicle, float(offset), degree, rng),
    )
    return replace(vehicle, driving=driving)


def _beside(vehicle: TrueVehicle, near: TrueVehicle, degree: Degree) -> TrueVehicle:
    """Return the vehicle moved to just behind the other, or into the lane beside it."""
    length_m, speed_ms = near.length_mm / 1000, near.speed_kmh / KMH_PER_MS
    if degree.gap_s:
        later = timedelta(seconds=length_m / speed_ms + degree.gap_s)
        return replace(vehicle, passed_at=near.passed_at + later, lane=near.lane, speed_kmh=near.speed_kmh)
    shorter_m = min(length_m, vehicle.length_mm / 1000)
    later = timedelta(seconds=shorter_m * (1 - degree.overlap) / speed_ms)
    return replace(vehicle, passed_at=near.passed_at + later, lane=3 - near.lane, speed_kmh=near.speed_kmh)


def _one_sided(vehicle: TrueVehicle, missing: float, rng: np.random.Generator) -> TrueVehicle:
    """Return the vehicle with that share of one side's load not felt."""

    def felt(wheels: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(max(round(one * (1 - missing) / STEP_KG) * STEP_KG, STEP_KG) for one in wheels)

    if rng.random() < 0.5:  # noqa: PLR2004 (either side)
        return replace(vehicle, left_kg=felt(vehicle.left_kg))
    return replace(vehicle, right_kg=felt(vehicle.right_kg))


def _counted_again(vehicle: TrueVehicle, back: int) -> TrueVehicle:
    """Return the vehicle as measured when its last axles rolled back and came again."""
    return replace(
        vehicle,
        axle_count=vehicle.axle_count + back,
        left_kg=vehicle.left_kg + vehicle.left_kg[-back:],
        right_kg=vehicle.right_kg + vehicle.right_kg[-back:],
        spacings_mm=vehicle.spacings_mm + (vehicle.spacings_mm[-1] + ROLLED_MM,) * back,
    )


def _axle_speeds(
    vehicle: TrueVehicle,
    kind: Manoeuvre | None,
    degree: Degree,
    acceleration: float,
    rng: np.random.Generator,
) -> tuple[float, ...]:
    place_m = np.concatenate([[0], np.cumsum(vehicle.spacings_mm)]) / 1000
    along = place_m / place_m[-1]
    speed_ms = vehicle.speed_kmh / KMH_PER_MS
    speeds = np.sqrt(np.maximum(speed_ms**2 + 2 * acceleration * place_m, 0.04)) * KMH_PER_MS
    speeds = speeds - degree.dip_kmh * np.sin(np.pi * along)
    if kind is Manoeuvre.STOP_AND_GO:
        speeds = degree.least_kmh + 12 * np.abs(2 * along - 1)
    noise = rng.normal(0, AXLE_KMH, len(speeds))
    return tuple(round(max(float(one), 0.1), 1) for one in speeds + noise)


def _axle_offsets(
    vehicle: TrueVehicle, offset: float, degree: Degree, rng: np.random.Generator
) -> tuple[int, ...]:
    along = np.linspace(0, 1, vehicle.axle_count)
    track = offset + degree.weave_mm / 2 * np.sin(2 * np.pi * along + np.pi / 4)
    return tuple(round(float(one)) for one in track + rng.normal(0, AXLE_MM, vehicle.axle_count))
