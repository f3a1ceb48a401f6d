"""Does it fit: the registered vehicle against the one that was weighed and seen.

Each check agrees, contradicts or says nothing. An agreement is worth as much as it is rare among other
trucks: `WORTH` has how many times likelier it is for the right vehicle than for another. The figures are
estimates from the mix of vehicle kinds on the simulated roadside, not measured on real traffic; they rank
doubts for an officer and decide nothing by themselves.
"""

from dataclasses import dataclass
from enum import StrEnum

from models.values.lookups import LookupDoubt
from models.values.plates import PlateColour
from models.values.registry import RegisteredVehicle, VehicleClass, VehicleStatus

# Twin axles and wheelbases of tractors are alike everywhere; a truck's own wheelbase tells much.
COMMON_GAP_MM, COMMON_GAP_MAX_MM = 2500, 3500
WORTH = {"axles": 4.0, "train": 5.0, "wheelbase": 7.0, "wheelbase_common": 2.0, "length": 5.0, "owner": 30.0}
CONTRADICTION_WORTH = 0.02
# A weigh-in-motion station measures spacings to some centimetres; a data sheet states them empty and round.
GAP_AGREES_MM, GAP_AGREES_SHARE = 100, 0.04
GAP_CONTRADICTS_MM, GAP_CONTRADICTS_SHARE = 250, 0.08
LENGTH_AGREES_SHARE = 0.04
# The heaviest overloads known are about three times what is allowed.
MASS_RATIO_MAX, EMPTY_RATIO_MIN = 3.0, 0.85
DRAWN_AXLES = range(1, 4)
# From this likelihood ratio on an agreement is no accident; below the second the fit is called weak. A truck
# alone comes to 140 and stays below: trucks of one type are many. benchmarks/registry_repair.py tries it.
STRONG, WEAK = 200.0, 3.0
# That another frame or the station itself read that very plate.
READ_ELSEWHERE = 30.0
SURE_READING = 0.95
PROBABILITY_MAX = 0.9999


class Says(StrEnum):
    """What a check says."""

    AGREES = "agrees"
    NOTHING = "nothing"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was weighed and seen of one passage; 0, "" or empty where unknown."""

    axle_count: int
    gross_kg: int
    spacing_mm: tuple[int, ...]
    length_mm: int
    colour: PlateColour


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well a vehicle fits: what each check says, and how much likelier it is than any other."""

    checks: dict[str, Says]
    worth: float
    doubts: tuple[LookupDoubt, ...]
    trailer_fits: bool

    @property
    def contradicted(self) -> bool:
        """Tell whether something speaks against the vehicle."""
        return Says.CONTRADICTS in self.checks.values()

    def strong(self, *, read_elsewhere: bool = False) -> bool:
        """Tell whether the agreement is too good for an accident."""
        worth = self.worth * (READ_ELSEWHERE if read_elsewhere else 1)
        return not self.contradicted and worth >= STRONG

    def probability(self, reading: float) -> float:
        """Return how probable the plate is, from the reading's own confidence."""
        reading = min(max(reading, 1e-6), PROBABILITY_MAX)
        odds = reading / (1 - reading) * self.worth
        return min(odds / (1 + odds), PROBABILITY_MAX)


_DOUBT_OF = {
    "class": LookupDoubt.CLASS_DIFFERS,
    "axles": LookupDoubt.AXLES_DIFFER,
    "wheelbase": LookupDoubt.WHEELBASE_DIFFERS,
    "colour": LookupDoubt.COLOUR_DIFFERS,
    "mass": LookupDoubt.MASS_IMPLAUSIBLE,
}


def fit(seen: Seen, vehicle: RegisteredVehicle, trailer: RegisteredVehicle | None) -> Fit:
    """Hold a registered vehicle, and its trailer where that is known, against what crossed the scale.

    A trailer that doesn't fit is left out and speaks not against the vehicle that draws it: its own plate
    may be the one misread.
    """
    trailer_fits = trailer is not None and _train(seen, vehicle, trailer) is Says.AGREES
    checks = {
        "class": _class(seen, vehicle),
        "axles": Says.AGREES if trailer_fits else _axles(seen, vehicle),
        "wheelbase": _wheelbase(seen, vehicle),
        "length": _length(seen, vehicle),
        "colour": _colour(seen, vehicle),
        "mass": _mass(seen, vehicle),
    }
    worth = 1.0
    for name, says in checks.items():
        if says is Says.CONTRADICTS:
            worth *= CONTRADICTION_WORTH
        elif says is Says.AGREES:
            worth *= _worth(name, vehicle)
    if trailer_fits and trailer is not None:
        worth *= WORTH["train"] / WORTH["axles"]
        if vehicle.party and trailer.party and vehicle.party.owner == trailer.party.owner:
            checks["owner"] = Says.AGREES
            worth *= WORTH["owner"]
    doubts = [_DOUBT_OF[name] for name, says in checks.items() if says is Says.CONTRADICTS]
    if vehicle.status is not VehicleStatus.NORMAL:
        doubts.append(LookupDoubt.STATUS_NOT_NORMAL)
    return Fit(checks=checks, worth=worth, doubts=tuple(dict.fromkeys(doubts)), trailer_fits=trailer_fits)


def suspicions(found: Fit, *, reading_is_sure: bool) -> list[LookupDoubt]:
    """Return what a contradiction may mean: misread, cloned, or retrofitted since it was registered."""
    against = {name for name, says in found.checks.items() if says is Says.CONTRADICTS}
    if not against:
        return []
    if not reading_is_sure:
        return [LookupDoubt.MAY_BE_MISREAD]
    if against == {"wheelbase"}:
        return [LookupDoubt.MAY_BE_RETROFITTED, LookupDoubt.MAY_BE_CLONED]
    return [LookupDoubt.MAY_BE_CLONED]


def _worth(name: str, vehicle: RegisteredVehicle) -> float:
    if name != "wheelbase":
        return WORTH.get(name, 1.0)
    telling = [gap for gap in vehicle.wheelbase_mm if gap > COMMON_GAP_MAX_MM]
    return WORTH["wheelbase"] if telling else WORTH["wheelbase_common"]


def _class(seen: Seen, vehicle: RegisteredVehicle) -> Says:
    if vehicle.vehicle_class.is_trailer or vehicle.vehicle_class is VehicleClass.PASSENGER:
        return Says.CONTRADICTS
    if vehicle.vehicle_class is VehicleClass.LIGHT_TRUCK and seen.axle_count > 2:  # noqa: PLR2004 (a pair)
        return Says.CONTRADICTS
    return Says.NOTHING


def _axles(seen: Seen, vehicle: RegisteredVehicle) -> Says:
    own = vehicle.axle_count
    if own is None or not seen.axle_count:
        return Says.NOTHING
    drawn = seen.axle_count - own
    if vehicle.vehicle_class is VehicleClass.TRACTOR:
        return Says.AGREES if drawn in DRAWN_AXLES else Says.CONTRADICTS
    if drawn == 0:
        return Says.AGREES
    # It may draw a trailer that was not read, or ride with one axle lifted off the scale.
    return Says.NOTHING if drawn in DRAWN_AXLES or drawn == -1 else Says.CONTRADICTS


def _train(seen: Seen, vehicle: RegisteredVehicle, trailer: RegisteredVehicle) -> Says:
    if not trailer.vehicle_class.is_trailer:
        return Says.CONTRADICTS
    if vehicle.axle_count is None or trailer.axle_count is None:
        return Says.NOTHING
    # A semitrailer rests on a tractor and on nothing else.
    half = trailer.vehicle_class is VehicleClass.SEMITRAILER
    if half is not (vehicle.vehicle_class is VehicleClass.TRACTOR):
        return Says.CONTRADICTS
    return _same(vehicle.axle_count + trailer.axle_count == seen.axle_count)


def _wheelbase(seen: Seen, vehicle: RegisteredVehicle) -> Says:
    stated = vehicle.wheelbase_mm
    measured = seen.spacing_mm[: len(stated)]
    if not stated or len(measured) < len(stated) or not all(measured):
        return Says.NOTHING
    off = [(abs(one - other), one) for one, other in zip(measured, stated, strict=True)]
    if all(gap <= max(GAP_AGREES_MM, GAP_AGREES_SHARE * of) for gap, of in off):
        return Says.AGREES
    if any(gap > max(GAP_CONTRADICTS_MM, GAP_CONTRADICTS_SHARE * of) for gap, of in off):
        return Says.CONTRADICTS
    return Says.NOTHING


def _length(seen: Seen, vehicle: RegisteredVehicle) -> Says:
    """Compare lengths where nothing is drawn; too rough to contradict."""
    if not vehicle.length_mm or not seen.length_mm or vehicle.axle_count != seen.axle_count:
        return Says.NOTHING
    close = abs(seen.length_mm / vehicle.length_mm - 1) <= LENGTH_AGREES_SHARE
    return Says.AGREES if close else Says.NOTHING


def _colour(seen: Seen, vehicle: RegisteredVehicle) -> Says:
    if PlateColour.UNKNOWN in {seen.colour, vehicle.plate.colour}:
        return Says.NOTHING
    return _same(seen.colour is vehicle.plate.colour)


def _mass(seen: Seen, vehicle: RegisteredVehicle) -> Says:
    allowed_kg = vehicle.train_mass_kg or vehicle.registered_mass_kg
    draws = vehicle.axle_count is not None and seen.axle_count > vehicle.axle_count
    too_heavy = bool(
        allowed_kg
        and not (draws and not vehicle.train_mass_kg)
        and seen.gross_kg > MASS_RATIO_MAX * allowed_kg
    )
    too_light = bool(vehicle.curb_mass_kg and seen.gross_kg < EMPTY_RATIO_MIN * vehicle.curb_mass_kg)
    return Says.CONTRADICTS if too_heavy or too_light else Says.NOTHING


def _same(holds: bool) -> Says:  # noqa: FBT001 (a comparison's result)
    return Says.AGREES if holds else Says.CONTRADICTS
