"""One night of a lane: its day taken in, the standing moved by one step."""

from dataclasses import dataclass

from pipeline.gate.state import GateState, gravest, step
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
