"""Simulated lanes: a mix of trucks, days that differ, a scale of a class, and faults put on top.

Masses, shares and spacings are round figures of common Chinese trucks, not those of any one site.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch, no_text

DAY_MS = 86_400_000
HOURS = np.array([2, 2, 2, 2, 3, 4, 5, 6, 6, 6, 6, 5, 5, 5, 6, 6, 6, 5, 4, 4, 3, 3, 2, 2], dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truck:
    """A type of truck: empty and full mass in kg, first to last axle's share empty and full, spacings mm."""

    empty_kg: float
    full_kg: float
    shares_empty: tuple[float, ...]
    shares_full: tuple[float, ...]
    spacings_mm: tuple[int, ...]
    usual: float


TRUCKS = (
    Truck(empty_kg=4200, full_kg=10000, shares_empty=(0.52, 0.48), shares_full=(0.35, 0.65),
          spacings_mm=(3800,), usual=0.30),
    Truck(empty_kg=6800, full_kg=18000, shares_empty=(0.50, 0.50), shares_full=(0.36, 0.64),
          spacings_mm=(5000,), usual=0.15),
    Truck(empty_kg=11000, full_kg=25000, shares_empty=(0.40, 0.31, 0.29), shares_full=(0.27, 0.37, 0.36),
          spacings_mm=(4200, 1350), usual=0.12),
    Truck(empty_kg=13800, full_kg=33000, shares_empty=(0.28, 0.27, 0.23, 0.22),
          shares_full=(0.20, 0.20, 0.30, 0.30), spacings_mm=(1950, 3200, 1350), usual=0.23),
    Truck(empty_kg=15800, full_kg=48000, shares_empty=(0.32, 0.19, 0.18, 0.11, 0.10, 0.10),
          shares_full=(0.13, 0.17, 0.17, 0.18, 0.18, 0.17), spacings_mm=(3300, 1350, 6800, 1310, 1310),
          usual=0.20),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One lane's habits.

    Attributes:
        trucks_a_day: mean of a working day.
        mix: share of each of `TRUCKS`.
        error: standard deviation of the gross mass by the scale, relative (half the permissible error).
        left_share: mean share of the left wheels.
        loaded: usual odds of a loaded truck, as a logit.
        overloaded: share of loaded trucks beyond what is full.
        day_gain: standard deviation of the scale's own slow wander (temperature), relative.
        day_mix: how much mix of types, loaded share and cargo differ between days, 1 is usual.

    """

    trucks_a_day: float
    mix: tuple[float, ...]
    error: float
    left_share: float
    loaded: float
    overloaded: float
    day_gain: float = 0.005
    day_mix: float = 1.0


def random_site(rng: np.random.Generator, mpe_percent: float) -> Site:
    """Draw a lane of a certificate with that in-service permissible error, %."""
    return Site(
        trucks_a_day=float(rng.uniform(150, 1200)),
        mix=tuple(float(part) for part in rng.dirichlet([8 * truck.usual for truck in TRUCKS])),
        error=mpe_percent / 200,
        left_share=float(rng.normal(0.5, 0.006)),
        loaded=float(rng.normal(0.3, 0.5)),
        overloaded=float(rng.uniform(0.02, 0.3)),
    )


def simulate(site: Site, days: int, rng: np.random.Generator) -> PassageBatch:
    """Return the records of `days` days from 1970-01-01 00:00 UTC on lane 1; day 0 counts as a Monday."""
    wander, made = 0.0, []
    for day in range(days):
        weekend = day % 7 >= 5  # noqa: PLR2004 (Saturday and Sunday)
        # AR(1) with a memory of about five days.
        wander = 0.8 * wander + float(rng.normal(0, 0.6 * site.day_gain))
        mix = rng.dirichlet(60 / site.day_mix * np.maximum(site.mix, 0.005))
        odds = site.loaded + site.day_mix * (float(rng.normal(0, 0.25)) - 0.5 * weekend)
        # Now and then a site is closed or opened nearby and the loaded trucks stay away for a day,
        # or another cargo is hauled.
        odds -= 1.5 * site.day_mix * float(rng.random() < 0.02)  # noqa: PLR2004
        cargo = 0.9 + site.day_mix * (float(rng.normal(0, 0.03)) - 0.3 * float(rng.random() < 0.02))  # noqa: PLR2004
        mean = site.trucks_a_day * (0.7 if weekend else 1.0) * float(rng.lognormal(0, 0.12))
        kinds = rng.choice(len(TRUCKS), size=rng.poisson(mean), p=mix)
        times = np.sort(rng.choice(24, size=len(kinds), p=HOURS / HOURS.sum()) + rng.random(len(kinds)))
        passed = (day * DAY_MS + times * 3_600_000).astype(np.int64)
        made.append(_records(site, kinds, passed, (odds, cargo, 1 + wander), rng))
    return _joined(made)


def _records(
    site: Site,
    kinds: NDArray[np.int64],
    passed: NDArray[np.int64],
    of_day: tuple[float, float, float],
    rng: np.random.Generator,
) -> PassageBatch:
    odds, cargo, gain = of_day
    n = len(kinds)
    loaded = rng.random(n) < 1 / (1 + np.exp(-odds))
    load = np.where(loaded, rng.normal(cargo, 0.12, n), np.abs(rng.normal(0, 0.03, n)))
    load = np.where(rng.random(n) < 0.12, rng.random(n), load)  # noqa: PLR2004 (part loads)
    load += np.where(loaded & (rng.random(n) < site.overloaded), rng.exponential(0.25, n), 0)
    axle_kg, spacing = np.zeros((n, 6)), np.zeros((n, 5))
    count = np.zeros(n, dtype=np.int16)
    for number, truck in enumerate(TRUCKS):
        of = np.flatnonzero(kinds == number)
        axles = len(truck.shares_empty)
        empty = truck.empty_kg * rng.lognormal(0, 0.07, len(of))
        gross = empty + np.clip(load[of], 0, 2.2) * (truck.full_kg - truck.empty_kg)
        part = np.clip(load[of], 0, 1.2)[:, None]
        shares = np.array(truck.shares_empty) * (1 - part) + np.array(truck.shares_full) * part
        axle_kg[of, :axles] = gross[:, None] * np.abs(shares * rng.normal(1, 0.03, shares.shape))
        spacing[of, : axles - 1] = np.array(truck.spacings_mm) * rng.normal(1, 0.012, (len(of), axles - 1))
        count[of] = axles
    # The axles' errors are drawn so that their mean over the axles has the class's error.
    errors = rng.normal(gain, site.error, (n, 1)) + rng.normal(0, site.error, (n, 6))
    junk = np.where(rng.random((n, 1)) < 0.005, rng.uniform(0.4, 1.6, (n, 1)), 1)  # noqa: PLR2004
    left = rng.normal(site.left_share, 0.015, (n, 1)) + rng.normal(0, 0.012, (n, 6))
    axle_kg = axle_kg * errors * junk
    left_kg = np.round(axle_kg * left, -1).astype(np.int64)
    right_kg = np.round(axle_kg * (1 - left), -1).astype(np.int64)
    return _batch(passed, count, left_kg, right_kg, spacing.astype(np.int64))


def with_gain(batch: PassageBatch, gain: NDArray[np.float64]) -> PassageBatch:
    """Return the records with every wheel multiplied by the gain (D,) of its day."""
    of_record = gain[np.minimum(batch.passed_at_ms // DAY_MS, len(gain) - 1)][:, None]
    left = np.round(np.maximum(batch.left_kg, 0) * of_record, -1).astype(np.int64)
    right = np.round((batch.axle_kg - np.maximum(batch.left_kg, 0)) * of_record, -1).astype(np.int64)
    return _batch(batch.passed_at_ms, batch.axle_count, left, right, batch.spacing_mm)


def with_dead_left(batch: PassageBatch, from_day: int) -> PassageBatch:
    """Return the records with the right side doubled from that day on."""
    dead = (batch.passed_at_ms >= from_day * DAY_MS)[:, None]
    right = batch.axle_kg - np.maximum(batch.left_kg, 0)
    left = np.where(dead, right, np.maximum(batch.left_kg, 0))
    return _batch(batch.passed_at_ms, batch.axle_count, left, right, batch.spacing_mm)


def _batch(
    passed: NDArray[np.int64],
    count: NDArray[np.int16],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    spacing: NDArray[np.int64],
) -> PassageBatch:
    n, axle_kg = len(passed), left + right
    return PassageBatch(
        row=np.arange(1, n + 1),
        passed_at_ms=passed,
        lane=np.ones(n, dtype=np.int16),
        axle_count=count,
        gross_kg=axle_kg.sum(axis=1),
        axle_kg=axle_kg,
        left_kg=np.where(axle_kg > 0, left, -1),
        spacing_mm=spacing,
        speed_kmh=np.full(n, 50.0),
        length_mm=np.full(n, -1, dtype=np.int64),
        serial=no_text(n),
        plate_front=no_text(n),
        plate_rear=no_text(n),
        plate_colour=no_text(n),
    )


def _joined(batches: list[PassageBatch]) -> PassageBatch:
    parts = {
        name: np.concatenate([getattr(one, name) for one in batches])
        for name in ("passed_at_ms", "axle_count", "axle_kg", "left_kg", "spacing_mm")
    }
    left = np.maximum(parts["left_kg"], 0)
    whole = _batch(
        parts["passed_at_ms"], parts["axle_count"], left, parts["axle_kg"] - left, parts["spacing_mm"]
    )
    return replace(whole, row=np.arange(1, len(whole) + 1))
