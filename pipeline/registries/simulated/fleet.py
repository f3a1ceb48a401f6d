"""The invented fleet: every vehicle of the simulated roadside registered, with owners, tyres and permits."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from models.values.permits import Permit
from models.values.plates import PlateColour
from models.values.registry import (
    Party,
    Plate,
    RegisteredVehicle,
    VehicleClass,
    VehicleStatus,
)
from stations.roadside.station import random_stream
from stations.roadside.vehicle import Layout, TrueVehicle

COMPANIES = 60
# Of the vehicles, so that a demo shows each of them.
SINGLE_DRIVE_SHARE, AIR_SHARE, WIDE_SHARE, NOT_NORMAL_SHARE = 0.10, 0.06, 0.05, 0.02
PERMIT_SHARE, PERMIT_FITS_SHARE = 0.08, 0.5
LIGHT_MASS_KG = 4495
TRUCK_MASS_KG = {2: 18_000, 3: 25_000, 4: 31_000}
_TRAILER_MASS_KG = {1: 18_000, 2: 35_000, 3: 40_000}
_TANDEM_MM = 1800
_TRAILERS = {
    Layout.ARTICULATED: VehicleClass.SEMITRAILER,
    Layout.CENTRE_AXLE: VehicleClass.CENTRE_AXLE_TRAILER,
    Layout.FULL_TRAILER: VehicleClass.FULL_TRAILER,
}
NO_SOURCE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Vehicles and permits by plate. `source` and `answered_at_ms` of a vehicle are left open."""

    vehicles: dict[str, RegisteredVehicle]
    permits: dict[str, tuple[Permit, ...]]


def invent_fleet(passed: Iterable[TrueVehicle], seed: int, roads: dict[str, str]) -> Fleet:
    """Register every vehicle that passed; `roads` names the road of each station, for permits that fit."""
    vehicles: dict[str, RegisteredVehicle] = {}
    permits: dict[str, tuple[Permit, ...]] = {}
    for true in passed:
        rng = random_stream(seed, "registry", true.front_plate.text)
        party = invent_party(rng)
        for vehicle in _registered(true, party, rng):
            vehicles[vehicle.plate.text] = vehicle
        if true.axle_count > 2 and rng.random() < PERMIT_SHARE:  # noqa: PLR2004
            permits[true.front_plate.text] = _permits(true, roads.get(true.station_id, "G000"), rng)
    return Fleet(vehicles=vehicles, permits=permits)


def invent_party(rng: np.random.Generator) -> Party:
    """Return a company or a person that can't be taken for a real one."""
    number = int(rng.integers(1, COMPANIES + 1))
    company = f"虚构运输第{number:03d}有限公司"
    owner = company if rng.random() < 0.7 else f"虚构车主{rng.integers(1, 10_000):04d}号"  # noqa: PLR2004
    return Party(
        owner=owner,
        address=f"虚构省模拟市假设路{number}号",
        contact=f"000-0000-{rng.integers(0, 10_000):04d}",
        company=company,
    )


def _registered(true: TrueVehicle, party: Party, rng: np.random.Generator) -> list[RegisteredVehicle]:
    """Return the drawing vehicle, and the trailer where there is one."""
    own = drawing_axles(true)
    gaps = tuple(_nominal(gap) for gap in true.spacings_mm)
    drives = 1 if own < 3 or rng.random() < SINGLE_DRIVE_SHARE else 2  # noqa: PLR2004
    air = bool(rng.random() < AIR_SHARE)
    until = true.passed_at.date() + timedelta(days=int(rng.integers(30, 700)))
    drawn = true.axle_count - own
    vehicle = RegisteredVehicle(
        plate=Plate(text=true.front_plate.text, colour=true.front_plate.colour),
        source=NO_SOURCE,
        answered_at_ms=0,
        vehicle_class=_class_of(true.layout),
        status=VehicleStatus.OVERDUE if rng.random() < NOT_NORMAL_SHARE else VehicleStatus.NORMAL,
        axle_count=own,
        drive_axles=drives,
        tyre_count=_tyres(own, single=2 if own == 4 else 1, light=true.layout is Layout.LIGHT),  # noqa: PLR2004
        wide_tyres=False,
        air_suspension=air,
        wheelbase_mm=gaps[: own - 1],
        length_mm=_nominal(true.length_mm) if not drawn else None,
        curb_mass_kg=_curb_kg(true, own),
        registered_mass_kg=_registered_kg(true.layout, own),
        train_mass_kg=true.limit_kg if drawn else None,
        operating_permit=f"虚构道运{rng.integers(0, 10**8):08d}",
        operating_permit_until=until,
        party=party,
    )
    if not drawn:
        return [vehicle]
    wide = bool(rng.random() < WIDE_SHARE)
    trailer = replace(
        vehicle,
        plate=Plate(text=true.rear_plate.text, colour=PlateColour.YELLOW),
        vehicle_class=_TRAILERS[true.layout],
        axle_count=drawn,
        drive_axles=0,
        tyre_count=2 * drawn if wide else 4 * drawn,
        wide_tyres=wide,
        wheelbase_mm=gaps[own:],
        curb_mass_kg=2000 * drawn,
        registered_mass_kg=_TRAILER_MASS_KG[drawn],
        train_mass_kg=None,
    )
    return [vehicle, trailer]


def drawing_axles(true: TrueVehicle) -> int:
    """Return how many of the axles belong to the vehicle that bears the front plate."""
    if true.layout not in _TRAILERS:
        return true.axle_count
    return 3 if true.spacings_mm[1] < _TANDEM_MM else 2


def _class_of(layout: Layout) -> VehicleClass:
    match layout:
        case Layout.LIGHT:
            return VehicleClass.LIGHT_TRUCK
        case Layout.ARTICULATED:
            return VehicleClass.TRACTOR
        case _:
            return VehicleClass.RIGID_TRUCK


def _tyres(axles: int, *, single: int, light: bool) -> int:
    """Return two tyres for each steered axle, four for the others."""
    return 2 * axles if light else 2 * single + 4 * (axles - single)


def _registered_kg(layout: Layout, own: int) -> int:
    return LIGHT_MASS_KG if layout is Layout.LIGHT else TRUCK_MASS_KG[own]


def _curb_kg(true: TrueVehicle, own: int) -> int:
    if true.layout is Layout.LIGHT:
        return 2000
    return {2: 5500, 3: 9000, 4: 12_500}[own]


def _nominal(length_mm: int) -> int:
    """Return the round figure of a data sheet."""
    return round(length_mm / 50) * 50


def _permits(true: TrueVehicle, road: str, rng: np.random.Generator) -> tuple[Permit, ...]:
    """Return one permit that covers the passage, or several that each miss it by one thing."""
    day = true.passed_at.date()
    number = f"虚构超限{rng.integers(0, 10**6):06d}"
    trailer = true.rear_plate.text if true.rear_plate.text != true.front_plate.text else ""
    fits = Permit(
        number=number,
        plate=true.front_plate.text,
        trailer_plate=trailer,
        roads=frozenset({road, "X000"}),
        valid_from=day - timedelta(days=3),
        valid_until=day + timedelta(days=3),
        gross_kg=int(true.gross_kg * 1.2),
        height_mm=4200,
        width_mm=3000,
        length_mm=20_000,
    )
    if rng.random() < PERMIT_FITS_SHARE:
        return (fits,)
    ended = replace(fits, number=f"{number}-1", valid_until=day - timedelta(days=1))
    elsewhere = replace(fits, number=f"{number}-2", roads=frozenset({"G999"}))
    lighter = replace(fits, number=f"{number}-3", gross_kg=int(true.gross_kg * 0.7))
    return ended, elsewhere, lighter


def permits_on(fleet: Fleet, plate: str, day: date) -> tuple[Permit, ...]:
    """Return the permits of a plate that a registry tells of on a day: those that end no year before it."""
    return tuple(one for one in fleet.permits.get(plate, ()) if one.valid_until >= day - timedelta(days=365))
