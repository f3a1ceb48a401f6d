"""A lane's own reference: what it showed in the days after verification."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch
from models.values.timeline import local_days
from pipeline.gate.levels import HOUR_MS, left_shares, tandem_spacings
from pipeline.gate.strata import Cell, cells, sample, shift, spread

FIRST_AXLE_BINS, LOAD_STATES = 8, 2
LEAST_DAYS, LEAST_RECORDS, LEAST_SPREAD = 5, 50, 0.5


class ReferenceRefusedError(ValueError):
    """The records given can't serve as a reference; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftReference:
    """Strata of one mass and the spread of the daily shift over the reference days, %."""

    cells: tuple[Cell, ...]
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneReference:
    """What one lane showed after verification; plain values, so that it can be stored as JSON.

    `left_share` in %, `tandem_mm` in mm, None where the lane has no wheel loads or no tandems;
    `hourly` 24 vehicles an hour of the local day (the lowest quarter of the days).
    """

    lane: int
    first_day: date
    last_day: date
    gross_mass: ShiftReference
    first_axle: ShiftReference
    left_share: float | None
    tandem_mm: float | None
    hourly: tuple[float, ...]


def lane_reference(batch: PassageBatch, zone: ZoneInfo) -> LaneReference:
    """Describe one lane by its records of the days after verification (14 days by preference).

    Raises `ReferenceRefusedError` for fewer than five days, several lanes, or too few trucks.
    """
    days, which = local_days(batch.passed_at_ms, zone)
    lanes = np.unique(batch.lane)
    if len(lanes) != 1 or len(days) < LEAST_DAYS:
        raise ReferenceRefusedError(
            f"expected one lane on {LEAST_DAYS} days, got {len(lanes)} on {len(days)}"
        )
    day = which.astype(np.int64)
    masses = [
        _shift_reference(batch, day, first_axle=first, bins=bins)
        for first, bins in ((False, LOAD_STATES), (True, FIRST_AXLE_BINS))
    ]
    sides, tandems = left_shares(batch), tandem_spacings(batch)
    return LaneReference(
        lane=int(lanes[0]),
        first_day=min(days),
        last_day=max(days),
        gross_mass=masses[0],
        first_axle=masses[1],
        left_share=float(np.median(sides)) if len(sides) >= LEAST_RECORDS else None,
        tandem_mm=float(np.median(tandems)) if len(tandems) >= LEAST_RECORDS else None,
        hourly=_hourly(batch, day, zone),
    )


def _shift_reference(
    batch: PassageBatch, day: NDArray[np.int64], *, first_axle: bool, bins: int
) -> ShiftReference:
    whole = sample(batch, day, first_axle=first_axle)
    strata = cells(whole, bins)
    if not strata:
        raise ReferenceRefusedError("expected a vehicle type with at least 100 trucks, got none")
    daily = []
    for one in np.unique(whole.day):
        of_day = batch.take(day == one)
        value, _, n = shift(sample(of_day, day[day == one], first_axle=first_axle), strata)
        if n >= LEAST_RECORDS:
            daily.append(value)
    # Few days know their spread badly: its upper standard error is taken, and at least half a percent,
    # which is what temperature alone does.
    doubt = 1 + (2 * max(len(daily) - 1, 1)) ** -0.5
    return ShiftReference(cells=strata, spread=max(doubt * spread(np.array(daily)), LEAST_SPREAD))


def _hourly(batch: PassageBatch, day: NDArray[np.int64], zone: ZoneInfo) -> tuple[float, ...]:
    """Count records an hour of the day and take the lower quartile: a quiet day is no gap."""
    offset_ms = _offset_ms(int(batch.passed_at_ms[0]), zone)
    hour = (batch.passed_at_ms + offset_ms) // HOUR_MS % 24
    table = np.zeros((int(day.max()) + 1, 24))
    np.add.at(table, (day, hour), 1)
    return tuple(float(count) for count in np.quantile(table, 0.25, axis=0))


def _offset_ms(instant_ms: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(instant_ms / 1000, zone).utcoffset()
    return int(offset.total_seconds() * 1000) if offset else 0
