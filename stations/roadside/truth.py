"""The known truth of a night on disk: passages as JSON lines, the troubles beside them."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models.values.plates import PlateColour
from stations.roadside.vehicle import Defect, Layout, PlateCondition, TrueDriving, TruePlate, TrueVehicle

_COLOURS = {colour.value: colour for colour in PlateColour}


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """What went wrong at one station beside the passages: the intake must report exactly these.

    `spoiled_images` are frames cut short or no image at all, `orphan_frames` belong to no passage, and
    `unreadable_records` counts records with text where a number must be.
    """

    station_id: str
    spoiled_images: tuple[str, ...]
    orphan_frames: tuple[str, ...]
    unreadable_records: int


def write_truth(path: Path, vehicles: Iterable[TrueVehicle]) -> None:
    """Write one passage a line, times in ISO 8601 with their offset."""
    lines = (json.dumps(_vehicle_to_json(vehicle), ensure_ascii=False) for vehicle in vehicles)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def read_truth(path: Path) -> tuple[TrueVehicle, ...]:
    """Read what `write_truth` wrote."""
    return tuple(_vehicle_from_json(json.loads(line)) for line in path.read_text("utf-8").splitlines())


def write_troubles(path: Path, troubles: Iterable[Troubles]) -> None:
    """Write the troubles of all stations as one JSON list."""
    text = json.dumps([asdict(trouble) for trouble in troubles], ensure_ascii=False, indent=1)
    path.write_text(f"{text}\n", encoding="utf-8", newline="\n")


def read_troubles(path: Path) -> tuple[Troubles, ...]:
    """Read what `write_troubles` wrote."""
    return tuple(
        Troubles(
            station_id=entry["station_id"],
            spoiled_images=tuple(entry["spoiled_images"]),
            orphan_frames=tuple(entry["orphan_frames"]),
            unreadable_records=entry["unreadable_records"],
        )
        for entry in json.loads(path.read_text("utf-8"))
    )


def _vehicle_to_json(vehicle: TrueVehicle) -> dict[str, Any]:
    return asdict(vehicle) | {"passed_at": vehicle.passed_at.isoformat(timespec="milliseconds")}


def _vehicle_from_json(entry: dict[str, Any]) -> TrueVehicle:
    tuples = ("axle_kg", "left_kg", "right_kg", "spacings_mm")
    plates = ("front_plate", "rear_plate")
    fields: dict[str, Any] = (
        entry
        | {key: tuple(entry[key]) for key in tuples}
        | {key: TruePlate(**entry[key] | {"colour": _COLOURS[entry[key]["colour"]]}) for key in plates}
        | {
            "passed_at": datetime.fromisoformat(entry["passed_at"]),
            "layout": Layout(entry["layout"]),
            "plate_condition": PlateCondition(entry["plate_condition"]),
            "defect": entry["defect"] and Defect(entry["defect"]),
            "driving": _driving(entry.get("driving")),
        }
    )
    return TrueVehicle(**fields)


def _driving(entry: dict[str, Any] | None) -> TrueDriving | None:
    if entry is None:
        return None
    by_axle = {name: tuple(entry[name]) for name in ("axle_speed_kmh", "axle_offset_mm")}
    return TrueDriving(**entry | by_axle)
