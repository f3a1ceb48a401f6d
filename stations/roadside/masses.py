"""True masses of vehicles, and what a scale of class 5 measures of them."""

import numpy as np
from numpy.typing import NDArray

from stations.roadside.kinds import LIGHT_KIND, VehicleKind

OVERLOAD_SHARE = 0.12
# Six sites near 桐乡 counted 5625 overloads, 232 of them above 20 %: exp(-0.2 / mean) = 232 / 5625.
EXCESS_MEAN = 0.2 / float(np.log(5625 / 232))

MAX_ERROR_OF_CLASS_5 = 0.05  # in service, on the vehicle mass (OIML R 134-1, JJG 907-2006)
GROSS_ERROR_SIGMA = MAX_ERROR_OF_CLASS_5 / 1.96  # 95 % of the measurements stay within the limit

_EMPTY_SHARE = 0.38
_AXLE_ERROR_SIGMA = 0.02
_LEFT_SHARE_SIGMA = 0.015
_SCALE_STEP_KG = 10


def draw_gross_kg(
    kind: VehicleKind, rng: np.random.Generator, excess: float | None = None
) -> tuple[int, int]:
    """Return the empty and the gross mass; `excess` over the limit is drawn too, unless given."""
    empty = int(rng.integers(*kind.empty_kg))
    if excess is None and kind is not LIGHT_KIND and rng.random() < OVERLOAD_SHARE:
        excess = float(rng.exponential(EXCESS_MEAN))
    if excess is not None:
        return empty, int(kind.limit_kg * (1 + excess)) + 1
    if kind is LIGHT_KIND:
        return empty, empty + int(rng.integers(70, 1500))
    if rng.random() < _EMPTY_SHARE:
        return empty, empty + int(rng.integers(100, 900))
    return empty, int(kind.limit_kg * rng.uniform(0.55, 0.985))


def spread_over_axles(
    kind: VehicleKind, empty_kg: int, gross_kg: int, rng: np.random.Generator
) -> tuple[int, ...]:
    """Return each axle's true mass; together exactly `gross_kg`."""
    parts = empty_kg * np.array(kind.empty_parts) + (gross_kg - empty_kg) * np.array(kind.load_parts)
    parts *= rng.normal(1, 0.04, len(parts))
    axles = [int(part) for part in parts * gross_kg / parts.sum()]
    return gross_kg - sum(axles[1:]), *axles[1:]


def measure_wheels(
    axle_kg: tuple[int, ...], rng: np.random.Generator
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return left and right wheel masses as the scale shows them, in steps of 10 kg.

    The error of the gross mass is normal; single axles err a little more, with no effect on the sum.
    """
    true = np.array(axle_kg, dtype=np.float64)
    measured = true * rng.normal(1, _AXLE_ERROR_SIGMA, len(true))
    measured *= true.sum() * rng.normal(1, GROSS_ERROR_SIGMA) / measured.sum()
    left_share = rng.normal(0.5, _LEFT_SHARE_SIGMA) + rng.normal(0, _LEFT_SHARE_SIGMA, len(true))
    left = np.clip(left_share, 0.42, 0.58) * measured
    return _in_steps(left), _in_steps(measured - left)


def _in_steps(masses_kg: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(int(mass) for mass in np.rint(masses_kg / _SCALE_STEP_KG) * _SCALE_STEP_KG)
