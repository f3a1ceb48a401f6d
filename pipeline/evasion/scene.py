"""What the detectors look at: a lane's day in columns, with the traffic around each vehicle."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.values.driving import Driving, nothing_stated
from models.values.passages import PassageBatch, content_key
from pipeline.quality import SPACING_POSSIBLE_MM
from pipeline.rules.manoeuvres import ManoeuvreRules

Mask = NDArray[np.bool_]
HEAVY_KG, HEAVY_AXLES = 3_500, 3
SECOND_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """N passages of one station, in order of time.

    Attributes:
        batch, driving: what the records state.
        rules: the figures.
        lane_width_mm: of each lane.
        least_kmh: (N,) float64, the lowest speed that the certificate of the day holds for.
        clock_step_ms: how exactly the records tell the time.
        heavy: (N,) bool, trucks; nobody else evades a scale.
        position_m: (N, A) float64, each axle behind the first, NaN where not known.
        slow_around: (N,) bool, the vehicle was in a queue.

    """

    batch: PassageBatch
    driving: Driving
    rules: ManoeuvreRules
    lane_width_mm: int
    least_kmh: NDArray[np.float64]
    clock_step_ms: int
    heavy: Mask
    position_m: NDArray[np.float64]
    slow_around: Mask

    @property
    def wheelbase_mm(self) -> NDArray[np.float64]:
        """Return first to last axle, (N,), NaN where a spacing is missing."""
        count = np.clip(self.batch.axle_count.astype(np.int64), 1, self.position_m.shape[1])
        last = np.take_along_axis(self.position_m, (count - 1)[:, None], axis=1)[:, 0]
        return np.where(self.batch.axle_count >= 2, last * 1000, np.nan)  # noqa: PLR2004 (a vehicle has two)


def scene_of(
    batch: PassageBatch,
    driving: Driving | None,
    rules: ManoeuvreRules,
    *,
    lane_width_mm: int,
    least_kmh: NDArray[np.float64],
) -> Scene:
    """Return the scene of N passages in order of time; `least_kmh` (N,) is the certificates'."""
    axles = batch.axle_kg.shape[1]
    return Scene(
        batch=batch,
        driving=_as_wide(driving or nothing_stated(len(batch)), axles),
        rules=rules,
        lane_width_mm=lane_width_mm,
        least_kmh=least_kmh,
        clock_step_ms=SECOND_MS if not (batch.passed_at_ms % SECOND_MS).any() else 1,
        heavy=(batch.gross_kg >= HEAVY_KG) | (batch.axle_count >= HEAVY_AXLES),
        position_m=_positions(batch),
        slow_around=_slow_around(batch, rules),
    )


def _as_wide(driving: Driving, axles: int) -> Driving:
    """Return the same with as many axles as the batch has; an axle that the record has not is unknown."""
    wide = nothing_stated(len(driving), axles)
    for name in ("axle_speed_kmh", "axle_offset_mm"):
        table = getattr(driving, name)[:, :axles]
        getattr(wide, name)[:, : table.shape[1]] = table
    return Driving(
        bits=driving.bits,
        acceleration_ms2=driving.acceleration_ms2,
        second_lane=driving.second_lane,
        reversed_axles=driving.reversed_axles,
        offset_mm=driving.offset_mm,
        axle_speed_kmh=wide.axle_speed_kmh,
        axle_offset_mm=wide.axle_offset_mm,
    )


def _positions(batch: PassageBatch) -> NDArray[np.float64]:
    least, most = SPACING_POSSIBLE_MM
    sound = (batch.spacing_mm >= least) & (batch.spacing_mm <= most)
    spacing_m = np.where(sound, batch.spacing_mm / 1000, np.nan)
    return np.concatenate([np.zeros((len(batch), 1)), np.cumsum(spacing_m, axis=1)], axis=1)


def _slow_around(batch: PassageBatch, rules: ManoeuvreRules) -> Mask:
    """Tell where at least half the other vehicles near in time are slow, in whatever lane; see `Traffic`."""
    times, reach_ms = batch.passed_at_ms, rules.traffic.around_s * SECOND_MS
    known = ~np.isnan(batch.speed_kmh)
    slow = known & (batch.speed_kmh < rules.traffic.slow_kmh)
    first = np.searchsorted(times, times - reach_ms, side="left")
    last = np.searchsorted(times, times + reach_ms, side="right")

    def around(mask: Mask) -> NDArray[np.int64]:
        total = np.concatenate([[0], np.cumsum(mask)])
        return np.asarray(total[last] - total[first] - mask, dtype=np.int64)

    others = around(known)
    return np.asarray((others >= rules.traffic.least) & (2 * around(slow) >= others), dtype=np.bool_)


def previous_in_lane(batch: PassageBatch) -> NDArray[np.int64]:
    """Return the position of the vehicle before in the same lane, (N,), -1 where there is none.

    A record that equals the one before it is the same vehicle once more, and is passed over.
    """
    before = np.full(len(batch), -1, dtype=np.int64)
    keys = content_key(batch)
    for lane in np.unique(batch.lane):
        places = np.flatnonzero(batch.lane == lane)
        fresh = places[np.concatenate([[True], keys[places][1:] != keys[places][:-1]])]
        before[fresh[1:]] = fresh[:-1]
    return before
