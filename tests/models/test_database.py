import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select

import models.gate_tables  # noqa: F401 (makes its tables known)
from models.database import Database, DatabaseUnavailableError
from models.tables import Base, Chunk

CHUNK = {"station_id": "a", "day": "2026-06-18", "number": 1, "state": "planned", "reason": ""}


def test_migrations_make_the_tables_of_the_models(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_an_error_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(RuntimeError, match="stop"), database.write("test") as connection:
        connection.execute(insert(Chunk).values(CHUNK))
        raise RuntimeError("stop")
    with database.read() as connection:
        assert connection.execute(select(Chunk)).all() == []


def test_a_locked_database_is_said_to_be_locked_and_works_again_after(tmp_path: Path) -> None:
    path = tmp_path / "test.sqlite"
    Database(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    impatient = Database(f"sqlite:///{path}", busy_timeout_ms=50)
    with pytest.raises(DatabaseUnavailableError, match="database is locked"), impatient.write("test"):
        pass
    other.execute("ROLLBACK")
    other.close()
    with impatient.write("test") as connection:
        connection.execute(insert(Chunk).values(CHUNK))
