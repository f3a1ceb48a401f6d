"""INSERT … ON CONFLICT, spelled alike on SQLite and PostgreSQL."""

from functools import cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from models.tables import Base


def insert_new(connection: Connection, table: type[Base]) -> Any:  # noqa: ANN401 (one of two dialects' classes)
    """Return an insert that leaves a row of the same natural key as it is.

    Its row count can't be trusted (psycopg says -1); use RETURNING to learn what was inserted.
    """
    return _insert_new(connection.dialect.name, table)


def insert_new_id(connection: Connection, table: type[Base]) -> Any:  # noqa: ANN401 (one of two dialects' classes)
    """Return the same, which tells the id of the row where it is new."""
    return _insert_new_id(connection.dialect.name, table)


def upsert(connection: Connection, table: type[Base]) -> Any:  # noqa: ANN401 (one of two dialects' classes)
    """Return the dialect's insert, which has `on_conflict_do_update`."""
    return _insert(connection.dialect.name, table)


@cache
def _insert_new(dialect: str, table: type[Base]) -> Any:  # noqa: ANN401
    # One statement for ever: SQLAlchemy need not compare it with those it has compiled.
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _insert_new_id(dialect: str, table: type[Base]) -> Any:  # noqa: ANN401
    return _insert_new(dialect, table).returning(table.__table__.c.id)


def _insert(dialect: str, table: type[Base]) -> Any:  # noqa: ANN401
    return (postgresql if dialect == "postgresql" else sqlite).insert(table.__table__)
