"""How vehicles were driven over the scale, in columns: what a device may state beside masses and spacings."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.values.labelled import Labelled


class Manoeuvre(Labelled):
    """A way of driving that spoils the weighing; the value is the word in database, export and log."""

    STRADDLING = "straddling", "跨道行驶"
    LANE_EDGE = "lane_edge", "压边行驶"
    BRAKE_TAPPING = "brake_tapping", "点刹"
    BRAKING = "braking", "急减速"
    ACCELERATING = "accelerating", "急加速"
    WEAVING = "weaving", "S形行驶"
    STOP_AND_GO = "stop_and_go", "走走停停"
    CRAWLING = "crawling", "超低速行驶"
    TAILGATING = "tailgating", "首尾紧随"
    SIDE_BY_SIDE = "side_by_side", "多车并排"
    REVERSING = "reversing", "倒车增轴"
    UNSTATED = "unstated", "设备标记逃避检测（未说明方式）"


# The byte of roadside controllers, lowest bit first; two of its bits mean that a lane's boundary was crossed.
BITS = (
    Manoeuvre.STRADDLING,
    Manoeuvre.LANE_EDGE,
    Manoeuvre.BRAKING,
    Manoeuvre.ACCELERATING,
    Manoeuvre.WEAVING,
    Manoeuvre.BRAKE_TAPPING,
    Manoeuvre.STRADDLING,
    Manoeuvre.STOP_AND_GO,
    # Ours: the device says that somebody evaded it, and not how.
    Manoeuvre.UNSTATED,
)
UNSTATED_BIT = 1 << BITS.index(Manoeuvre.UNSTATED)
UNKNOWN_BITS, UNKNOWN_NUMBER = -1, -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Driving:
    """What the device states of N passages, at most A axles each; nothing is corrected here.

    Attributes:
        bits: (N,) int32, the violation byte, and our own bit above it; -1 unknown.
        acceleration_ms2: (N,) float64, NaN unknown; below 0 the vehicle braked.
        second_lane: (N,) int16, the other lane of a vehicle on two, -1 none or unknown.
        reversed_axles: (N,) int16, axles that rolled back over the sensor, -1 unknown.
        offset_mm: (N,) float64, middle of the vehicle to the right of the middle of the lane, NaN unknown.
        axle_speed_kmh: (N, A) float64, speed at which each axle crossed, NaN unknown.
        axle_offset_mm: (N, A) float64, `offset_mm` of each axle, NaN unknown.

    """

    bits: NDArray[np.int32]
    acceleration_ms2: NDArray[np.float64]
    second_lane: NDArray[np.int16]
    reversed_axles: NDArray[np.int16]
    offset_mm: NDArray[np.float64]
    axle_speed_kmh: NDArray[np.float64]
    axle_offset_mm: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.bits)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> "Driving":
        """Return the passages at `index` (positions or mask), in that order."""
        return Driving(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    @property
    def stated(self) -> NDArray[np.bool_]:
        """Return which passages (N,) the device says anything of."""
        whole = (self.bits >= 0) | (self.second_lane >= 0) | (self.reversed_axles >= 0)
        measured = ~np.isnan(self.acceleration_ms2) | ~np.isnan(self.offset_mm)
        by_axle = ~np.isnan(self.axle_speed_kmh).all(axis=1) | ~np.isnan(self.axle_offset_mm).all(axis=1)
        return np.asarray(whole | measured | by_axle, dtype=np.bool_)


def nothing_stated(count: int, axles: int = 2) -> Driving:
    """Return what a device says that states nothing of `count` passages."""
    return Driving(
        bits=np.full(count, UNKNOWN_BITS, dtype=np.int32),
        acceleration_ms2=np.full(count, np.nan),
        second_lane=np.full(count, UNKNOWN_NUMBER, dtype=np.int16),
        reversed_axles=np.full(count, UNKNOWN_NUMBER, dtype=np.int16),
        offset_mm=np.full(count, np.nan),
        axle_speed_kmh=np.full((count, axles), np.nan),
        axle_offset_mm=np.full((count, axles), np.nan),
    )


def stated_driving(count: int, **columns: NDArray[Any] | None) -> Driving | None:
    """Return what a device states of `count` passages, None if nothing.

    `columns` are those of `Driving` that its records have, with their unknown values; None: it has no such.
    """
    given: Mapping[str, NDArray[Any]] = {name: one for name, one in columns.items() if one is not None}
    if not given:
        return None
    nothing = nothing_stated(count)
    typed = {name: one.astype(getattr(nothing, name).dtype, copy=False) for name, one in given.items()}
    driving = replace(nothing, **typed)
    return driving if driving.stated.any() else None
