"""The register of files that came in, one row for each station, name and digest."""

from dataclasses import dataclass

from sqlalchemy import Connection, Select, select, update

from models.files import StoredFile
from models.inserts import insert_new
from models.tables import SourceFile
from models.values.states import SourceKind, SourceState


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCounts:
    """Data rows of one record file."""

    rows: int = 0
    rows_new: int = 0
    rows_known: int = 0


def is_known(connection: Connection, station_id: str, name: str, sha256: str) -> bool:
    """Tell whether these bytes came in under this name before and nothing of them waits in quarantine."""
    found = _of_file(station_id, name, sha256).where(SourceFile.state == SourceState.TAKEN)
    return connection.scalar(found) is not None


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
    new_id = connection.scalar(insert_new(connection, SourceFile).values(row).returning(SourceFile.id))
    if new_id is not None:
        return int(new_id)
    return int(connection.execute(_of_file(station_id, name, stored.sha256)).scalar_one())


def _of_file(station_id: str, name: str, sha256: str) -> Select[int]:
    return select(SourceFile.id).where(
        SourceFile.station_id == station_id, SourceFile.sha256 == sha256, SourceFile.name == name
    )


def finish_source(connection: Connection, source_id: int, counts: RowCounts, *, quarantined: int) -> None:
    """Note what the file yielded; rows taken in an earlier attempt stay counted as new."""
    row_problems = quarantined if counts.rows else 0
    connection.execute(
        update(SourceFile)
        .where(SourceFile.id == source_id)
        .values(
            state=(SourceState.QUARANTINED if quarantined else SourceState.TAKEN).value,
            rows=counts.rows,
            rows_new=SourceFile.rows_new + counts.rows_new,
            rows_known=counts.rows - row_problems - (SourceFile.rows_new + counts.rows_new),
            rows_quarantined=quarantined,
        )
    )
