"""One night as it grows: the time and memory of each stage for more and more passages, by executor.

Passages are made records, so many a station; a thousandth of them is over the limit, and --frames of all have
a drawn frame, which is read. Each night runs in a process of its own on an empty database.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from records import bench_station, made
from runner import keep, machine, own_peak_kib
from sqlalchemy import func, select

from models.database import Database
from models.files import FileStore
from models.leases import this_process
from models.tables import Base, Judgement
from pipeline.executor import Executor, InlineExecutor, PoolExecutor
from pipeline.nightly import NightlyRun, NightReport
from pipeline.plates.look import load_looking_reader
from stations.formats.hs_data import LEFT, RIGHT
from stations.intake import Intake
from stations.quarantine import QuarantineFolder
from stations.roadside.night import simulate_vehicles
from stations.roadside.shot import Side
from stations.roadside.station import RoadsideStation
from stations.roadside.vehicle import PlateCondition
from stations.roadside.write import StationNight
from stations.station import Lane, Station

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from postgres import Postgres

DAY, DAY_MS = date(2026, 6, 18), 86_400_000
LANES = 4
# A loaded truck is about half of what `made` draws, so that few are over by chance.
LIGHTER = 0.5
OVER_SHARE = 0.001
OVER_KG = 11_000
PICTURES = 8


def main() -> None:
    """Run each size by each executor and keep the result."""
    if sys.argv[1:2] == ["--night"]:
        print(json.dumps(night(**json.loads(sys.argv[2]))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--a-station", type=int, default=20_000, help="passages of a station's day")
    parser.add_argument("--frames", type=float, default=0.0, help="share of passages with a frame")
    parser.add_argument("--workers", type=int, nargs="+", default=[1], help="1: in this process")
    parser.add_argument("--chunk-size", type=int, default=200)
    parser.add_argument("--postgres", action="store_true", help="into PostgreSQL, else SQLite")
    parser.add_argument("--repeats", type=int, default=1)
    given = parser.parse_args()
    results = [
        _in_own_process(
            rows=rows,
            a_station=given.a_station,
            frames=given.frames,
            workers=workers,
            chunk_size=given.chunk_size,
            postgres=given.postgres,
        )
        for rows in given.rows
        for workers in given.workers
        for _ in range(given.repeats)
    ]
    given.rows, given.file = max(given.rows), None
    kind = f"scale-{'postgres' if given.postgres else 'sqlite'}-{given.frames:g}-frames"
    keep(kind, given, [*_table(results), *machine(("sqlalchemy", "numpy", "polars"))])


def _in_own_process(**task: float) -> dict[str, Any]:
    command = [sys.executable, __file__, "--night", json.dumps(task)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 (ourselves)
    result: dict[str, Any] = task | json.loads(output)
    print(result, file=sys.stderr, flush=True)
    return result


def _table(results: list[dict[str, Any]]) -> list[str]:
    stages = list(results[0]["seconds"])
    first = results[0]["cpu_us_a_record"]
    named = "  ".join(f"{one:>10}" for one in stages)
    heading = "   rows  workers  us a record  CPU us  to first  peak MiB"
    lines = [f"{heading}  {named}"]
    for one in results:
        each = "  ".join(f"{one['seconds'][stage] / one['rows'] * 1e6:10.1f}" for stage in stages)
        lines.append(
            f"{one['rows']:7}  {one['workers']:7}  {one['us_a_record']:11.1f}  "
            f"{one['cpu_us_a_record']:6.1f}  {one['cpu_us_a_record'] / first:8.2f}  "
            f"{one['peak_mib']:8.0f}  {each}"
        )
    return lines


def night(
    *, rows: int, a_station: int, frames: float, workers: int, chunk_size: int, postgres: bool
) -> dict[str, Any]:
    """Run one night and return what it took."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        stations = write_night(folder / "inbox", rows, a_station, frames)
        server = Postgres(folder / "postgres") if postgres else None
        url = server.new_database() if server else f"sqlite:///{folder}/bench.sqlite"
        try:
            return _run(folder, url, stations, _executor(folder, workers), chunk_size, rows)
        finally:
            if server:
                server.stop()


def _executor(folder: Path, workers: int) -> Executor:
    reader = partial(load_looking_reader, folder / "weights", 1)
    return InlineExecutor(reader) if workers == 1 else PoolExecutor(reader, workers)


def _run(
    folder: Path, url: str, stations: list[Station], executor: Executor, chunk_size: int, rows: int
) -> dict[str, Any]:
    database, store = Database(url), FileStore(folder / "originals")
    run = NightlyRun(
        database=database,
        store=store,
        intake=Intake(
            database=database,
            store=store,
            quarantine=QuarantineFolder(root=folder / "quarantine"),
            holder=this_process(600_000),
        ),
        executor=executor,
        inbox=folder / "inbox",
        chunk_size=chunk_size,
        plate_threshold=0.8,
        progress=Silent(),
    )
    start, start_cpu = time.perf_counter(), time.process_time()
    report = run.run(stations, DAY)
    taken, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    with database.read() as connection:
        judged = connection.scalar(select(func.count()).select_from(Judgement)) or 0
        counts = {
            table.name: count
            for table in Base.metadata.sorted_tables
            if (count := connection.scalar(select(func.count()).select_from(table)))
        }
    database.close()
    if judged != rows or report.troubled:
        message = f"expected {rows} judged passages, got {judged}; {report.failures}"
        raise AssertionError(message)
    return {
        "us_a_record": taken / rows * 1e6,
        # What other programs on the machine disturb least.
        "cpu_us_a_record": cpu / rows * 1e6,
        "peak_mib": own_peak_kib() / 1024,
        "seconds": _seconds(report),
        "counts": counts,
    }


def _seconds(report: NightReport) -> dict[str, float]:
    return {stage: round(seconds, 3) for stage, seconds in report.seconds.items()}


class Silent:
    """Shows no progress."""

    def stage(self, label: str, total: int) -> None:
        """Say nothing."""

    def step(self) -> None:
        """Say nothing."""


def write_night(inbox: Path, rows: int, a_station: int, frames: float) -> list[Station]:
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
        _write_station(folder, random, count, frames, pictures)
        stations.append(station)
    return stations


def _write_station(
    folder: Path, random: np.random.Generator, count: int, frames: float, pictures: list[bytes]
) -> None:
    table = made(random, 0, count)
    wheels = np.floor(table.select(*LEFT, *RIGHT).to_numpy() * LIGHTER / 10).astype(np.int64) * 10
    lane, axles = random.integers(1, LANES + 1, count), table["Axle_Num"].to_numpy()
    over = np.flatnonzero(axles == 6)  # noqa: PLR2004 (the heaviest kind)
    over = np.sort(random.choice(over, min(len(over), round(count * OVER_SHARE)), replace=False))
    heavy_kg = OVER_KG // 2 + 10 * random.integers(-20, 21, (len(over), wheels.shape[1]))
    wheels[over] = np.where(wheels[over] > 0, heavy_kg, 0)
    at_ms = np.linspace(0, DAY_MS - 1000, count).astype(np.int64) // 100 * 100
    moment = np.datetime64(DAY, "ms") + at_ms
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


if __name__ == "__main__":
    main()
