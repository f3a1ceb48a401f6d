"""The station writers: a night's passages as the files a real station would leave in its drop folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from stations.roadside import hs_data, station_upload
from stations.roadside.draw import draw_frame, encode_jpeg
from stations.roadside.shot import Shot, Side, take_shot
from stations.roadside.sights import Weather
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.truth import Troubles
from stations.roadside.vehicle import PlateCondition, TrueVehicle

_KEPT_SHARE_OF_SPOILED = 0.4
_NO_IMAGE = b"upload interrupted\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class StationNight:
    """All passages of one station in one night, in order of time; at least two."""

    station: RoadsideStation
    vehicles: tuple[TrueVehicle, ...]
    seed: int
    weather: Weather | None = None

    def shot(self, vehicle: TrueVehicle, side: Side) -> Shot:
        """Return the shot of one end of `vehicle`, always the same."""
        stream = random_stream(self.seed, self.station.station_id, vehicle.serial, side, "clock")
        return take_shot(vehicle, side, self.station, stream)

    def picture(self, shot: Shot) -> bytes:
        """Return the JPEG file of a shot."""
        key = (self.station.station_id, shot.vehicle.serial, shot.side, "picture")
        return encode_jpeg(draw_frame(shot, random_stream(self.seed, *key), self.weather), shot)

    def frame_name(self, shot: Shot) -> str:
        """Return the file name that the station gives a shot."""
        if self.station.format == "hs_data":
            return hs_data.frame_name(shot)
        return station_upload.frame_name(self.station, shot)


def write_station(folder: Path, night: StationNight, passage_done: Callable[[], None]) -> Troubles:
    """Write records and frames into `folder`, troubles included; call back after each passage."""
    folder.mkdir(parents=True, exist_ok=True)
    broken, spoiled = _least_missed(night.vehicles)
    for name, content in _record_files(night, broken).items():
        (folder / name).write_bytes(content)
    for vehicle in night.vehicles:
        for shot in (night.shot(vehicle, side) for side in Side):
            if not shot.is_missing:
                (folder / night.frame_name(shot)).write_bytes(night.picture(shot))
        passage_done()
    return Troubles(
        station_id=night.station.station_id,
        spoiled_images=(_spoil_image(folder, night, spoiled),),
        orphan_frames=(_write_orphan(folder, night),),
        unreadable_records=1,
    )


def _record_files(night: StationNight, broken: TrueVehicle) -> dict[str, bytes]:
    if night.station.format == "hs_data":
        return hs_data.record_files(night.vehicles, broken)
    shots = [(night.shot(vehicle, Side.FRONT), night.shot(vehicle, Side.REAR)) for vehicle in night.vehicles]
    return station_upload.record_files(night.station, shots, broken, night.seed)


def _least_missed(vehicles: Sequence[TrueVehicle]) -> tuple[TrueVehicle, TrueVehicle]:
    """Return the two lightest plain passages: troubles there hide no overload from the demonstration."""

    def rank(vehicle: TrueVehicle) -> tuple[bool, float]:
        plain = vehicle.plate_condition is PlateCondition.CLEAR and vehicle.defect is None
        return not plain, vehicle.excess_ratio

    first, second = sorted(vehicles, key=rank)[:2]
    return first, second


def _spoil_image(folder: Path, night: StationNight, vehicle: TrueVehicle) -> str:
    """Cut the rear frame short, as a full disk does, or leave a line of text, as a lost upload does."""
    name = night.frame_name(night.shot(vehicle, Side.REAR))
    content = (folder / name).read_bytes()
    cut = content[: int(len(content) * _KEPT_SHARE_OF_SPOILED)]
    (folder / name).write_bytes(cut if night.station.format == "hs_data" else _NO_IMAGE)
    return name


def _write_orphan(folder: Path, night: StationNight) -> str:
    """Write a frame taken when nothing crossed the scale: the trigger fired in the night's longest pause."""
    before, after = max(pairwise(night.vehicles), key=lambda pair: pair[1].passed_at - pair[0].passed_at)
    pause = after.passed_at - before.passed_at
    late = replace(before, passed_at=before.passed_at + pause / 2, serial=len(night.vehicles) + 1)
    shot = night.shot(late, Side.FRONT)
    name = night.frame_name(shot)
    (folder / name).write_bytes(night.picture(shot))
    return name
