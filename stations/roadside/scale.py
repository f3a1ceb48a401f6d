"""What the scale hands over: its measurement, spoiled as the passage's defect says."""

from dataclasses import dataclass, replace

from stations.roadside.vehicle import Defect, TrueVehicle

_IMPOSSIBLE_SPACING_MM = 180
_ONE_SIDED_SHARE = 0.86
_SUM_FACTOR = 1.15
_STEP_KG = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleRecord:
    """The masses and spacings of one passage as the station writes them; front axle first."""

    gross_kg: int
    left_kg: tuple[int, ...]
    right_kg: tuple[int, ...]
    spacings_mm: tuple[int, ...]


def weigh(vehicle: TrueVehicle) -> ScaleRecord:
    """Return what the scale says of `vehicle`."""
    sound = ScaleRecord(
        gross_kg=vehicle.measured_gross_kg,
        left_kg=vehicle.left_kg,
        right_kg=vehicle.right_kg,
        spacings_mm=vehicle.spacings_mm,
    )
    match vehicle.defect:
        case Defect.GROSS_SUM:
            return replace(sound, gross_kg=_in_steps(sound.gross_kg * _SUM_FACTOR))
        case Defect.ONE_SIDED:
            return _lean_left(sound)
        case Defect.IMPOSSIBLE_SPACING:
            return replace(sound, spacings_mm=(_IMPOSSIBLE_SPACING_MM, *sound.spacings_mm[1:]))
        case Defect.OVERSPEED | Defect.REPEATED_RECORD | None:
            return sound


def _lean_left(record: ScaleRecord) -> ScaleRecord:
    """Move mass to the left wheels, as when a truck straddles the lane; axles keep their sums."""
    axles = [left + right for left, right in zip(record.left_kg, record.right_kg, strict=True)]
    left_kg = tuple(_in_steps(axle * _ONE_SIDED_SHARE) for axle in axles)
    right_kg = tuple(axle - left for axle, left in zip(axles, left_kg, strict=True))
    return replace(record, left_kg=left_kg, right_kg=right_kg)


def _in_steps(mass_kg: float) -> int:
    return round(mass_kg / _STEP_KG) * _STEP_KG


def times_written(vehicle: TrueVehicle) -> int:
    """Return how often the station writes the record of `vehicle`."""
    return 2 if vehicle.defect is Defect.REPEATED_RECORD else 1
