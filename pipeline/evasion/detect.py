"""All detectors over a day: which manoeuvres were seen, what excuses them, what could not be seen at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.values.driving import Manoeuvre
from pipeline.evasion.common import StationDay, common
from pipeline.evasion.device import stated
from pipeline.evasion.neighbours import side_by_side, tailgating
from pipeline.evasion.reversing import reversing
from pipeline.evasion.scene import Mask, Scene
from pipeline.evasion.sighting import Sighting
from pipeline.evasion.speed import crawling, speed_changes, uneven_speeds
from pipeline.evasion.track import off_the_lane, one_sided, weaving

DETECTORS = (
    stated,
    off_the_lane,
    one_sided,
    weaving,
    speed_changes,
    uneven_speeds,
    crawling,
    tailgating,
    side_by_side,
    reversing,
)
# What everybody does in a queue.
OF_QUEUES = frozenset(
    {
        Manoeuvre.BRAKE_TAPPING,
        Manoeuvre.BRAKING,
        Manoeuvre.ACCELERATING,
        Manoeuvre.STOP_AND_GO,
        Manoeuvre.CRAWLING,
        Manoeuvre.TAILGATING,
        Manoeuvre.SIDE_BY_SIDE,
    }
)
WEIGHED_WELL = "两车记录的轮重、轴距均未见异常，不影响称重"
IN_A_QUEUE = "前后车流缓慢，可能是拥堵所致"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One manoeuvre of the passage at `position`; `excused` says why it accuses nobody, "" where it does.

    An excuse leaves the doubt about the mass, unless the manoeuvre `spoils` no weighing.
    """

    position: int
    kind: Manoeuvre
    sentence: str
    excused: str
    spoils: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Observable:
    """Of how many trucks' records a manoeuvre could be told, and what the others lack."""

    kind: Manoeuvre
    trucks: int
    observable: int
    needs: tuple[str, ...]

    @property
    def words(self) -> str:
        """Say it in Chinese."""
        needs = "；或".join(self.needs)
        if not self.observable:
            return f"{self.kind.label}：此处不可观察（需要{needs}）"
        return f"{self.kind.label}：{self.observable}/{self.trucks} 条记录可观察"


def sightings(scene: Scene) -> list[Sighting]:
    """Return what each detector has to say."""
    return [one for detector in DETECTORS for one in detector(scene)]


def detect(scene: Scene, found: Sequence[Sighting], before: Sequence[StationDay] = ()) -> list[Seen]:
    """Return every manoeuvre of every truck, by position and kind; `before` are the station's last days."""
    result = []
    for kind in Manoeuvre:
        of_kind = [one for one in found if one.kind is kind]
        seen = _any([one.seen for one in of_kind]) & scene.heavy
        spoiling = _any([one.seen if one.spoils is None else one.seen & one.spoils for one in of_kind])
        # A jam of yesterday explains nothing of today; a sensor that failed yesterday does.
        excuses = common(scene, kind, seen, () if kind in OF_QUEUES else before)
        for position in np.flatnonzero(seen).tolist():
            said = list(dict.fromkeys(one.say(position) for one in of_kind if one.seen[position]))
            excused = excuses.get(position, "")
            if not excused and kind in OF_QUEUES and scene.slow_around[position]:
                excused = IN_A_QUEUE
            if not excused and not spoiling[position]:
                excused = WEIGHED_WELL
            sentence = f"{kind.label}：{'；'.join(said)}"
            spoils = bool(spoiling[position])
            result.append(
                Seen(position=position, kind=kind, sentence=sentence, excused=excused, spoils=spoils)
            )
    return sorted(result, key=lambda one: one.position)


def observability(scene: Scene, found: Sequence[Sighting]) -> list[Observable]:
    """Return, for each manoeuvre, whether these records could show it."""
    result = []
    for kind in Manoeuvre:
        of_kind = [one for one in found if one.kind is kind]
        could = _any([one.observable for one in of_kind]) & scene.heavy
        result.append(
            Observable(
                kind=kind,
                trucks=int(scene.heavy.sum()),
                observable=int(could.sum()),
                needs=tuple(dict.fromkeys(one.needs for one in of_kind)),
            )
        )
    return result


def _any(masks: Sequence[Mask]) -> Mask:
    return np.asarray(np.logical_or.reduce(masks), dtype=np.bool_)
