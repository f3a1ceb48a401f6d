"""Trucks that come back: each with axles, empty mass and plate of its own, measured anew at each passage."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch, no_text
from stations.roadside.kinds import TRUCK_KINDS, VehicleKind
from stations.roadside.masses import draw_gross_kg, spread_over_axles

AXLES = 6
NUMBERS = 100_000
HOUR_MS = 3_600_000
# Models that many trucks share differ by no more than their making: builders offer few wheelbases.
MODEL_STEP_MM, MAKING_MM = 50, 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuringNoise:
    """Standard deviations of one measurement; `speed` (of all spacings), `axle` and `gross` are shares."""

    spacing_mm: float
    speed: float
    axle: float
    gross: float
    length_mm: float = 250.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One truck as it is; `spacings_mm` has one entry less than there are axles."""

    kind: VehicleKind
    spacings_mm: tuple[float, ...]
    length_mm: float
    plate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One truck with one load."""

    identity: Identity
    axle_kg: tuple[int, ...]


def draw_fleet(size: int, rng: np.random.Generator) -> list[Identity]:
    """Return trucks of the kinds on the road, many of them of the same model."""
    shares = np.array([kind.share for kind in TRUCK_KINDS])
    kinds = rng.choice(len(TRUCK_KINDS), size=size, p=shares / shares.sum())
    numbers = rng.choice(NUMBERS, size=size, replace=False)
    pairs = zip(kinds.tolist(), numbers.tolist(), strict=True)
    return [_identity(TRUCK_KINDS[kind], number, rng) for kind, number in pairs]


def _identity(kind: VehicleKind, number: int, rng: np.random.Generator) -> Identity:
    models = [
        round(float(rng.uniform(*bounds)) / MODEL_STEP_MM) * MODEL_STEP_MM
        for bounds in kind.spacing_mm_ranges
    ]
    spacings = tuple(model + float(rng.normal(0, MAKING_MM)) for model in models)
    return Identity(
        kind=kind,
        spacings_mm=spacings,
        length_mm=sum(models) + float(rng.integers(*kind.overhang_mm)),
        plate=f"浙Z{number:05d}",
    )


def load(identity: Identity, rng: np.random.Generator) -> Trip:
    """Return the truck with some load, or empty."""
    empty_kg, gross_kg = draw_gross_kg(identity.kind, rng)
    return Trip(identity=identity, axle_kg=spread_over_axles(identity.kind, empty_kg, gross_kg, rng))


def measure(
    trips: list[Trip], times_ms: NDArray[np.int64], noise: MeasuringNoise, rng: np.random.Generator
) -> PassageBatch:
    """Return what a scale with this noise measures of trips at these times (N,), plates as they truly are."""
    count = len(trips)
    axle_kg = np.zeros((count, AXLES), dtype=np.int64)
    spacing_mm = np.zeros((count, AXLES - 1), dtype=np.int64)
    for place, trip in enumerate(trips):
        axles = len(trip.axle_kg)
        errors = rng.normal(1, noise.axle, axles) * rng.normal(1, noise.gross)
        axle_kg[place, :axles] = np.rint(np.array(trip.axle_kg) * errors / 10) * 10
        spacings = np.array(trip.identity.spacings_mm) * rng.normal(1, noise.speed)
        spacing_mm[place, : axles - 1] = np.rint(spacings + rng.normal(0, noise.spacing_mm, axles - 1))
    none = no_text(count)
    return PassageBatch(
        row=np.arange(1, count + 1),
        passed_at_ms=times_ms,
        lane=np.ones(count, dtype=np.int16),
        axle_count=(axle_kg > 0).sum(axis=1).astype(np.int16),
        gross_kg=axle_kg.sum(axis=1),
        axle_kg=axle_kg,
        left_kg=np.full_like(axle_kg, -1),
        spacing_mm=spacing_mm,
        speed_kmh=np.clip(rng.normal(58, 11, count), 22, 95),
        length_mm=np.rint(
            [trip.identity.length_mm + rng.normal(0, noise.length_mm) for trip in trips]
        ).astype(np.int64),
        serial=none,
        plate_front=np.array([trip.identity.plate for trip in trips], dtype=object),
        plate_rear=none,
        plate_colour=none,
    )
