"""The register of files that came in, one row for each station, name and digest."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from models.files import StoredFile
from models.inserts import insert_new_id
from models.tables import SourceFile
from models.values.states import SourceKind, SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """Data rows of one record file."""

    rows: int = 0
    rows_new: int = 0
    rows_known: int = 0


class Named(NamedTuple):
    """What a file is known by."""

    station_id: str
    name: str
    sha256: str


# Statements are made once: making them costs more than what they do, and a station sends many a second.
FILES = SourceFile.__table__.c
KNOWN = select(FILES.station_id, FILES.name, FILES.sha256).where(
    FILES.sha256.in_(bindparam("digests", expanding=True)), FILES.state == SourceState.TAKEN.value
)
OF_FILE = select(FILES.id).where(
    FILES.station_id == bindparam("station_id"),
    FILES.sha256 == bindparam("sha256"),
    FILES.name == bindparam("name"),
)
FINISHED = (
    update(SourceFile.__table__)  # type: ignore[arg-type]
    .where(FILES.id == bindparam("source_id"))
    .values(
        state=bindparam("to_state"),
        rows=bindparam("of_rows"),
        rows_new=FILES.rows_new + bindparam("added"),
        rows_known=bindparam("readable") - (FILES.rows_new + bindparam("added")),
        rows_quarantined=bindparam("quarantined"),
    )
)


def is_known(connection: Connection, station_id: str, name: str, sha256: str) -> bool:
    """Tell whether these bytes came in under this name before and nothing of them waits in quarantine."""
    return bool(known_of(connection, {Named(station_id, name, sha256)}))


def known_of(connection: Connection, files: Collection[Named]) -> set[Named]:
    """Return those of the files whose bytes are known under that name, with nothing of them in quarantine."""
    digests = {file.sha256 for file in files}
    rows = connection.execute(KNOWN, {"digests": sorted(digests)})
    return {Named(*row) for row in rows} & set(files)


def add_source(
    connection: Connection,
    station_id: str,
    name: str,
    stored: StoredFile,
    kind: SourceKind,
    received_at_ms: int,
) -> int:
    """Register a file and return its id; a known one keeps the row it has."""
    row = {
        "station_id": station_id,
        "sha256": stored.sha256,
        "name": name,
        "kind": kind.value,
        "state": SourceState.TAKEN.value,
        "size_bytes": stored.size_bytes,
        "received_at": received_at_ms,
        "rows": 0,
        "rows_new": 0,
        "rows_known": 0,
        "rows_quarantined": 0,
    }
    new_id = connection.scalar(insert_new_id(connection, SourceFile), row)
    if new_id is not None:
        return int(new_id)
    of_file = {"station_id": station_id, "name": name, "sha256": stored.sha256}
    return int(connection.execute(OF_FILE, of_file).scalar_one())


def finish_source(connection: Connection, source_id: int, counts: RowCounts, *, quarantined: int) -> None:
    """Note what the file yielded; rows taken in an earlier attempt stay counted as new."""
    row_problems = quarantined if counts.rows else 0
    told = {
        "source_id": source_id,
        "to_state": (SourceState.QUARANTINED if quarantined else SourceState.TAKEN).value,
        "of_rows": counts.rows,
        "added": counts.rows_new,
        "readable": counts.rows - row_problems,
        "quarantined": quarantined,
    }
    connection.execute(FINISHED, told)
