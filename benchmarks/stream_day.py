"""The day that benchmarks/stream.py sends: when vehicles crossed, their records, and frames of trucks."""

import argparse
import csv
import gzip
import random
from datetime import datetime, timedelta
from itertools import islice

from stream_site import CODE, DAY, LANES, STATION

from stations.roadside.night import simulate_vehicles
from stations.roadside.shot import Side
from stations.roadside.station import RoadsideStation
from stations.roadside.vehicle import PlateCondition
from stations.roadside.write import StationNight

FRAMES, END_S = 12, 86_400.0


def crossings(given: argparse.Namespace) -> list[tuple[float, int]]:
    """Return seconds of the day and lane of consecutive vehicles."""
    start_s = 3600.0 * given.hour
    if given.file is None:
        chance = random.Random(1)  # noqa: S311 (no secret)
        at_s, made = start_s, []
        for _ in range(given.rows):
            at_s += chance.expovariate(1.2)
            made.append((at_s, chance.randint(1, LANES)))
        return made
    with gzip.open(given.file, "rt", encoding="ascii") as source:
        rows = [
            (3600 * float(row["h"]) + 60 * float(row["m"]) + float(row["s"]), int(float(row["Lane"])))
            for row in csv.DictReader(source)
            # The counter's own glitches: rows without a time.
            if row["h"] and row["m"] and row["s"] and row["Lane"]
        ]
    return list(islice(sorted(row for row in rows if start_s <= row[0] < END_S), given.rows))


def record(number: int, at_s: float, lane: int, *, over: bool) -> dict[str, object]:
    """Return a car, or a truck of six axles and 62 t."""
    at = datetime.combine(DAY, datetime.min.time()) + timedelta(seconds=int(at_s))
    loads = [7_000, 9_000, 9_000, 12_000, 12_500, 12_500] if over else [800, 700]
    spacings = [3300, 1350, 6500, 1310, 1310] if over else [2700]
    return {
        "previewCode": f"{CODE}-{number:06d}",
        "previewDate": f"{at:%Y-%m-%d %H:%M:%S}",
        "previewStationCode": CODE,
        "axisNum": str(len(loads)),
        "speed": "70",
        "laneNo": str(lane),
        "totalWeight": str(sum(loads)),
        **{f"axle{axle}Weight": str(kg) for axle, kg in enumerate(loads, start=1)},
        **{f"axle{axle}Spacing": str(mm) for axle, mm in enumerate(spacings, start=1)},
        "frontImage": f"{number:06d}.jpg" if over else "",
    }


def pictures() -> list[bytes]:
    """Return frames of simulated trucks whose plates can be read."""
    station = RoadsideStation(station_id=STATION, station_code=CODE, format="station_upload")
    (vehicles,) = simulate_vehicles(DAY, 1, 100, [station])
    night = StationNight(station=station, vehicles=vehicles, seed=1)
    clear = [one for one in vehicles if one.plate_condition is PlateCondition.CLEAR]
    return [night.picture(night.shot(one, Side.FRONT)) for one in clear[:FRAMES]]
