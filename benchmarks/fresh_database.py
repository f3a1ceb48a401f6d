"""An empty database for a benchmark: SQLite, or a PostgreSQL server of its own with every commit on disk."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))
from postgres import Postgres


@contextmanager
def fresh_database(folder: Path, *, postgres: bool) -> Iterator[tuple[str, int]]:
    """Give the URL of an empty database, and the process of its server, 0 where it has none."""
    if not postgres:
        yield f"sqlite:///{folder}/bench.sqlite", 0
        return
    server = Postgres(folder / "postgres")
    try:
        url = server.new_database()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            # Tests do without; here the disk is part of what is measured.
            connection.execute("ALTER SYSTEM RESET fsync")
            connection.execute("SELECT pg_reload_conf()")
        yield url, int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
    finally:
        server.stop()
