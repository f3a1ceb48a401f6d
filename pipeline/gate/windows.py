"""The rolling window: the last days of a lane held against the thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pipeline.gate.sentences import sentence
from pipeline.gate.values import Bound, Kind, LaneDay, Measure, Statistic, Thresholds

SHIFTS = (Kind.GROSS_MASS, Kind.FIRST_AXLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What the days up to `day` say of a lane."""

    lane: int
    day: date
    statistics: tuple[Statistic, ...]

    def of(self, kind: Kind) -> Statistic | None:
        """Return the statistic of that kind, None where the window has none."""
        return next((one for one in self.statistics if one.kind is kind), None)


def window(history: Sequence[LaneDay], thresholds: Thresholds) -> Window:
    """Return the statistics of the window that ends with the last day of `history` (one lane, by day).

    A pure function of the stored days: a rerun gives the same window.
    """
    last = history[-1]
    statistics = []
    for kind in Kind:
        bound = thresholds.bounds.get(kind)
        if kind in SHIFTS:
            statistics.append(_shift(kind, history, thresholds))
        elif bound is not None:
            found = _level(kind, history, bound)
            if found is not None:
                statistics.append(found)
    return Window(lane=last.lane, day=last.day, statistics=tuple(statistics))


def cumulative_sums(shifts: Sequence[Measure], slack_percent: float, thresholds: Thresholds) -> list[float]:
    """Return after each day the larger of the two one-sided cumulative sums (Page 1954), in spreads."""
    up = down = 0.0
    sums = []
    for one in shifts:
        unit = max(thresholds.shift_unit_percent, one.spread)
        step, slack = one.value / unit, slack_percent / unit
        # A shift is let pass by its size, a noisy day by its spread: the slack is the larger of the two.
        slack = max(slack, 1.0)
        up = min(max(0.0, up + step - slack), thresholds.cap)
        down = min(max(0.0, down - step - slack), thresholds.cap)
        sums.append(max(up, down))
    return sums


def _recent(kind: Kind, history: Sequence[LaneDay], days: int, minimum: int) -> list[Measure]:
    """Return the firm measures of the last `days` days."""
    after = history[-1].day - timedelta(days=days)
    measures = (one.measure(kind) for one in history if one.day > after)
    return [one for one in measures if one is not None and one.n >= minimum]


def _shift(kind: Kind, history: Sequence[LaneDay], thresholds: Thresholds) -> Statistic:
    firm = _recent(kind, history, thresholds.memory_days, thresholds.shift_minimum)
    today = history[-1].measure(kind)
    if today is None or today.n < thresholds.shift_minimum:
        # No reference keeps a lane watched; a day with few trucks says nothing either way.
        missing = not any(one.measure(kind) for one in history)
        return Statistic(
            kind=kind,
            n=today.n if today else 0,
            value=today.value if today else 0.0,
            reference=None if missing else 0.0,
            ground=0.0,
            watch=thresholds.watch_slack_percent,
            bar=None,
            watch_score=1.0 if missing else None,
            bar_score=0.0 if missing else None,
            sentence=f"{kind.label}：尚无检定后的基准" if missing else f"{kind.label}：样本不足，不作判断",
        )
    watch = cumulative_sums(firm, thresholds.watch_slack_percent, thresholds)[-1] / thresholds.decision
    bar = cumulative_sums(firm, thresholds.bar_slack_percent, thresholds)[-1] / thresholds.decision
    bars_at = thresholds.bar_slack_percent if kind is Kind.FIRST_AXLE else None
    return Statistic(
        kind=kind,
        n=today.n,
        value=today.value,
        reference=today.reference,
        ground=0.0,
        watch=thresholds.watch_slack_percent,
        bar=bars_at,
        watch_score=watch,
        bar_score=0.0 if bars_at is None else bar,
        sentence=sentence(today, 0.0, thresholds.watch_slack_percent, bars_at, watch),
    )


def _level(kind: Kind, history: Sequence[LaneDay], bound: Bound) -> Statistic | None:
    measures = _recent(kind, history, bound.days, 1)
    firm = [one for one in measures if one.n >= bound.minimum]
    if not measures:
        return None
    latest = measures[-1]
    joined = Measure(
        kind=kind,
        n=sum(one.n for one in firm),
        value=float(np.median([one.value for one in firm])) if firm else latest.value,
        reference=latest.reference,
    )
    ground, watch_at, bar_at = _ground(joined, bound)
    off = abs(joined.value - ground)
    watch = _score(off, watch_at)
    return Statistic(
        kind=kind,
        n=joined.n or latest.n,
        value=joined.value,
        reference=joined.reference,
        ground=ground,
        watch=watch_at,
        bar=bar_at,
        watch_score=watch if firm else None,
        bar_score=_score(off, bar_at) if firm else None,
        sentence=sentence(joined, ground, watch_at, bar_at, watch)
        if firm
        else f"{kind.label}：样本不足，不作判断",
    )


def _ground(measure: Measure, bound: Bound) -> tuple[float, float | None, float | None]:
    """Return what the value is held against: nominal or the lane's own, whichever it is further from."""
    nominal = (bound.nominal, bound.watch, bound.bar)
    if measure.reference is None or bound.own_watch is None:
        return nominal
    own = (measure.reference, bound.own_watch, bound.own_bar)

    def reached(ground: tuple[float, float | None, float | None]) -> float:
        return _score(abs(measure.value - ground[0]), ground[2] or ground[1])

    return max(nominal, own, key=reached)


def _score(distance: float, threshold: float | None) -> float:
    return 0.0 if threshold is None else distance / threshold
