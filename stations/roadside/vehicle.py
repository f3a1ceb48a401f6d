"""The truth: what really passed the scale, and what the scale measured of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.values.plates import PlateColour


class Layout(StrEnum):
    """How a vehicle is put together, as the gross limits tell them apart."""

    LIGHT = "light"
    RIGID = "rigid"
    ARTICULATED = "articulated"
    CENTRE_AXLE = "centre_axle"
    FULL_TRAILER = "full_trailer"


class PlateCondition(StrEnum):
    """What a camera can see of the plates."""

    CLEAR = "clear"
    DARK = "dark"
    DIRTY = "dirty"
    COVERED = "covered"
    MISSING_FRAME = "missing_frame"
    CARD = "card"
    RAG = "rag"
    BENT = "bent"
    FLIPPED = "flipped"
    ABSENT = "absent"
    SHADOW = "shadow"
    GLARE = "glare"
    BLUR = "blur"


class Defect(StrEnum):
    """A fault in the scale's record, by which an enforcement pipeline must refuse it."""

    GROSS_SUM = "gross_sum"
    REPEATED_RECORD = "repeated_record"
    OVERSPEED = "overspeed"
    ONE_SIDED = "one_sided"
    IMPOSSIBLE_SPACING = "impossible_spacing"


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePlate:
    """A number plate as it is really mounted: one row, or two on the rear of trucks and trailers."""

    text: str
    colour: PlateColour
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueDriving:
    """How a vehicle was driven, and what the device measures of it; `kind` is "" where it was driven plainly.

    `kind` and `strength` are words of `Manoeuvre` and `Strength`; `bits` is the device's violation byte.
    """

    kind: str
    strength: str
    bits: int
    acceleration_ms2: float
    reversed_axles: int
    offset_mm: int
    axle_speed_kmh: tuple[float, ...]
    axle_offset_mm: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueVehicle:
    """One passage as it really was.

    `axle_kg` and `gross_kg` are the true masses; `left_kg` and `right_kg` are what a sound scale of
    class 5 measures under each axle's wheels, in steps of 10 kg, front axle first. `spacings_mm` has
    one entry less than there are axles. `limit_kg` is the legal gross mass. `serial` counts the
    station's passages from 1. `plate_condition` holds for both plates, except that `missing_frame`
    means the front frame alone. A `defect` spoils the written record, not the values here; only the
    speed of an `overspeed` passage is the real one. `driving` is None where the device states nothing of it;
    what a manoeuvre changes of time, lane, speed, axles and wheels is changed here.
    """

    station_id: str
    serial: int
    passed_at: datetime
    lane: int
    axle_count: int
    layout: Layout
    axle_kg: tuple[int, ...]
    gross_kg: int
    limit_kg: int
    left_kg: tuple[int, ...]
    right_kg: tuple[int, ...]
    spacings_mm: tuple[int, ...]
    speed_kmh: int
    length_mm: int
    front_plate: TruePlate
    rear_plate: TruePlate
    plate_condition: PlateCondition
    defect: Defect | None
    driving: TrueDriving | None = None

    @property
    def measured_gross_kg(self) -> int:
        """What a sound scale shows as the gross mass: the sum of all wheels."""
        return sum(self.left_kg) + sum(self.right_kg)

    @property
    def excess_ratio(self) -> float:
        """True mass above the limit as a share of the limit; negative below it."""
        return self.gross_kg / self.limit_kg - 1
