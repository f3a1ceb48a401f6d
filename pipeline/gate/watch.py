"""A lane over many days: the nightly call, one day after the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from models.values.passages import PassageBatch
from models.values.timeline import local_days
from pipeline.gate.reference import LaneReference
from pipeline.gate.state import GateState, gravest, step
from pipeline.gate.statistics import Given, lane_day
from pipeline.gate.values import LaneDay, Thresholds
from pipeline.gate.windows import Window, window

UNPROVEN = "检定后平稳的天数尚不足"


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What one night adds to a lane: the measures to store, the window shown, the state reached."""

    measured: LaneDay
    window: Window
    state: GateState

    @property
    def reason(self) -> tuple[str, str]:
        """Return the kind of the statistic by which the lane stands as it does, "" if none, and a sentence.

        Before the first move it is what keeps the lane from being trusted.
        """
        decided = self.state.decided_by or gravest(self.window)
        return (decided.kind.value, decided.sentence) if decided else ("", UNPROVEN)


def night(history: tuple[LaneDay, ...], measured: LaneDay, state: GateState, thresholds: Thresholds) -> Night:
    """Take one day in, given the lane's stored days before it (at most `memory_days` are needed)."""
    seen = window((*history[-thresholds.memory_days :], measured), thresholds)
    return Night(measured=measured, window=seen, state=step(state, seen, thresholds))


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
