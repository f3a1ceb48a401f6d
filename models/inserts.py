"""INSERT … ON CONFLICT, spelled alike on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from models.tables import Base


def insert_new(connection: Connection, table: type[Base]) -> Any:  # noqa: ANN401 (one of two dialects' classes)
    """Return an insert that leaves a row of the same natural key as it is.

    Its row count can't be trusted (psycopg says -1); use RETURNING to learn what was inserted.
    """
    return upsert(connection, table).on_conflict_do_nothing()


def upsert(connection: Connection, table: type[Base]) -> Any:  # noqa: ANN401 (one of two dialects' classes)
    """Return the dialect's insert, which has `on_conflict_do_update`."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
