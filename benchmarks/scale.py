"""One night as it grows: the time and memory of each stage for more and more passages, by executor.

Passages are made records, so many a station; a thousandth of them is over the limit, and --frames of all have
a drawn frame, which is read. Each night runs in a process of its own on an empty database. A cluster loses a
worker half-way; runners are processes that share a night, each judging by itself. On PostgreSQL the end of
each night is told as a digest of every row.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from fresh_database import fresh_database
from processes import Watched, watched
from runner import keep, machine
from scale_by import EXECUTORS, Silent, executor
from scale_input import DAY, write_night
from sqlalchemy import Connection, func, select, text

from models.database import Database
from models.files import FileStore
from models.leases import this_process
from models.tables import Base, Judgement
from pipeline.executor import Executor
from pipeline.nightly import NightlyRun, NightReport
from stations.intake import Intake
from stations.quarantine import QuarantineFolder
from stations.station import Station

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from snapshot import VARIABLE


def main() -> None:
    """Run each size by each executor and keep the result."""
    if sys.argv[1:2] == ["--night"]:
        print(json.dumps(night(**json.loads(sys.argv[2]))))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--a-station", type=int, default=20_000, help="passages of a station's day")
    parser.add_argument("--frames", type=float, default=0.0, help="share of passages with a frame")
    parser.add_argument("--by", nargs="+", choices=EXECUTORS, default=["process"], help="which executors")
    parser.add_argument("--workers", type=int, default=2, help="processes of a pool or a cluster, or runners")
    parser.add_argument("--chunk-size", type=int, default=200)
    parser.add_argument("--postgres", action="store_true", help="into PostgreSQL, else SQLite")
    parser.add_argument("--keep", type=Path, help="an empty folder that the last night's database stays in")
    parser.add_argument("--repeats", type=int, default=1)
    given = parser.parse_args()
    results = [
        _in_own_process(
            rows=rows,
            a_station=given.a_station,
            frames=given.frames,
            by=by,
            workers=given.workers,
            chunk_size=given.chunk_size,
            postgres=given.postgres,
            keep_in=str(given.keep or ""),
        )
        for rows in given.rows
        for _ in range(given.repeats)
        for by in given.by
    ]
    given.rows, given.file = max(given.rows), None
    kind = f"scale-{'postgres' if given.postgres else 'sqlite'}-{given.frames:g}-frames"
    keep(kind, given, [*_table(results), *machine(("sqlalchemy", "numpy", "polars"))])


def _in_own_process(**task: float | str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--night", json.dumps(task)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 (ourselves)
    result: dict[str, Any] = task | json.loads(output)
    print(result, file=sys.stderr, flush=True)
    return result


def _table(results: list[dict[str, Any]]) -> list[str]:
    stages = list(results[0]["seconds"])
    first = results[0]["cpu_us_a_record"]
    named = "  ".join(f"{one:>10}" for one in stages)
    lines = [
        f"   rows  {'by':8}  us a record  CPU us  to first  database us  peak MiB  a worker  load  {named}"
    ]
    for one in results:
        each = "  ".join(f"{one['seconds'][stage] / one['rows'] * 1e6:10.1f}" for stage in stages)
        lines.append(
            f"{one['rows']:7}  {one['by']:8}  {one['us_a_record']:11.1f}  {one['cpu_us_a_record']:6.1f}  "
            f"{one['cpu_us_a_record'] / first:8.2f}  {one['database_us_a_record']:11.1f}  "
            f"{one['peak_mib']:8.0f}  {one['worker_mib']:8.0f}  {one['load']:4.1f}  {each}"
        )
    if any(one["end"] for one in results):
        lines += [f"end of {one['rows']} by {one['by']}: {one['end']}" for one in results]
    return lines


def night(  # noqa: PLR0913 (what a night depends on)
    *,
    rows: int,
    a_station: int,
    frames: float,
    by: str,
    workers: int,
    chunk_size: int,
    postgres: bool,
    keep_in: str,
) -> dict[str, Any]:
    """Run one night and return what it took."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(keep_in or place)
        stations = write_night(folder / "inbox", rows, a_station, frames)
        with (
            fresh_database(folder, postgres=postgres) as (url, server),
            executor(folder, by, workers) as judging,
        ):
            runners = workers if by == "runners" else 1
            return run_night(folder, url, server, stations, judging, chunk_size, rows, runners=runners)


def run_night(  # noqa: PLR0913, PLR0917 (what a night depends on)
    folder: Path,
    url: str,
    server: int,
    stations: list[Station],
    by: tuple[Executor, Silent],
    chunk_size: int,
    rows: int,
    day: date = DAY,
    runners: int = 1,
) -> dict[str, Any]:
    """Run a night of `rows` passages on a database, which may hold others, and return what it took."""
    run = _nightly(folder, url, by, chunk_size)
    database = run.database
    others = [
        get_context("spawn").Process(target=_run_too, args=(folder, url, chunk_size, stations, day))
        for _ in range(runners - 1)
    ]
    with database.read() as connection:
        there = connection.scalar(select(func.count()).select_from(Judgement)) or 0
    start = time.perf_counter()
    with watched(os.getpid()) as ours, watched(server or os.getpid()) as theirs:
        for one in others:
            one.start()
        report = run.run(stations, day)
        for one in others:
            one.join()
    taken = time.perf_counter() - start
    with database.read() as connection:
        judged = connection.scalar(select(func.count()).select_from(Judgement)) or 0
        counts = {
            table.name: count
            for table in Base.metadata.sorted_tables
            if (count := connection.scalar(select(func.count()).select_from(table)))
        }
        end = _digest(connection) if server else ""
    database.close()
    if judged != there + rows or report.troubled or any(one.exitcode for one in others):
        message = f"expected {there + rows} judged passages, got {judged}; {report.failures}"
        raise AssertionError(message)
    return {
        "us_a_record": taken / rows * 1e6,
        # What other programs on the machine disturb least.
        "cpu_us_a_record": ours.total_s / rows * 1e6,
        "database_us_a_record": theirs.total_s / rows * 1e6 if server else 0.0,
        "peak_mib": ours.peak_kib[os.getpid()] / 1024,
        "worker_mib": _workers_mib(ours),
        "killed": by[1].killed,
        "load": os.getloadavg()[1],
        "seconds": _seconds(report),
        "counts": counts,
        "end": end,
    }


def _nightly(folder: Path, url: str, by: tuple[Executor, Silent], chunk_size: int) -> NightlyRun:
    database, store = Database(url), FileStore(folder / "originals")
    return NightlyRun(
        database=database,
        store=store,
        intake=Intake(
            database=database,
            store=store,
            quarantine=QuarantineFolder(root=folder / "quarantine"),
            holder=this_process(600_000),
        ),
        executor=by[0],
        inbox=folder / "inbox",
        chunk_size=chunk_size,
        plate_threshold=0.8,
        progress=by[1],
    )


def _run_too(folder: Path, url: str, chunk_size: int, stations: list[Station], day: date) -> None:
    """Be one more runner of the night; how many chunks it judged is told."""
    with executor(folder, "runners", 1) as by:
        report = _nightly(folder, url, by, chunk_size).run(stations, day)
    print(f"another runner judged {report.chunks} chunks", file=sys.stderr)
    if report.troubled:
        raise SystemExit(1)


def _workers_mib(ours: Watched) -> float:
    return max((peak for pid, peak in ours.peak_kib.items() if pid != os.getpid()), default=0) / 1024


def _digest(connection: Connection) -> str:
    """Return a digest of every row of every table, in any order, but of rows' own numbers and times."""
    digest = hashlib.sha256()
    for table in Base.metadata.sorted_tables:
        columns = ", ".join(f'"{one.name}"' for one in table.columns if one.name not in {*VARIABLE, "id"})
        query = f"SELECT count(*), sum(hashtextextended(ROW({columns})::text, 0)::numeric) FROM {table.name}"  # noqa: S608
        digest.update(f"{table.name} {connection.execute(text(query)).one()}\n".encode())
    return digest.hexdigest()[:16]


def _seconds(report: NightReport) -> dict[str, float]:
    return {stage: round(seconds, 3) for stage, seconds in report.seconds.items()}


if __name__ == "__main__":
    main()
