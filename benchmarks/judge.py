"""File to findings beside DuckDB doing the same limits in SQL, and judging beside a plain loop over rows."""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from duck_limits import findings_query
from numpy.typing import NDArray
from records import bench_station, record_file
from row_loop import judge_rows, plain_rows
from runner import Case, arguments, keep, machine, per_row, ratio_line, time_lines, times_s

from models.values.passages import content_key
from pipeline.judge_file import FileReport, judge_file
from pipeline.overload import judge_overload
from pipeline.quality import quality_codes
from pipeline.rules.rule_sets import rule_sets
from pipeline.seen import SeenKeys
from stations.formats import record_format
from stations.formats.base import Block

STATION = bench_station()
# A plain loop is slow, and its time for a row doesn't depend on how many there are.
SAMPLE_ROWS = 20_000
Judged = tuple[NDArray[np.uint64], NDArray[np.int64]]


def main() -> None:
    """Run both comparisons and keep the result."""
    given = arguments(__doc__ or "", rows=200_000, repeats=5)
    with tempfile.TemporaryDirectory() as folder:
        path = record_file(Path(folder), given.rows, given.file)
        lines = [*file_to_findings(path, given), *judging(path, Path(folder), given)]
    keep("judge", given, [*lines, *machine(("numpy", "polars", "duckdb"))])


def file_to_findings(path: Path, given: argparse.Namespace) -> list[str]:
    """Compare whole runs over the file, ours with every check of quality, DuckDB's with the limits alone."""
    query = findings_query(path, STATION)
    ours, theirs = _ours(path), _duck(query)
    if sorted(_comparable(ours)) != sorted(theirs):
        message = f"the findings differ: ours {len(ours)}, DuckDB's {len(theirs)}"
        raise AssertionError(message)
    cases = [
        Case(name="file to findings, ours", run=lambda: _ours(path), rows=given.rows),
        Case(name="the same limits, DuckDB", run=lambda: _duck(query), rows=given.rows),
    ]
    seconds = times_s(cases, given.repeats)
    mine, duck = per_row(cases, seconds)
    return [
        f"findings: {len(ours)}, equal to DuckDB's",
        *time_lines(cases, seconds),
        ratio_line("speed of ours to DuckDB's", duck, mine, "at least 0.5"),
    ]


def _ours(path: Path) -> list[dict[str, Any]]:
    return list(judge_file(path, STATION, time.time_ns() // 1_000_000, FileReport()))


def _duck(query: str) -> list[tuple[Any, ...]]:
    return duckdb.connect().execute(query).fetchall()


def _comparable(findings: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("lane", "axle_count", "gross_kg", "decided_kg", "limit_kg", "excess_kg", "layout", "layout_open")
    return [(one["time"][:23].replace("T", " "), *(one[name] for name in names)) for one in findings]


def judging(path: Path, folder: Path, given: argparse.Namespace) -> list[str]:
    """Compare judging alone, of records already read: quality, repeats, limits, decided mass."""
    sample_rows = min(given.rows, SAMPLE_ROWS)
    sample = record_file(folder, sample_rows, given.file)
    plain, now_ms = plain_rows(sample), time.time_ns() // 1_000_000
    if _by_row(_judge_blocks(_blocks(sample), now_ms)) != judge_rows(plain, STATION, now_ms):
        message = "the row loop judges otherwise"
        raise AssertionError(message)
    blocks = _blocks(path)
    cases = [
        Case(name="judging, ours", run=lambda: _judge_blocks(blocks, now_ms), rows=given.rows),
        Case(name="judging, row loop", run=lambda: judge_rows(plain, STATION, now_ms), rows=sample_rows),
    ]
    seconds = times_s(cases, given.repeats)
    mine, loop = per_row(cases, seconds)
    return [
        f"judging alone: codes and excess of {sample_rows} records equal to the row loop's",
        *time_lines(cases, seconds),
        ratio_line("speed of ours to the row loop's, for each record", loop, mine, "at least 30"),
    ]


def _blocks(path: Path) -> list[Block]:
    return list(record_format(STATION).read(path))


def _judge_blocks(blocks: list[Block], now_ms: int) -> list[Judged]:
    """Return quality codes as bits and excess for each record, block by block."""
    seen, sets = SeenKeys(), rule_sets()
    judged: list[Judged] = []
    for block in blocks:
        batch = block.batch
        repeated = seen.repeated(batch.passed_at_ms, content_key(batch))
        received_at_ms = np.full(len(batch), now_ms, dtype=np.int64)
        masks = quality_codes(batch, STATION, sets, received_at_ms=received_at_ms, repeated=repeated)
        judged.append((masks, judge_overload(batch, STATION, sets).excess_kg))
    return judged


def _by_row(judged: list[Judged]) -> list[tuple[int, int]]:
    return [
        pair for masks, excess_kg in judged for pair in zip(masks.tolist(), excess_kg.tolist(), strict=True)
    ]


if __name__ == "__main__":
    main()
