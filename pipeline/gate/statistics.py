"""One day of one lane: its records against the lane's reference, as measures."""

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.values.passages import PassageBatch
from pipeline.gate.levels import gap, heavy, known_sides, left_shares, sides_repeat, tandem_spacings
from pipeline.gate.reference import LaneReference, ShiftReference
from pipeline.gate.strata import sample, shift
from pipeline.gate.values import Kind, LaneDay, Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the day's records themselves don't tell.

    Attributes:
        plates_expected, plates_unread: vehicles that should have a reading, and those without.
        clock_offset_s: (K,) seconds, camera (or reference) clock minus scale clock, one a comparison.

    """

    plates_expected: int = 0
    plates_unread: int = 0
    clock_offset_s: tuple[float, ...] = field(default=())


def lane_day(
    batch: PassageBatch, day: date, zone: ZoneInfo, reference: LaneReference | None, given: Given
) -> LaneDay:
    """Measure one lane's records of one local day; a measure without any record is left out."""
    lane = int(batch.lane[0]) if len(batch) else (reference.lane if reference else 0)
    found = [
        _sides(batch),
        _symmetry(batch, reference),
        _shift(Kind.GROSS_MASS, batch, reference.gross_mass if reference else None),
        _shift(Kind.FIRST_AXLE, batch, reference.first_axle if reference else None),
        _tandem(batch, reference),
        _heavy(batch),
        Measure(
            kind=Kind.PLATE_UNREAD,
            n=given.plates_expected,
            value=100.0 * given.plates_unread / max(given.plates_expected, 1),
        ),
        _gap(batch, day, zone, reference),
        _clock(given),
    ]
    return LaneDay(lane=lane, day=day, measures=tuple(one for one in found if one.n > 0))


def _sides(batch: PassageBatch) -> Measure:
    chosen = known_sides(batch)
    n = int(chosen.sum())
    repeated = int((sides_repeat(batch) & chosen).sum())
    return Measure(kind=Kind.SIDES_REPEAT, n=n, value=100.0 * repeated / max(n, 1))


def _symmetry(batch: PassageBatch, reference: LaneReference | None) -> Measure:
    shares = left_shares(batch)
    own = reference.left_share if reference else None
    return Measure(kind=Kind.SYMMETRY, n=len(shares), value=_median(shares), reference=own)


def _tandem(batch: PassageBatch, reference: LaneReference | None) -> Measure:
    spacings = tandem_spacings(batch)
    own = reference.tandem_mm if reference else None
    return Measure(kind=Kind.TANDEM_SPACING, n=len(spacings), value=_median(spacings), reference=own)


def _shift(kind: Kind, batch: PassageBatch, reference: ShiftReference | None) -> Measure:
    if reference is None:
        return Measure(kind=kind, n=0, value=0.0)
    of_day = sample(batch, np.zeros(len(batch), dtype=np.int64), first_axle=kind is Kind.FIRST_AXLE)
    value, error, n = shift(of_day, reference.cells)
    return Measure(kind=kind, n=n, value=value, spread=max(error, reference.spread), reference=0.0)


def _heavy(batch: PassageBatch) -> Measure:
    value, n = heavy(batch)
    return Measure(kind=Kind.HEAVY_SHARE, n=n, value=value)


def _gap(batch: PassageBatch, day: date, zone: ZoneInfo, reference: LaneReference | None) -> Measure:
    """Without a reference nobody knows which hours are quiet: nothing is measured."""
    if reference is None:
        return Measure(kind=Kind.RECORD_GAP, n=0, value=0.0)
    day_from_ms = int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000
    expected, _ = gap(batch.passed_at_ms, day_from_ms, np.array(reference.hourly))
    # A day without a single record is the longest gap of all, so it counts as measured.
    return Measure(kind=Kind.RECORD_GAP, n=max(len(batch), 1), value=expected)


def _clock(given: Given) -> Measure:
    offsets = np.array(given.clock_offset_s, dtype=np.float64)
    return Measure(kind=Kind.CLOCK_DRIFT, n=len(offsets), value=_median(offsets))


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else 0.0
