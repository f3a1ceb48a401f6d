"""Peak memory of judging and of intake as files grow, each run in a process of its own."""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from records import bench_station, record_file
from runner import arguments, keep, machine, own_peak_kib

from models.database import Database
from models.files import StoredFile
from models.values.states import SourceKind
from pipeline.judge_file import FileReport, judge_file
from stations.contents import take_records
from stations.source_files import add_source

STATION = bench_station()
# Of --rows: a hundredth, a tenth, all.
PARTS = (100, 10, 1)


def main() -> None:
    """Measure each size and keep the result; a process started with a task measures itself."""
    if sys.argv[1:2] == ["--task"]:
        task, path = sys.argv[2:4]
        {"judging": judge, "intake": take_in}[task](Path(path))
        print(own_peak_kib())
        return
    given = arguments(__doc__ or "", rows=200_000, repeats=1)
    with tempfile.TemporaryDirectory() as folder:
        lines = [line for task in ("judging", "intake") for line in _growth(task, Path(folder), given)]
    keep("memory", given, [*lines, *machine(("numpy", "polars", "sqlalchemy"))])


def judge(path: Path) -> None:
    """Judge a file, letting each finding go."""
    for _ in judge_file(path, STATION, time.time_ns() // 1_000_000, FileReport()):
        pass


def take_in(path: Path) -> None:
    """Take a file into a new SQLite database."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bench.sqlite")
        stored = StoredFile(sha256="0" * 64, size_bytes=path.stat().st_size, path=path)
        with database.write("bench") as connection:
            source_id = add_source(connection, STATION.id, path.name, stored, SourceKind.RECORDS, 0)
            take_records(connection, STATION, stored, source_id)
        database.close()


def _growth(task: str, folder: Path, given: argparse.Namespace) -> list[str]:
    sizes = [given.rows // part for part in PARTS]
    peaks = [_peak_mib(task, record_file(folder, rows, given.file), given.repeats) for rows in sizes]
    lines = [
        f"{task}, {rows:9,} records: peak {peak:6.0f} MiB" for rows, peak in zip(sizes, peaks, strict=True)
    ]
    per_row = (peaks[-1] - peaks[-2]) * 2**20 / (sizes[-1] - sizes[-2])
    return [*lines, f"{task}: {per_row:.0f} bytes a record from {sizes[-2]:,} to {sizes[-1]:,}"]


def _peak_mib(task: str, path: Path, repeats: int) -> float:
    command = [sys.executable, __file__, "--task", task, str(path)]
    outputs = [subprocess.run(command, check=True, capture_output=True).stdout for _ in range(repeats)]  # noqa: S603
    return statistics.median(int(output) for output in outputs) / 1024


if __name__ == "__main__":
    main()
