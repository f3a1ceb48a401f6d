"""Strata that a drifting scale can't move: vehicle type by spacings, load state by a ratio of loads.

Sorting by measured mass would let a drift move vehicles between strata and hide itself. The first axle's
share of the gross mass tells empty from loaded and does not change when every load is off by one factor,
nor when the mix of empty and loaded traffic changes.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch
from pipeline.rules.rule_sets import latest_gross_mass

TRUCK_KG = 3500
LEAST_OF_TYPE, LEAST_OF_CELL = 100, 25
_MAD = 1.4826
_MEDIAN_VARIANCE = np.pi / 2
_BETWEEN_FLOOR = 0.003


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """N trucks: what the strata need.

    Attributes:
        kind: (N,) int64, axle count and pattern of close spacings.
        share: (N,) float64, first axle's share of the gross mass.
        log_mass: (N,) float64, natural logarithm of the mass that is watched, kg.
        day: (N,) int64, any number that tells days apart.

    """

    kind: NDArray[np.int64]
    share: NDArray[np.float64]
    log_mass: NDArray[np.float64]
    day: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One stratum of the reference: a type between two shares; logarithms of mass."""

    kind: int
    share_from: float
    share_to: float
    centre: float
    within: float
    between: float


def trucks(batch: PassageBatch) -> NDArray[np.bool_]:
    """Return which records are trucks of at least 3.5 t with a measured first axle, shape (N,)."""
    return (
        (batch.gross_kg >= TRUCK_KG)
        & (batch.axle_count >= 2)  # noqa: PLR2004 (a vehicle)
        & (batch.axle_kg[:, 0] > 0)
        & (batch.axle_kg[:, 0] < batch.gross_kg)
    )


def vehicle_kinds(batch: PassageBatch) -> NDArray[np.int64]:
    """Return a number of axle count and pattern of close spacings, shape (N,)."""
    spacing, told = batch.spacing_mm, latest_gross_mass().spacing
    close = (spacing > 0) & (spacing < told.group_below_mm)
    if spacing.shape[1]:
        close[:, 0] = (spacing[:, 0] > 0) & (spacing[:, 0] < told.steer_below_mm)
    bits: NDArray[np.int64] = (close * (1 << np.arange(spacing.shape[1], dtype=np.int64))).sum(axis=1)
    return batch.axle_count.astype(np.int64) * 1024 + bits % 1024


def sample(batch: PassageBatch, day: NDArray[np.int64], *, first_axle: bool) -> Sample:
    """Return the trucks of `batch` with first axle or gross as the mass that is watched."""
    chosen = trucks(batch)
    first, gross = batch.axle_kg[chosen, 0].astype(np.float64), batch.gross_kg[chosen].astype(np.float64)
    return Sample(
        kind=vehicle_kinds(batch)[chosen],
        share=first / gross,
        log_mass=np.log(first if first_axle else gross),
        day=day[chosen],
    )


def cells(reference: Sample, bins: int) -> tuple[Cell, ...]:
    """Cut each type into `bins` by share (two: empty and loaded) and describe each over the days."""
    made = []
    for kind in np.unique(reference.kind):
        of_kind = np.flatnonzero(reference.kind == kind)
        if len(of_kind) < LEAST_OF_TYPE:
            continue
        share = reference.share[of_kind]
        inner = np.quantile(share, np.arange(1, bins) / bins) if bins > 2 else [_valley(share)]  # noqa: PLR2004
        edges = [0.0, *(float(edge) for edge in inner), 1.0]
        for low, high in pairwise(edges):
            inside = of_kind[(share >= low) & (share < high)]
            if len(inside) >= LEAST_OF_CELL:
                mass, day = reference.log_mass[inside], reference.day[inside]
                made.append(_cell(int(kind), (low, high), mass, day))
    return tuple(made)


def _cell(kind: int, edges: tuple[float, float], mass: NDArray[np.float64], day: NDArray[np.int64]) -> Cell:
    centre, within = float(np.median(mass)), spread(mass)
    days, counts = np.unique(day, return_counts=True)
    firm = days[counts >= 5]  # noqa: PLR2004 (fewer tell nothing of the day)
    medians = np.array([np.median(mass[day == one]) for one in firm])
    sampled = float(np.mean(_MEDIAN_VARIANCE * within**2 / counts[counts >= 5])) if len(firm) else 0.0  # noqa: PLR2004
    between = spread(medians) ** 2 - sampled if len(firm) > 2 else 0.0  # noqa: PLR2004
    return Cell(
        kind=kind,
        share_from=edges[0],
        share_to=edges[1],
        centre=centre,
        within=max(within, 1e-3),
        between=max(between, _BETWEEN_FLOOR**2) ** 0.5,
    )


def shift(of_day: Sample, reference: tuple[Cell, ...]) -> tuple[float, float, int]:
    """Return the day's shift of mass against the reference: % of mass, its standard error, records.

    Each stratum gives the distance of its median; they are joined by inverse variance, each pulled in to
    two standard errors of the weighted median, so that one odd fleet does not speak for the scale.
    """
    found: list[tuple[float, float, int]] = []
    for kind in np.unique(of_day.kind):
        of_kind = of_day.kind == kind
        share, mass = of_day.share[of_kind], of_day.log_mass[of_kind]
        for cell in reference:
            if cell.kind != kind:
                continue
            inside = mass[(share >= cell.share_from) & (share < cell.share_to)]
            if len(inside):
                noise = _MEDIAN_VARIANCE * cell.within**2 / len(inside) + cell.between**2
                found.append((float(np.median(inside)) - cell.centre, noise, len(inside)))
    if not found:
        return 0.0, 0.0, 0
    off = np.array([one for one, _, _ in found])
    variance = np.array([one for _, one, _ in found])
    count = sum(one for _, _, one in found)
    weight = 1 / variance
    order = np.argsort(off)
    middle = off[order][np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)]
    reach = 2 * np.sqrt(variance)
    pulled = np.clip(off, middle - reach, middle + reach)
    joined = float((weight * pulled).sum() / weight.sum())
    # A scale that drifts moves every stratum alike; where they disagree the traffic differs, and the
    # error grows by their disagreement (Birge 1932).
    disagreement = float((weight * (off - middle) ** 2).sum()) / max(len(off) - 1, 1)
    error = (max(disagreement, 1.0) / float(weight.sum())) ** 0.5
    return 100 * float(np.expm1(joined)), 100 * error, count


def spread(values: NDArray[np.float64]) -> float:
    """Return the robust standard deviation: scaled median absolute deviation."""
    return float(_MAD * np.median(np.abs(values - np.median(values)))) if len(values) else 0.0


def _valley(share: NDArray[np.float64]) -> float:
    """Return the share that parts two load states best (Otsu 1979)."""
    count, edges = np.histogram(share, bins=64)
    middle = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(count)[:-1].astype(np.float64)
    above = count.sum() - below
    sums = np.cumsum(count * middle)
    apart = sums[:-1] / np.maximum(below, 1) - (sums[-1] - sums[:-1]) / np.maximum(above, 1)
    parted = below * above * apart**2
    return float(edges[1 + int(np.argmax(parted))])
