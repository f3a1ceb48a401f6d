"""What too many trucks of a lane show to be any one driver's doing, on the day or shortly before."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.values.driving import Manoeuvre
from pipeline.evasion.scene import Mask, Scene

# In place of an axle count: trucks of any.
ANY = 0
BLAMED = "都有此情形，疑为设备或道路所致"


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDay:
    """How many trucks a day had by lane and axle count, and how many of them showed each manoeuvre."""

    trucks: Counter[tuple[int, int]]
    shown: Counter[tuple[Manoeuvre, int, int]]

    def share(self, kind: Manoeuvre, lane: int, axles: int, least: int) -> float:
        """Return the share of a lane's trucks that showed it, 0.0 where they are fewer than `least`."""
        trucks = sum(n for (at, of), n in self.trucks.items() if at == lane and axles in (ANY, of))
        shown = sum(
            n for (what, at, of), n in self.shown.items() if (what, at) == (kind, lane) and axles in (ANY, of)
        )
        return shown / trucks if trucks >= least else 0.0


def common(scene: Scene, kind: Manoeuvre, seen: Mask, before: Sequence[StationDay]) -> dict[int, str]:
    """Return, by position, why a manoeuvre is no driver's: too many alike show it in the lane.

    A sensor that fails may miss light axles alone, so trucks of one axle count are looked at too; and on a
    day when it misses few, the days `before` tell.
    """
    reasons: dict[int, str] = {}
    for lane in np.unique(scene.batch.lane[seen]).tolist():
        for axles, words in _groups(scene, seen):
            trucks = scene.heavy & (scene.batch.lane == lane)
            if axles != ANY:
                trucks &= scene.batch.axle_count == axles
            if reason := _reason(scene, (kind, lane, axles), words, before, today=seen[trucks]):
                reasons |= dict.fromkeys(np.flatnonzero(seen & trucks).tolist(), reason)
    return reasons


def _groups(scene: Scene, seen: Mask) -> Iterator[tuple[int, str]]:
    yield ANY, "货车"
    for axles in np.unique(scene.batch.axle_count[seen]).tolist():
        yield axles, f"{axles}轴货车"


def _reason(
    scene: Scene, which: tuple[Manoeuvre, int, int], words: str, before: Sequence[StationDay], *, today: Mask
) -> str:
    rules = scene.rules.lane
    share = float(today.mean()) if len(today) >= rules.least else 0.0
    if share > rules.share:
        return f"该车道当日{100 * share:.0f}%的{words}{BLAMED}"
    most = max((day.share(*which, rules.least) for day in before), default=0.0)
    if most > rules.share_before:
        return f"该车道此前{rules.days_before}日内有一日{100 * most:.0f}%的{words}{BLAMED}"
    return ""
