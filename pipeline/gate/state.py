"""Standing of a lane: trusted, watched or barred, moved one window at a time."""

from dataclasses import dataclass, replace
from datetime import date

from models.values.states import Standing
from pipeline.gate.values import Statistic, Thresholds
from pipeline.gate.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A person's word over the measured standing, from its first to its last day.

    `standing` is None where the person gives the word back to the measurements.
    """

    standing: Standing | None
    actor: str
    reason: str
    first_day: date
    last_day: date

    def __post_init__(self) -> None:
        """Refuse an override without reason, actor or end."""
        if not self.reason.strip() or not self.actor.strip():
            raise ValueError("expected an actor and a reason for an override")
        if self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} lies before first_day {self.first_day}")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateState:
    """Where a lane stands.

    Attributes:
        standing: what the measurements say; `standing_on` is what holds.
        day: last day taken in, None before the first.
        since: first day of the standing.
        decided_by: the statistic that decided the standing, kept as it was then.
        over_bar, over_watch: consecutive windows with a statistic at its threshold.
        calm: consecutive windows in which the next better standing would hold.
        override: a person's word, kept until another one replaces it.

    """

    standing: Standing = Standing.WATCHED
    day: date | None = None
    since: date | None = None
    decided_by: Statistic | None = None
    over_bar: int = 0
    over_watch: int = 0
    calm: int = 0
    override: Override | None = None

    def standing_on(self, day: date) -> Standing:
        """Return what holds on `day`: the override while it lasts, then the measurements."""
        override = self.override
        if override is None or not override.first_day <= day <= override.last_day:
            return self.standing
        return override.standing or self.standing


def step(state: GateState, seen: Window, thresholds: Thresholds) -> GateState:
    """Take one window in. A window that is not later than the last changes nothing.

    The measurements go on under an override, so that what holds when it ends is not stale.
    """
    if state.day is not None and seen.day <= state.day:
        return state
    bar, watch = _gravest(seen, bar=True), _gravest(seen, bar=False)
    counted = replace(
        state,
        day=seen.day,
        over_bar=state.over_bar + 1 if _score(bar, bar=True) >= 1 else 0,
        over_watch=state.over_watch + 1 if _score(watch, bar=False) >= 1 else 0,
        calm=_calm(state, seen, thresholds),
    )
    standing = state.standing
    if standing is not Standing.BARRED and counted.over_bar >= thresholds.enter_windows:
        return _moved(counted, Standing.BARRED, bar)
    if standing is Standing.TRUSTED and counted.over_watch >= thresholds.enter_windows:
        return _moved(counted, Standing.WATCHED, watch)
    if counted.calm >= thresholds.leave_windows:
        better = Standing.WATCHED if standing is Standing.BARRED else Standing.TRUSTED
        if standing is not Standing.TRUSTED:
            return _moved(counted, better, bar if standing is Standing.BARRED else watch)
    return counted


def gravest(seen: Window) -> Statistic | None:
    """Return the statistic furthest beyond its watch line, None where none has reached it."""
    found = _gravest(seen, bar=False)
    return found if _score(found, bar=False) >= 1 else None


def reverified(state: GateState, day: date) -> GateState:
    """Start anew after a verification: the old reference is void and no measured trust is left."""
    return GateState(standing=Standing.WATCHED, day=state.day, since=day, override=state.override)


def _moved(state: GateState, standing: Standing, by: Statistic | None) -> GateState:
    return replace(state, standing=standing, since=state.day, decided_by=by, over_bar=0, over_watch=0, calm=0)


def _calm(state: GateState, seen: Window, thresholds: Thresholds) -> int:
    """Count windows that would allow the next better standing; silence is no sign of health.

    A window with none of the mass statistics, or without the one that decided, does not count and does
    not start the count again either.
    """
    bar = state.standing is Standing.BARRED
    scores = [_score(one, bar=bar) for one in seen.statistics]
    if any(score > thresholds.release for score in scores):
        return 0
    decided = seen.of(state.decided_by.kind) if state.decided_by else None
    silent = state.decided_by is not None and (decided is None or decided.watch_score is None)
    heard = any(one.watch_score is not None for one in seen.statistics)
    return state.calm if silent or not heard else state.calm + 1


def _gravest(seen: Window, *, bar: bool) -> Statistic | None:
    return max(seen.statistics, key=lambda one: _score(one, bar=bar), default=None)


def _score(statistic: Statistic | None, *, bar: bool) -> float:
    score = None if statistic is None else statistic.bar_score if bar else statistic.watch_score
    return 0.0 if score is None else score
