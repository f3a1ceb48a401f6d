"""Levels that need no strata: sides, spacings, heavy vehicles, gaps; each per record or per day."""

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch
from pipeline.gate.strata import trucks
from pipeline.rules.rule_sets import latest_gross_mass

# Beyond these the limits rise no more.
MOST_AXLES = 6
HOUR_MS = 3_600_000


def known_sides(batch: PassageBatch) -> NDArray[np.bool_]:
    """Return which records are trucks with every stated axle's left wheels known, shape (N,)."""
    stated = np.arange(batch.axle_kg.shape[1]) < batch.axle_count[:, None]
    known: NDArray[np.bool_] = np.all((batch.left_kg >= 0) | ~stated, axis=1)
    return trucks(batch) & known


def sides_repeat(batch: PassageBatch) -> NDArray[np.bool_]:
    """Return which records have left equal to right on every axle, shape (N,); see `known_sides`."""
    used = batch.axle_kg > 0
    same: NDArray[np.bool_] = ((2 * batch.left_kg == batch.axle_kg) | ~used).all(axis=1)
    return same & used.any(axis=1)


def left_shares(batch: PassageBatch) -> NDArray[np.float64]:
    """Return the left wheels' share of the mass, %, of the records of `known_sides`, shape (M,)."""
    chosen = known_sides(batch)
    left = np.maximum(batch.left_kg[chosen], 0).sum(axis=1)
    whole = batch.axle_kg[chosen].sum(axis=1)
    shares: NDArray[np.float64] = 100.0 * left / np.maximum(whole, 1)
    return shares


def tandem_spacings(batch: PassageBatch) -> NDArray[np.float64]:
    """Return the drive tandem's spacing, mm, of trucks of three axles or more, shape (M,).

    It is the first close spacing behind the first axle's own; triples of trailers come after it.
    """
    chosen = trucks(batch) & (batch.axle_count >= 3)  # noqa: PLR2004 (a tandem needs them)
    behind = batch.spacing_mm[chosen, 1:]
    close = (behind > 0) & (behind < latest_gross_mass().spacing.group_below_mm)
    if not close.shape[1]:
        return np.zeros(0)
    having = close.any(axis=1)
    first: NDArray[np.intp] = close.argmax(axis=1)
    return behind[having, first[having]].astype(np.float64)


def heavy(batch: PassageBatch) -> tuple[float, int]:
    """Return the % of trucks of three axles or more beyond twice the highest limit, and their number.

    No mix of lawful and overloaded traffic puts a fifth of a lane there; an ill-set scale does, from its
    first day on, which no comparison with the lane's own reference can show.
    """
    chosen = trucks(batch) & (batch.axle_count >= 3)  # noqa: PLR2004 (two axles hide in the van traffic)
    rules = latest_gross_mass()
    highest_kg = np.array([rules.highest_kg(axles) for axles in range(MOST_AXLES + 1)])
    axles = np.clip(batch.axle_count[chosen], 0, MOST_AXLES)
    count = int(chosen.sum())
    over = int((batch.gross_kg[chosen] > 2 * highest_kg[axles]).sum())
    return 100.0 * over / max(count, 1), count


def gap(
    passed_at_ms: NDArray[np.int64], day_from_ms: int, hourly: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the gap in which most vehicles were expected: their number, and its length in hours.

    `hourly` (24,) holds the vehicles that each hour of the day usually brings; the day's start and end
    bound the first and the last gap.
    """
    inside = passed_at_ms[(passed_at_ms >= day_from_ms) & (passed_at_ms < day_from_ms + 24 * HOUR_MS)]
    marks = np.concatenate([[0.0], np.sort(inside - day_from_ms) / HOUR_MS, [24.0]])
    expected_by = np.interp(marks, np.arange(25), np.concatenate([[0.0], np.cumsum(hourly)]))
    expected = np.diff(expected_by)
    longest = int(np.argmax(expected))
    return float(expected[longest]), float(np.diff(marks)[longest])
