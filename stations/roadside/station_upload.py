"""Files of a station that uploads JSON: one list of passages an hour, frames named in it."""

import json
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from stations.roadside.numbers import DIGITS, LETTERS
from stations.roadside.scale import times_written, weigh
from stations.roadside.shot import Shot
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.vehicle import Layout, PlateCondition, TrueVehicle

_AXLE_PLACES = 6
_MISREAD_SHARE = {PlateCondition.CLEAR: 0.03, PlateCondition.DARK: 0.12, PlateCondition.DIRTY: 0.5}
_VEHICLE_TYPES = {
    Layout.LIGHT: "小型汽车",
    Layout.RIGID: "载货汽车",
    Layout.ARTICULATED: "铰接列车",
    Layout.CENTRE_AXLE: "中置轴挂车列车",
    Layout.FULL_TRAILER: "全挂列车",
}

Passage = dict[str, str | int | list[str]]


def frame_name(station: RoadsideStation, shot: Shot) -> str:
    """Return the name of a frame: the code of its passage and the side."""
    return f"{preview_code(station, shot.vehicle)}_{shot.side}.jpg"


def preview_code(station: RoadsideStation, vehicle: TrueVehicle) -> str:
    """Return the station's key of a passage: station code, second, serial."""
    return f"{station.station_code}{vehicle.passed_at:%Y%m%d%H%M%S}{vehicle.serial:04d}"


def record_files(
    station: RoadsideStation, shots: Sequence[tuple[Shot, Shot]], broken: TrueVehicle, seed: int
) -> dict[str, bytes]:
    """Return the hourly lists by their names; `shots` are front and rear of each passage.

    The passage after that of `broken` repeats it under a new code, with text for its mass.
    """
    files = {}
    for hour, pairs in groupby(shots, key=lambda pair: f"{pair[0].vehicle.passed_at:%Y%m%d%H}"):
        passages: list[Passage] = []
        for front, rear in pairs:
            rng = random_stream(seed, station.station_id, front.vehicle.serial, "reading")
            passage = _passage(station, front, rear, rng)
            passages += [passage] * times_written(front.vehicle)
            if front.vehicle is broken:
                passages.append(_broken(passage))
        text = json.dumps(passages, ensure_ascii=False, indent=1)
        files[f"passages_{hour}.json"] = f"{text}\n".encode()
    return files


def _passage(station: RoadsideStation, front: Shot, rear: Shot, rng: np.random.Generator) -> Passage:
    """Return one passage as the platform wants it: all strings except `isEscape`."""
    vehicle = front.vehicle
    code_front = _station_reading(front, rng)
    return {
        "previewCode": preview_code(station, vehicle),
        "previewDate": f"{vehicle.passed_at:%Y-%m-%d %H:%M:%S}",
        "previewStationCode": station.station_code,
        "licenseCodeFront": code_front,
        "licenseCodeBack": _station_reading(rear, rng),
        "licensePlateColor": front.plate.colour.label if code_front else "",
        "vehicleType": _VEHICLE_TYPES[vehicle.layout],
        "axisNum": str(vehicle.axle_count),
        "speed": str(vehicle.speed_kmh),
        "laneNo": str(vehicle.lane),
        **_masses(vehicle),
        "snapshotTime": f"{front.taken_at:%Y-%m-%d %H:%M:%S}",
        "measureType": "动态",
        "isEscape": 0,
        "vehicleLength": str(vehicle.length_mm),
        "frontImage": "" if front.is_missing else frame_name(station, front),
        "rearImage": frame_name(station, rear),
        **_driving(vehicle),
    }


def _driving(vehicle: TrueVehicle) -> dict[str, str | list[str]]:
    """Return what the device tells of the driving, each axle's speed in km/h and place in the lane in mm."""
    told = vehicle.driving
    if told is None:
        return {}
    return {
        "violationBits": str(told.bits),
        "acceleration": str(told.acceleration_ms2),
        "reversedAxles": str(told.reversed_axles),
        "laneOffset": str(told.offset_mm),
        "axleSpeeds": [str(one) for one in told.axle_speed_kmh],
        "axleOffsets": [str(one) for one in told.axle_offset_mm],
    }


def _masses(vehicle: TrueVehicle) -> Passage:
    """Return the masses in kg, the excess over the limit in kg and %, and the spacings in mm."""
    record = weigh(vehicle)
    excess_kg = max(0, record.gross_kg - vehicle.limit_kg)
    axles_kg = [left + right for left, right in zip(record.left_kg, record.right_kg, strict=True)]
    passage: Passage = {
        "totalWeight": str(record.gross_kg),
        "overLimitWeight": str(excess_kg),
        "overLimitRate": f"{100 * excess_kg / vehicle.limit_kg:.2f}",
    }
    for place in range(_AXLE_PLACES):
        passage[f"axle{place + 1}Weight"] = str(axles_kg[place]) if place < len(axles_kg) else ""
    for place in range(_AXLE_PLACES - 1):
        spacings = record.spacings_mm
        passage[f"axle{place + 1}Spacing"] = str(spacings[place]) if place < len(spacings) else ""
    return passage


def _station_reading(shot: Shot, rng: np.random.Generator) -> str:
    """Return the station's own reading: nothing unseen, now and then one wrong character."""
    condition = shot.vehicle.plate_condition
    if shot.is_missing or condition is PlateCondition.COVERED:
        return ""
    text = shot.plate.text
    if rng.random() >= _MISREAD_SHARE.get(condition, 0):
        return text
    place = int(rng.integers(2, 6))  # the serial, without the last character, which tells the kind
    same_sort = DIGITS if text[place] in DIGITS else LETTERS
    wrong = str(rng.choice([character for character in same_sort if character != text[place]]))
    return text[:place] + wrong + text[place + 1 :]


def _broken(passage: Passage) -> Passage:
    code = f"{str(passage['previewCode'])[:-4]}9999"
    return passage | {"previewCode": code, "totalWeight": "ERR", "frontImage": "", "rearImage": ""}
