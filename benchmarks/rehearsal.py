"""Rehearse the gate on simulated lanes: days to detect a fault, false alarms on healthy lanes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from simulated_lanes import DAY_MS, random_site, simulate, with_dead_left, with_gain

from models.values.passages import PassageBatch
from models.values.states import Standing
from models.values.timeline import local_days
from pipeline.gate.reference import LaneReference, lane_reference
from pipeline.gate.state import GateState
from pipeline.gate.statistics import Given, lane_day
from pipeline.gate.values import LaneDay, Thresholds, thresholds_for
from pipeline.gate.watch import Night, night

UTC = ZoneInfo("UTC")
REFERENCE_DAYS, HEALTHY_DAYS = 14, 21
Fault = Callable[[PassageBatch, int], PassageBatch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """One simulated lane: days from the fault to each standing, 1 is the first night; None: never.

    `watches` and `bars` count how often the lane left trust and how often it was barred before the fault,
    in `healthy_days` days.
    """

    watched: int | None
    barred: int | None
    watches: int
    bars: int
    healthy_days: int


def drift(percent: float, over_days: int, until_day: int) -> Fault:
    """Return a fault that multiplies every load by 1 + `percent` %, growing evenly over `over_days`."""

    def put(batch: PassageBatch, from_day: int) -> PassageBatch:
        grown = np.clip((np.arange(until_day) - from_day + 1) / max(over_days, 1), 0, 1)
        return with_gain(batch, 1 + percent / 100 * grown)

    return put


def dead_left(batch: PassageBatch, from_day: int) -> PassageBatch:
    """Double the right side from `from_day` on."""
    return with_dead_left(batch, from_day)


def rehearse(
    seed: int, fault: Fault | None, *, mpe_percent: float = 5, healthy: int = HEALTHY_DAYS, after: int = 40
) -> Rehearsed:
    """Simulate one lane by its seed: reference, then `healthy` days, then `after` days with the fault."""
    rng = np.random.default_rng(seed)
    site = random_site(rng, mpe_percent)
    from_day = REFERENCE_DAYS + healthy
    batch = simulate(site, from_day + (after if fault else 0), rng)
    if fault:
        batch = fault(batch, from_day)
    early = batch.passed_at_ms < REFERENCE_DAYS * DAY_MS
    reference = lane_reference(batch.take(early), UTC)
    standings = [
        one.state.standing for one in nights(batch.take(~early), UTC, reference, thresholds_for(mpe_percent))
    ]
    well, ill = standings[:healthy], standings[healthy:]
    pairs = list(pairwise(well))
    return Rehearsed(
        watched=_first(ill, {Standing.WATCHED, Standing.BARRED}),
        barred=_first(ill, {Standing.BARRED}),
        watches=sum(a is Standing.TRUSTED and b is not Standing.TRUSTED for a, b in pairs),
        bars=sum(a is not Standing.BARRED and b is Standing.BARRED for a, b in pairs),
        healthy_days=len(well),
    )


def nights(
    batch: PassageBatch,
    zone: ZoneInfo,
    reference: LaneReference | None,
    thresholds: Thresholds,
    state: GateState | None = None,
) -> Iterator[Night]:
    """Run one lane's records day by day; yields one `Night` for each local day that has records."""
    days, which = local_days(batch.passed_at_ms, zone)
    now, history = state or GateState(), list[LaneDay]()
    order: list[tuple[date, int]] = sorted((day, number) for number, day in enumerate(days))
    for day, number in order:
        of_day = batch.take(np.flatnonzero(which == number))
        measured = lane_day(of_day, day, zone, reference, Given())
        one = night(tuple(history), measured, now, thresholds)
        history.append(measured)
        now = one.state
        yield one


def _first(standings: list[Standing], wanted: set[Standing]) -> int | None:
    return next((day for day, one in enumerate(standings, 1) if one in wanted), None)
