"""Months in PostgreSQL: bytes of a passage, what questions cost among millions, and how a month leaves.

Takes a night that `scale.py --postgres --keep FOLDER` left, copies its passages into earlier days until there
are --rows, and measures. Questions are those of the program itself: their time, and the tables of which a
statement reads every row. At the end a night is run on an empty database and among all that is there.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from records import bench_station
from runner import keep, machine
from scale import run_night
from scale_by import Silent
from scale_input import DAY, write_night
from sqlalchemy import Connection, event, text

from models.database import Database
from models.files import FileStore
from models.values.timeline import day_bounds_ms
from pipeline.archive import months_before, put_away, take_out
from pipeline.executor import InlineExecutor
from pipeline.ledger import count_undone, load_chunk, unplanned_days
from pipeline.match import match_frames
from pipeline.plates.look import load_looking_reader
from pipeline.reidentify.named import Fleets
from pipeline.summary import night_summary
from stations.station import Station

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from postgres import Postgres

MONTH = date(2026, 5, 1)
DAY_MS, ONE_NIGHT = 86_400_000, 20_000
SIZES = """
    SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
    WHERE relname IN ('passage', 'judgement') ORDER BY relname
"""
INDEXES = """
    SELECT indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes
    WHERE relname IN ('passage', 'judgement') ORDER BY 1
"""


def main() -> None:
    """Grow what was kept, measure, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kept", type=Path, help="the folder that scale.py kept")
    parser.add_argument("--rows", type=int, default=2_000_000)
    given = parser.parse_args()
    lines = []
    for line in _measured(given.kept, given.rows):
        print(line, file=sys.stderr, flush=True)
        lines.append(line)
    given.file, given.repeats = None, 1
    keep("months-postgres", given, [*lines, *machine(("sqlalchemy", "psycopg"))])


def _measured(kept: Path, rows: int) -> Iterator[str]:
    server = Postgres(kept / "postgres")
    try:
        database = Database(server.url("test_1"))
        yield from _sizes(database, "of the night as it ran")
        yield f"copied into {_grow(server.url('test_1'), rows)} earlier days"
        yield from _sizes(database, "of the copies too")
        yield from _questions(database, FileStore(kept / "originals"))
        yield from _leaving(database, FileStore(kept / "archive"))
        database.close()
        yield from _one_more_night(kept, server)
    finally:
        server.stop()


def _grow(url: str, rows: int) -> int:
    """Copy the night's plain passages, their judgements and chunks into earlier days."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        held, highest = connection.execute("SELECT count(*), max(id) FROM passage").fetchone() or (0, 0)
        chunks = (connection.execute("SELECT max(id) FROM chunk").fetchone() or (0,))[0]
        columns = [
            one.name
            for one in connection.execute("SELECT * FROM passage LIMIT 0").description or ()
            if one.name != "id"
        ]
        judged = [
            one.name
            for one in connection.execute("SELECT * FROM judgement LIMIT 0").description or ()
            if one.name != "passage_id"
        ]
        copies = (rows - held) // held
        for copy in range(1, copies + 1):
            shift, further = copy * highest, copy * chunks
            moved = {"passed_at": f"passed_at - {copy * DAY_MS}", "chunk_id": f"chunk_id + {further}"}
            listed = ", ".join(f'"{one}"' for one in columns)
            values = ", ".join(moved.get(one, f'"{one}"') for one in columns)
            connection.execute(
                f"INSERT INTO chunk (id, station_id, day, number, state, reason) "  # noqa: S608 (numbers of our own)
                f"SELECT id + {further}, station_id, (day::date - {copy})::text, number, state, reason "
                f"FROM chunk WHERE id <= {chunks}"
            )
            connection.execute(
                f"INSERT INTO passage (id, {listed}) SELECT id + {shift}, {values} FROM passage "  # noqa: S608
                f"WHERE id <= {highest}"
            )
            listed = ", ".join(f'"{one}"' for one in judged)
            connection.execute(
                f"INSERT INTO judgement (passage_id, {listed}) SELECT passage_id + {shift}, {listed} "  # noqa: S608
                f"FROM judgement WHERE passage_id <= {highest}"
            )
            connection.execute(
                f"INSERT INTO named_passage SELECT passage_id + {shift}, station_id, "  # noqa: S608
                f"passed_at - {copy * DAY_MS} FROM named_passage WHERE passage_id <= {highest}"
            )
        for table in ("passage", "chunk"):
            # Copies brought their own numbers; the next night goes on after them.
            connection.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")  # noqa: S608
        connection.execute("VACUUM ANALYZE")
    return int(copies)


def _sizes(database: Database, words: str) -> list[str]:
    with database.read() as connection:
        passages = connection.scalar(text("SELECT count(*) FROM passage")) or 1
        lines, total = [f"bytes a passage {words} ({passages} passages)"], 0.0
        for name, table, indexes in connection.execute(text(SIZES)):
            lines.append(f"  {name:10} {table / passages:7.0f} table  {indexes / passages:7.0f} indexes")
            total += (table + indexes) / passages
        each = ", ".join(f"{name} {size / passages:.0f}" for name, size in connection.execute(text(INDEXES)))
    return [*lines, f"  in all     {total:7.0f}; {each}"]


def _station(number: int) -> Station:
    return bench_station().model_copy(update={"id": f"bench-{number:03d}"})


def _questions(database: Database, store: FileStore) -> list[str]:
    """Ask what the night and the console ask."""
    station = _station(0)
    start_ms, end_ms = day_bounds_ms(DAY, station.zone)
    with database.read() as connection:
        chunk = connection.scalar(text("SELECT min(id) FROM chunk")) or 0
    asked: dict[str, Callable[[Connection], object]] = {
        "a chunk's passages": lambda one: load_chunk(one, chunk, station, store, 0.8),
        "chunks left": lambda one: count_undone(one, [station], DAY),
        "frames to match": lambda one: match_frames(one, station, start_ms, end_ms),
        "days not planned": lambda one: unplanned_days(one, station),
        "named fleet of 30 days": lambda one: Fleets(one, end_ms, {}).of(one, station.id),
        "summary of a night": lambda one: night_summary(one, [station], DAY),
        "months to put away": lambda one: list(months_before(one, station, date(2026, 6, 1))),
    }
    lines = ["question                  ms, median of 5   pages   whole tables read"]
    for name, ask in asked.items():
        times = []
        for number in range(6):
            with _recorded(database) as statements, database.read() as connection:
                start = time.perf_counter()
                ask(connection)
                if number:
                    times.append((time.perf_counter() - start) * 1e3)
        with database.read() as connection:
            plans = [_plan(connection, *one) for one in statements]
        read = set().union(*map(_whole, plans)) & {"passage", "judgement"}
        pages = sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)
        whole = ", ".join(sorted(read)) or "-"
        lines.append(f"{name:25} {statistics.median(times):15.1f} {pages:7}   {whole}")
    return lines


@contextmanager
def _recorded(database: Database) -> Iterator[list[tuple[str, Any]]]:
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:  # noqa: ANN401
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def _plan(connection: Connection, statement: str, parameters: Any) -> dict[str, Any]:  # noqa: ANN401
    asked = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    plan = connection.exec_driver_sql(asked, parameters).scalar_one()
    return dict((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def _whole(plan: dict[str, Any]) -> set[str]:
    waiting, tables = [plan], set()
    while waiting:
        node = waiting.pop()
        if "Seq Scan" in node["Node Type"]:
            tables.add(node["Relation Name"])
        waiting += node.get("Plans", [])
    return tables


def _leaving(database: Database, store: FileStore) -> list[str]:
    """Put one station's month away and take it out; delete another's in plain SQL."""
    lines = []
    station, other = _station(0), _station(1)
    start, gone = time.perf_counter(), 0
    with database.write("bench") as connection:
        gone = put_away(connection, store, station, MONTH)
    taken = time.perf_counter() - start
    size = sum(path.stat().st_size for path in store.root.rglob("*") if path.is_file())
    lines.append(
        f"put away: {gone} passages, {taken / gone * 1e6:.0f} us each, {size / gone:.1f} bytes each in files"
    )
    start = time.perf_counter()
    with database.write("bench") as connection:
        back = take_out(connection, store, station, MONTH)
    lines.append(f"taken out: {back} passages, {(time.perf_counter() - start) / back * 1e6:.0f} us each")
    start_ms, end_ms = day_bounds_ms(MONTH, other.zone)[0], day_bounds_ms(date(2026, 6, 1), other.zone)[0]
    of_month = f"station_id = '{other.id}' AND passed_at >= {start_ms} AND passed_at < {end_ms}"
    start = time.perf_counter()
    with database.write("bench") as connection:
        connection.execute(
            text(f"DELETE FROM judgement WHERE passage_id IN (SELECT id FROM passage WHERE {of_month})")  # noqa: S608
        )
        deleted = connection.execute(text(f"DELETE FROM passage WHERE {of_month}")).rowcount  # noqa: S608
    lines.append(f"deleted: {deleted} passages, {(time.perf_counter() - start) / deleted * 1e6:.0f} us each")
    return lines


def _one_more_night(folder: Path, server: Postgres) -> Iterator[str]:
    """Run the same night on an empty database and among all that is there."""
    with psycopg.connect(server.url("test_1").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS empty")
        connection.execute("CREATE DATABASE empty")
    for words, name in (("an empty database", "empty"), ("all of these", "test_1")):
        day, one_more = DAY + timedelta(days=1), folder / words.replace(" ", "-")
        stations = write_night(one_more / "inbox", ONE_NIGHT, ONE_NIGHT, 0.0, day)
        by = InlineExecutor(partial(load_looking_reader, folder / "weights", 1)), Silent()
        pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
        took = run_night(one_more, server.url(name), pid, stations, by, 200, ONE_NIGHT, day)
        yield (
            f"a night of {ONE_NIGHT} in {words}: processor {took['cpu_us_a_record']:.0f} us a passage, "
            f"database {took['database_us_a_record']:.0f} us, load {took['load']:.0f}"
        )


if __name__ == "__main__":
    main()
