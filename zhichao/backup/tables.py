"""The rows of a database in files that either kind of database takes back: a table a file, a row a line.

Reading needs no right but SELECT. What belongs to running processes (leases, who is signed in) stays out.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, LargeBinary, MetaData, Table, delete, func, insert, select, text

from models.errors import NotDoneError

LEFT_OUT = frozenset({"lease", "sign_in", "scheduled_job", "alembic_version"})
# Rows that migrations put into an empty database; those of the backup take their place.
SEEDED = frozenset({"audit_head", "exchange_state"})
BATCH = 2000


class BackupBrokenError(NotDoneError):
    """A backup can't be used: a part is missing or was changed; the message names it."""


def dump(connection: Connection, folder: Path) -> dict[str, dict[str, Any]]:
    """Write every table below `folder`; return rows and digest of each file by table."""
    folder.mkdir()
    written = {}
    for table in _tables(connection):
        path, rows = folder / f"{table.name}.jsonl.gz", 0
        key = list(table.primary_key.columns)
        query = select(table).order_by(*key).execution_options(yield_per=BATCH)
        with gzip.open(path, "wt", compresslevel=3, encoding="utf-8") as target:
            target.write(json.dumps([column.name for column in table.columns]) + "\n")
            for row in connection.execute(query):
                target.write(json.dumps([_plain(value) for value in row], ensure_ascii=False) + "\n")
                rows += 1
        written[table.name] = {"rows": rows, "sha256": digest(path)}
    return written


def load(connection: Connection, folder: Path, tables: dict[str, dict[str, Any]]) -> None:
    """Fill an empty database with the tables of a backup.

    Raises:
        BackupBrokenError: a file is missing, changed, or not of this schema.
        NotDoneError: the database is not empty.

    """
    ordered = _tables(connection)
    _refuse_filled(connection, ordered)
    if unknown := set(tables) - {table.name for table in ordered}:
        raise BackupBrokenError(f"{folder}: no such table: {', '.join(sorted(unknown))}")
    for table in ordered:
        if table.name not in tables:
            continue
        if table.name in SEEDED:
            connection.execute(delete(table))
        path = folder / f"{table.name}.jsonl.gz"
        if not path.is_file() or digest(path) != tables[table.name]["sha256"]:
            raise BackupBrokenError(f"{path}: missing or changed since the backup was made")
        rows = _rows(path, table)
        while batch := list(islice(rows, BATCH)):
            connection.execute(insert(table), batch)
        _go_on_numbering(connection, table)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _tables(connection: Connection) -> list[Table]:
    """Return the tables as the database has them, what others refer to first."""
    schema = MetaData()
    schema.reflect(connection)
    return [table for table in schema.sorted_tables if table.name not in LEFT_OUT]


def _refuse_filled(connection: Connection, tables: list[Table]) -> None:
    for table in tables:
        if table.name not in SEEDED and connection.execute(select(table).limit(1)).first() is not None:
            raise NotDoneError(f"the database is not empty ({table.name}): restore into a new one")


def _plain(value: object) -> object:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _rows(path: Path, table: Table) -> Iterator[dict[str, Any]]:
    binary = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
    with gzip.open(path, "rt", encoding="utf-8") as source:
        names = json.loads(next(source))
        if unknown := set(names) - set(table.columns.keys()):
            raise BackupBrokenError(f"{path}: no such column: {', '.join(sorted(unknown))}")
        for line in source:
            row = dict(zip(names, json.loads(line), strict=True))
            for name in binary & row.keys():
                row[name] = base64.b64decode(row[name]["base64"]) if row[name] else None
            yield row


def _go_on_numbering(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number the next row after the last one; SQLite does so by itself."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name})
    last = connection.scalar(select(func.max(table.c.id)))
    if sequence and last:
        connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})
