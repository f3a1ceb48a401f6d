"""Drop folders of a night that grows: stations of made records, a few over their limit, frames of some."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from records import bench_station, made

from stations.formats.hs_data import LEFT, RIGHT
from stations.roadside.night import simulate_vehicles
from stations.roadside.shot import Side
from stations.roadside.station import RoadsideStation
from stations.roadside.vehicle import PlateCondition
from stations.roadside.write import StationNight
from stations.station import Lane, Station

DAY, DAY_MS = date(2026, 6, 18), 86_400_000
LANES = 4
# A loaded truck is about half of what `made` draws, so that few are over by chance.
LIGHTER = 0.5
OVER_SHARE = 0.001
OVER_KG = 11_000
PICTURES = 8


def write_night(inbox: Path, rows: int, a_station: int, frames: float, day: date = DAY) -> list[Station]:
    """Write drop folders of stations that have `a_station` passages each, `rows` in all."""
    random = np.random.default_rng(20260618)
    pictures = _pictures() if frames else []
    stations = []
    for number, start in enumerate(range(0, rows, a_station)):
        count = min(a_station, rows - start)
        station = bench_station().model_copy(
            update={
                "id": f"bench-{number:03d}",
                "lanes": tuple(Lane(number=lane) for lane in range(1, LANES + 1)),
                "legal_review_on": date(2021, 1, 1),
                "technical_review_on": date(2021, 1, 1),
            }
        )
        folder = inbox / station.id
        folder.mkdir(parents=True)
        _write_station(folder, random, count, frames, pictures, day)
        stations.append(station)
    return stations


def _write_station(
    folder: Path, random: np.random.Generator, count: int, frames: float, pictures: list[bytes], day: date
) -> None:
    table = made(random, 0, count)
    wheels = np.floor(table.select(*LEFT, *RIGHT).to_numpy() * LIGHTER / 10).astype(np.int64) * 10
    lane, axles = random.integers(1, LANES + 1, count), table["Axle_Num"].to_numpy()
    over = np.flatnonzero(axles == 6)  # noqa: PLR2004 (the heaviest kind)
    over = np.sort(random.choice(over, min(len(over), round(count * OVER_SHARE)), replace=False))
    heavy_kg = OVER_KG // 2 + 10 * random.integers(-20, 21, (len(over), wheels.shape[1]))
    wheels[over] = np.where(wheels[over] > 0, heavy_kg, 0)
    at_ms = np.linspace(0, DAY_MS - 1000, count).astype(np.int64) // 100 * 100
    moment = np.datetime64(day, "ms") + at_ms
    table = table.with_columns(
        pl.Series("HSData_DT", moment).dt.to_string("%Y-%m-%d %H:%M:%S%.3f"),
        pl.Series("Lane_Id", lane),
        pl.Series("Gross_Load", wheels.sum(axis=1)),
        *(pl.Series(name, wheels[:, place]) for place, name in enumerate((*LEFT, *RIGHT))),
    )
    table.write_csv(folder / "records.csv")
    for place in over[: round(count * frames)].tolist():
        clock = str(moment[place]).replace("-", "").replace(":", "")
        name = f"{clock}_L{lane[place]}_front.jpg"
        (folder / name).write_bytes(pictures[place % len(pictures)])


def _pictures() -> list[bytes]:
    """Return drawn fronts of trucks whose plates can be read."""
    station = RoadsideStation(station_id="bench", station_code="B", format="hs_data", lanes=LANES)
    vehicles = simulate_vehicles(DAY, 1, 4 * PICTURES, [station])[0]
    drawing = StationNight(station=station, vehicles=vehicles, seed=1)
    clear = [one for one in vehicles if one.plate_condition is PlateCondition.CLEAR]
    return [drawing.picture(drawing.shot(one, Side.FRONT)) for one in clear[:PICTURES]]
