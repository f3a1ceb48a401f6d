"""Verify what is kept: the audit log's chain, the steps of cases held against it, every original's digest."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import Connection, select

from models import audit
from models.archive_tables import ArchivedMonth
from models.case_tables import CaseEvent
from models.files import FileStore
from models.hash_chain import Head
from models.office_tables import AuditEntry
from models.tables import Frame, SourceFile
from models.values.office import Action

# What reading a manifest that is none ends in.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)
EVENT_COLUMNS = tuple(column.name for column in CaseEvent.__table__.columns)


def count_originals(connection: Connection, store: FileStore) -> int:
    """Return how many originals there are to read."""
    return len(named_digests(connection, store))


def breaks(
    connection: Connection, store: FileStore, kept: Head | None, step: Callable[[], None]
) -> Iterator[str]:
    """Yield the first break of the log, of the steps and of the originals, in words; nothing where all holds.

    `kept` is the head noted outside the database; `step` is called for each original read.
    """
    if broken := audit.first_break(connection, kept):
        yield broken
    if broken := _first_changed_step(connection):
        yield broken
    if broken := _first_changed_original(connection, store, step) or _first_odd_month(connection, store):
        yield broken


def _first_changed_step(connection: Connection) -> str:
    """Hold each step of a case against the log entry that tells of it."""
    told = {}
    moved = select(AuditEntry.number, AuditEntry.detail).where(AuditEntry.action == Action.MOVED)
    for number, detail in connection.execute(moved.order_by(AuditEntry.number)):
        event = json.loads(detail)
        told[event["case_id"], event["version"]] = (number, event)
    later = select(*CaseEvent.__table__.columns).where(CaseEvent.version > 1)
    for row in connection.execute(later.order_by(CaseEvent.case_id, CaseEvent.version)):
        event = dict(row._mapping)  # noqa: SLF001 (public in SQLAlchemy)
        number, logged = told.pop((row.case_id, row.version), (0, {}))
        if logged != event:
            where = f"audit entry {number} tells otherwise" if number else "no audit entry tells of it"
            return f"step {row.version} of case {row.case_id} ({row.to_state}): {where}"
    for (case_id, version), (number, _) in sorted(told.items()):
        return f"step {version} of case {case_id} is gone; audit entry {number} tells of it"
    return ""


def _first_changed_original(connection: Connection, store: FileStore, step: Callable[[], None]) -> str:
    for sha256, name in named_digests(connection, store):
        path = store.path(sha256)
        try:
            same = digest_of(path) == sha256
        except OSError as error:
            return f"original {sha256} ({name}) can't be read: {error.strerror}"
        if not same:
            return f"original {sha256} ({name}) was changed: its bytes have another digest"
        step()
    return ""


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file as it lies there."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def named_digests(connection: Connection, store: FileStore) -> list[tuple[str, str]]:
    """Return digest and name of every original, each digest once; files of archived months are such."""
    known: dict[str, str] = {}
    for table in (Frame, SourceFile):
        known |= {row.sha256: row.name for row in connection.execute(select(table.sha256, table.name))}
    for row in connection.execute(select(ArchivedMonth.__table__)):
        known |= dict.fromkeys(_of_month(store, row.manifest), f"archive {row.station_id} {row.month}")
    return sorted(known.items())


def _of_month(store: FileStore, manifest: str) -> list[str]:
    """Return the digests of an archived month: its manifest's, and those that the manifest names."""
    try:
        return [manifest, *_named_in(store, manifest)]
    except UNREADABLE:
        # Whoever verifies is told so.
        return [manifest]


def _named_in(store: FileStore, manifest: str) -> list[str]:
    tables = json.loads(store.path(manifest).read_bytes())["tables"]
    return [str(one["sha256"]) for one in tables.values()]


def _first_odd_month(connection: Connection, store: FileStore) -> str:
    """Name a month whose manifest is as stored and yet names no files."""
    for row in connection.execute(select(ArchivedMonth.__table__)):
        try:
            _named_in(store, row.manifest)
        except UNREADABLE as error:
            return f"original {row.manifest} (archive {row.station_id} {row.month}) is no manifest: {error!r}"
    return ""
