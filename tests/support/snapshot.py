"""The whole database as values that two runs can be compared by: natural keys in place of numbers."""

from functools import partial
from typing import Any

from sqlalchemy import Column, Connection, Table, select

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
    "checked_at",
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
    "reidentify_search": ("passage_id",),
}


Names = dict[str, dict[int, tuple[Any, ...]]]


def snapshot(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, sorted, foreign keys replaced by the natural keys they stand for."""
    names: Names = {}
    with database.read() as connection:
        for name in NATURAL:
            names[name] = _natural(connection, Base.metadata.tables[name], names)
        return {
            table.name: sorted(
                (_row(table, row._mapping, names) for row in connection.execute(select(table))),
                key=repr,
            )
            for table in Base.metadata.sorted_tables
        }


def _natural(connection: Connection, table: Table, names: Names) -> dict[int, tuple[Any, ...]]:
    columns = [table.c[name] for name in NATURAL[table.name]]
    rows = connection.execute(select(table.c.id, *columns))
    return {row[0]: tuple(map(partial(_value, names), columns, row[1:])) for row in rows}


def _row(table: Table, row: Any, names: Names) -> tuple[Any, ...]:  # noqa: ANN401
    columns = [one for one in table.columns if one.name not in VARIABLE and one.name != "id"]
    return tuple(_value(names, column, row[column.name]) for column in columns)


def _value(names: Names, column: Column[Any], value: Any) -> Any:  # noqa: ANN401
    for key in column.foreign_keys:
        if value is not None and key.column.table.name in names:
            return names[key.column.table.name][value]
    return value
