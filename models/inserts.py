"""INSERT … ON CONFLICT DO NOTHING, spelled alike on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from models.tables import Base


def insert_new(connection: Connection, table: type[Base]) -> Any:  # noqa: ANN401 (one of two dialects' classes)
    """Return an insert that leaves a row of the same natural key as it is.

    Its row count can't be trusted (psycopg says -1); use RETURNING to learn what was inserted.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()
