"""What adapters share in reading answers."""

from collections.abc import Sequence

from models.values.lookups import WaitReason
from models.values.registry import RegisteredVehicle
from pipeline.registries.errors import PlateFailedError


def only_one(vehicles: Sequence[RegisteredVehicle]) -> RegisteredVehicle | None:
    """Return the one vehicle of an answer, None if it holds none.

    Raises:
        PlateFailedError: it holds several that differ, in owner or in anything else.

    """
    if any(vehicle != vehicles[0] for vehicle in vehicles):
        raise PlateFailedError(WaitReason.SEVERAL_VEHICLES, f"{len(vehicles)} records that differ")
    return vehicles[0] if vehicles else None
