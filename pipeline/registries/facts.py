"""From registered vehicles to what the limits ask: layout, driven axles, tyres, suspension, licence mass."""

from models.values.registry import RegisteredVehicle, VehicleClass
from models.values.vehicles import Layout, VehicleFacts, VehicleKind

_LAYOUTS = {
    VehicleClass.SEMITRAILER: Layout.ARTICULATED,
    VehicleClass.CENTRE_AXLE_TRAILER: Layout.CENTRE_AXLE,
    VehicleClass.FULL_TRAILER: Layout.FULL_TRAILER,
}
_SINGLE, _DUAL = 2, 4


def vehicle_facts(
    vehicle: RegisteredVehicle, trailer: RegisteredVehicle | None, axle_count: int
) -> VehicleFacts:
    """Return what is known of a vehicle with its trailer, of `axle_count` axles on the scale."""
    alone = vehicle.axle_count is not None and vehicle.axle_count == axle_count
    return VehicleFacts(
        layout=_layout(vehicle, trailer, alone=alone),
        drive_axles=vehicle.drive_axles or None,
        single_tyre_axles=_single_tyre_axles(vehicle, trailer, alone=alone),
        wide_tyres=_either(vehicle.wide_tyres, trailer.wide_tyres if trailer else None, alone=alone),
        air_suspension=vehicle.air_suspension,
        # 行驶证总质量 of a tractor or a truck that draws says nothing of the train.
        registered_gross_kg=vehicle.registered_mass_kg if alone else None,
        kind=_kind(vehicle),
    )


def _layout(vehicle: RegisteredVehicle, trailer: RegisteredVehicle | None, *, alone: bool) -> Layout | None:
    if vehicle.vehicle_class is VehicleClass.TRACTOR:
        return Layout.ARTICULATED
    if trailer is not None:
        return _LAYOUTS.get(trailer.vehicle_class)
    return Layout.RIGID if alone else None


def _single_tyre_axles(
    vehicle: RegisteredVehicle, trailer: RegisteredVehicle | None, *, alone: bool
) -> int | None:
    """Return how many axles beyond the steered and driven ones have one tyre a side, None if unknown.

    Told from the count of tyres, which fits no other number of single axles.
    """
    if trailer is not None and trailer.axle_count and trailer.tyre_count:
        missing = _DUAL * trailer.axle_count - trailer.tyre_count
        return missing // (_DUAL - _SINGLE) if 0 <= missing <= _SINGLE * trailer.axle_count else None
    if not alone or vehicle.axle_count is None or not vehicle.tyre_count or not vehicle.drive_axles:
        return None
    # On a truck alone: steered axles have single tyres, driven ones don't count.
    steered = 2 if vehicle.axle_count == 4 else 1  # noqa: PLR2004 (the twin-steering truck)
    missing = _DUAL * vehicle.axle_count - vehicle.tyre_count - _SINGLE * steered
    others = vehicle.axle_count - steered - vehicle.drive_axles
    single = missing // (_DUAL - _SINGLE)
    return single if 0 <= single <= max(others, 0) else None


def _either(one: bool | None, other: bool | None, *, alone: bool) -> bool | None:  # noqa: FBT001 (what is asked)
    """Return whether either is so; unknown unless both are known or one is so."""
    if one or other:
        return True
    return False if one is False and (alone or other is False) else None


def _kind(vehicle: RegisteredVehicle) -> VehicleKind | None:
    match vehicle.vehicle_class:
        case VehicleClass.SPECIAL:
            return VehicleKind.SPECIAL_PURPOSE
        case VehicleClass.OTHER:
            return None
        case _:
            return VehicleKind.TRUCK
