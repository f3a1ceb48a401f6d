"""The whole database as values that two runs can be compared by: natural keys in place of numbers."""

from typing import Any

from sqlalchemy import Connection, Table, select

from models.database import Database
from models.tables import Base

# When something arrived is the only thing that may differ between two runs.
VARIABLE = {
    "received_at",
    "measured_at",
    "decided_at",
    "entered_at",
    "at",
    "seen_at",
    "searched_at",
    "found_at",
}
NATURAL = {
    "passage": ("station_id", "passed_at", "record_key"),
    "frame": ("station_id", "name", "sha256"),
    "source_file": ("station_id", "sha256", "name"),
    "chunk": ("station_id", "day", "number"),
    "cases": ("number",),
    "lane_reference": ("station_id", "lane", "certificate"),
    "lane_day": ("station_id", "lane", "day", "passages"),
    "gate_override": ("station_id", "lane", "reason"),
}


def snapshot(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, sorted, foreign keys replaced by the natural keys they stand for."""
    with database.read() as connection:
        names = {table: _natural(connection, Base.metadata.tables[table]) for table in NATURAL}
        return {
            table.name: sorted(
                (_row(table, row._mapping, names) for row in connection.execute(select(table))),
                key=repr,
            )
            for table in Base.metadata.sorted_tables
        }


def _natural(connection: Connection, table: Table) -> dict[int, tuple[Any, ...]]:
    columns = [table.c[name] for name in NATURAL[table.name]]
    return {row[0]: tuple(row[1:]) for row in connection.execute(select(table.c.id, *columns))}


def _row(table: Table, row: Any, names: dict[str, dict[int, tuple[Any, ...]]]) -> tuple[Any, ...]:  # noqa: ANN401
    values = []
    for column in table.columns:
        if column.name in VARIABLE or column.name == "id":
            continue
        value = row[column.name]
        for key in column.foreign_keys:
            if key.column.table.name in names:
                value = None if value is None else names[key.column.table.name][value]
        values.append(value)
    return tuple(values)
